package handlers

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"rieltime/checkout"
)

func parse(t *testing.T, query string) url.Values {
	t.Helper()
	values, err := url.ParseQuery(query)
	if err != nil {
		t.Fatal(err)
	}
	return values
}

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

func TestPayeeIsReadFromTheCode(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                                    "shop",
		"https://pay.example":                 "shop",
		"0002015913Coffee Klaing6304ABCD":     "Coffee Klaing",
		"0002015904ហាង 6304ABCD":              "ហាង",
		"0002015999Coffee":                    "shop",
		"00020159-1Coffee":                    "shop",
		"000201" + "5900" + "6010Phnom Penh":  "shop",
		"000201" + "6010Phnom Penh" + "5901K": "K",
	} {
		if got := payeeOf(text, "shop"); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func TestEveryKindHasAStatus(t *testing.T) {
	t.Parallel()
	seen := map[int]bool{}
	for kind := checkout.KindInternal; kind <= checkout.KindUnavailable; kind++ {
		if statuses[len(statuses)-1].kind != checkout.KindInternal || (kind != checkout.KindInternal && statusOf(kind) == 500) {
			t.Errorf("kind %d has no status", kind)
		}
		seen[statusOf(kind)] = true
	}
	if len(seen) != len(statuses) {
		t.Errorf("statuses %v", seen)
	}
}

func TestLimiterStaysSmall(t *testing.T) {
	t.Parallel()
	now := noon
	l := newLimiter(Limit{PerSecond: 1, Burst: 1}, func() time.Time { return now })
	for i := range 3 * maxBuckets {
		if err := l.take(fmt.Sprint(i)); err != nil {
			t.Fatal(err)
		}
	}
	if len(l.buckets) > maxBuckets {
		t.Errorf("%d buckets", len(l.buckets))
	}
	now = now.Add(time.Minute)
	if err := l.take("new"); err != nil || len(l.buckets) != 1 {
		t.Errorf("%v, %d buckets after a rest", err, len(l.buckets))
	}
}

func TestNoLimit(t *testing.T) {
	t.Parallel()
	l := newLimiter(Limit{PerSecond: -1}, time.Now)
	for range 1000 {
		if err := l.take("a"); err != nil {
			t.Fatal(err)
		}
	}
}

func TestDrawingsAreKeptAndBounded(t *testing.T) {
	t.Parallel()
	d := newQRCache()
	for i := range maxDrawings + 10 {
		if _, err := d.svg(fmt.Sprint(i)); err != nil {
			t.Fatal(err)
		}
	}
	if len(d.svgs) != maxDrawings {
		t.Errorf("%d drawings", len(d.svgs))
	}
	if _, err := d.svg(strings.Repeat("a", 5000)); err == nil {
		t.Error("a text too long for a code is drawn")
	}
}

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

func TestHashIsCleaned(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		" 8465D722 ": "8465d722", "": "", "xyz": "xyz", "12 34\n": "1234", strings.Repeat("a", maxHash+1): strings.Repeat("a", maxHash),
		strings.Repeat("a", maxHash-1) + "អ": strings.Repeat("a", maxHash-1),
	} {
		if got := cleanHash(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func FuzzReadObject(f *testing.F) {
	for _, seed := range []string{`{}`, `{"amount":"1","metadata":{"a":"b"}}`, `{"a":1,"a":2}`, `[[[]]]`, `{"line_items":[{"amount":1}]}`, "{", `{"a":null}{}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		_, err := readSessionParams(body)
		if err == nil && !json.Valid(body) {
			t.Errorf("took %q", body)
		}
		if err != nil && explain(err).status != 400 {
			t.Errorf("%q: %v", body, err)
		}
	})
}
