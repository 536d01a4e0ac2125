package pack

// maxPackedDepth bounds what Next walks into. An escape may stand before each
// tag, so the packed form may be twice as deep as the plain one. The last
// three are for an escaped first tag and a leaf of segments.
const maxPackedDepth = 2*MaxDepth + 3

// Next returns the length of the first item of a packed sequence. It checks
// structure only: definite lengths within the input, and bounded depth.
func Next(packed []byte) (int, error) {
	return skip(packed, 0, false)
}

func skip(b []byte, depth int, inTag bool) (int, error) {
	h, err := readHead(b)
	if err != nil {
		return 0, err
	}
	items := 0
	switch h.major {
	case majorBytes, majorText:
		s, err := h.body(b)
		if err != nil {
			return 0, err
		}
		return h.size + len(s), nil
	case majorArray, majorMap:
		if items, err = h.count(b); err != nil {
			return 0, err
		}
		depth++
		if h.major == majorMap {
			items *= 2
		}
	case majorTag:
		items = 1
		if inTag {
			depth++
		}
	}
	if depth > maxPackedDepth {
		return 0, ErrDepth
	}
	size := h.size
	for range items {
		n, err := skip(b[size:], depth, h.major == majorTag)
		if err != nil {
			return 0, err
		}
		size += n
	}
	return size, nil
}
