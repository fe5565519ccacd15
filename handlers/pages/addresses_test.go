package pages

import (
	"testing"
)

func TestReturnURLNamesTheSession(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"https://shop.example":                                  "https://shop.example?session_id=cs_1",
		"https://shop.example/ok":                               "https://shop.example/ok?session_id=cs_1",
		"https://shop.example/ok?":                              "https://shop.example/ok?session_id=cs_1",
		"https://shop.example/ok?a=1":                           "https://shop.example/ok?a=1&session_id=cs_1",
		"https://shop.example/ok?a=1&":                          "https://shop.example/ok?a=1&session_id=cs_1",
		"https://shop.example/ok#top":                           "https://shop.example/ok?session_id=cs_1#top",
		"https://shop.example/ok?a=1#top?":                      "https://shop.example/ok?a=1&session_id=cs_1#top?",
		"https://shop.example/{CHECKOUT_SESSION_ID}/ok":         "https://shop.example/cs_1/ok",
		"https://shop.example/ok?s={CHECKOUT_SESSION_ID}&a=%20": "https://shop.example/ok?s=cs_1&a=%20",
	} {
		if got := returnURL(address, "cs_1"); got != want {
			t.Errorf("%s: %s, want %s", address, got, want)
		}
	}
}
