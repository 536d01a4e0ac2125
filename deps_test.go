// Package house_test holds what the whole module promises: which package may
// depend on which, how short go.mod is, and that the code in the documents
// compiles.
package house_test

import (
	"encoding/json"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const module = "github.com/cookiesession/go"

// mayImport is the direction of dependencies: what each package's non-test code
// may import outside the standard library, by prefix. The first row that fits
// a package holds.
var mayImport = []struct {
	pkg     string
	imports []string
}{
	{"keys/keystest", []string{module + "/keys"}},
	{"keys", []string{"golang.org/x/sync/singleflight"}},
	{"cookiesession/internal/pack", nil},
	{"cookiesession/internal/deflate", []string{"github.com/klauspost/compress/flate"}},
	{"cookiesession/internal/envelope", []string{"golang.org/x/crypto/chacha20poly1305"}},
	{"cookiesession", []string{module + "/keys", module + "/cookiesession/internal",
		"github.com/fxamacker/cbor/v2", "github.com/gorilla/securecookie"}},
	{"middleware/sessiontest", []string{module + "/keys", module + "/cookiesession", module + "/middleware"}},
	{"middleware", []string{module + "/cookiesession"}},
	{"examples", []string{module + "/keys", module + "/cookiesession", module + "/middleware"}},
}

// mayNotReach is what a package knows nothing of, not even through others.
var mayNotReach = map[string][]string{
	"keys":          {"net", "net/http"},
	"cookiesession": {"net", "net/http"},
}

type pkg struct {
	ImportPath string
	Standard   bool
	Imports    []string
	Deps       []string
}

func list(t *testing.T, args ...string) []pkg {
	t.Helper()
	out, err := exec.Command("go", append([]string{"list", "-json=ImportPath,Standard,Imports,Deps"}, args...)...).Output()
	require.NoError(t, err)
	var all []pkg
	for d := json.NewDecoder(strings.NewReader(string(out))); d.More(); {
		var p pkg
		require.NoError(t, d.Decode(&p))
		all = append(all, p)
	}
	return all
}

func TestDependenciesPointOneWay(t *testing.T) {
	standard := map[string]bool{}
	for _, p := range list(t, "-deps", "./...") {
		standard[p.ImportPath] = p.Standard
	}
	seen := 0
	for _, p := range list(t, "./...") {
		path := strings.TrimPrefix(p.ImportPath, module+"/")
		if path == module {
			continue // this package, which has tests only
		}
		row := slices.IndexFunc(mayImport, func(r struct {
			pkg     string
			imports []string
		}) bool {
			return path == r.pkg || strings.HasPrefix(path, r.pkg+"/")
		})
		if !assert.GreaterOrEqual(t, row, 0, "%s has no place in the house", path) {
			continue
		}
		seen++
		for _, imported := range p.Imports {
			allowed := standard[imported] || slices.ContainsFunc(mayImport[row].imports, func(prefix string) bool {
				return imported == prefix || strings.HasPrefix(imported, prefix+"/")
			})
			assert.True(t, allowed, "%s imports %s", path, imported)
		}
		for _, unknown := range mayNotReach[path] {
			assert.NotContains(t, p.Deps, unknown, "%s reaches %s", path, unknown)
		}
	}
	assert.GreaterOrEqual(t, seen, len(mayImport), "every row has a package")
}

// TestGoModIsShort holds what a user of the module takes in.
func TestGoModIsShort(t *testing.T) {
	out, err := exec.Command("go", "mod", "edit", "-json").Output()
	require.NoError(t, err)
	var mod struct {
		Require []struct {
			Path     string
			Indirect bool
		}
		Replace []any
		Tool    []any
	}
	require.NoError(t, json.Unmarshal(out, &mod))
	var direct []string
	for _, r := range mod.Require {
		if !r.Indirect {
			direct = append(direct, r.Path)
		}
	}
	assert.ElementsMatch(t, []string{
		"github.com/fxamacker/cbor/v2",
		"github.com/gorilla/securecookie",
		"github.com/klauspost/compress",
		"github.com/stretchr/testify",
		"golang.org/x/crypto",
		"golang.org/x/sync",
	}, direct)
	assert.Empty(t, mod.Replace)
	assert.Empty(t, mod.Tool)
}
