package house_test

import (
	"fmt"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// goBlocks are the code blocks of a document that are marked as Go.
func goBlocks(t *testing.T, file string) []string {
	t.Helper()
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	var blocks []string
	for i, part := range strings.Split("\n"+string(text), "\n```") {
		if code, ok := strings.CutPrefix(part, "go\n"); ok && i%2 == 1 {
			blocks = append(blocks, code+"\n")
		}
	}
	return blocks
}

// vet compiles a file of package main.
func vet(t *testing.T, source string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "main.go")
	require.NoError(t, os.WriteFile(file, []byte(source), 0o600))
	out, err := exec.Command("go", "vet", file).CombinedOutput()
	require.NoError(t, err, "%s\n%s", out, source)
}

func TestTheProgramOfTheReadme(t *testing.T) {
	blocks := goBlocks(t, "README.md")
	require.Len(t, blocks, 1)
	vet(t, blocks[0])

	// It is short: without imports, error checks and blank lines.
	_, body, _ := strings.Cut(blocks[0], "func main() {")
	body, _, _ = strings.Cut(body, "\nfunc check")
	lines := 0
	for line := range strings.Lines(body) {
		if line = strings.TrimSpace(line); line != "" && line != "check(err)" {
			lines++
		}
	}
	assert.LessOrEqual(t, lines, 20)
}

// statements is a function around a fragment, with what it takes as given.
const statements = `func given%d(ctx context.Context, s *cookiesession.Session, codec *cookiesession.Codec, mux http.Handler, w http.ResponseWriter, r *http.Request, fetchSecret func(context.Context, string) (string, error)) {
{
%s
%s
}
}
`

// imported are the packages that fragments may use.
var imported = []string{
	"context", "errors", "expvar", "fmt", "log", "log/slog", "net/http", "net/http/httptest", "testing", "time",
	module + "/keys", module + "/keys/keystest", module + "/cookiesession", module + "/middleware", module + "/middleware/sessiontest",
}

// TestTheCodeOfTheDocs compiles every block of Go in docs/: programs by
// themselves, and the fragments of a page together, declarations as they are
// and statements in a function.
func TestTheCodeOfTheDocs(t *testing.T) {
	pages, err := filepath.Glob("docs/*.md")
	require.NoError(t, err)
	require.NotEmpty(t, pages)
	found := 0
	for _, page := range pages {
		t.Run(page, func(t *testing.T) {
			var fragments strings.Builder
			for i, block := range goBlocks(t, page) {
				found++
				formatted, err := format.Source([]byte(block))
				require.NoError(t, err, "block %d", i+1)
				assert.Equal(t, string(formatted), block, "gofmt would change block %d", i+1)
				if strings.HasPrefix(block, "package main\n") {
					vet(t, block)
					continue
				}
				if _, err := parser.ParseFile(token.NewFileSet(), "", "package p\n"+block, 0); err == nil {
					fragments.WriteString(block + "\n")
					continue
				}
				fmt.Fprintf(&fragments, statements, i, block, used(t, block))
			}
			if fragments.Len() == 0 {
				return
			}
			code := fragments.String()
			var imports strings.Builder
			for _, path := range imported {
				if regexp.MustCompile(`\b` + filepath.Base(path) + `\.[A-Z]`).MatchString(code) {
					fmt.Fprintf(&imports, "import %q\n", path)
				}
			}
			if !strings.Contains(code, "func main()") {
				code += "func main() {}\n"
			}
			vet(t, "package main\n"+imports.String()+code)
		})
	}
	assert.Positive(t, found)
}

// used marks what a fragment declares and leaves to its reader to use.
func used(t *testing.T, block string) string {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), "", "package p\nfunc f() {\n"+block+"}", 0)
	require.NoError(t, err)
	var out strings.Builder
	for _, statement := range f.Decls[0].(*ast.FuncDecl).Body.List {
		if assign, ok := statement.(*ast.AssignStmt); ok && assign.Tok == token.DEFINE {
			for _, v := range assign.Lhs {
				if name := v.(*ast.Ident).Name; name != "_" {
					out.WriteString("_ = " + name + "\n")
				}
			}
		}
	}
	return out.String()
}

// TestLinksOfTheDocs follows the links between files of the repository.
func TestLinksOfTheDocs(t *testing.T) {
	pages, err := filepath.Glob("docs/*.md")
	require.NoError(t, err)
	pages = append(pages, "README.md", "SECURITY.md", "CHANGELOG.md", "cookiesession/SPEC.md")
	code := regexp.MustCompile("(?s)\n```.*?\n```|\n    [^\n]*|`[^`\n]*`")
	link := regexp.MustCompile(`\]\(([^)#]+)(#[^)]*)?\)`)
	for _, page := range pages {
		text, err := os.ReadFile(page)
		require.NoError(t, err)
		prose := code.ReplaceAllString(string(text), "")
		for _, m := range link.FindAllStringSubmatch(prose, -1) {
			if strings.HasPrefix(m[1], "https://") {
				continue
			}
			_, err := os.Stat(filepath.Join(filepath.Dir(page), m[1]))
			assert.NoError(t, err, "%s links to %s", page, m[1])
		}
	}
}
