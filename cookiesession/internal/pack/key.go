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
// and what follows the key.
func CutKey(packed []byte) (key string, rest []byte, err error) {
	h, err := readHead(packed)
	if err != nil {
		return "", nil, err
	}
	switch {
	case h.major == majorUint:
		if h.arg >= uint64(len(names)) {
			return "", nil, errName
		}
		return names[h.arg], packed[h.size:], nil
	case h.major == majorText:
		s, err := h.text(packed)
		if err != nil {
			return "", nil, err
		}
		if len(s) > MaxKey {
			return "", nil, ErrTooLarge
		}
		return string(s), packed[h.size+len(s):], nil
	case h.major == majorTag && packsText(h.arg):
		const limit = MaxKey + 5 // the longest head that such a text has
		u := unpacker{src: packed, limit: limit}
		if err := u.packedText(h); err != nil {
			return "", nil, err
		}
		h, err := readHead(u.dst)
		if err != nil {
			return "", nil, err
		}
		if h.arg > MaxKey {
			return "", nil, ErrTooLarge
		}
		return string(u.dst[h.size:]), u.rest(), nil
	}
	return "", nil, errNotText
}
