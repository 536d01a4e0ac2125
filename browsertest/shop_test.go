package browsertest_test

import (
	"strconv"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestCart(t *testing.T) {
	t.Parallel()
	b := start(t, open(t))
	b.visit("/cart")
	assert.Contains(t, b.text("main"), "Nothing yet.")
	b.visit("/")
	require.Len(t, b.texts(".product"), 8)
	b.add("mug")
	b.add("notebook")
	b.add("notebook")
	assert.Equal(t, "3", strings.Fields(b.text("#pieces"))[0])

	b.visit("/cart")
	assert.Equal(t, []string{"Norrin mug", "Kesta notebook"}, b.texts("tr[data-product] th"))
	assert.Equal(t, "€14.50", b.text(in("mug", ".sum")))
	assert.Equal(t, "€19.00", b.text(in("notebook", ".sum")))
	assert.Equal(t, "€33.50", b.text("#sum"))

	b.fill(in("mug", "[name=quantity]"), "12")
	b.click(in("mug", ".quantity button"))
	assert.Equal(t, []string{"Norrin mug: now 12."}, b.flashes())
	assert.Equal(t, b.shop+"/cart", b.address())
	assert.Equal(t, "€174.00", b.text(in("mug", ".sum")))
	assert.Equal(t, "€193.00", b.text("#sum"))

	b.click(in("notebook", ".remove button"))
	assert.Equal(t, []string{"Removed: Kesta notebook."}, b.flashes())
	assert.Equal(t, []string{"Norrin mug"}, b.texts("tr[data-product] th"))

	b.visit("/about")
	b.visit("/")
	assert.Equal(t, "12", strings.Fields(b.text("#pieces"))[0], "it is there on the next page")
	b.visit("/cart")
	b.fill("#note", "Ring twice.\nThen wait.")
	b.click(".note button")
	b.reload()
	assert.Equal(t, "Ring twice.\nThen wait.", run(b, chromedp.Value(chromedp.CSS("#note"))))

	b.fill(in("mug", "[name=quantity]"), "0")
	b.click(in("mug", ".quantity button"))
	assert.Equal(t, []string{"Removed: Norrin mug."}, b.flashes())
	assert.Contains(t, b.text("main"), "Nothing yet.")
}

func TestInspector(t *testing.T) {
	t.Parallel()
	b := start(t, open(t))
	b.visit("/cookies")
	assert.Contains(t, b.text("#session"), "The session is empty")
	b.fill(".set [name=key]", "size")
	b.fill(".set [name=value]", `{"a": [1, "<b>"]}`)
	b.click(".set button")
	assert.Equal(t, b.shop+"/cookies", b.address(), "it leads back to the page it is on")
	assert.Equal(t, []string{"Set “size”."}, b.flashes())
	assert.Equal(t, []string{"size"}, b.keys())
	assert.Equal(t, `{"a":[1,"<b>"]}`, b.text("#session li[data-key=size] code"))
	c := b.cookies()[0]
	assert.InDelta(t, len(c.Name)+len(c.Value), b.bytes("#total"), 3)
	sum := 0
	for _, n := range b.texts("#session .values .n") {
		sum += number(t, strings.Fields(n)[0])
	}
	assert.Equal(t, b.bytes("#total"), sum, "what the keys cost is what the cookie weighs")

	before := b.sessionID()
	b.click("form[action='/renew'] button")
	assert.NotEqual(t, before, b.sessionID())
	b.click("#session li[data-key=size] button")
	assert.Equal(t, []string{"Deleted “size”."}, b.flashes())
	assert.Empty(t, b.cookies(), "the last value is gone, and the flash was shown")

	b.add("mug")
	b.click("form[action='/flush'] button")
	assert.Equal(t, "You are signed out", b.heading())
	assert.Empty(t, b.cookies())
}

func (b *browser) bytes(selector string) int {
	b.t.Helper()
	return number(b.t, b.text(selector))
}

func number(t *testing.T, text string) int {
	t.Helper()
	n, err := strconv.Atoi(strings.ReplaceAll(text, ",", ""))
	require.NoError(t, err)
	return n
}

func TestASessionThatDoesNotFit(t *testing.T) {
	t.Parallel()
	b := start(t, open(t))
	b.signIn(true)
	b.add("mug")
	b.visit("/cart")
	held, status, cards, clicks := b.cookies()[0].Value, int64(200), 0, 0
	for ; status == 200 && clicks < 20; clicks++ {
		held = b.cookies()[0].Value
		cards = len(b.texts("tr[data-product=card]"))
		status = b.click("#fill").Status
	}
	require.EqualValues(t, 500, status)
	assert.Equal(t, 1, cards, "some did fit")
	assert.Greater(t, clicks, 2)

	assert.Equal(t, "That does not fit", b.heading())
	assert.Contains(t, b.text("main [role=alert]"), "Nothing was lost.")
	assert.Equal(t, 4093, b.bytes("#limit"))
	assert.Greater(t, b.bytes("#would"), 4093)
	assert.Equal(t, "cart", b.texts(".weights tbody th")[0], "the largest comes first")
	assert.Equal(t, held, b.cookies()[0].Value, "the browser keeps the cookie it had")
	assert.True(t, b.signedIn())
	assert.LessOrEqual(t, b.bytes("#total"), 4093, "the inspector shows the session that was kept")

	b.visit("/cart")
	assert.Equal(t, strconv.Itoa(50*(clicks-1)), run(b, chromedp.Value(chromedp.CSS(in("card", "[name=quantity]")))))
	b.reload()
	assert.True(t, b.signedIn(), "the old session works on")

	// The page offers what to remove.
	assert.EqualValues(t, 500, b.click("#fill").Status)
	assert.EqualValues(t, 200, b.click("tr[data-key=cart] button").Status)
	assert.Equal(t, []string{"Deleted “cart”."}, b.flashes())
	assert.True(t, b.signedIn())
	assert.NotContains(t, b.keys(), "cart")
	b.add("lamp")
	assert.Equal(t, "1", strings.Fields(b.text("#pieces"))[0])

	// A note is as good as gift cards.
	b.visit("/cart")
	held = b.cookies()[0].Value
	run(b, chromedp.Evaluate[chromedp.Void](`document.querySelector("#note").value =
		Array.from(crypto.getRandomValues(new Uint8Array(5000)), n => String.fromCharCode(48 + n % 64)).join("")`))
	assert.EqualValues(t, 500, b.click(".note button").Status)
	assert.Equal(t, "note", b.texts(".weights tbody th")[0])
	assert.Empty(t, b.texts("tr[data-key=note] button"), "it was not kept, so there is nothing to remove")
	assert.Equal(t, held, b.cookies()[0].Value)
}

func TestCookieTest(t *testing.T) {
	t.Parallel()
	t.Run("allowed", func(t *testing.T) {
		t.Parallel()
		b := start(t, open(t))
		b.visit("/cookies")
		b.click("#test")
		assert.Equal(t, []string{"Cookies work here: the test value came back."}, b.flashes())
		assert.Empty(t, b.texts("#failed"))
		assert.Empty(t, b.keys(), "the test leaves nothing behind")
		b.reload()
		assert.Empty(t, b.flashes())
		assert.Empty(t, b.cookies())
	})
	t.Run("blocked", func(t *testing.T) {
		t.Parallel()
		// Blocked as a person does it, in the settings: 2 is "block".
		path, profile := chromium(t), t.TempDir()
		preferences(t, profile, map[string]any{"profile": map[string]any{
			"default_content_setting_values": map[string]any{"cookies": 2}}})
		b := startWith(t, path, profile, open(t))
		b.visit("/cookies")
		b.click("#test")
		assert.Contains(t, b.text("#failed"), "Cookies do not work here")
		assert.Empty(t, b.flashes())
		assert.Empty(t, b.cookies())
		b.click("#test")
		assert.Contains(t, b.text("#failed"), "Cookies do not work here", "and again")
		b.signIn(true)
		assert.False(t, b.signedIn())
	})
}

// Without TLS, and on a host that browsers do not trust for its name, there is
// no Sec-Fetch-Site: forms are judged by Origin, which the referrer policy
// leaves in place.
func TestWithoutTLS(t *testing.T) {
	t.Parallel()
	shop := strings.Replace(open(t, "SESSION_INSECURE=1"), "127.0.0.1", "shop.test", 1)
	b := start(t, shop, chromedp.Flag("host-resolver-rules", "MAP shop.test 127.0.0.1"))
	b.signIn(true)
	assert.Equal(t, b.shop+"/", b.address())
	assert.True(t, b.signedIn())
	held := b.cookies()
	require.Len(t, held, 1)
	assert.Equal(t, "session", held[0].Name)
	assert.False(t, held[0].Secure)
	assert.True(t, held[0].HTTPOnly)
	assert.Equal(t, "shop.test", held[0].Domain)

	// The same shop without the setting: the browser keeps no Secure cookie.
	strict := start(t, strings.Replace(open(t), "127.0.0.1", "shop.test", 1), chromedp.Flag("host-resolver-rules", "MAP shop.test 127.0.0.1"))
	strict.signIn(true)
	assert.False(t, strict.signedIn())
	assert.Empty(t, strict.cookies())
}

// What does not look at the session does not depend on it.
func TestStaticPages(t *testing.T) {
	t.Parallel()
	b := start(t, open(t))
	b.signIn(true)
	held := b.cookies()[0].Value
	for _, path := range []string{"/about", "/style.css"} {
		response := b.visit(path)
		assert.EqualValues(t, 200, response.Status)
		assert.Empty(t, header(response, "Set-Cookie"), path)
		assert.Empty(t, header(response, "Vary"), path)
		assert.Contains(t, header(response, "Cache-Control"), "public", path)
	}
	assert.Equal(t, held, b.cookies()[0].Value)
}

// The keyboard is enough: skip link, fields, buttons.
func TestKeyboard(t *testing.T) {
	t.Parallel()
	b := start(t, open(t))
	focused := func() string {
		t.Helper()
		return run(b, chromedp.Evaluate[string](`document.activeElement.innerText || document.activeElement.name`))
	}
	press := func(keys string) { t.Helper(); run(b, chromedp.KeyEvent(keys)) }
	b.visit("/signin")
	press("\t")
	assert.Equal(t, "Skip to the content", focused())
	press("\r")
	press("\t")
	assert.Equal(t, "name", focused(), "past the menu")
	press("Ada\t")
	assert.Equal(t, "remember", focused())
	press(" \t")
	assert.Equal(t, "Sign in", focused())
	b.load(chromedp.KeyEvent("\r"))
	assert.True(t, b.signedIn())
	assert.False(t, b.cookies()[0].Session, "remembered")
}
