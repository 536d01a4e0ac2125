package main

import (
	"fmt"
	"maps"
	"math/rand/v2"
)

// capacities are how many lines of a cart fit one cookie, by subject.
type capacities map[string]float64

// capacitySeeds is how many carts of different content are tried.
const capacitySeeds = 7

// cartLine is a line as those of the payload cart, with the words of its kind.
func cartLine(r *rand.Rand) map[string]any {
	pick := func(words []string) string { return words[r.IntN(len(words))] }
	return map[string]any{
		"sku":   fmt.Sprintf("%s-%05d-%s", pick(skuLines), r.IntN(100000), pick(skuColors)),
		"title": fmt.Sprintf("%s %s, %s, %s", pick(adjectives), pick(products), pick(variants), pick(variants)),
		"qty":   1 + r.IntN(5),
		"price": float64(500+r.IntN(29500)) / 100,
	}
}

var (
	skuLines   = []string{"KX", "BM", "TR", "QL"}
	skuColors  = []string{"BL", "RD", "GN", "WH"}
	adjectives = []string{"Adjustable", "Organic", "Ceramic", "Wireless", "Insulated", "Merino", "Vintage",
		"Foldable", "Stainless", "Compact", "Bamboo", "Recycled"}
	products = []string{"Wool Socks", "Phone Stand", "Rain Jacket", "Cutting Board", "Coffee Mug", "Yoga Mat",
		"Desk Lamp", "Backpack", "Water Bottle", "Travel Pillow", "Notebook", "Headphones"}
	variants = []string{"Set of 4", "2-Pack", "Classic", "Medium", "Large", "Slim", "Black", "Navy", "Green",
		"XL", "500ml", "750ml"}
)

// cartLines are n lines of the seed's; of one seed, more begin as fewer do.
func cartLines(seed, n int) []any {
	r := rand.New(rand.NewPCG(uint64(seed), 4096))
	lines := make([]any, n)
	for i := range lines {
		lines[i] = cartLine(r)
	}
	return lines
}

// cartOf is the payload cart with other lines.
func cartOf(seed, n int) map[string]any {
	v := maps.Clone(payloadOf("cart").value)
	v["items"] = cartLines(seed, n)
	return v
}

// capacity is the most lines with which a cart fits a cookie of 4096 bytes, name
// included: the median over some carts.
func capacity(s subject, seeds int) float64 {
	found := make([]int, seeds)
	for seed := range seeds {
		n := 0
		for ; n < 1000; n++ {
			p := &payload{name: "capacity", value: cartOf(seed, n+1)}
			value, _, err := cookieOf(s, p)
			if err != nil || len(value)+len(cookieName) > cookieMax {
				break
			}
		}
		found[seed] = n
	}
	return median(found, func(n int) float64 { return float64(n) })
}

func capacitiesOf(subjects []subject, seeds int) capacities {
	all := capacities{}
	for _, s := range subjects {
		switch s.name() {
		case scsMemory, contextOnly, nothing, // no session in the cookie
			partsSigned, partsSignedKlauspost, partsEncrypted, partsEncryptedKlauspost: // ours
		default:
			all[s.name()] = capacity(s, seeds)
		}
	}
	return all
}
