package pack

import (
	"encoding/binary"
	"math"
	"unicode/utf8"
)

// Major types, RFC 8949 section 3.1.
const (
	majorUint   = 0
	majorNegint = 1
	majorBytes  = 2
	majorText   = 3
	majorArray  = 4
	majorMap    = 5
	majorTag    = 6
	majorOther  = 7 // floats and simple values
)

// Tags of RFC 8949 and of the IANA registry, then ours.
const (
	tagTimeText  = 0
	tagTime      = 1
	tagBignum    = 2
	tagNegBignum = 3
	tagDecimal   = 4
	tagBase64URL = 21
	tagBase64    = 22
	tagUUID      = 37
	tagHex       = 108
	tagEscape    = 224
	tagSegments  = 225
	tagDeflated  = 226 // of the layer above
	tagForeign   = 227 // of the layer above
)

// special reports whether packing or the layer above gives the tag a meaning.
func special(tag uint64) bool {
	switch tag {
	case tagTime, tagDecimal, tagBase64URL, tagBase64, tagUUID, tagHex,
		tagEscape, tagSegments, tagDeflated, tagForeign:
		return true
	}
	return false
}

// A head is the initial byte of an item with its argument.
type head struct {
	arg   uint64
	size  int // of the head, in bytes
	major byte
	info  byte // the additional information
}

func readHead(b []byte) (head, error) {
	if len(b) == 0 {
		return head{}, errTruncated
	}
	h := head{major: b[0] >> 5, info: b[0] & 31, size: 1}
	if h.info < 24 {
		h.arg = uint64(h.info)
		return h, nil
	}
	if h.info > 27 {
		if h.info == 31 {
			return head{}, errIndefinite
		}
		return head{}, errReserved
	}
	h.size += 1 << (h.info - 24)
	if len(b) < h.size {
		return head{}, errTruncated
	}
	switch h.info {
	case 24:
		h.arg = uint64(b[1])
		if h.major == majorOther && h.arg < 32 {
			return head{}, errSimple
		}
	case 25:
		h.arg = uint64(binary.BigEndian.Uint16(b[1:]))
	case 26:
		h.arg = uint64(binary.BigEndian.Uint32(b[1:]))
	case 27:
		h.arg = binary.BigEndian.Uint64(b[1:])
	}
	return h, nil
}

// shortest reports whether the argument would fit no shorter head.
func (h head) shortest() bool { return h.size == headSize(h.arg) }

func headSize(arg uint64) int {
	switch {
	case arg < 24:
		return 1
	case arg < 1<<8:
		return 2
	case arg < 1<<16:
		return 3
	case arg < 1<<32:
		return 5
	}
	return 9
}

func appendHead(dst []byte, major byte, arg uint64) []byte {
	major <<= 5
	switch {
	case arg < 24:
		return append(dst, major|byte(arg))
	case arg < 1<<8:
		return append(dst, major|24, byte(arg))
	case arg < 1<<16:
		return binary.BigEndian.AppendUint16(append(dst, major|25), uint16(arg))
	case arg < 1<<32:
		return binary.BigEndian.AppendUint32(append(dst, major|26), uint32(arg))
	}
	return binary.BigEndian.AppendUint64(append(dst, major|27), arg)
}

// body returns the content of the string whose head is h, at the start of b.
func (h head) body(b []byte) ([]byte, error) {
	if h.arg > uint64(len(b)-h.size) {
		return nil, errTruncated
	}
	return b[h.size:][:h.arg], nil
}

// text is body for a text string.
func (h head) text(b []byte) ([]byte, error) {
	s, err := h.body(b)
	if err == nil && !utf8.Valid(s) {
		err = ErrUTF8
	}
	return s, err
}

// count returns the number of items that b must hold after the head h. Each
// takes a byte or more, so a count that lies is found before any work.
func (h head) count(b []byte) (int, error) {
	n, rest := h.arg, uint64(len(b)-h.size)
	if h.major == majorMap {
		rest /= 2
	}
	if n > rest {
		return 0, errTruncated
	}
	return int(n), nil
}

// seconds reports whether the head is a number that fits 64 bits with sign,
// which excludes infinities and NaN.
func (h head) seconds() bool {
	if h.major <= majorNegint {
		return h.arg < 1<<63
	}
	if h.major != majorOther {
		return false
	}
	switch h.info {
	case 25:
		const exponent = 0x7c00 // all ones in infinities and NaN
		return h.arg&exponent != exponent
	case 26:
		f := math.Float32frombits(uint32(h.arg))
		return -1<<63 <= f && f < 1<<63
	case 27:
		f := math.Float64frombits(h.arg)
		return -1<<63 <= f && f < 1<<63
	}
	return false
}

// checkContent refuses a tag whose content no decoder would take. It looks at
// literal heads only, so it serves both forms.
func checkContent(tag uint64, content []byte) error {
	if tag > tagNegBignum {
		return nil
	}
	h, err := readHead(content)
	if err != nil {
		return err
	}
	switch tag {
	case tagTimeText:
		if h.major != majorText {
			return errTime0
		}
		s, err := h.text(content)
		if err != nil {
			return err
		}
		if !validTime(s) {
			return errTime0
		}
	case tagTime:
		if !h.seconds() {
			return errTime1
		}
	case tagBignum, tagNegBignum:
		if h.major != majorBytes {
			return errBignum
		}
	}
	return nil
}
