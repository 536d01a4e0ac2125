package browsertest_test

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/storage"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// patience is how long one step of a test may take.
const patience = 20 * time.Second

// A browser is a tab of Chromium, looking at the shop.
type browser struct {
	t    *testing.T
	ctx  context.Context
	shop string

	mu       sync.Mutex
	violated []string // what the page's security policy refused
}

// chromium is the path of the browser.
func chromium(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	if os.Getenv("CI") == "true" {
		t.Fatal("chromium is missing; install it, for the browser tests must run here")
	}
	t.Skip("SKIPPED: chromium is missing; install it to run the browser tests")
	return ""
}

// start starts Chromium with a new profile.
func start(t *testing.T, shop string, flags ...chromedp.ExecAllocatorOption) *browser {
	t.Helper()
	path := chromium(t)
	return startWith(t, path, t.TempDir(), shop, flags...)
}

// startWith starts Chromium with the profile in a folder.
func startWith(t *testing.T, path, profile, shop string, flags ...chromedp.ExecAllocatorOption) *browser {
	t.Helper()
	options := []chromedp.ExecAllocatorOption{
		chromedp.ExecPath(path),
		chromedp.UserDataDir(profile),
		chromedp.Headless,
		chromedp.NoSandbox,
		chromedp.DisableGPU,
		chromedp.NoFirstRun,
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-dev-shm-usage", true),
		chromedp.Flag("disable-sync", true),
		chromedp.Flag("hide-scrollbars", true),
		chromedp.Flag("password-store", "basic"),
		chromedp.WindowSize(1280, 900),
	}
	allocator, cancel := chromedp.NewExecAllocator(context.Background(), append(options, flags...)...)
	t.Cleanup(cancel)
	ctx, cancel := chromedp.NewContext(allocator)
	t.Cleanup(cancel)
	b := &browser{t: t, ctx: ctx, shop: shop}
	b.watch()
	return b
}

// tab opens another tab of the same browser.
func (b *browser) tab() *browser {
	b.t.Helper()
	ctx, cancel := chromedp.NewContext(b.ctx)
	b.t.Cleanup(cancel)
	other := &browser{t: b.t, ctx: ctx, shop: b.shop}
	other.watch()
	return other
}

// watch starts the tab, and fails the test if a page breaks its own policy.
func (b *browser) watch() {
	b.t.Helper()
	require.NoError(b.t, chromedp.Do(b.ctx))
	require.NoError(b.t, chromedp.Listen(b.ctx, func(ev any) {
		if entry, ok := ev.(*log.EventEntryAdded); ok && entry.Entry.Source == log.EntrySourceSecurity {
			b.mu.Lock()
			defer b.mu.Unlock()
			b.violated = append(b.violated, entry.Entry.Text)
		}
	}))
	b.t.Cleanup(func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		assert.Empty(b.t, b.violated)
	})
}

// close ends the browser as a person does, so that it writes its profile.
func (b *browser) close() {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	require.NoError(b.t, chromedp.Cancel(ctx))
}

func run[T any](b *browser, action chromedp.Action[T]) T {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	got, err := chromedp.Run(ctx, action)
	require.NoError(b.t, err)
	return got
}

// load does what loads a page, waits for it, and returns its response.
func (b *browser) load(steps ...chromedp.Action[chromedp.Void]) *network.Response {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	response, err := chromedp.RunResponse(ctx, steps...)
	require.NoError(b.t, err)
	require.NotNil(b.t, response)
	return response
}

func (b *browser) visit(path string) *network.Response {
	b.t.Helper()
	return b.load(chromedp.Navigate(b.shop + path))
}

func (b *browser) reload() *network.Response {
	b.t.Helper()
	return b.load(chromedp.Reload())
}

// click presses what the CSS selector names; a page must follow.
func (b *browser) click(selector string) *network.Response {
	b.t.Helper()
	return b.load(chromedp.Click(chromedp.CSS(selector)))
}

// fill writes into a field, key by key, in place of what was there.
func (b *browser) fill(selector, text string) {
	b.t.Helper()
	run(b, chromedp.Focus(chromedp.CSS(selector)))
	run(b, chromedp.Evaluate[chromedp.Void]("document.activeElement.select()"))
	run(b, chromedp.SendKeys(chromedp.CSS(selector), text))
}

// texts are what the page shows at every match.
func (b *browser) texts(selector string) []string {
	b.t.Helper()
	quoted, err := json.Marshal(selector)
	require.NoError(b.t, err)
	return run(b, chromedp.Evaluate[[]string]("[...document.querySelectorAll("+string(quoted)+")].map(e => e.innerText.trim())"))
}

// text is what the page shows at the one match.
func (b *browser) text(selector string) string {
	b.t.Helper()
	texts := b.texts(selector)
	require.Len(b.t, texts, 1, selector)
	return texts[0]
}

func (b *browser) heading() string   { b.t.Helper(); return b.text("h1") }
func (b *browser) flashes() []string { b.t.Helper(); return b.texts("[role=status] .flash") }
func (b *browser) sessionID() string { b.t.Helper(); return b.text("#session-id") }
func (b *browser) keys() []string    { b.t.Helper(); return b.texts("#session li[data-key] b") }
func (b *browser) signedIn() bool    { b.t.Helper(); return len(b.texts("#signout")) == 1 }
func (b *browser) address() string   { b.t.Helper(); return run(b, chromedp.Location()) }

// add puts a product into the cart, from the list.
func (b *browser) add(product string) {
	b.t.Helper()
	b.visit("/")
	b.click(buy(product))
}

// buy and in are selectors: the button of a product in the list, and what is
// in its row of the cart.
func buy(product string) string      { return "form:has([value=" + product + "]) button" }
func in(product, what string) string { return "tr[data-product=" + product + "] " + what }

func header(r *network.Response, name string) string {
	text, _ := r.Headers[name].(string)
	return text
}

// signIn signs in as Ada.
func (b *browser) signIn(remember bool) *network.Response {
	b.t.Helper()
	b.visit("/signin")
	b.fill("#name", "Ada")
	if remember {
		run(b, chromedp.Click(chromedp.CSS("[name=remember]")))
	}
	return b.click(".signin button")
}

// cookies are all that the browser holds, for any site.
func (b *browser) cookies() []*network.Cookie {
	b.t.Helper()
	return run(b, func(ctx context.Context, t *chromedp.Target) ([]*network.Cookie, error) {
		got, err := cdp.Call(ctx, t, storage.GetCookies, storage.GetCookiesParams{})
		return got.Cookies, err
	})
}

// preferences writes the settings of a profile that was not used yet.
func preferences(t *testing.T, profile string, settings map[string]any) {
	t.Helper()
	text, err := json.Marshal(settings)
	require.NoError(t, err)
	require.NoError(t, os.MkdirAll(filepath.Join(profile, "Default"), 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(profile, "Default", "Preferences"), text, 0o600))
}
