package browsertest_test

import (
	"bytes"
	"context"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestScreenshots writes every page, at two widths, light and dark. At both
// widths nothing may stick out on the right.
func TestScreenshots(t *testing.T) {
	if *screenshots == "" {
		t.Skip("only with -screenshots DIR")
	}
	require.NoError(t, os.MkdirAll(*screenshots, 0o755))
	b := start(t, open(t))
	look := func(name string) {
		t.Helper()
		for _, size := range []struct {
			name          string
			width, height int64
		}{{"desktop", 1280, 860}, {"phone", 390, 844}, {"narrow", 360, 740}} {
			run(b, chromedp.EmulateViewport(size.width, size.height))
			wide := run(b, chromedp.Evaluate[int64]("document.documentElement.scrollWidth"))
			assert.LessOrEqual(t, wide, size.width, "%s sticks out at %s", name, size.name)
			for _, scheme := range []string{"light", "dark"} {
				b.scheme(scheme)
				b.shoot(name+"-"+size.name+"-"+scheme, true)
			}
		}
		run(b, chromedp.EmulateViewport(1280, 860))
		b.scheme("light")
	}
	b.visit("/")
	look("empty")
	b.visit("/cart")
	look("cart-empty")
	b.visit("/signin")
	look("signin")
	b.visit("/about")
	look("about")
	b.visit("/cookies")
	look("cookies")
	b.visit("/cookies/check")
	look("cookies-failed")
	b.signIn(true)
	b.add("mug")
	b.add("notebook")
	b.add("notebook")
	b.visit("/cart")
	b.fill("#note", "Please leave the parcel with the neighbours, in the blue house.")
	b.click(".note button")
	look("cart")
	b.click("#fill")
	b.visit("/")
	b.fill(".set [name=key]", "color")
	b.fill(".set [name=value]", "green")
	b.click(".set button")
	b.add("lamp")
	for _, picture := range []struct {
		name, scheme  string
		width, height int64
	}{{"shop-phone", "dark", 390, 844}, {"shop-desktop", "light", 1280, 960}} {
		run(b, chromedp.EmulateViewport(picture.width, picture.height))
		b.scheme(picture.scheme)
		b.shoot(picture.name, false)
	}
	look("shop")
	b.visit("/cart")
	for b.heading() == "Your cart" {
		b.click("#fill")
	}
	look("failed")
	b.visit("/cart")
	look("cart-full")
	b.click("#signout")
	look("signed-out")
}

func (b *browser) scheme(scheme string) {
	b.t.Helper()
	run(b, func(ctx context.Context, t *chromedp.Target) (cdp.Empty, error) {
		return cdp.Call(ctx, t, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
		})
	})
}

// shoot writes what the tab shows, or all of the page.
func (b *browser) shoot(name string, all bool) {
	b.t.Helper()
	action := chromedp.CaptureScreenshot()
	if all {
		action = chromedp.FullScreenshot(100) // as PNG
	}
	picture, err := png.Decode(bytes.NewReader(run(b, action)))
	require.NoError(b.t, err)
	file, err := os.Create(filepath.Join(*screenshots, name+".png"))
	require.NoError(b.t, err)
	small := png.Encoder{CompressionLevel: png.BestCompression}
	require.NoError(b.t, small.Encode(file, paletted(picture)))
	require.NoError(b.t, file.Close())
}

// paletted is the picture in its 256 most frequent colors, which makes it half
// as large. Flat pages have few others.
func paletted(picture image.Image) image.Image {
	count := map[color.Color]int{}
	all := picture.Bounds()
	for y := all.Min.Y; y < all.Max.Y; y++ {
		for x := all.Min.X; x < all.Max.X; x++ {
			count[picture.At(x, y)]++
		}
	}
	colors := slices.SortedFunc(maps.Keys(count), func(a, b color.Color) int { return count[b] - count[a] })
	small := image.NewPaletted(all, color.Palette(colors[:min(256, len(colors))]))
	draw.Draw(small, all, picture, all.Min, draw.Src)
	return small
}
