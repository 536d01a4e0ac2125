package cookiesession

import (
	"encoding"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"reflect"
	"sync"

	"github.com/fxamacker/cbor/v2"

	"github.com/cookiesession/go/cookiesession/internal/pack"
)

// The CBOR encoder follows whatever it is handed: a value that contains
// itself would exhaust the stack, and a struct with nothing exported would
// become an empty map without a word. encodable finds both first. Types that
// can hold neither are remembered, so the usual value costs one look-up.
func encodable(v any) error {
	w := walk{left: maxPlain}
	return w.value(reflect.ValueOf(v), 0)
}

// verdict is what a type alone says.
type verdict struct {
	err     error
	dynamic bool // the value must be looked at: it can nest without bound
}

var verdicts sync.Map // reflect.Type -> verdict

func judge(t reflect.Type) verdict {
	if v, ok := verdicts.Load(t); ok {
		return v.(verdict)
	}
	v := inspect(t, map[reflect.Type]bool{})
	verdicts.Store(t, v)
	return v
}

var marshalers = []reflect.Type{
	reflect.TypeFor[cbor.Marshaler](),
	reflect.TypeFor[json.Marshaler](),
	reflect.TypeFor[encoding.BinaryMarshaler](),
	reflect.TypeFor[encoding.TextMarshaler](),
}

// leaf reports whether the encoder hands values of the type to somebody else,
// or has a form of its own for them.
func leaf(t reflect.Type) bool {
	if t == timeType || t == reflect.TypeFor[big.Int]() || t == reflect.TypeFor[cbor.RawTag]() {
		return true
	}
	for _, m := range marshalers {
		if t.Implements(m) || t.Kind() != reflect.Interface && reflect.PointerTo(t).Implements(m) {
			return true
		}
	}
	return false
}

func inspect(t reflect.Type, above map[reflect.Type]bool) verdict {
	if t.Kind() == reflect.Interface {
		return verdict{dynamic: true}
	}
	if leaf(t) {
		return verdict{}
	}
	if above[t] {
		return verdict{dynamic: true} // a type within itself
	}
	above[t] = true
	defer delete(above, t)

	switch t.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Array:
		return inspect(t.Elem(), above)
	case reflect.Map:
		return both(inspect(t.Key(), above), inspect(t.Elem(), above))
	case reflect.Struct:
		var v verdict
		fields := 0
		for f := range t.Fields() {
			if !fieldEncoded(f) {
				continue
			}
			fields++
			v = both(v, inspect(f.Type, above))
		}
		if fields == 0 && t.NumField() > 0 {
			v.err = fmt.Errorf("the struct %s has no exported field, so nothing of it would be kept", t)
		}
		return v
	}
	return verdict{}
}

func both(a, b verdict) verdict {
	if a.err == nil {
		a.err = b.err
	}
	a.dynamic = a.dynamic || b.dynamic
	return a
}

// fieldEncoded reports whether the encoder looks at a struct field, as
// encoding/json does: exported, or an embedded struct, and not tagged "-".
func fieldEncoded(f reflect.StructField) bool {
	tag, ok := f.Tag.Lookup("cbor")
	if !ok {
		tag = f.Tag.Get("json")
	}
	if tag == "-" || f.Name == "_" {
		return false
	}
	t := f.Type
	if f.Anonymous && t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return f.IsExported() || f.Anonymous && t.Kind() == reflect.Struct
}

// walk goes through the parts of a value whose type is dynamic.
type walk struct{ left int }

func (w *walk) value(v reflect.Value, depth int) error {
	if !v.IsValid() {
		return nil
	}
	verdict := judge(v.Type())
	if verdict.err != nil || !verdict.dynamic {
		return verdict.err
	}
	if depth > 4*pack.MaxDepth { // pointers and interfaces count here, and not in CBOR
		return fmt.Errorf("nested deeper than %d levels, or within itself", pack.MaxDepth)
	}
	if w.left--; w.left < 0 {
		return errors.New("more values than a session may hold")
	}
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		return w.value(v.Elem(), depth+1)
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			if err := w.value(v.Index(i), depth+1); err != nil {
				return err
			}
		}
	case reflect.Map:
		for it := v.MapRange(); it.Next(); {
			if err := w.value(it.Key(), depth+1); err != nil {
				return err
			}
			if err := w.value(it.Value(), depth+1); err != nil {
				return err
			}
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if !fieldEncoded(v.Type().Field(i)) {
				continue
			}
			if err := w.value(v.Field(i), depth+1); err != nil {
				return err
			}
		}
	}
	return nil
}
