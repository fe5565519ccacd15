// Package retryafter reads the Retry-After header of answers.
package retryafter

import (
	"net/http"
	"strconv"
	"time"
)

// Most is the longest wait that a stranger's answer may ask for.
const Most = 24 * time.Hour

// Read returns how long an answer asks to wait, by seconds or an HTTP date (RFC 9110,
// section 10.2.3), and at most Most. It reports false when the answer names no time that
// is to come.
func Read(header http.Header, now time.Time) (wait time.Duration, asked bool) {
	text := header.Get("Retry-After")
	if seconds, err := strconv.ParseUint(text, 10, 31); err == nil {
		return min(time.Duration(seconds)*time.Second, Most), true
	}
	at, err := http.ParseTime(text)
	if err != nil || !at.After(now) {
		return 0, false
	}
	return min(at.Sub(now), Most), true
}
