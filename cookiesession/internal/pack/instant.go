package pack

import "time"

// The one form of an instant that packs: UTC, whole seconds.
const (
	timeLayout = "2006-01-02T15:04:05Z"
	timeLen    = len(timeLayout)
)

// The years 0000 to 9999.
const (
	minUnix = -62167219200
	maxUnix = 253402300799
)

// validTime reports whether s is an RFC 3339 text. The time package knows the
// calendar but reads forms outside the RFC too, so the shape is checked first.
func validTime(s []byte) bool {
	if len(s) < timeLen || !shaped(s[:timeLen-1], "0000-00-00T00:00:00") {
		return false
	}
	zone := s[timeLen-1:]
	if zone[0] == '.' {
		n := 1
		for n < len(zone) && isDigit(zone[n]) {
			n++
		}
		if n == 1 {
			return false
		}
		zone = zone[n:]
	}
	switch {
	case len(zone) == 1 && zone[0] == 'Z':
	case shaped(zone, "+00:00"), shaped(zone, "-00:00"):
		if string(zone[1:3]) > "23" || string(zone[4:]) > "59" {
			return false
		}
	default:
		return false
	}
	return new(time.Time).UnmarshalText(s) == nil
}

// shaped reports whether s is the pattern with any digits for its zeros.
func shaped(s []byte, pattern string) bool {
	if len(s) != len(pattern) {
		return false
	}
	for i, c := range s {
		if isDigit(pattern[i]) != isDigit(c) || !isDigit(c) && c != pattern[i] {
			return false
		}
	}
	return true
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// parseTime reads the canonical form. Formatting back proves that it is.
func parseTime(s []byte) (unix int64, ok bool) {
	var t time.Time
	if t.UnmarshalText(s) != nil {
		return 0, false
	}
	var buf [timeLen]byte
	if string(t.UTC().AppendFormat(buf[:0], timeLayout)) != string(s) {
		return 0, false
	}
	return t.Unix(), true
}

func appendUnix(dst []byte, unix int64) []byte {
	dst = appendHead(dst, majorTag, tagTime)
	if unix < 0 {
		return appendHead(dst, majorNegint, uint64(-1-unix))
	}
	return appendHead(dst, majorUint, uint64(unix))
}

// unixSeconds is the integer that the head h stands for, if it is in range.
func unixSeconds(h head) (int64, error) {
	switch {
	case h.major == majorUint && h.arg <= maxUnix:
		return int64(h.arg), nil
	case h.major == majorNegint && h.arg <= -1-minUnix:
		return -1 - int64(h.arg), nil
	}
	return 0, errSeconds
}
