//go:build !linux

package keys_test

import "testing"

// asNobody does something as the user that runs the test.
func asNobody(_ *testing.T, do func()) { do() }
