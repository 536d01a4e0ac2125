package main

import (
	"bytes"
	"encoding/base64"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestDissectFindsEveryByte(t *testing.T) {
	for _, p := range allPayloads() {
		value, err := newOurs(oursSigned).encode(p.value)
		require.NoError(t, err, p.name)
		a, err := dissect(value)
		require.NoError(t, err, p.name)
		raw, err := base64.RawURLEncoding.DecodeString(value)
		require.NoError(t, err)
		assert.Len(t, raw, a.header+a.flags+a.created+a.touched+a.id+a.expiry+a.tag+a.stored, p.name)
		assert.Equal(t, len(value), signedCharacters(a.stored), p.name)
		assert.Less(t, len(a.entries), len(p.json), p.name)
	}
	_, err := dissect("AAAA")
	assert.Error(t, err)
}

func TestInTable(t *testing.T) {
	for _, name := range []string{"user_id", "v", "id", "sub", "email"} {
		assert.True(t, inTable(name), name)
		other := unknownName(name)
		assert.Len(t, other, len(name))
		assert.False(t, inTable(other), other)
	}
	for _, name := range []string{"q", "zz", "memberNo", "deviceTrust"} {
		assert.False(t, inTable(name), name)
	}
}

func TestCompressorsGiveBack(t *testing.T) {
	src := bytes.Repeat([]byte("a session of some length, "), 40)
	dict := []byte("a session of some")
	for _, c := range append(compressors, compressor{"dictionary", func() squeezer { return newDeflate(6, dict) }}) {
		z := c.make()
		for range 3 { // it is used again and again
			small := z.squeeze([]byte("x"), src)
			assert.Less(t, len(small), len(src)/2, c.name)
			back, err := z.expand(nil, small[1:])
			require.NoError(t, err, c.name)
			assert.Equal(t, src, back, c.name)
		}
	}
}

func TestFormatReport(t *testing.T) {
	var b bytes.Buffer
	f := newFormatReport(&b, []*payload{payloadOf("login"), payloadOf("member"), payloadOf("tiny"), payloadOf("anonymous")})
	f.write(&b, 1, time.Microsecond, func(int) {})
	assert.NotContains(t, b.String(), "left out")
	assert.NotContains(t, b.String(), "NaN")
	for _, title := range []string{"Compressors: bytes", "preset dictionary", "table of names", "length of the tag", "small session"} {
		assert.Contains(t, b.String(), title)
	}
}
