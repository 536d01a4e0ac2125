package cookiesession_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cookiesession/go/cookiesession"
	"github.com/cookiesession/go/keys"
)

// python runs the second implementation, which was written from SPEC.md alone.
func python(t *testing.T, stdin string, args ...string) (string, error) {
	t.Helper()
	if _, err := exec.LookPath("python3"); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("python3 is missing; install it")
		}
		t.Skip("SKIPPED: python3 is missing; install it to run this test")
	}
	cmd := exec.Command("python3", append([]string{"-B", filepath.Join("testdata", "python", "cookiesession.py")}, args...)...)
	cmd.Stdin = strings.NewReader(stdin)
	var errors bytes.Buffer
	cmd.Stderr = &errors
	out, err := cmd.Output()
	require.Empty(t, errors.String())
	return string(out), err
}

func TestPythonReadsTheVectors(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("testdata", "vectors", "*.txt"))
	require.NoError(t, err)
	out, err := python(t, "", append([]string{"check"}, files...)...)
	require.NoError(t, err, "%s", out)
	ok, skipped := strings.Count(out, ": ok\n"), strings.Count(out, ": skipped (encrypted)\n")
	assert.Equal(t, len(files), ok+skipped)
	assert.Less(t, skipped, 10)
}

// Each reads what the other writes.
func TestPythonBothWays(t *testing.T) {
	secret := bytes.Repeat([]byte{0x5a}, 32)
	key, err := keys.NewKey(secret)
	require.NoError(t, err)
	codec := codecWith(t, ringOf(t, keys.Entry{Key: key}), cookiesession.Options{Name: "sid", Realm: "staging ż"})
	args := []string{"--secret", hex.EncodeToString(secret), "--name", "sid", "--realm", "staging ż"}

	payloads := map[string]map[string]any{
		"values": {
			"unicode": "żółw 🐢 \u0000", "empty": "", "null": nil, "list": []any{}, "map": map[string]any{},
			"large": json.Number("9007199254740993"), "larger": json.Number("1180591620717411303424"), "minus": json.Number("-18446744073709551617"),
			"floats": []any{0.5, 0.1, 34.9, -1e300, 5e-324, 100000.0}, "bool": []any{true, false},
			"uuid": "d41cf23e-c2ae-4d7a-ae01-716d0009cb73", "UUID": "D41CF23E-C2AE-4D7A-AE01-716D0009CB73",
			"hex": "0123456789abcdef0123456789abcdef", "b64": "aZ3/bY4+cX5/dW6AbQ==", "instant": "2030-01-02T03:04:05Z",
			"long": strings.Repeat("all work and no play ", 100), "1": map[string]any{"2": "integer-like keys"},
		},
	}
	for _, name := range []string{"tiny", "login", "cart", "oauth", "large"} {
		payloads[name] = fixture(t, name)
	}
	for name, payload := range payloads {
		t.Run(name, func(t *testing.T) {
			text, err := json.Marshal(payload)
			require.NoError(t, err)
			want := begin(codec)
			want.SetAll(payload)

			value, err := python(t, string(text), append([]string{"write"}, args...)...)
			require.NoError(t, err)
			s, err := codec.Decode(t.Context(), strings.TrimSpace(value))
			require.NoError(t, err)
			assert.Equal(t, dataOf(t, want), dataOf(t, s))
			assert.WithinDuration(t, time.Now(), s.Created(), time.Minute)

			value, err = codec.Encode(want)
			require.NoError(t, err)
			out, err := python(t, value, append([]string{"read"}, args...)...)
			require.NoError(t, err)
			var got struct {
				Data json.RawMessage
				ID   string
			}
			require.NoError(t, json.Unmarshal([]byte(out), &got))
			assert.JSONEq(t, dataOf(t, want), string(got.Data))
			assert.Equal(t, want.ID(), got.ID)

			out, err = python(t, value[:len(value)-3]+"AAA", append([]string{"read"}, args...)...)
			assert.Error(t, err)
			assert.Equal(t, "{\"refused\":\"forged\"}\n", strings.ReplaceAll(out, " ", ""))
		})
	}
}
