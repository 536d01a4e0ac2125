package main

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf16"
)

// jsonOf writes a value as JSON in which no character acts on a terminal.
// v must be of our types, or come from plain.
func jsonOf(v any, indent string) string {
	var text, b strings.Builder
	e := json.NewEncoder(&text)
	e.SetEscapeHTML(false)
	e.SetIndent("", indent)
	if err := e.Encode(v); err != nil {
		panic(err)
	}
	for _, r := range strings.TrimSpace(text.String()) {
		switch {
		case unicode.IsPrint(r) || r == '\n': // a line end in a string is escaped already
			b.WriteRune(r)
		case r > math.MaxUint16:
			high, low := utf16.EncodeRune(r)
			fmt.Fprintf(&b, `\u%04x\u%04x`, high, low)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	return b.String()
}

// plain makes of a session's value what JSON can hold: map keys, numbers and
// instants that JSON does not know become text. Byte strings become base64.
func plain(v any) any {
	switch v := v.(type) {
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return strconv.FormatFloat(v, 'g', -1, 64)
		}
	case []any:
		all := make([]any, len(v))
		for i, item := range v {
			all[i] = plain(item)
		}
		return all
	case map[string]any:
		all := map[string]any{}
		for key, item := range v {
			all[key] = plain(item)
		}
		return all
	case map[any]any:
		all := map[string]any{}
		for key, item := range v {
			all[fmt.Sprint(key)] = plain(item)
		}
		return all
	}
	if _, err := json.Marshal(v); err != nil {
		return fmt.Sprint(v)
	}
	return v
}
