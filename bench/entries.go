package main

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/fxamacker/cbor/v2"
	"github.com/klauspost/compress/flate"

	"github.com/cookiesession/go/cookiesession"
)

// anatomy is a signed cookie in its parts, as SPEC.md has them, in bytes.
type anatomy struct {
	header, flags, created, touched, id, expiry, tag int
	compression                                      byte
	entries                                          []byte // packed, not compressed
	stored                                           int    // what the entries take in the cookie
}

// The compressions of SPEC.md.
const (
	compressedShared   = 1
	compressedIsolated = 2
)

const (
	headerSize = 5
	idSize     = 12
	tagSize    = 16
	nonceSize  = 24 // of an encrypted cookie
)

var errAnatomy = errors.New("not a signed cookie of version 1")

// dissect takes a signed cookie apart. It checks nothing: the cookie was made here.
func dissect(value string) (anatomy, error) {
	raw, err := base64.RawURLEncoding.DecodeString(value)
	if err != nil {
		return anatomy{}, err
	}
	if len(raw) < headerSize+5+idSize+tagSize || raw[0] != 0x11 {
		return anatomy{}, errAnatomy
	}
	a, err := dissectBody(raw[headerSize : len(raw)-tagSize])
	a.header, a.tag = headerSize, tagSize
	return a, err
}

// dissectBody takes apart what the protection is around.
func dissectBody(body []byte) (a anatomy, err error) {
	a = anatomy{flags: 1, created: 4, id: idSize}
	flags, rest := body[0], body[5:]
	if flags&0x10 != 0 {
		_, a.touched = binary.Uvarint(rest)
		rest = rest[a.touched:]
	}
	rest = rest[idSize:]
	if kind := flags & 0x0c; kind == 0x04 || kind == 0x08 {
		_, a.expiry = binary.Uvarint(rest)
		rest = rest[a.expiry:]
	}
	a.stored = len(rest)
	a.compression = flags & 0x03
	switch a.compression {
	case 0:
		a.entries = rest
	case compressedShared:
		a.entries, err = io.ReadAll(flate.NewReader(bytes.NewReader(rest)))
	case compressedIsolated:
		a.entries, err = inflated(rest)
	default:
		err = errAnatomy
	}
	return a, err
}

// inflated are isolated entries with their values inflated.
func inflated(rest []byte) (entries []byte, err error) {
	all, err := items(rest)
	if err != nil {
		return nil, err
	}
	for _, item := range all {
		stream, err := streamOf(item)
		if err != nil {
			return nil, err
		}
		if stream == nil {
			entries = append(entries, item...)
			continue
		}
		value, err := io.ReadAll(flate.NewReader(bytes.NewReader(stream)))
		if err != nil {
			return nil, err
		}
		entries = append(entries, value...)
	}
	return entries, nil
}

// items are the keys and values of entries, in turn.
func items(entries []byte) (all []cbor.RawMessage, err error) {
	for len(entries) > 0 {
		var item cbor.RawMessage
		if entries, err = cbor.UnmarshalFirst(entries, &item); err != nil {
			return nil, err
		}
		all = append(all, item)
	}
	return all, nil
}

// streamOf is what a deflated value has under its tag; nil if it is not deflated.
func streamOf(item []byte) (stream []byte, err error) {
	if tagged, deflated := bytes.CutPrefix(item, []byte{0xd8, 226}); deflated {
		err = cbor.Unmarshal(tagged, &stream)
	}
	return stream, err
}

// entriesOf are the packed entries of a session.
func entriesOf(values map[string]any) (anatomy, error) {
	// Compressed, since more fits so.
	value, err := oursWith(oursSigned, cookiesession.Options{MaxSize: cookieMax, WarnSize: -1}).encode(values)
	if err != nil {
		return anatomy{}, fmt.Errorf("entries: %w", err)
	}
	return dissect(value)
}

// characters is the length of a cookie's value of so many bytes.
func characters(raw int) int { return base64.RawURLEncoding.EncodedLen(raw) }

// signedCharacters is that of a signed cookie with so many bytes of entries.
func signedCharacters(entries int) int {
	return characters(headerSize + 5 + idSize + entries + tagSize)
}

// Below this, the library leaves entries as they are; and it keeps what it
// deflated only if that saves a tenth.
const deflateFrom = 400

// kept is what is written of entries and their compressed form.
func kept(entries, deflated int) int {
	if entries >= deflateFrom && deflated <= entries-entries/10 {
		return deflated
	}
	return entries
}
