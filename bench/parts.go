package main

import (
	"bytes"
	stdflate "compress/flate"
	"context"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"hash"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/klauspost/compress/flate"
	"golang.org/x/crypto/chacha20poly1305"
)

// parts do what no session in a cookie of our format can do without, and nothing else: a value
// in the context; base64, and the tag or the cipher, of the very cookie that ours makes; DEFLATE
// where ours has it; and, to write, all of that the other way and one line of a header. Nothing
// is parsed, and there is no session: where things stand, and what is written, is known before.
//
// There is one for each way to inflate; the faster counts.
type parts struct {
	slug    string
	of      ours
	inflate func(io.Reader) io.ReadCloser
	subkey  []byte
	aead    cipher.AEAD // nil: signed
}

func newParts(slug string) *parts {
	p := &parts{slug: slug, of: newOurs(oursFor(slug)), inflate: stdflate.NewReader}
	if p.second() {
		p.inflate = flate.NewReader
	}
	if p.of.slug == oursSigned {
		p.subkey = subkey(secret("ours"), 1)
		return p
	}
	var err error
	p.aead, err = chacha20poly1305.NewX(subkey(secret("ours"), 2))
	must(err)
	return p
}

// subkey is a key's for a protection, as SPEC.md has it.
func subkey(secret []byte, protection byte) []byte {
	info := append([]byte("cookiesession"), 1, protection, 0, 0) // no realm
	info = binary.BigEndian.AppendUint16(info, uint16(len(cookieName)))
	key, err := hkdf.Key(sha256.New, secret, nil, string(info)+cookieName, 32)
	must(err)
	return key
}

func (p *parts) name() string { return p.slug }

// second reports whether it is the other of two that differ in how they inflate. Where nothing
// is inflated, one is enough.
func (p *parts) second() bool {
	return p.slug == partsSignedKlauspost || p.slug == partsEncryptedKlauspost
}

// otherParts has the second of each first.
var otherParts = map[string]string{partsSigned: partsSignedKlauspost, partsEncrypted: partsEncryptedKlauspost}

// faster is k, or where k is of parts and their other is faster, that one.
func (all samples) faster(k key) key {
	other := key{k.bench, k.of, otherParts[k.subject]}
	if all.has(other) && all.ratio(other, k) < 1 {
		return other
	}
	return k
}

// A recipe is what is done for one payload.
type recipe struct {
	from, to int // what is inflated, in the body; nothing if they are equal
	plain    int // the bytes of it, then

	// The header and the body that are written: squeezed stands between the others, compressed,
	// unless it is empty.
	before, squeezed, after []byte
	level                   int
	line                    [2]string // what stands around the cookie's value
}

var errParts = errors.New("not a cookie that was made here")

// inflates reports whether there is anything to inflate.
func (p *parts) inflates(of *payload) bool {
	cookie, _, err := cookieOf(p.of, of)
	must(err)
	r := p.reading(cookie, of)
	return r.from < r.to
}

// reading is the recipe to read a payload of a cookie.
func (p *parts) reading(cookie string, of *payload) (r recipe) {
	_, body := p.unsealed(cookie)
	var plain []byte
	r.from, r.to, plain = deflatedFor(body, of.value, of.read)
	r.plain = len(plain)
	return r
}

// writing adds what is needed to write what ours writes.
func (p *parts) writing(cookie string, j *job) recipe {
	r := p.reading(cookie, j.payload)
	x := newExchange(p.of.handler(writeOne, &job{payload: j.payload}), cookie)
	x.do()
	changed, line := x.setCookie()
	before, after, found := strings.Cut(strings.TrimPrefix(line, "Set-Cookie: "), changed)
	if !found || changed == "" {
		panic("ours wrote no cookie")
	}
	r.line = [2]string{before, after}

	header, body := p.unsealed(changed)
	values := maps.Clone(j.value)
	values[j.write] = j.to
	from, to, plain := deflatedFor(body, values, j.write)
	r.before = append(bytes.Clone(header), body[:from]...)
	r.squeezed = plain
	r.after = body[to:]
	if len(plain) > 0 {
		var found bool
		if r.level, found = levelOf(plain, body[from:to]); !found {
			panic("ours compresses in a way that is not known here")
		}
	}
	return r
}

// levelOf is the level at which a stream was made.
func levelOf(plain, stream []byte) (level int, found bool) {
	for level = flate.BestSpeed; level <= flate.BestCompression; level++ {
		if bytes.Equal(newDeflate(level, nil).squeeze(nil, plain), stream) {
			return level, true
		}
	}
	return 0, false
}

// unsealed are the header and the body of a cookie.
func (p *parts) unsealed(cookie string) (header, body []byte) {
	body, err := p.open(p.newBench(&recipe{}), cookie)
	must(err)
	raw, err := base64.RawURLEncoding.DecodeString(cookie)
	must(err)
	return raw[:headerSize], bytes.Clone(body)
}

// deflatedFor is where the stream stands in a body that must be inflated for the value of a key, and
// what it holds. If there is none, both ends are the body's.
func deflatedFor(body []byte, values map[string]any, key string) (from, to int, plain []byte) {
	a, err := dissectBody(body)
	must(err)
	start := len(body) - a.stored
	switch a.compression {
	case compressedShared:
		return start, len(body), a.entries
	case compressedIsolated:
		all, err := items(body[start:])
		must(err)
		// Keys ascend.
		nth := 2*slices.Index(slices.Sorted(maps.Keys(values)), key) + 1
		end := start
		for _, item := range all[:nth+1] {
			end += len(item)
		}
		stream, err := streamOf(all[nth])
		must(err)
		if stream != nil {
			plain, err = io.ReadAll(flate.NewReader(bytes.NewReader(stream)))
			must(err)
			return end - len(stream), end, plain
		}
	}
	return len(body), len(body), nil
}

// A workbench is what a request needs and can leave to the next one.
type workbench struct {
	raw, plain []byte
	line       []byte
	mac        hash.Hash
	sum        [sha256.Size]byte
	stream     bytes.Reader
	inflater   io.ReadCloser
	deflater   *flate.Writer
	made       bytes.Buffer
}

func (p *parts) newBench(r *recipe) *workbench {
	b := new(workbench)
	if p.aead == nil {
		b.mac = hmac.New(sha256.New, p.subkey)
	}
	if r.from < r.to {
		b.plain = make([]byte, r.plain+1) // one more, to see that it ends
		b.inflater = p.inflate(&b.stream)
	}
	if len(r.squeezed) > 0 {
		var err error
		b.deflater, err = flate.NewWriter(&b.made, r.level)
		must(err)
	}
	return b
}

func (b *workbench) tag(of []byte) []byte {
	b.mac.Reset()
	b.mac.Write(of)
	return b.mac.Sum(b.sum[:0])[:tagSize]
}

var strictText = base64.RawURLEncoding.Strict()

// open is the body of a cookie, once it was found genuine.
func (p *parts) open(b *workbench, value string) ([]byte, error) {
	n := strictText.DecodedLen(len(value))
	b.raw = slices.Grow(b.raw[:0], n)
	raw := b.raw[:n]
	// Line breaks would be passed over, so that the text is longer than its bytes are.
	got, err := strictText.Decode(raw, []byte(value))
	if err != nil || strictText.EncodedLen(got) != len(value) || got < headerSize+nonceSize+tagSize {
		return nil, errParts
	}
	if p.aead != nil {
		sealed := raw[headerSize+nonceSize:]
		return p.aead.Open(sealed[:0], raw[headerSize:headerSize+nonceSize], sealed, raw[:headerSize])
	}
	cut := n - tagSize
	if subtle.ConstantTimeCompare(b.tag(raw[:cut]), raw[cut:]) != 1 {
		return nil, errParts
	}
	return raw[headerSize:cut], nil
}

// read opens a cookie and inflates of it what must be.
func (p *parts) read(b *workbench, r *recipe, value string) ([]byte, error) {
	body, err := p.open(b, value)
	if err != nil || r.from >= r.to {
		return nil, err
	}
	if len(body) < r.to {
		return nil, errParts
	}
	b.stream.Reset(body[r.from:r.to])
	if err := b.inflater.(flate.Resetter).Reset(&b.stream, nil); err != nil {
		return nil, err
	}
	n := 0
	for err == nil && n < len(b.plain) {
		var more int
		more, err = b.inflater.Read(b.plain[n:])
		n += more
	}
	if err != io.EOF || n != r.plain {
		return nil, errParts
	}
	return b.plain[:n], nil
}

// write makes the line that sets the cookie.
func (p *parts) write(b *workbench, r *recipe) (string, error) {
	raw := append(b.raw[:0], r.before[:headerSize]...)
	if p.aead != nil {
		raw = raw[:len(raw)+nonceSize] // there is room: a cookie was read there
		rand.Read(raw[headerSize:])
	}
	start := len(raw)
	raw = append(raw, r.before[headerSize:]...)
	if len(r.squeezed) > 0 {
		b.made.Reset()
		b.deflater.Reset(&b.made)
		if _, err := b.deflater.Write(r.squeezed); err != nil {
			return "", err
		}
		if err := b.deflater.Close(); err != nil {
			return "", err
		}
		raw = append(raw, b.made.Bytes()...)
	}
	raw = append(raw, r.after...)
	if p.aead != nil {
		raw = p.aead.Seal(raw[:start], raw[headerSize:start], raw[start:], raw[:headerSize])
	} else {
		raw = append(raw, b.tag(raw)...)
	}
	b.raw = raw
	b.line = append(b.line[:0], r.line[0]...)
	b.line = strictText.AppendEncode(b.line, raw)
	b.line = append(b.line, r.line[1]...)
	return string(b.line), nil
}

// partsContext is the context of a request, with room for the line of its response.
type partsContext struct {
	context.Context
	line [1]string
}

func (c *partsContext) Value(key any) any {
	if key == (contextKey{}) {
		return c
	}
	return c.Context.Value(key)
}

func (p *parts) handler(a act, j *job) http.Handler {
	if a != readOne && a != writeOne {
		return p.of.handler(a, j)
	}
	cookie, _, err := cookieOf(p.of, j.payload)
	must(err)
	var r recipe
	if a == readOne {
		r = p.reading(cookie, j.payload)
	} else {
		r = p.writing(cookie, j)
	}
	pool := sync.Pool{New: func() any { return p.newBench(&r) }}
	const before = cookieName + "="
	next := bare{}.handler(a, j)
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		ctx := &partsContext{Context: req.Context()}
		req = req.WithContext(ctx)
		b := pool.Get().(*workbench)
		defer pool.Put(b)
		value, found := "", false
		if lines := req.Header["Cookie"]; len(lines) > 0 {
			value, found = strings.CutPrefix(lines[0], before)
		}
		if !found {
			replyError(w, errNoCookie)
			return
		}
		if _, err := p.read(b, &r, value); err != nil {
			replyError(w, err)
			return
		}
		if a == writeOne {
			line, err := p.write(b, &r)
			if err != nil {
				replyError(w, err)
				return
			}
			ctx.line[0] = line
			w.Header()["Set-Cookie"] = ctx.line[:]
		}
		next.ServeHTTP(w, req)
	})
}
