package client

import (
	"testing"
	"time"

	"rieltime/checkout"
)

func TestExpiry(t *testing.T) {
	for token, want := range map[checkout.Secret]time.Time{
		"e30.eyJleHAiOjE3Njc5Mjg1OTF9.c2ln":         time.Unix(1767928591, 0),
		"e30.eyJleHAiOjE3Njc5Mjg1OTF9==.c2ln":       time.Unix(1767928591, 0),
		"e30.eyJleHAiOiIxNzY3OTI4NTkxIn0.c2ln":      time.Unix(1767928591, 0),
		"e30.eyJleHAiOjE3Njc5Mjg1OTF9":              {},
		"":                                          {},
		"a.b.c":                                     {},
		"e30.e30.c2ln":                              {},
		"e30.eyJleHAiOiJub3cifQ.c2ln":               {},
		"e30.eyJleHAiOi0xfQ.c2ln":                   {},
		"e30.eyJleHAiOjFlMzAwfQ.c2ln":               {},
		"e30.WzFd.c2ln":                             {},
		"e30.eyJleHAiOjE3Njc5Mjg1OTF9.c2ln.further": {},
	} {
		if got := Expiry(token); !got.Equal(want) {
			t.Errorf("%s: %v, want %v", token.Reveal(), got, want)
		}
	}
}
