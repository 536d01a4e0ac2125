package cookiesession

import "fmt"

// A Field is a key with the type of its value, declared once:
//
//	const Cart = cookiesession.Field[[]Item]("cart")
type Field[T any] string

// Get returns the value, or the zero T if there is none or it does not decode
// (then [Session.Err] says why).
func (f Field[T]) Get(s *Session) T {
	v, err := Get[T](s, string(f))
	if err != nil {
		var zero T
		return zero
	}
	return v
}

// Set puts the value, as [Session.Set] does.
func (f Field[T]) Set(s *Session, v T) { s.Set(string(f), v) }

// Pop removes the value and returns it, or the zero T.
func (f Field[T]) Pop(s *Session) T {
	v, err := pop[T](s, string(f))
	if err != nil {
		var zero T
		return zero
	}
	return v
}

// Update changes the value in place: change gets what stands there, or the
// zero T, and what it leaves is set. Nothing is written if the old value does
// not decode, if change fails, or if the new value is refused; the error is
// returned, and saving goes on with the old value. Of several goroutines of a
// request none is lost: if another one changes the key meanwhile, change is
// called again with the new value, so it should only work on its argument.
func (f Field[T]) Update(s *Session, change func(*T) error) error {
	key := string(f)
	const tries = 1000
	for range tries {
		old, was, err := current[T](s, key)
		if err != nil && was != nil {
			return err
		}
		if err := change(&old); err != nil {
			return err
		}
		e, err := s.codec.encode(key, old)
		if err != nil {
			return err
		}
		if s.swap(key, was, func(t *table) { s.put(t, e) }) {
			return nil
		}
	}
	return fmt.Errorf("cookiesession: update %q: it was changed meanwhile, %d times; does the function itself set it?", key, tries)
}
