package cookiesession

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math/big"
	"reflect"
	"strconv"

	"github.com/fxamacker/cbor/v2"

	"github.com/cookiesession/go/cookiesession/internal/pack"
)

// A json.Number is a string to the CBOR encoder. So that it becomes the number
// it stands for, wherever it is nested, the encoder puts tag 65535 on it
// (reserved by IANA as always invalid, so nobody's own), and rewriteNumbers
// replaces the tag and its text.
const numberTag = 65535

var numberTagHead = []byte{0xd9, 0xff, 0xff}

func numberTags() cbor.TagSet {
	tags := cbor.NewTagSet()
	err := tags.Add(cbor.TagOptions{EncTag: cbor.EncTagRequired}, reflect.TypeFor[json.Number](), numberTag)
	if err != nil {
		panic("cookiesession: " + err.Error())
	}
	return tags
}

// rewriteNumbers takes what our own encoder wrote: one well-formed item. The
// bytes of the head may also occur inside a text or byte string, so items are
// walked; a string is passed over whole.
func rewriteNumbers(plain []byte) ([]byte, error) {
	if !bytes.Contains(plain, numberTagHead) {
		return plain, nil
	}
	if n, err := pack.Next(plain); err != nil || n != len(plain) {
		return nil, packError(err)
	}
	out := make([]byte, 0, len(plain))
	for len(plain) > 0 {
		if text, ok := bytes.CutPrefix(plain, numberTagHead); ok {
			size, head := cutHead(text)
			if text[0]>>5 != 3 || uint64(len(text)-head) < size {
				return nil, fmt.Errorf("a value under the CBOR tag %d, which is reserved", numberTag)
			}
			n, err := encodeNumber(string(text[head : head+int(size)]))
			if err != nil {
				return nil, err
			}
			out = append(out, n...)
			plain = text[head+int(size):]
			continue
		}
		// Heads stand one after the other, containers' before their content:
		// only strings have bytes of their own.
		size, head := cutHead(plain)
		n := head
		if major := plain[0] >> 5; major == 2 || major == 3 {
			n += int(size)
		}
		out = append(out, plain[:n]...)
		plain = plain[n:]
	}
	return out, nil
}

// cutHead returns the argument of the first head and the head's length.
func cutHead(b []byte) (arg uint64, head int) {
	switch info := b[0] & 0x1f; info {
	case 24:
		return uint64(b[1]), 2
	case 25:
		return uint64(binary.BigEndian.Uint16(b[1:])), 3
	case 26:
		return uint64(binary.BigEndian.Uint32(b[1:])), 5
	case 27:
		return binary.BigEndian.Uint64(b[1:]), 9
	default:
		return uint64(info), 1
	}
}

// maxDigits bounds the text of a number. An integer that is longer fits no
// cookie, and reading it would take time that grows with its square.
const maxDigits = 8192

// encodeNumber writes the text of a JSON number: an integer stays exact,
// anything else is the nearest float64.
func encodeNumber(text string) ([]byte, error) {
	if len(text) > maxDigits {
		return nil, fmt.Errorf("a json.Number of %d characters; the limit is %d", len(text), maxDigits)
	}
	if text == "" {
		text = "0" // as encoding/json has it
	}
	if !json.Valid([]byte(text)) || text[0] != '-' && (text[0] < '0' || text[0] > '9') {
		return nil, fmt.Errorf("a json.Number that is not a number")
	}
	if n, ok := new(big.Int).SetString(text, 10); ok && text != "-0" {
		return encMode.Marshal(n)
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return nil, fmt.Errorf("a json.Number beyond the range of float64")
	}
	return encMode.Marshal(f)
}
