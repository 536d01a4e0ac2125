package cookiesession

import "github.com/cookiesession/go/cookiesession/internal/pack"

// Glance and Slowly read one packed value in the two ways that there are: the
// short one for the simplest values, and the one for all.
func Glance[T any](packed []byte) (v T, ok bool) {
	ok = glance(packed, &v)
	return v, ok
}

func Slowly[T any](packed []byte) (T, error) {
	plain, err := pack.Unpack(nil, packed, maxPlain)
	if err != nil {
		var zero T
		return zero, err
	}
	return decodeValue[T](plain)
}

// EncodeScalar and EncodeSlowly are the two ways to write a value.
func EncodeScalar(v any) (plain, packed []byte, ok bool) {
	var e entry
	ok = e.scalar(v)
	return e.plain, e.packed, ok
}

// ScratchMemory is what the pool of scratches holds.
func ScratchMemory() (all []byte) {
	for range 4 {
		w := scratches.Get().(*scratch)
		all = append(append(all, w.raw[:cap(w.raw)]...), w.more[:cap(w.more)]...)
	}
	return all
}

func EncodeSlowly(v any) (plain, packed []byte, err error) { return encodeValue(v) }
