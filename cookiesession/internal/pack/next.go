package pack

// maxPackedDepth bounds what Next walks into. An escape may stand before each
// tag, so the packed form may be twice as deep as the plain one. The last
// three are for an escaped first tag and a leaf of segments.
const maxPackedDepth = 2*MaxDepth + 3

// Next returns the length of the first item of a packed sequence. It checks
// structure only: definite lengths within the input, and bounded depth.
func Next(packed []byte) (int, error) {
	n, _, err := Measure(packed)
	return n, err
}

// Measure is Next with a bound on the plain form: if the item unpacks, it does
// so to at most plain bytes.
func Measure(packed []byte) (n, plain int, err error) {
	w := walk{src: packed}
	if err := w.item(0, false); err != nil {
		return 0, 0, err
	}
	return w.pos, w.pos + w.growth, nil
}

// A walk goes over an item without looking into its strings.
type walk struct {
	src    []byte
	pos    int
	growth int // by how much the plain form may be longer
}

func (w *walk) item(depth int, inTag bool) error {
	// Most items are short strings, small numbers, true, false and nil, of a one-byte head.
	// What readHead would say of them is plain from it.
	if w.pos < len(w.src) {
		first := w.src[w.pos]
		if info := int(first & 31); info < 24 {
			switch first >> 5 {
			case majorUint, majorNegint, majorOther:
				w.pos++
				return nil
			case majorBytes, majorText:
				if info > len(w.src)-w.pos-1 {
					return errTruncated
				}
				w.pos += 1 + info
				return nil
			}
		}
	}
	h, err := readHead(w.src[w.pos:])
	if err != nil {
		return err
	}
	switch h.major {
	case majorBytes, majorText:
		if h.arg > uint64(len(w.src)-w.pos-h.size) {
			return errTruncated
		}
		w.pos += h.size + int(h.arg)
		return nil
	case majorArray, majorMap:
		n, err := h.count(w.src[w.pos:])
		if err != nil {
			return err
		}
		if depth++; depth > maxPackedDepth {
			return ErrDepth
		}
		w.pos += h.size
		for range n {
			if h.major == majorMap {
				w.name()
				if err := w.item(depth, false); err != nil {
					return err
				}
			}
			if err := w.item(depth, false); err != nil {
				return err
			}
		}
		return nil
	case majorTag:
		if inTag {
			depth++
		}
		if depth > maxPackedDepth {
			return ErrDepth
		}
		w.pos += h.size
		from := w.pos
		if err := w.item(depth, true); err != nil {
			return err
		}
		// Hex doubles, a UUID takes 38 bytes for 17, an instant 22 for 1.
		w.growth += w.pos - from + maxTagGrowth
		return nil
	}
	w.pos += h.size
	return nil
}

// maxTagGrowth is more than a tag's plain form takes beyond two times its content.
const maxTagGrowth = 32

// name counts the text that the key at hand may stand for.
func (w *walk) name() {
	if w.pos < len(w.src) && w.src[w.pos]>>5 != majorUint {
		return
	}
	if h, err := readHead(w.src[w.pos:]); err == nil && h.major == majorUint && h.arg < uint64(len(names)) {
		w.growth += 2 + len(names[h.arg])
	}
}
