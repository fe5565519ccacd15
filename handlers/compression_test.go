package handlers_test

import "testing"

func TestPagesAreCompressed(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	w := h.get("/c/"+h.open(), "Accept-Encoding", "gzip")
	if w.Header().Get("Content-Encoding") != "gzip" || w.Body.Len() > 8<<10 {
		t.Errorf("%s, %d bytes", w.Header().Get("Content-Encoding"), w.Body.Len())
	}
}

func TestPagesAreNotCompressedForWhoRefusesIt(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	page := "/c/" + h.open()
	for _, accepts := range []string{"gzip;q=0", "gzip; q=0.000, *", "br, gzip;q=0", "gzip;q=0.5, identity"} {
		if got := h.get(page, "Accept-Encoding", accepts).Header().Get("Content-Encoding"); got != "" {
			t.Errorf("%s: %s", accepts, got)
		}
	}
}
