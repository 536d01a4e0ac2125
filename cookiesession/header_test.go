package cookiesession_test

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cookiesession/go/cookiesession"
)

func TestParseHeader(t *testing.T) {
	for _, protection := range []cookiesession.Protection{cookiesession.Signed, cookiesession.Encrypted} {
		codec := newCodec(t, cookiesession.Options{Protection: protection})
		value := cookieOf(t, codec, "n", 1)
		h, err := cookiesession.ParseHeader(value)
		require.NoError(t, err)
		assert.Equal(t, protection, h.Protection)
		assert.Equal(t, testKey(t, "1").ID(), h.KeyID)
		assert.Equal(t, base64.RawURLEncoding.DecodedLen(len(value)), h.Bytes)
		assert.Contains(t, fmt.Sprintf("%+v", h), h.Protection.String()+" KeyID:"+h.KeyID.String())
	}
	good := cookieOf(t, newCodec(t, cookiesession.Options{}), "n", 1)
	for name, tc := range map[string]struct {
		value string
		want  error
	}{
		"empty":        {"", cookiesession.ErrMalformed},
		"no base64url": {"a+b", cookiesession.ErrMalformed},
		"a line end":   {good[:8] + "\n" + good[8:], cookiesession.ErrMalformed},
		"cut off":      {good[:20], cookiesession.ErrMalformed},
		"too long":     {strings.Repeat("A", 4097), cookiesession.ErrMalformed},
		"version 2":    {"I" + good[1:], cookiesession.ErrUnreadable},
		"protection 0": {"EA" + good[2:], cookiesession.ErrUnreadable},
	} {
		h, err := cookiesession.ParseHeader(tc.value)
		assert.ErrorIs(t, err, tc.want, name)
		assert.Zero(t, h, name)
	}
	assert.Equal(t, "Protection(9)", cookiesession.Protection(9).String())
}

func TestTouched(t *testing.T) {
	clock := time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)
	codec := newCodec(t, cookiesession.Options{Now: func() time.Time { return clock }})
	s := begin(codec)
	assert.Zero(t, s.Touched())
	s.Set("n", 1)
	began := clock
	value := seal(t, codec, s)
	clock = clock.Add(time.Hour)
	s = present(codec, value)
	assert.Equal(t, began, s.Touched())
	s.Set("n", 2)
	value = seal(t, codec, s)
	s = present(codec, value)
	assert.Equal(t, clock, s.Touched())
	assert.Equal(t, began, s.Created())
}
