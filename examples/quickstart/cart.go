package main

import (
	"crypto/rand"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/cookiesession/go/cookiesession"
)

// An Item is a part of the cart. Prices are not kept: they are the shop's.
type Item struct {
	SKU      string `json:"sku"`
	Quantity int    `json:"qty"`
	Code     string `json:"code,omitempty"` // of a coded product; then Quantity is 1
}

const (
	cart = cookiesession.Field[[]Item]("cart")
	note = cookiesession.Field[string]("note")
)

// most is the largest quantity of one product.
const most = 999

// quantityOf is how many of a product are in the cart.
func quantityOf(items []Item, p product) int {
	n := 0
	for _, item := range items {
		if item.SKU == p.ID {
			n = min(n+min(max(item.Quantity, 0), most), most)
		}
	}
	return n
}

// withQuantity is the cart with n of a product, none for 0.
func withQuantity(items []Item, p product, n int) []Item {
	n = min(max(n, 0), most)
	if p.Coded {
		kept := 0
		items = slices.DeleteFunc(items, func(item Item) bool {
			if item.SKU != p.ID {
				return false
			}
			kept++
			return kept > n
		})
		for ; kept < n; kept++ {
			items = append(items, Item{SKU: p.ID, Quantity: 1, Code: rand.Text()})
		}
		return items
	}
	at := slices.IndexFunc(items, func(item Item) bool { return item.SKU == p.ID })
	switch {
	case n == 0:
		return slices.DeleteFunc(items, func(item Item) bool { return item.SKU == p.ID })
	case at < 0:
		return append(items, Item{SKU: p.ID, Quantity: n})
	}
	items[at].Quantity = n
	return items
}

// A line is a product in the cart as the page shows it.
type line struct {
	Product  product
	Quantity int
	Sum      cents
}

// lines are in the order in which the products came into the cart.
func lines(items []Item) (all []line, total cents) {
	seen := map[string]bool{}
	for _, item := range items {
		p, ok := productOf(item.SKU)
		if !ok || seen[p.ID] {
			continue
		}
		seen[p.ID] = true
		if n := quantityOf(items, p); n > 0 {
			sum := cents(n) * p.Price
			all = append(all, line{p, n, sum})
			total += sum
		}
	}
	return all, total
}

// pieces are counted over all products.
func pieces(items []Item) int {
	n := 0
	all, _ := lines(items)
	for _, l := range all {
		n += l.Quantity
	}
	return n
}

func showCart(w http.ResponseWriter, r *http.Request) {
	s := cookiesession.FromContext(r.Context())
	// The inspector lets you put anything under this key.
	items, err := cookiesession.Get[[]Item](s, string(cart))
	all, total := lines(items)
	show(w, r, http.StatusOK, "cart.html", "Cart", map[string]any{
		"Lines":  all,
		"Total":  total,
		"Most":   most,
		"Note":   note.Get(s),
		"Broken": err != nil && !errors.Is(err, cookiesession.ErrAbsent),
	})
}

func addToCart(w http.ResponseWriter, r *http.Request) {
	p, n, ok := order(w, r, "1")
	if !ok {
		return
	}
	update(w, r, func(items []Item) []Item {
		return withQuantity(items, p, quantityOf(items, p)+n)
	}, "In your cart: "+strconv.Itoa(n)+" × "+p.Name+".")
}

func changeQuantity(w http.ResponseWriter, r *http.Request) {
	p, n, ok := order(w, r, "")
	if !ok {
		return
	}
	text := p.Name + ": now " + strconv.Itoa(n) + "."
	if n == 0 {
		text = "Removed: " + p.Name + "."
	}
	update(w, r, func(items []Item) []Item { return withQuantity(items, p, n) }, text)
}

func removeFromCart(w http.ResponseWriter, r *http.Request) {
	p, _, ok := order(w, r, "0")
	if !ok {
		return
	}
	update(w, r, func(items []Item) []Item { return withQuantity(items, p, 0) }, "Removed: "+p.Name+".")
}

// order reads the product and the quantity of a form, or answers 400.
func order(w http.ResponseWriter, r *http.Request, quantity string) (product, int, bool) {
	if text := r.PostFormValue("quantity"); text != "" {
		quantity = text
	}
	p, known := productOf(r.PostFormValue("product"))
	n, err := strconv.Atoi(quantity)
	switch {
	case !known:
		http.Error(w, "The shop has no such product.", http.StatusBadRequest)
	case err != nil || n < 0 || n > most:
		http.Error(w, "A quantity is a number from 0 to "+strconv.Itoa(most)+".", http.StatusBadRequest)
	default:
		return p, n, true
	}
	return product{}, 0, false
}

// update changes the cart, and says what it did on the next page.
func update(w http.ResponseWriter, r *http.Request, change func([]Item) []Item, done string) {
	err := cart.Update(cookiesession.FromContext(r.Context()), func(items *[]Item) error {
		*items = change(*items)
		return nil
	})
	if err != nil {
		redirect(w, r, "error", "The cart was not changed: what stands under “cart” is no cart. Delete it in the inspector.", back(r))
		return
	}
	redirect(w, r, "success", done, back(r))
}

func writeNote(w http.ResponseWriter, r *http.Request) {
	s := cookiesession.FromContext(r.Context())
	text := strings.TrimSpace(strings.ReplaceAll(r.PostFormValue("note"), "\r\n", "\n"))
	if text == "" {
		s.Delete(string(note))
		redirect(w, r, "success", "The note is empty.", "/cart")
		return
	}
	note.Set(s, text)
	redirect(w, r, "success", "The note is kept with your cart.", "/cart")
}
