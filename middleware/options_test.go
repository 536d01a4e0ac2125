package middleware_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cookiesession/go/cookiesession"
	"github.com/cookiesession/go/middleware"
)

func TestNewReportsAllMistakesTogether(t *testing.T) {
	type opts = middleware.Options
	type attrs = middleware.Attributes
	for _, tc := range []struct {
		name   string
		cookie string
		opts   opts
		want   []string
	}{
		{"__Host- with Domain", "__Host-s", opts{Attributes: attrs{Domain: "example.com"}}, []string{"__Host-s has no Domain"}},
		{"__host- in any case", "__hOST-s", opts{Attributes: attrs{Domain: "example.com"}}, []string{"has no Domain"}},
		{"__Host- with Path", "__Host-s", opts{Attributes: attrs{Path: "/app"}}, []string{"the Path /"}},
		{"Domain", "s", opts{Attributes: attrs{Domain: "exa mple"}}, []string{`Domain "exa mple"`}},
		{"Domain with attributes", "s", opts{Attributes: attrs{Domain: "a;b"}}, []string{"no host name"}},
		{"Domain with an empty label", "s", opts{Attributes: attrs{Domain: "a..b"}}, []string{"no host name"}},
		{"Path", "s", opts{Attributes: attrs{Path: "app"}}, []string{`Path "app"`}},
		{"Path with attributes", "s", opts{Attributes: attrs{Path: "/;Domain=x"}}, []string{"Path"}},
		{"SameSite", "s", opts{SameSite: http.SameSiteDefaultMode}, []string{"SameSite is 1"}},
		{"None without Secure", "s", opts{SameSite: http.SameSiteNoneMode, InsecureAllowHTTP: true}, []string{"Secure only"}},
		{"Partitioned without Secure", "s", opts{Attributes: attrs{Partitioned: true}, InsecureAllowHTTP: true}, []string{"Partitioned needs Secure"}},
		{"Former as now", "s", opts{Former: []attrs{{}}}, []string{"Former[0] are the attributes that the cookie has now"}},
		{"Former that cannot have been", "__Host-s", opts{Former: []attrs{{Domain: "example.com"}}}, []string{"cannot have been"}},
		{"Former in other letters", "s", opts{Attributes: attrs{Domain: "example.com"}, Former: []attrs{{Domain: ".Example.COM"}}}, []string{"the attributes that the cookie has now"}},
		{"a prefix alone", "__Host-", opts{InsecureAllowHTTP: true}, []string{"a prefix and nothing else"}},
		{"prefixes alone", "__Secure-__Host-", opts{}, []string{"a prefix and nothing else"}},
		{"Former Domain", "s", opts{Former: []attrs{{Domain: "-a"}}}, []string{"Former[0]", "no host name"}},
		{"all of them", "s", opts{Attributes: attrs{Domain: "_", Path: "x"}, SameSite: 9}, []string{"Domain", "Path", "SameSite"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			m, err := middleware.New(newCodec(t, cookiesession.Options{Name: tc.cookie}), tc.opts)
			assert.Nil(t, m)
			require.Error(t, err)
			for _, want := range tc.want {
				assert.ErrorContains(t, err, want)
			}
		})
	}
	_, err := middleware.New(nil, opts{})
	assert.ErrorContains(t, err, "no codec")
	_, err = middleware.New((*cookiesession.Codec)(nil), opts{})
	assert.ErrorContains(t, err, "codec is nil")
}

func TestNewLeavesTheCallersOptionsAlone(t *testing.T) {
	former := []middleware.Attributes{{Domain: ".example.com"}}
	_, err := middleware.New(newCodec(t, cookiesession.Options{Name: "s"}), middleware.Options{Former: former})
	require.NoError(t, err)
	assert.Equal(t, []middleware.Attributes{{Domain: ".example.com"}}, former)
}

// TestAttributes holds the Set-Cookie lines, to the letter.
func TestAttributes(t *testing.T) {
	type opts = middleware.Options
	type attrs = middleware.Attributes
	const gone = "; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT"
	for _, tc := range []struct {
		name    string
		cookie  string
		opts    opts
		set     []string // VALUE stands for the value
		deleted []string
	}{
		{"default", "", opts{},
			[]string{"__Host-session=VALUE; Max-Age=1209600; Path=/; HttpOnly; Secure; SameSite=Lax"},
			[]string{"__Host-session=" + gone + "; Path=/; HttpOnly; Secure; SameSite=Lax"}},
		{"all", "s", opts{Attributes: attrs{Domain: "example.com", Path: "/app", Partitioned: true}, SameSite: http.SameSiteNoneMode},
			[]string{"s=VALUE; Max-Age=1209600; Path=/app; Domain=example.com; HttpOnly; Secure; SameSite=None; Partitioned"},
			[]string{"s=" + gone + "; Path=/app; Domain=example.com; HttpOnly; Secure; SameSite=None; Partitioned"}},
		{"strict", "__Secure-s", opts{SameSite: http.SameSiteStrictMode},
			[]string{"__Secure-s=VALUE; Max-Age=1209600; Path=/; HttpOnly; Secure; SameSite=Strict"},
			[]string{"__Secure-s=" + gone + "; Path=/; HttpOnly; Secure; SameSite=Strict"}},
		{"without TLS", "", opts{InsecureAllowHTTP: true},
			[]string{"session=VALUE; Max-Age=1209600; Path=/; HttpOnly; SameSite=Lax"},
			[]string{"session=" + gone + "; Path=/; HttpOnly; SameSite=Lax"}},
		{"without TLS, __Secure-", "__Secure-s", opts{InsecureAllowHTTP: true},
			[]string{"s=VALUE; Max-Age=1209600; Path=/; HttpOnly; SameSite=Lax"},
			[]string{"s=" + gone + "; Path=/; HttpOnly; SameSite=Lax"}},
		{"without TLS, prefix within a prefix", "__Secure-__Host-s", opts{InsecureAllowHTTP: true},
			[]string{"s=VALUE; Max-Age=1209600; Path=/; HttpOnly; SameSite=Lax"},
			[]string{"s=" + gone + "; Path=/; HttpOnly; SameSite=Lax"}},
		{"former", "s", opts{Former: []attrs{{Domain: ".example.com"}, {Path: "/app", Partitioned: true}}},
			[]string{"s=VALUE; Max-Age=1209600; Path=/; HttpOnly; Secure; SameSite=Lax",
				"s=" + gone + "; Path=/; Domain=example.com; HttpOnly; Secure; SameSite=Lax",
				"s=" + gone + "; Path=/app; HttpOnly; Secure; SameSite=Lax; Partitioned"},
			[]string{"s=" + gone + "; Path=/; HttpOnly; Secure; SameSite=Lax",
				"s=" + gone + "; Path=/; Domain=example.com; HttpOnly; Secure; SameSite=Lax",
				"s=" + gone + "; Path=/app; HttpOnly; Secure; SameSite=Lax; Partitioned"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			codec := newCodec(t, cookiesession.Options{Name: tc.cookie})
			m, err := middleware.New(codec, tc.opts)
			require.NoError(t, err)
			w := httptest.NewRecorder()
			r := httptest.NewRequest("GET", "/", nil)
			s := m.Load(r)
			s.Set("k", 1)
			require.NoError(t, m.Save(w, r, s))
			lines := w.Header()["Set-Cookie"]
			require.Len(t, lines, len(tc.set))
			value := valueOf(t, lines[0])
			for i, want := range tc.set {
				assert.Equal(t, want, replaced(lines[i], value))
			}

			r.Header.Set("Cookie", cookieName(lines[0])+"="+value)
			s = m.Load(r)
			require.Equal(t, 1, s.GetInt("k"))
			s.Flush()
			require.NoError(t, m.Save(w, r, s))
			assert.Equal(t, tc.deleted, w.Header()["Set-Cookie"], "the earlier lines are replaced")
		})
	}
}
