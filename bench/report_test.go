package main

import (
	"bytes"
	"encoding/xml"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// synthetic is a report of every cell that the command measures, with times of
// our own: one microsecond for ours, others by the subject.
func synthetic() *report {
	times := map[string]float64{gorillaSigned: 12_000, gorillaEncrypted: 24_000, scsMemory: 5_000, jwtHS256: 3_000}
	floors := map[string]float64{partsSigned: 800, partsSignedKlauspost: 500, partsEncrypted: 250, partsEncryptedKlauspost: 400}
	subjects, payloads := newSubjects(), allPayloads()
	r := &report{all: samples{}, wire: wireSizes(subjects, payloads), lines: capacities{
		oursSigned: 144, gorillaSigned: 12, oursEncrypted: 120, gorillaEncrypted: 10,
	}}
	for _, g := range allGroups(subjects, payloads) {
		for _, c := range g {
			ns := max(1000, times[c.subject])
			if c.bench == "Write" {
				ns /= 2
				if c.subject == oursSigned || c.subject == oursEncrypted {
					ns = 1000
				}
			}
			if floor, isFloor := floors[c.subject]; isFloor {
				ns = floor
			}
			r.all[c.key] = fixed(ns, ns, ns)
		}
	}
	return r
}

func TestClosingLines(t *testing.T) {
	r := synthetic()
	for _, p := range families[0].payloads {
		r.wire[p.name] = map[string]size{
			oursSigned: {value: 100}, gorillaSigned: {value: 400},
			oursEncrypted: {value: 150}, gorillaEncrypted: {value: 300},
		}
	}
	assert.Equal(t, "read 12.0x write 6.0x size 0.25 capacity 12.0x",
		closingOf(oursSigned, gorillaSigned, families[0].payloads, r.all, r.wire, r.lines).String())
	assert.Equal(t, "read 24.0x write 12.0x size 0.50 capacity 12.0x",
		closingOf(oursEncrypted, gorillaEncrypted, families[0].payloads, r.all, r.wire, r.lines).String())

	// Means are geometric: one payload that is 32 times as fast makes the mean of
	// five twice as fast.
	k := key{"Read", "payload=tiny", gorillaSigned}
	r.all[k] = fixed(32*12_000, 32*12_000)
	assert.Equal(t, "read 24.0x write 6.0x size 0.25 capacity 12.0x",
		closingOf(oursSigned, gorillaSigned, families[0].payloads, r.all, r.wire, r.lines).String())
}

func TestReportEndsWithTheClosingLines(t *testing.T) {
	var b bytes.Buffer
	synthetic().write(&b)
	lines := strings.Split(strings.TrimSuffix(b.String(), "\n"), "\n")
	closing := regexp.MustCompile(`^read [0-9]+\.[0-9]x write [0-9]+\.[0-9]x size [0-9]\.[0-9]{2} capacity [0-9]+\.[0-9]x$`)
	var found []string
	for _, line := range lines {
		if closing.MatchString(line) {
			found = append(found, line)
		}
	}
	require.Len(t, found, 2)
	assert.True(t, strings.HasPrefix(found[0], "read 12.0x write 6.0x"))
	assert.True(t, strings.HasPrefix(found[1], "read 24.0x write 12.0x"))
	assert.Equal(t, found[1], lines[len(lines)-1])
	assert.NotContains(t, b.String(), "NaN")
	for _, subject := range cookieSubjects {
		assert.Contains(t, b.String(), titles[subject])
	}
}

func TestFasterPartsCount(t *testing.T) {
	k := func(s string) key { return key{"Read", "payload=tiny", s} }
	all := samples{k(partsSigned): fixed(30, 10), k(partsEncrypted): fixed(1), k(oursSigned): fixed(10)}
	assert.Equal(t, k(partsSigned), all.faster(k(partsSigned)), "it is the only one")
	all[k(partsSignedKlauspost)] = fixed(15, 5)
	assert.Equal(t, k(partsSignedKlauspost), all.faster(k(partsSigned)))
	all[k(partsSignedKlauspost)] = fixed(60, 20)
	assert.Equal(t, k(partsSigned), all.faster(k(partsSigned)))
	assert.Equal(t, k(oursSigned), all.faster(k(oursSigned)))
}

func TestNearToParts(t *testing.T) {
	r := synthetic()
	for _, p := range families[0].payloads { // one of them with two ways to inflate
		delete(r.all, key{"Read", "payload=" + p.name, partsSignedKlauspost})
	}
	r.all[key{"Read", "payload=large", partsSignedKlauspost}] = fixed(25, 25, 25)
	var b bytes.Buffer
	r.near(&b)
	// 1000/25 is 32 times 1000/800, so the mean is twice that.
	assert.Regexp(t, `(?m)^  signed, one value is read +1\.25x +1\.25x +1\.25x +1\.25x +40\.00x +2\.50x +30\.0x +12\.0x$`, b.String())
	assert.Regexp(t, `(?m)^  encrypted, one value is read +(4\.00x +){6}96\.0x +24\.0x$`, b.String())
	assert.Regexp(t, `(?m)^  encrypted, one is changed +(4\.00x +){6}48\.0x +12\.0x$`, b.String())
}

func TestSamplesAreBenchmarks(t *testing.T) {
	var b bytes.Buffer
	require.NoError(t, writeSamples(&b, samples{
		{"Read", "payload=tiny", oursSigned}:                        fixed(1234.56),
		{"Parallel", "act=read/gogc=100/procs=2", gorillaEncrypted}: fixed(1, 2),
	}))
	_, lines, _ := strings.Cut(b.String(), "github.com/cookiesession/go/bench\n")
	assert.Regexp(t, `^BenchmarkParallel/act=read/gogc=100/procs=2/subject=gorilla-encrypted-\d+\t1\t1.0 ns/op\t3 B/op\t2 allocs/op
BenchmarkParallel/.*\t2.0 ns/op.*
BenchmarkRead/payload=tiny/subject=ours-signed-\d+\t1\t1234.6 ns/op\t3 B/op\t2 allocs/op
$`, lines)
}

func TestPlotsAreXML(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "plots")
	require.NoError(t, synthetic().writePlots(dir))
	files, err := filepath.Glob(filepath.Join(dir, "*.svg"))
	require.NoError(t, err)
	require.Len(t, files, 3)
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		texts := 0
		for d := xml.NewDecoder(bytes.NewReader(text)); ; {
			token, err := d.Token()
			if err == io.EOF {
				break
			}
			require.NoError(t, err, file)
			if start, ok := token.(xml.StartElement); ok && start.Name.Local == "text" {
				texts++
			}
		}
		assert.Greater(t, texts, 20, file)
		assert.Contains(t, string(text), "gorilla/sessions", file)
		assert.NotContains(t, string(text), "NaN", file)
	}
}
