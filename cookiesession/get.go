package cookiesession

import (
	"fmt"
	"math"

	"github.com/cookiesession/go/cookiesession/internal/pack"
)

// Get returns the value under key, or nil if there is none.
//
// What comes back, whatever Go type went in: text as string, integers as int64
// (*big.Int beyond), fractions as float64, byte strings as []byte, instants as
// time.Time in UTC, lists as []any, maps as map[string]any (map[any]any if a
// key is not text), true, false and nil. A value that does not decode is nil,
// and [Session.Err] says why. Use the function [Get] or a [Field] for types of
// your own.
func (s *Session) Get(key string) any {
	v, _ := Get[any](s, key)
	return v
}

// GetString returns the text under key, or "" if there is none or it is no text.
func (s *Session) GetString(key string) string { return scalar[string](s, key) }

// GetInt returns the integer under key, or 0 if there is none, it is no
// integer, or it does not fit an int.
func (s *Session) GetInt(key string) int {
	v := scalar[int64](s, key)
	if v < math.MinInt || v > math.MaxInt {
		return 0
	}
	return int(v)
}

// GetBool returns the boolean under key, or false if there is none or it is no boolean.
func (s *Session) GetBool(key string) bool { return scalar[bool](s, key) }

// scalar reads a value of one of the types that Get gives; another type is the
// zero T. A Serializer knows values only by the type it is asked for.
func scalar[T any](s *Session, key string) T {
	var zero T
	t := s.look()
	if value, known := t.peek(key); known && (value == nil || glance(value, &zero)) {
		s.done()
		return zero
	}
	e := t.get(key)
	if e == nil {
		s.done()
		return zero
	}
	_, err := t.open(e)
	foreign := err == nil && e.foreign
	s.done()
	if foreign {
		v, _ := read[T](s, e)
		return v
	}
	v, _ := read[any](s, e)
	typed, _ := v.(T)
	return typed
}

// Get returns the value under key as a T. The error is [ErrAbsent] if there is
// none; it says what stands there instead if that is no T.
func Get[T any](s *Session, key string) (T, error) {
	t := s.look()
	var v T
	if value, known := t.peek(key); known {
		if value == nil {
			s.done()
			return v, ErrAbsent
		}
		if glance(value, &v) {
			s.done()
			return v, nil
		}
	}
	e := t.get(key)
	s.done()
	if e == nil {
		return v, ErrAbsent
	}
	return read[T](s, e)
}

// textOf returns the text of a value, packed or not.
func textOf(packed []byte) (string, bool) {
	if text, ok := pack.Text(packed); ok {
		return string(text), true
	}
	work := scratches.Get().(*scratch)
	defer work.free()
	var ok bool
	work.more, ok = pack.AppendText(work.more, packed)
	return string(work.more), ok
}

// glance reads a packed value of one of the simplest kinds into one of the
// usual types, as read would, and reports whether it did.
func glance[T any](packed []byte, v *T) bool {
	switch v := any(v).(type) {
	case *string:
		text, ok := textOf(packed)
		*v = text
		return ok
	case *int64:
		n, ok := pack.Int(packed)
		*v = n
		return ok
	case *int:
		n, ok := pack.Int(packed)
		if ok = ok && n >= math.MinInt && n <= math.MaxInt; ok {
			*v = int(n)
		}
		return ok
	case *bool:
		b, ok := pack.Bool(packed)
		*v = b
		return ok
	case *any:
		if n, ok := pack.Int(packed); ok {
			*v = n
			return true
		}
		if b, ok := pack.Bool(packed); ok {
			*v = b
			return true
		}
		if text, ok := textOf(packed); ok {
			*v = text
			return true
		}
	}
	return false
}

// read decodes an entry, and keeps a failure for Err.
func read[T any](s *Session, e *entry) (T, error) {
	s.mu.Lock()
	plain, err := s.contents.Load().open(e)
	s.mu.Unlock()
	var v T
	// With a tag it would be the plain form of something else.
	if err == nil && !e.foreign && pack.IsPlain(plain) && glance(plain, &v) {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.unread != nil {
			delete(s.unread, e.key)
		}
		return v, nil
	}
	if err == nil {
		if e.foreign {
			v, err = decodeForeign[T](s.codec.opts.Serializer, plain)
		} else {
			v, err = decodeValue[T](plain)
		}
	}
	if err != nil {
		err = fmt.Errorf("cookiesession: get %q: %w", e.key, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err == nil {
		delete(s.unread, e.key)
	} else if s.contents.Load().get(e.key) == e { // else it was overwritten meanwhile
		if s.unread == nil {
			s.unread = map[string]error{}
		}
		s.unread[e.key] = err
	}
	return v, err
}

// pop is Pop for any type. A value that does not decode stays where it is.
func pop[T any](s *Session, key string) (T, error) {
	for {
		v, e, err := current[T](s, key)
		if err != nil && e != nil {
			return v, err
		}
		if s.swap(key, e, func(t *table) { s.delete(t, key) }) {
			return v, err
		}
	}
}

// current is Get together with the entry that it read, nil if there is none.
func current[T any](s *Session, key string) (T, *entry, error) {
	t := s.look()
	e := t.get(key)
	s.done()
	if e == nil {
		var zero T
		return zero, nil, ErrAbsent
	}
	v, err := read[T](s, e)
	return v, e, err
}

// swap makes a change under the lock if e is still what stands under key.
func (s *Session) swap(key string, e *entry, change func(*table)) bool {
	t := s.look()
	defer s.done()
	if t.get(key) != e {
		return false
	}
	change(t)
	return true
}
