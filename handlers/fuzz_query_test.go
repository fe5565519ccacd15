package handlers_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// FuzzQuery begins with the parameters that lists take. Whatever is asked, by
// whatever key, the answer is a list or a problem of the sender's.
func FuzzQuery(f *testing.F) {
	h := newFuzzHarness(f)
	own := h.belongings()
	lists := []string{
		sessions, "/v1/payments", "/v1/refunds", "/v1/payment_links", endpoints, endpoints + "/" + own["endpoint"] + "/deliveries", "/v1/events",
	}
	for i := range lists {
		for _, query := range []string{
			"limit=2&starting_after=" + own["session"], "limit=100&ending_before=" + own["payment"], "limit=0", "limit=1e3", "limit=-1&limit=2",
			"starting_after=cs_&ending_before=cs_x", "after_sequence=1", "after_sequence=9223372036854775808", "reference=A%00&status=open",
			"session=" + own["session"] + "&review=late", "payment=" + own["payment"], "active=true", "type=payment.succeeded", "%zz", "a=1", "limit=%F0%9F%A6%86",
		} {
			f.Add(i, query, "Bearer x")
			f.Add(i, query, "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
		}
	}

	f.Fuzz(func(t *testing.T, i int, query, authorization string) {
		target := &url.URL{RawQuery: query}
		if i < 0 || i >= len(lists) || strings.ContainsAny(query, " #\r\n\t\x00\x7f") {
			return
		}

		target.Path = lists[i]
		if _, err := url.ParseRequestURI(target.String()); err != nil {
			return
		}

		h.t = t
		w := h.call("klaing test", http.MethodGet, target.String(), "")
		var list struct {
			Data *[]json.RawMessage `json:"data"`
		}
		if w.Code == http.StatusOK && (json.Unmarshal(w.Body.Bytes(), &list) != nil || list.Data == nil) {
			t.Errorf("%s is answered %q", target, w.Body)
		} else if w.Code != http.StatusOK && (w.Code/100 != 4 || read[problem](t, w).Code == "") {
			t.Errorf("%s is answered %d %q", target, w.Code, w.Body)
		}

		h.harmless(target.String(), w.Code, w.Header(), "")
		if w := h.get(target.String(), "Authorization", authorization, "Traceparent", authorization); w.Code == http.StatusOK {
			t.Errorf("%q opens %s", authorization, target)
		}
	})
}
