package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestNumber(t *testing.T) {
	for n, want := range map[int]string{0: "0", 12: "12", 999: "999", 1000: "1,000", 65536: "65,536", 1234567: "1,234,567", -1234: "-1,234", -123: "-123"} {
		assert.Equal(t, want, number(n))
	}
	assert.Equal(t, "€1,500.05", cents(150005).String())
}

func TestQuantities(t *testing.T) {
	mug, _ := productOf("mug")
	card, _ := productOf("card")
	items := withQuantity(nil, mug, 2)
	items = withQuantity(items, card, 3)
	items = withQuantity(items, mug, 5)
	require.Len(t, items, 4, "one item for the mugs, one for each card")
	assert.Equal(t, 5, quantityOf(items, mug))
	assert.Equal(t, 3, quantityOf(items, card))
	assert.NotEqual(t, items[1].Code, items[2].Code)
	first := items[1].Code
	items = withQuantity(items, card, 1)
	require.Len(t, items, 2)
	assert.Equal(t, first, items[1].Code, "the cards that stay keep their codes")
	assert.Equal(t, most, quantityOf(withQuantity(items, mug, 1<<40), mug))
	assert.Len(t, withQuantity(items, mug, 0), 1)

	// What was not put there by the shop does it no harm.
	all, total := lines([]Item{{SKU: "mug", Quantity: -4}, {SKU: "boat", Quantity: 1}, {SKU: "card", Quantity: 1 << 62}, {SKU: "card", Quantity: 1 << 62}})
	require.Len(t, all, 1)
	assert.Equal(t, most, all[0].Quantity)
	assert.Equal(t, cents(most*1000), total)
}

func TestHeaders(t *testing.T) {
	addr := start(t, map[string]string{"SESSION_KEYS": oneKey()})
	b := newBrowser(t)
	b.put(t, addr, "n", "1")
	for _, path := range []string{"/", "/cart", "/signin", "/signed-out", "/cookies", "/about"} {
		status, header, body := b.do(t, addr+path)
		assert.Equal(t, 200, status, path)
		assert.Contains(t, header, "Content-Security-Policy: default-src 'none'; style-src 'self'; img-src data:; "+
			"form-action 'self'; base-uri 'none'; frame-ancestors 'none'", path)
		assert.Contains(t, header, "X-Content-Type-Options: nosniff", path)
		assert.Contains(t, header, "Referrer-Policy: same-origin", path)
		assert.NotContains(t, header, "Set-Cookie", "%s: nothing was changed", path)
		assert.NotContains(t, body, "style=", path)
		if path == "/about" {
			assert.NotContains(t, header, "Vary", path)
			assert.Contains(t, header, "Cache-Control: public", path)
		} else {
			assert.Contains(t, header, "Vary: Cookie", path)
			assert.Contains(t, header, "Cache-Control: no-store", path)
			assert.Contains(t, body, `<li data-key="n">`, path)
		}
	}
	_, header, _ := b.do(t, addr+"/style.css")
	assert.Contains(t, header, "X-Content-Type-Options: nosniff")
	for _, path := range []string{"/signin", "/signout", "/cookies", "/cart/add", "/cart/quantity", "/cart/remove", "/cart/note",
		"/set", "/delete", "/renew", "/flush"} {
		for _, from := range []string{"Sec-Fetch-Site: cross-site", "Origin: https://example.org", "Origin: null"} {
			status, header, _ := b.do(t, "-X", "POST", "-H", from, addr+path)
			assert.Equal(t, 403, status, "%s from elsewhere", path)
			assert.NotContains(t, header, "Set-Cookie")
		}
	}
}

func TestWhereAFormLeads(t *testing.T) {
	addr := start(t, map[string]string{"SESSION_KEYS": oneKey()})
	for back, want := range map[string]string{"/cart": "/cart", "/cookies": "/cookies", "": "/",
		"//example.org": "/", "https://example.org/": "/", "/api/session": "/"} {
		_, header, _ := newBrowser(t).do(t, "-d", "key=k&value=v", "--data-urlencode", "back="+back, addr+"/set")
		assert.Contains(t, header, "\nLocation: "+want+"\r\n", back)
	}
}

func TestBadOrders(t *testing.T) {
	addr := start(t, map[string]string{"SESSION_KEYS": oneKey()})
	b := newBrowser(t)
	for _, form := range []string{"", "product=boat", "product=mug&quantity=-1", "product=mug&quantity=x", "product=mug&quantity=1000"} {
		status, header, _ := b.do(t, "-d", form, addr+"/cart/add")
		assert.Equal(t, 400, status, form)
		assert.NotContains(t, header, "Set-Cookie", form)
	}
	for _, name := range []string{"", "   ", strings.Repeat("é", longest+1), "%ff"} {
		status, header, body := b.do(t, "-d", "name="+name, addr+"/signin")
		assert.Equal(t, 422, status, name)
		assert.NotContains(t, header, "Set-Cookie", name)
		assert.Contains(t, body, `aria-describedby="wrong"`)
	}
}

// The inspector lets anything stand under the shop's own keys.
func TestStrangeValues(t *testing.T) {
	addr := start(t, map[string]string{"SESSION_KEYS": oneKey()})
	b := newBrowser(t)
	b.put(t, addr, "cart", `"no cart"`)
	b.put(t, addr, "note", `[1]`)
	b.put(t, addr, "username", `{"a":1}`)
	status, _, body := b.do(t, addr+"/cart")
	assert.Equal(t, 200, status)
	assert.Contains(t, body, "is no cart")
	status, _, _ = b.do(t, "-d", "product=mug", addr+"/cart/add")
	assert.Equal(t, 303, status)
	_, _, body = b.do(t, addr+"/")
	assert.Contains(t, body, "The cart was not changed")
	assert.Equal(t, "no cart", b.session(t, addr)["data"].(map[string]any)["cart"], "it is left as it is")

	b.put(t, addr, "_flash", `"no list"`)
	status, _, _ = b.do(t, addr+"/")
	assert.Equal(t, 200, status)
	status, _, body = b.do(t, "-X", "POST", addr+"/renew")
	assert.Equal(t, 500, status)
	assert.Contains(t, body, "Your browser keeps the one it had.")
	assert.Contains(t, body, "_flash")
	status, _, _ = b.do(t, "-d", "key=_flash", addr+"/delete")
	assert.Equal(t, 303, status, "what is in the way can be deleted")
}
