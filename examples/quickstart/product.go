package main

import (
	"fmt"
	"net/http"
)

// A product is what the shop has.
type product struct {
	ID, Name, About string
	Price           cents
	Coded           bool // every piece has a code of its own
}

var products = []product{
	{ID: "mug", Name: "Norrin mug", About: "Stoneware, glazed by hand.", Price: 1450},
	{ID: "teapot", Name: "Talvo teapot", About: "Tea for four, and no drips.", Price: 3900},
	{ID: "lamp", Name: "Ombrel lamp", About: "Warm light, one switch.", Price: 6800},
	{ID: "notebook", Name: "Kesta notebook", About: "Dotted paper that lies flat.", Price: 950},
	{ID: "pencils", Name: "Pelliko pencils", About: "Three of cedar, sharpened.", Price: 720},
	{ID: "scissors", Name: "Quillo scissors", About: "For paper and for thread.", Price: 1890},
	{ID: "plant", Name: "Verdu plant", About: "Forgives a forgotten week.", Price: 2200},
	{ID: "card", Name: "Gift card", About: "With a code of its own.", Price: 1000, Coded: true},
}

func productOf(id string) (product, bool) {
	for _, p := range products {
		if p.ID == id {
			return p, true
		}
	}
	return product{}, false
}

// cents are money.
type cents int

func (c cents) String() string { return fmt.Sprintf("€%s.%02d", number(int(c/100)), int(c%100)) }

func shop(w http.ResponseWriter, r *http.Request) {
	show(w, r, http.StatusOK, "shop.html", "Shop", products)
}
