package middleware

// Candidates is the header scan, for the differential test.
var Candidates = candidates
