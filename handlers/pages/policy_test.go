package pages

import "testing"

func TestPolicyTakesOnlyOrigins(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"https://Shop.example:8443/a?b#c": "https://shop.example:8443",
		"http://127.0.0.1:9000":           "http://127.0.0.1:9000",
		"javascript:alert(1)":             "",
		"bakong://pay":                    "",
		"/c/cs_1":                         "",
		"https://a;script-src *":          "",
	} {
		got := originOf(address)
		if got != want && validOrigin(got) {
			t.Errorf("%s: %q, want %q", address, got, want)
		}
	}

	for _, origin := range []string{"https://a;b", "https://[::1]", "https://*", "https://a b", "https://a'b"} {
		if validOrigin(origin) {
			t.Errorf("%s can stand in a policy", origin)
		}
	}
}
