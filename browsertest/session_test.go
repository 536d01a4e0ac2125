package browsertest_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const lifetime = 14 * 24 * time.Hour

func TestSignInRenews(t *testing.T) {
	t.Parallel()
	b := start(t, open(t))
	b.visit("/")
	assert.False(t, b.signedIn())
	assert.Empty(t, b.cookies(), "an empty session has no cookie")
	b.add("mug")
	before, value := b.sessionID(), b.cookies()[0].Value

	response := b.signIn(true)
	assert.EqualValues(t, 200, response.Status)
	assert.Equal(t, []string{"Welcome, Ada."}, b.flashes())
	assert.Contains(t, b.text("#who"), "Ada")
	assert.NotEqual(t, before, b.sessionID())
	assert.NotEqual(t, value, b.cookies()[0].Value)
	assert.Equal(t, "1", strings.Fields(b.text("#pieces"))[0], "the cart came along")

	renewed := b.sessionID()
	b.reload()
	assert.Equal(t, renewed, b.sessionID(), "and the ID stays")

	b.visit("/signin")
	assert.Equal(t, "You are signed in", b.heading())
}

func TestWhatTheBrowserHolds(t *testing.T) {
	t.Parallel()
	b := start(t, open(t))
	for _, tc := range []struct {
		name     string
		remember bool
	}{{"remembered", true}, {"until the browser closes", false}} {
		b.signIn(tc.remember)
		held := b.cookies()
		require.Len(t, held, 1, tc.name)
		c := held[0]
		assert.Equal(t, "__Host-session", c.Name)
		assert.NotEmpty(t, c.Value)
		assert.True(t, c.HTTPOnly)
		assert.True(t, c.Secure)
		assert.Equal(t, network.CookieSameSiteLax, c.SameSite)
		assert.Equal(t, "/", c.Path)
		assert.Equal(t, "127.0.0.1", c.Domain, "host-only: with a Domain attribute it would begin with a dot")
		assert.Equal(t, !tc.remember, c.Session, tc.name)
		if tc.remember {
			ends := time.Unix(int64(c.Expires), 0)
			assert.WithinDuration(t, time.Now().Add(lifetime), ends, time.Minute)
			assert.NotContains(t, b.text("#expires"), "browser closes")
		} else {
			assert.EqualValues(t, -1, c.Expires)
			assert.Contains(t, b.text("#expires"), "when the browser closes, at the latest ")
		}
		assert.Empty(t, run(b, chromedp.Evaluate[string]("document.cookie")), "scripts do not see it")
		b.click("#signout")
		assert.Empty(t, b.cookies(), "the browser dropped it")
	}
}

func TestAFlashIsShownOnce(t *testing.T) {
	t.Parallel()
	b := start(t, open(t))
	b.visit("/")
	response := b.click(buy("mug"))
	assert.EqualValues(t, 200, response.Status)
	assert.Equal(t, b.shop+"/", b.address(), "it is shown after the redirect")
	assert.Equal(t, []string{"In your cart: 1 × Norrin mug."}, b.flashes())
	assert.NotContains(t, b.keys(), "_flash", "what was shown is gone from the session")

	b.reload()
	assert.Empty(t, b.flashes())
	assert.Equal(t, "1", strings.Fields(b.text("#pieces"))[0], "and a reload does not send the form again")
	b.visit("/cart")
	assert.Empty(t, b.flashes())

	// One that waits is shown by the next page that looks at the session, and
	// not by one that does not. The shop's own pages may not fetch.
	b.visit("/api/session")
	run(b, chromedp.Evaluate[chromedp.Void](`fetch("/renew", {method: "POST", redirect: "manual"})`, chromedp.EvalAwaitPromise))
	b.visit("/about")
	assert.Empty(t, b.flashes())
	b.visit("/cookies")
	assert.Equal(t, []string{"The session has a new ID and the same values."}, b.flashes())
	b.reload()
	assert.Empty(t, b.flashes())
}

func TestSignOutAndBack(t *testing.T) {
	t.Parallel()
	b := start(t, open(t))
	b.signIn(true)
	b.add("mug")
	response := b.visit("/cart")
	assert.Contains(t, header(response, "Cache-Control"), "no-store")
	assert.Contains(t, header(response, "Vary"), "Cookie")
	stale := b.tab()
	stale.visit("/")
	require.True(t, stale.signedIn())

	response = b.click("#signout")
	assert.Equal(t, b.shop+"/signed-out", response.URL)
	assert.Equal(t, "You are signed out", b.heading())
	assert.False(t, b.signedIn())
	assert.Empty(t, b.cookies())

	// Back: to the cart, which shows what the cookie now says.
	history := run(b, chromedp.NavigationEntries())
	before := history.Entries[history.CurrentIndex-1]
	require.Equal(t, b.shop+"/cart", before.URL)
	b.goTo(before.ID)
	assert.Equal(t, b.shop+"/cart", b.address())
	assert.False(t, b.signedIn(), "the browser did not show what it had kept")
	assert.Empty(t, b.texts("tr[data-product]"))
	b.reload()
	assert.False(t, b.signedIn())
	assert.Empty(t, b.keys())

	// A tab that still shows the old page: its next form is a stranger's.
	require.True(t, stale.signedIn())
	stale.click(buy("lamp"))
	assert.False(t, stale.signedIn())
	assert.Equal(t, []string{"cart"}, stale.keys(), "a new session, with the new thing alone")
	assert.Equal(t, "1", strings.Fields(stale.text("#pieces"))[0])
}

// goTo goes to an entry of the tab's history, as the back button does, and
// waits until its page is there.
func (b *browser) goTo(entry int64) {
	b.t.Helper()
	run(b, func(ctx context.Context, t *chromedp.Target) (page.EventFrameStoppedLoading, error) {
		return chromedp.WaitEvent(page.FrameStoppedLoading, func(page.EventFrameStoppedLoading) bool { return true },
			func(ctx context.Context, t *chromedp.Target) (cdp.Empty, error) {
				return cdp.Call(ctx, t, page.NavigateToHistoryEntry, page.NavigateToHistoryEntryParams{EntryID: entry})
			})(ctx, t)
	})
}

func TestRememberMe(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name     string
		remember bool
	}{{"with", true}, {"without", false}} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			path, shop, profile := chromium(t), open(t), t.TempDir()
			// 5: start with a new tab. Browsers that restore the last tabs keep
			// such cookies, too.
			preferences(t, profile, map[string]any{"session": map[string]any{"restore_on_startup": 5}})
			b := startWith(t, path, profile, shop)
			b.signIn(tc.remember)
			id := b.sessionID()
			b.reload()
			require.True(t, b.signedIn(), "as long as the browser runs, it makes no difference")
			b.close()

			again := startWith(t, path, profile, shop)
			again.visit("/")
			assert.Equal(t, tc.remember, again.signedIn())
			if tc.remember {
				assert.Equal(t, id, again.sessionID())
			} else {
				assert.Empty(t, again.cookies())
			}
		})
	}
}
