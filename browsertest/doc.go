// Package browsertest drives the shop of examples/quickstart in Chromium: what
// a cookie is good for is decided by browsers. It has tests only.
//
//	go test ./browsertest
//	go test ./browsertest -run Screenshots -screenshots DIR
//
// both from the root of the house; DIR is seen from here. The second one makes
// the pictures of the README, too: shop-desktop.png and shop-phone.png.
// Without Chromium the tests are skipped, or fail where CI is "true".
package browsertest
