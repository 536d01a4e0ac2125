package pack

// MaxKey is the length in bytes that CutKey allows a key.
const MaxKey = 64 << 10

// AppendKey appends the packed form of a text map key. The key must be valid
// UTF-8.
func AppendKey(dst []byte, key string) []byte {
	if i, ok := nameIndex[key]; ok {
		return appendHead(dst, majorUint, uint64(i))
	}
	return appendText(dst, []byte(key))
}

// CutKey reads a packed map key that stands for a text. It returns the text
// and what follows the key. The text may share memory with packed, or with
// every other reader of the same name: it must not be changed.
func CutKey(packed []byte) (key, rest []byte, err error) {
	h, err := readHead(packed)
	if err != nil {
		return nil, nil, err
	}
	switch {
	case h.major == majorUint:
		if h.arg >= uint64(len(names)) {
			return nil, nil, errName
		}
		return nameBytes[h.arg], packed[h.size:], nil
	case h.major == majorText:
		s, err := h.text(packed)
		if err != nil {
			return nil, nil, err
		}
		if len(s) > MaxKey {
			return nil, nil, ErrTooLarge
		}
		return s, packed[h.size+len(s):], nil
	case h.major == majorTag && packsText(h.arg):
		const limit = MaxKey + 5 // the longest head that such a text has
		u := unpacker{src: packed, limit: limit}
		if err := u.packedText(h); err != nil {
			return nil, nil, err
		}
		h, err := readHead(u.dst)
		if err != nil {
			return nil, nil, err
		}
		if h.arg > MaxKey {
			return nil, nil, ErrTooLarge
		}
		return u.dst[h.size:], u.rest(), nil
	}
	return nil, nil, errNotText
}

// Name returns the text of a key as a string, without a copy where the table
// of names has it.
func Name(key []byte) string {
	if i, ok := nameIndex[string(key)]; ok {
		return names[i]
	}
	return string(key)
}
