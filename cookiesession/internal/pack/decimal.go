package pack

import (
	"encoding/binary"
	"math"
)

// A 64-bit float that is a short decimal, such as a price, packs into a
// decimal fraction (RFC 8949, section 3.4.4): 4([exponent, mantissa]). The
// reader divides the mantissa by a power of ten. Both are exact as float64
// within these bounds, so the quotient is rounded once, by IEEE 754, and is the
// same everywhere.
const (
	maxScale    = 22      // 10^22 is the largest power of ten that float64 has exactly
	maxMantissa = 1 << 53 // as is every integer up to here
)

var powersOfTen = [maxScale + 1]float64{1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10,
	1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22}

// appendDecimal appends the packed form of the float with these bits, if that
// saves anything: with a mantissa below 2^32 it is 8 bytes at most, for 9.
func appendDecimal(dst []byte, bits uint64) ([]byte, bool) {
	f := math.Float64frombits(bits)
	for scale, power := range powersOfTen {
		m := math.Round(f * power)
		if !(math.Abs(m) < 1<<32) { // NaN, too
			return dst, false
		}
		if m == 0 || m/power != f {
			continue
		}
		dst = appendHead(dst, majorTag, tagDecimal)
		dst = appendHead(dst, majorArray, 2)
		dst = appendInt(dst, -int64(scale))
		return appendInt(dst, int64(m)), true
	}
	return dst, false
}

func appendInt(dst []byte, n int64) []byte {
	if n < 0 {
		return appendHead(dst, majorNegint, uint64(-1-n))
	}
	return appendHead(dst, majorUint, uint64(n))
}

// decimal unpacks a decimal fraction into the float, in its 64-bit form.
func (u *unpacker) decimal(tag head) error {
	u.pos += tag.size
	list, err := readHead(u.rest())
	if err != nil {
		return err
	}
	if list.major != majorArray || list.arg != 2 {
		return errDecimal
	}
	u.pos += list.size
	exponent, err := u.integer(maxScale)
	if err != nil {
		return err
	}
	m, err := u.integer(maxMantissa)
	if err != nil {
		return err
	}
	if exponent > 0 {
		return errDecimal
	}
	if err := u.room(9); err != nil {
		return err
	}
	f := float64(m) / powersOfTen[-exponent]
	u.dst = append(u.dst, majorOther<<5|27)
	u.dst = binary.BigEndian.AppendUint64(u.dst, math.Float64bits(f))
	return nil
}

// integer reads one whose magnitude is at most bound.
func (u *unpacker) integer(bound uint64) (int64, error) {
	h, err := readHead(u.rest())
	if err != nil {
		return 0, err
	}
	u.pos += h.size
	switch {
	case h.major == majorUint && h.arg <= bound:
		return int64(h.arg), nil
	case h.major == majorNegint && h.arg < bound:
		return -1 - int64(h.arg), nil
	}
	return 0, errDecimal
}
