package cookiesession

import (
	"encoding"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"reflect"
	"slices"
	"sync"
	"time"

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
	empty   bool // a struct of which nothing would be kept
	text    bool // a type in it has a JSON form, and a text or binary one
	json    bool // a type in it has a JSON form alone
}

var verdicts sync.Map // reflect.Type -> verdict

func judge(t reflect.Type) verdict {
	if v, ok := verdicts.Load(t); ok {
		return v.(verdict)
	}
	v := inspect(t, map[reflect.Type]bool{})
	if v.err == nil && v.empty {
		v.err = nothingExported(t)
	}
	if v.err == nil && v.text && v.json {
		// One decoder cannot do right by both.
		v.err = fmt.Errorf("the type %s holds types that have a JSON form beside a text or binary one, and types that have a JSON form alone; give one of them MarshalCBOR and UnmarshalCBOR", t)
	}
	verdicts.Store(t, v)
	return v
}

func nothingExported(t reflect.Type) error {
	return fmt.Errorf("the struct %s has no exported field, so nothing of it would be kept", t)
}

var (
	ownForm = []reflect.Type{
		reflect.TypeFor[time.Time](),
		reflect.TypeFor[big.Int](),
		reflect.TypeFor[cbor.RawTag](),
	}
	cborForm = []reflect.Type{reflect.TypeFor[cbor.Marshaler](), reflect.TypeFor[cbor.Unmarshaler]()}
	jsonForm = []reflect.Type{reflect.TypeFor[json.Marshaler](), reflect.TypeFor[json.Unmarshaler]()}
	textForm = []reflect.Type{
		reflect.TypeFor[encoding.BinaryMarshaler](), reflect.TypeFor[encoding.BinaryUnmarshaler](),
		reflect.TypeFor[encoding.TextMarshaler](), reflect.TypeFor[encoding.TextUnmarshaler](),
	}
)

// leaf reports whether the encoder hands values of the type to somebody else,
// or has a form of its own for them.
func leaf(t reflect.Type) (verdict, bool) {
	for t.Kind() == reflect.Pointer && t.Name() == "" && t != t.Elem() {
		t = t.Elem()
	}
	has := func(form []reflect.Type) bool {
		return slices.ContainsFunc(form, func(m reflect.Type) bool {
			return t.Implements(m) || reflect.PointerTo(t).Implements(m)
		})
	}
	switch {
	case slices.Contains(ownForm, t) || has(cborForm):
		return verdict{}, true
	case has(jsonForm):
		text := has(textForm)
		return verdict{text: text, json: !text}, true
	}
	return verdict{}, has(textForm)
}

func inspect(t reflect.Type, above map[reflect.Type]bool) verdict {
	if t.Kind() == reflect.Interface {
		return verdict{dynamic: true}
	}
	if v, ok := leaf(t); ok {
		return v
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
		v := verdict{}.and(inspect(t.Key(), above), t.Key()).and(inspect(t.Elem(), above), t.Elem())
		if !keyable(t.Key()) {
			v.err = errKey(t.Key())
		}
		return v
	case reflect.Struct:
		var v verdict
		fields := 0
		for f := range t.Fields() {
			if !fieldEncoded(f) {
				continue
			}
			of := inspect(f.Type, above)
			if f.Anonymous && of.empty {
				continue // nothing of it is kept, as with encoding/json
			}
			if f.Anonymous && f.Type.Kind() == reflect.Pointer && !f.IsExported() {
				v.err = fmt.Errorf("the struct %s embeds a pointer to %s, which is not exported, so it could not be read back", t, f.Type.Elem())
			}
			fields++
			v = v.and(of, f.Type)
		}
		v.empty = fields == 0 && t.NumField() > 0
		return v
	}
	return verdict{}
}

// and adds what a part of the type says.
func (v verdict) and(part verdict, t reflect.Type) verdict {
	if part.err == nil && part.empty {
		part.err = nothingExported(t)
	}
	if v.err == nil {
		v.err = part.err
	}
	v.dynamic = v.dynamic || part.dynamic
	v.text = v.text || part.text
	v.json = v.json || part.json
	return v
}

// keyable reports whether a map may have keys of the type: what encodes as a
// list or a map cannot be the key of a map[any]any.
func keyable(t reflect.Type) bool {
	if _, ok := leaf(t); ok {
		return true
	}
	switch t.Kind() {
	case reflect.Struct, reflect.Array, reflect.Pointer:
		return false
	}
	return true
}

func errKey(t reflect.Type) error {
	return fmt.Errorf("a map whose keys are %s, which could not be read back", t)
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
			if k := it.Key(); k.Kind() == reflect.Interface && !k.IsNil() && !keyable(k.Elem().Type()) {
				return errKey(k.Elem().Type())
			}
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
