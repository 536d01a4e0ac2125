package main

import (
	"bytes"
	"embed"
	"encoding/json"
	"strings"
)

//go:embed testdata/*.json
var testdata embed.FS

// A payload is a session of some application.
type payload struct {
	name  string
	json  []byte
	value map[string]any
	// What a handler does with it: the text that it reads, and the value that
	// it changes, to what.
	read  string
	write string
	to    any
}

// The first family is a shop, the second a tracker of tickets with a forum.
var families = []struct {
	name     string
	about    string
	payloads []*payload
}{
	{"first", "a shop", []*payload{
		load("tiny", "user_id", "v", 2),
		load("login", "user_id", "return_to", "/account/orders?page=3"),
		load("cart", "user_id", "updated_at", 1791536686),
		load("oauth", "access_token", "expires_at", 1790954741),
		load("large", "cart_id", "currency", "EUR"),
	}},
	{"second", "a tracker", []*payload{
		load("anonymous", "anon", "landing", "/topics/8813-build-times?ref=digest"),
		load("member", "handle", "tzName", "Europe/Helsinki"),
		load("board", "boardRef", "swimlane", "priority"),
		load("sso", "nameId", "validUntil", 1795766292),
		load("draft", "body", "project", "MOB"),
	}},
}

func allPayloads() []*payload {
	var all []*payload
	for _, f := range families {
		all = append(all, f.payloads...)
	}
	return all
}

func payloadOf(name string) *payload {
	for _, p := range allPayloads() {
		if p.name == name {
			return p
		}
	}
	panic("no payload " + name)
}

func load(name, read, write string, to any) *payload {
	text, err := testdata.ReadFile("testdata/" + name + ".json")
	if err != nil {
		panic(err)
	}
	text = bytes.TrimSpace(text)
	return &payload{name: name, json: text, value: decodeJSON(text), read: read, write: write, to: to}
}

// newPayload makes a payload of a value.
func newPayload(name string, value map[string]any, read, write string, to any) *payload {
	text, err := json.Marshal(value)
	if err != nil {
		panic(err)
	}
	return &payload{name: name, json: text, value: decodeJSON(text), read: read, write: write, to: to}
}

// decodeJSON gives whole numbers as int, others as float64.
func decodeJSON(text []byte) map[string]any {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var v map[string]any
	if err := d.Decode(&v); err != nil {
		panic(err)
	}
	return mapNumbers(v, func(n any) any {
		number := n.(json.Number)
		if strings.ContainsAny(number.String(), ".eE") {
			f, err := number.Float64()
			must(err)
			return f
		}
		i, err := number.Int64()
		must(err)
		return int(i)
	}).(map[string]any)
}

// plain makes every number a float64, as JSON has it: for a comparison of what
// came back, since each library has types of its own for numbers.
func plain(v any) any {
	return mapNumbers(v, func(n any) any {
		switch n := n.(type) {
		case int:
			return float64(n)
		case int64:
			return float64(n)
		case uint64:
			return float64(n)
		}
		return n
	})
}

// mapNumbers copies v, with each number as f gives it.
func mapNumbers(v any, f func(any) any) any {
	switch v := v.(type) {
	case map[string]any:
		out := make(map[string]any, len(v))
		for k, v := range v {
			out[k] = mapNumbers(v, f)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, v := range v {
			out[i] = mapNumbers(v, f)
		}
		return out
	case json.Number, int, int64, uint64, float64:
		return f(v)
	}
	return v
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}
