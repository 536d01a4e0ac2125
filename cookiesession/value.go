package cookiesession

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"reflect"

	"github.com/fxamacker/cbor/v2"
	"github.com/gorilla/securecookie"

	"github.com/cookiesession/go/cookiesession/internal/pack"
)

// maxPlain bounds the keys and values of one session before packing and
// compression, in bytes, for writer and reader alike.
const maxPlain = 64 << 10

// A session's values are CBOR (RFC 8949). These modes are part of the format:
// they decide what comes back.
var (
	encMode = must(cbor.EncOptions{
		Sort:                    cbor.SortBytewiseLexical,
		ShortestFloat:           cbor.ShortestFloat16,
		Time:                    cbor.TimeRFC3339NanoUTC,
		TimeTag:                 cbor.EncTagRequired,
		IndefLength:             cbor.IndefLengthForbidden,
		TextMarshaler:           cbor.TextMarshalerTextString,
		JSONMarshalerTranscoder: jsonToCBOR{},
	}.EncModeWithTags(numberTags()))

	// fromJSON reads types by their JSON form, where they have one, and
	// fromText by their binary or text form alone. The encoder prefers binary
	// and text to JSON; the decoder would not.
	fromJSON = newDecModes(cborToJSON{})
	fromText = newDecModes(nil)
)

// decModes read maps in an any as map[string]any, or as map[any]any where keys
// are not text.
type decModes struct{ textKey, anyKey cbor.DecMode }

func newDecModes(json cbor.Transcoder) decModes {
	return decModes{
		textKey: must(decOptions(reflect.TypeFor[map[string]any](), json).DecMode()),
		anyKey:  must(decOptions(reflect.TypeFor[map[any]any](), json).DecMode()),
	}
}

func decOptions(maps reflect.Type, json cbor.Transcoder) cbor.DecOptions {
	return cbor.DecOptions{
		DupMapKey:                 cbor.DupMapKeyEnforcedAPF,
		MaxNestedLevels:           pack.MaxDepth,
		IndefLength:               cbor.IndefLengthForbidden,
		IntDec:                    cbor.IntDecConvertSignedOrBigInt,
		BigIntDec:                 cbor.BigIntDecodePointer,
		DefaultMapType:            maps,
		TextUnmarshaler:           cbor.TextUnmarshalerTextString,
		JSONUnmarshalerTranscoder: json,
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic("cookiesession: " + err.Error()) // options of this file that contradict each other
	}
	return v
}

type jsonToCBOR struct{}

func (jsonToCBOR) Transcode(dst io.Writer, src io.Reader) error {
	d := json.NewDecoder(src)
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return err
	}
	return encMode.NewEncoder(dst).Encode(v)
}

type cborToJSON struct{}

func (cborToJSON) Transcode(dst io.Writer, src io.Reader) error {
	var v any
	if err := fromText.textKey.NewDecoder(src).Decode(&v); err != nil {
		return err
	}
	text, err := json.Marshal(v)
	if err != nil {
		return err
	}
	_, err = dst.Write(text)
	return err
}

// encodeValue returns v as plain CBOR and packed. What could not be read back
// is an error here, where the caller still knows the value.
func encodeValue(v any) (plain, packed []byte, err error) {
	if err := encodable(v); err != nil {
		return nil, nil, err
	}
	if plain, err = encMode.Marshal(v); err != nil {
		return nil, nil, foreignError(err)
	}
	if plain, err = rewriteNumbers(plain); err != nil {
		return nil, nil, err
	}
	if len(plain) <= maxPlain {
		if packed, err = pack.Pack(nil, plain); err != nil {
			return nil, nil, packError(err)
		}
	}
	// Escapes may make the packed form the longer one.
	if n := max(len(plain), len(packed)); n > maxPlain {
		return nil, nil, fmt.Errorf("value of %d bytes; the limit is %d for a whole session", n, maxPlain)
	}
	return plain, packed, nil
}

// decodeValue reads plain CBOR into a T. In an any, maps are map[string]any
// where their keys are text and map[any]any where they are not.
func decodeValue[T any](plain []byte) (T, error) {
	modes := fromJSON
	if judge(reflect.TypeFor[T]()).text {
		modes = fromText
	}
	var v T
	err := modes.textKey.Unmarshal(plain, &v)
	if err == nil {
		return v, nil
	}
	var again T
	if modes.anyKey.Unmarshal(plain, &again) != nil {
		var zero T
		return zero, foreignError(err)
	}
	textKeys(reflect.ValueOf(&again).Elem())
	return again, nil
}

var anyKeyed = reflect.TypeFor[map[any]any]()

// textKeys turns every map[any]any inside an interface, whose keys are all
// text, into a map[string]any.
func textKeys(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			textKeys(v.Elem())
		}
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			textKeys(v.Index(i))
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if f := v.Type().Field(i); f.IsExported() || f.Anonymous {
				textKeys(v.Field(i))
			}
		}
	case reflect.Map:
		for it := v.MapRange(); it.Next(); {
			value := reflect.New(v.Type().Elem()).Elem()
			value.Set(it.Value())
			textKeys(value)
			v.SetMapIndex(it.Key(), value)
		}
	case reflect.Interface:
		if v.CanSet() && v.Elem().IsValid() {
			v.Set(textKeyed(v.Elem()))
		}
	}
}

// textKeyed is textKeys for what an interface holds.
func textKeyed(v reflect.Value) reflect.Value {
	if v.Type() != anyKeyed {
		if v.Kind() == reflect.Slice {
			textKeys(v)
		}
		return v
	}
	text, all := map[string]any{}, map[any]any{}
	for k, e := range v.Interface().(map[any]any) {
		e := reflect.ValueOf(&e).Elem()
		textKeys(e)
		all[k] = e.Interface()
		if s, ok := k.(string); ok {
			text[s] = e.Interface()
		}
	}
	if len(text) == len(all) {
		return reflect.ValueOf(text)
	}
	return reflect.ValueOf(all)
}

// foreignError drops what the CBOR library says of a value's content.
func foreignError(err error) error {
	var wrongType *cbor.UnmarshalTypeError
	var unsupported *cbor.UnsupportedTypeError
	switch {
	case errors.As(err, &wrongType):
		return fmt.Errorf("it holds a %s, which does not go into %s", wrongType.CBORType, wrongType.GoType)
	case errors.As(err, &unsupported):
		return fmt.Errorf("a value of type %s cannot be encoded", unsupported.Type)
	}
	return fmt.Errorf("the value cannot be converted (%T)", err)
}

func packError(err error) error {
	switch {
	case errors.Is(err, pack.ErrUTF8):
		return errors.New("text that is not valid UTF-8; keep binary data as []byte")
	case errors.Is(err, pack.ErrDepth):
		return fmt.Errorf("nested deeper than %d levels", pack.MaxDepth)
	case errors.Is(err, pack.ErrDuplicate):
		return errors.New("a map with two keys that are the same once encoded")
	}
	return errors.New("not one well-formed CBOR item of definite length (RFC 8949)")
}

// A foreign value is one that Options.Serializer encoded: four bytes that tell
// serializers apart, then what it wrote.

func serializerID(s securecookie.Serializer) [4]byte {
	sum := crc32.ChecksumIEEE(fmt.Appendf(nil, "%T", s))
	return [4]byte{byte(sum >> 24), byte(sum >> 16), byte(sum >> 8), byte(sum)}
}

func encodeForeign(s securecookie.Serializer, v any) ([]byte, error) {
	data, err := s.Serialize(v)
	if err != nil {
		return nil, fmt.Errorf("the serializer %T refused it", s)
	}
	if len(data) > maxPlain {
		return nil, fmt.Errorf("value of %d bytes; the limit is %d for a whole session", len(data), maxPlain)
	}
	id := serializerID(s)
	return append(id[:], data...), nil
}

func decodeForeign[T any](s securecookie.Serializer, plain []byte) (T, error) {
	var v T
	if s == nil {
		return v, errors.New("it was written with another serializer, and this codec has none")
	}
	if id := serializerID(s); len(plain) < len(id) || !bytes.Equal(plain[:len(id)], id[:]) {
		return v, fmt.Errorf("it was written with another serializer than %T", s)
	}
	if err := s.Deserialize(bytes.Clone(plain[4:]), &v); err != nil {
		var zero T
		return zero, fmt.Errorf("the serializer %T could not read it into %s", s, reflect.TypeFor[T]())
	}
	return v, nil
}
