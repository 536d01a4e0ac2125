// Package keystest helps to test what uses keys: rings that are the same in
// every run, a source that fails on demand, and a test that any Source can run.
// It is for tests only.
//
// A ring is written as in a file, with names in place of the keys:
//
//	ring := keystest.Ring(t, "old", "new 2026-09-01T00:00:00Z", "leaked revoked")
//	old := keystest.Key("old")
//
// A [Source] brings whatever ring it was given, until it is told to fail, to be
// slow, or both in turn:
//
//	src := keystest.NewSource(ring)
//	watcher, err := keys.NewWatcher(t.Context(), src, keys.WatcherOptions{})
//	src.Fail(errors.New("the secret manager is down"))
//
// Together with package testing/synctest, no test has to wait. Mind that its clock
// begins in the year 2000, when a key with a later instant does not sign yet.
//
// [TestSource] is the conformance test for a Source of your own.
package keystest
