package handlers_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"rieltime/checkout"
)

func TestEndpointIsMadeChangedAndDeleted(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	w := h.call("klaing test", http.MethodPost, endpoints, `{"url":"https://shop.example/hook","description":"till"}`)
	made := read[checkout.PublicEndpoint](t, w)
	address := endpoints + "/" + made.ID
	if w.Code != http.StatusCreated || w.Header().Get("Location") != address || !strings.HasPrefix(made.Secret, "whsec_") ||
		fmt.Sprint(made.Events) != "[*]" || orEmpty(made.Description) != "till" || made.Disabled {
		t.Errorf("%d %s", w.Code, w.Body)
	}

	if got := h.call("klaing test", http.MethodGet, address, ""); got.Code != http.StatusOK || strings.Contains(got.Body.String(), "secret\"") {
		t.Errorf("read: %d %s", got.Code, got.Body)
	}

	w = h.call("klaing test", http.MethodPost, address, `{"events":["payment.late"],"disabled":true}`)
	if got := read[checkout.PublicEndpoint](t, w); w.Code != http.StatusOK || fmt.Sprint(got.Events) != "[payment.late]" ||
		orEmpty(got.DisabledReason) != checkout.DisabledByMerchant || got.URL != made.URL || orEmpty(got.Description) != "till" {
		t.Errorf("changed: %d %s", w.Code, w.Body)
	}

	w = h.call("klaing test", http.MethodPost, address, `{"disabled":false,"description":""}`)
	if got := read[checkout.PublicEndpoint](t, w); got.Disabled || orEmpty(got.DisabledReason) != "" || orEmpty(got.Description) != "" {
		t.Errorf("switched on: %s", w.Body)
	}

	for _, key := range []string{"klaing live", "krama test"} {
		for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodDelete} {
			wantProblem(t, h.call(key, method, address, "{}"), http.StatusNotFound, "not_found")
		}
	}

	if w := h.call("klaing test", http.MethodDelete, address, ""); w.Code != http.StatusNoContent || w.Body.Len() > 0 {
		t.Errorf("deleted: %d %s", w.Code, w.Body)
	}

	for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodDelete} {
		wantProblem(t, h.call("klaing test", method, address, "{}"), http.StatusNotFound, "not_found")
	}
}

func TestBadEndpointsAreRefused(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	for body, want := range map[string]string{
		`{}`: "url_missing url", `{"url":""}`: "url_missing url",
		`{"url":"ftp://shop.example"}`: "url_invalid url", `{"url":"/hook"}`: "url_invalid url",
		`{"url":"https://user:pass@shop.example"}`:                                          "url_invalid url",
		`{"url":"https://shop.example/` + strings.Repeat("a", 2048) + `"}`:                  "url_invalid url",
		`{"url":"https://shop.example","events":[]}`:                                        "events_invalid events",
		`{"url":"https://shop.example","events":["payment.succeeded","payment.succeeded"]}`: "events_invalid events[1]",
		`{"url":"https://shop.example","events":["payment.eaten"]}`:                         "events_invalid events[0]",
		`{"url":"https://shop.example","events":"*"}`:                                       "type_invalid events",
		`{"url":"https://shop.example","description":"` + strings.Repeat("a", 256) + `"}`:   "text_too_long description",
		`{"url":"https://shop.example","disabled":true}`:                                    "field_unknown disabled",
	} {
		w := h.call("klaing test", http.MethodPost, endpoints, body)
		if got := read[problem](t, w); w.Code != http.StatusBadRequest || got.Code+" "+got.Param != want {
			t.Errorf("%s: %d %s, want %s", body, w.Code, w.Body, want)
		}
	}

	wantProblem(t, h.call("klaing live", http.MethodPost, endpoints, `{"url":"http://shop.example"}`), http.StatusBadRequest, "url_invalid")
}

func TestModeHasTwentyEndpoints(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	var last string
	for i := range checkout.MaxEndpoints {
		last = h.addEndpoint(fmt.Sprintf("https://shop.example/%d", i)).ID
	}

	const another = `{"url":"https://shop.example/more"}`
	wantProblem(t, h.call("klaing test", http.MethodPost, endpoints, another), http.StatusConflict, "endpoints_too_many")
	if w := h.call("klaing live", http.MethodPost, endpoints, another); w.Code != http.StatusCreated {
		t.Errorf("in live mode: %d %s", w.Code, w.Body)
	}

	h.call("klaing test", http.MethodDelete, endpoints+"/"+last, "")
	if w := h.call("klaing test", http.MethodPost, endpoints, another); w.Code != http.StatusCreated {
		t.Errorf("after one was deleted: %d %s", w.Code, w.Body)
	}
}

func TestEndpointsAreListed(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	var ids []string // newest first
	for i := range 3 {
		h.clock.Add(time.Second)
		ids = append([]string{h.addEndpoint(fmt.Sprintf("https://shop.example/%d", i)).ID}, ids...)
	}

	for query, want := range map[string]string{
		"": fmt.Sprint(ids, false), "?limit=2": fmt.Sprint(ids[:2], true), "?starting_after=" + ids[1]: fmt.Sprint(ids[2:], false),
	} {
		got := read[struct {
			Data    []checkout.PublicEndpoint
			HasMore bool `json:"has_more"`
		}](t, h.call("klaing test", http.MethodGet, endpoints+query, ""))

		found := []string{}
		for _, endpoint := range got.Data {
			found = append(found, endpoint.ID)
		}

		if fmt.Sprint(found, got.HasMore) != want {
			t.Errorf("%q: %v, want %s", query, found, want)
		}
	}
}

// A process that dies between making an endpoint and keeping the answer leaves
// an endpoint whose secret nobody has heard.
func TestInterruptedCreationIsFinishedNotRepeated(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	const body = `{"url":"https://shop.example/hook"}`
	sum := sha256.Sum256([]byte(body))
	claim, err := h.store.LeaseIdempotency(t.Context(), checkout.IdempotentRequest{
		MerchantID: "klaing", Mode: checkout.ModeTest, Key: "k", Operation: "POST " + endpoints, ContentHash: hex.EncodeToString(sum[:]),
	}, h.clock.Now().Add(checkout.IdempotencyLease))
	if err != nil {
		t.Fatal(err)
	}

	url := "https://shop.example/hook"
	made, err := h.service.CreateEndpoint(checkout.WithIdempotentRequest(t.Context(), claim), "klaing", checkout.ModeTest, checkout.EndpointParams{URL: &url})
	if err != nil {
		t.Fatal(err)
	}

	wantProblem(t, h.post("k", endpoints, body), http.StatusConflict, "idempotency_in_flight")
	h.clock.Add(checkout.IdempotencyLease)
	got := read[checkout.PublicEndpoint](t, h.post("k", endpoints, body))
	if got.ID != made.ID || got.Secret != made.Secret.Reveal() {
		t.Errorf("%+v, want %s with its secret", got, made.ID)
	}

	again := read[checkout.PublicEndpoint](t, h.post("k", endpoints, body))
	if again.ID != got.ID || again.Secret != got.Secret {
		t.Errorf("replayed %+v, want %+v", again, got)
	}

	other := read[checkout.PublicEndpoint](t, h.post("k2", endpoints, body))
	if other.ID == made.ID || other.Secret == got.Secret {
		t.Errorf("another key gives %s too", other.ID)
	}
}

func TestInterruptedRotationKeepsTheSecretInUse(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	made := h.addEndpoint("https://shop.example/hook")
	target := endpoints + "/" + made.ID + "/rotate_secret"
	sum := sha256.Sum256(nil)
	claim, err := h.store.LeaseIdempotency(t.Context(), checkout.IdempotentRequest{
		MerchantID: "klaing", Mode: checkout.ModeTest, Key: "k", Operation: "POST " + target, ContentHash: hex.EncodeToString(sum[:]),
	}, h.clock.Now())
	if err != nil {
		t.Fatal(err)
	}

	rotated, err := h.service.RotateSecret(checkout.WithIdempotentRequest(t.Context(), claim), made.ID, nil)
	if err != nil {
		t.Fatal(err)
	}

	got := read[checkout.PublicEndpoint](t, h.post("k", target, ""))
	endpoint, err := h.store.Endpoint(t.Context(), made.ID)
	if err != nil || got.Secret != rotated.Secret.Reveal() || endpoint.PreviousSecret.Reveal() != made.Secret {
		t.Errorf("%v %+v", err, got)
	}
}

func TestRotationHasAnOverlap(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	made := h.addEndpoint("https://shop.example/hook")
	for body, want := range map[string]time.Duration{``: 24 * time.Hour, `{"overlap_seconds":60}`: time.Minute, `{"overlap_seconds":0}`: 0} {
		w := h.call("klaing test", http.MethodPost, endpoints+"/"+made.ID+"/rotate_secret", body)
		got := read[checkout.PublicEndpoint](t, w)
		if w.Code != http.StatusOK || got.Secret == made.Secret || (got.PreviousSecretUntil == nil) != (want == 0) ||
			(want > 0 && !got.PreviousSecretUntil.Equal(h.clock.Now().Add(want))) {
			t.Errorf("%q: %d %s", body, w.Code, w.Body)
		}
	}

	for _, bad := range []string{`{"overlap_seconds":-1}`, `{"overlap_seconds":604801}`} {
		wantProblem(t, h.call("klaing test", http.MethodPost, endpoints+"/"+made.ID+"/rotate_secret", bad), http.StatusBadRequest, "overlap_seconds_invalid")
	}
}
