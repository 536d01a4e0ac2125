package main

import (
	"fmt"
	"slices"
	"strings"
)

// A cookie is a name and a value out of pasted text.
type cookie struct{ name, value string }

// cookies finds the cookies of a name in pasted text: a bare value, name=value,
// or lines of headers, with their field names or without. If there is none of
// the name, those without its prefix are taken, as development servers drop it.
func cookies(text, name string) ([]cookie, error) {
	found := pairs(text)
	if found == nil {
		value := strings.TrimSpace(text)
		if value == "" || strings.ContainsAny(value, " \t\r\n") {
			return nil, usagef("there is no cookie: give its value, name=value, or a line Cookie: … or Set-Cookie: …")
		}
		return []cookie{{name, value}}, nil
	}
	plain := strings.TrimPrefix(strings.TrimPrefix(name, "__Host-"), "__Secure-")
	for _, wanted := range []string{name, plain} {
		var these []cookie
		for _, c := range found {
			if c.name == wanted {
				these = append(these, c)
			}
		}
		if len(these) > 0 {
			return these, nil
		}
	}
	var names []string
	for _, c := range found {
		if !slices.Contains(names, c.name) {
			names = append(names, c.name)
		}
	}
	return nil, fmt.Errorf("there is no cookie %q, but %s; give the right one with --name", name, list(names))
}

func list(names []string) string {
	const most = 10
	var b strings.Builder
	for i, name := range names {
		if i == most {
			fmt.Fprintf(&b, " and %d more", len(names)-most)
			break
		}
		if i > 0 {
			b.WriteString(", ")
		}
		if len(name) > 64 {
			name = name[:64] + "…"
		}
		fmt.Fprintf(&b, "%q", maskedAll(name)) // a value with an = in it was cut there
	}
	return b.String()
}

// pairs reads name=value pairs. If there are lines with the field names of
// cookies, as in a request copied whole, it reads only these.
func pairs(text string) []cookie {
	var fields, others []cookie
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(strings.TrimLeft(line, "<> ")) // curl -v writes > before what it sends
		field, rest, _ := strings.Cut(line, ":")
		switch strings.ToLower(field) {
		case "cookie":
			fields = append(fields, split(rest)...)
		case "set-cookie":
			first, _, _ := strings.Cut(rest, ";") // then come attributes
			fields = append(fields, split(first)...)
		default:
			others = append(others, split(line)...)
		}
	}
	if fields != nil {
		return fields
	}
	return others
}

func split(line string) []cookie {
	var all []cookie
	for pair := range strings.SplitSeq(line, ";") {
		if name, value, ok := strings.Cut(strings.Trim(pair, " \t"), "="); ok {
			all = append(all, cookie{name, value})
		}
	}
	return all
}
