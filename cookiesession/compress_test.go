package cookiesession_test

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cookiesession/go/cookiesession"
)

// zeros is a serializer that makes so many bytes of anything.
type zeros int

func (n zeros) Serialize(any) ([]byte, error) { return make([]byte, n), nil }

func (zeros) Deserialize(b []byte, v any) error {
	if text, ok := v.(*string); ok {
		*text = string(b)
	}
	return nil
}

// What is written can be read, up to the last byte of the limit.
func TestForeignValueAtTheLimit(t *testing.T) {
	written := 0
	for n := 65_500; n < 65_540; n++ {
		for _, p := range protections {
			codec := newCodec(t, cookiesession.Options{Protection: p.p, Serializer: zeros(n)})
			s := begin(codec)
			s.Set("k", "x")
			sealed, err := codec.Seal(s)
			if err != nil {
				continue
			}
			written++
			got, err := cookiesession.Get[string](present(codec, sealed.Value), "k")
			require.NoError(t, err, n)
			require.Len(t, got, n)
		}
	}
	assert.Positive(t, written)
}

// The last try before a session is refused is as one block, however little that saves.
func TestBlockThatJustFits(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	text := func(n int) string {
		b := make([]byte, n)
		for i := range b {
			b[i] = "ghijklmnopqrstuv"[random.IntN(16)]
		}
		return string(b)
	}
	codec := newCodec(t, cookiesession.Options{})
	apart := newCodec(t, cookiesession.Options{Compression: cookiesession.CompressIsolated})
	saved := 0
	for n := 2850; n < 3050; n += 5 {
		common := text(200)
		a, b := common+text(n-200), text(n-200)+common
		fits := func(c *cookiesession.Codec) bool {
			s := begin(c)
			s.Set("a", a)
			s.Set("b", b)
			_, err := c.Seal(s)
			return err == nil
		}
		if fits(codec) && !fits(apart) {
			saved++
		}
	}
	assert.Positive(t, saved)
}

// A session that grows line by line is compressed as one that is filled at once, though
// the first try did not pay.
func TestGrowingSession(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	noise := make([]byte, 390)
	for i := range noise {
		noise[i] = byte(random.Uint32())
	}
	codec := newCodec(t, cookiesession.Options{})
	line := func(s *cookiesession.Session, i int) {
		s.Set(fmt.Sprintf("line%03d", i), map[string]any{"sku": fmt.Sprintf("KX-%05d-BL", i*7919%99999), "title": "A product of ours", "qty": i % 5})
	}
	grown, once := begin(codec), begin(codec)
	grown.Set("noise", noise)
	once.Set("noise", noise)
	for i := range 60 {
		line(grown, i)
		line(once, i)
		grown = present(codec, seal(t, codec, grown))
	}
	assert.InEpsilon(t, once.Size().Total, grown.Size().Total, 0.1)
}

// Single values count against the limit as all of them do.
func TestReadingInPlaceKeepsTheLimit(t *testing.T) {
	c := newCraft()
	codec := newCodec(t, cookiesession.Options{Now: newClock().Now})
	hex := func(n int) []byte { return append([]byte{0xd8, 108}, cborBytes(make([]byte, n))...) } // twice as long
	two := append(append([]byte{0x61, 'a'}, hex(20_000)...), append([]byte{0x61, 'b'}, hex(20_000)...)...)
	s := present(codec, c.cookie(body(1, sid, deflated(two))))
	_, err := cookiesession.Get[string](s, "a")
	require.NoError(t, err)
	_, err = cookiesession.Get[string](s, "b")
	assert.ErrorContains(t, err, "65536")

	s = present(codec, c.cookie(body(1, sid, deflated(append([]byte{0x61, 'a'}, hex(40_000)...)))))
	_, err = cookiesession.Get[string](s, "a")
	assert.ErrorContains(t, err, "65536")
}

func TestScratchIsWiped(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	secret := make([]byte, 700)
	for i := range secret {
		secret[i] = byte(random.Uint32())
	}
	codec := newCodec(t, cookiesession.Options{Protection: cookiesession.Encrypted})
	s := begin(codec)
	s.Set("a", secret)
	s.Set("b", strings.Repeat("x", 700))
	s.Size()
	present(codec, seal(t, codec, s)).Get("b")
	assert.False(t, bytes.Contains(cookiesession.ScratchMemory(), secret[100:120]))
}

// An iterator that does not keep its contract harms nobody else.
func TestIteratorThatGoesOn(t *testing.T) {
	codec := newCodec(t, cookiesession.Options{})
	var kept func(string) bool
	s := codec.Open(context.Background(), func(yield func(string) bool) { kept = yield })
	s.Len()
	assert.Panics(t, func() { kept("later") })
	s = codec.Open(context.Background(), func(yield func(string) bool) {
		for range 1000 {
			yield("x")
		}
	})
	assert.Panics(t, func() { s.Len() })
	assert.NotPanics(t, func() { _ = s.Modified(); _ = s.String() }, "and holds no lock")
}
