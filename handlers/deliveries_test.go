package handlers_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"rieltime/checkout"
)

func TestEndpointsGetTheEventsTheyListenTo(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.deliver()
	all, some, other := receive(t, nil), receive(t, nil), receive(t, nil)
	h.addEndpoint(all.URL)
	h.addEndpoint(some.URL, "checkout.session.expired")
	off := h.addEndpoint(other.URL)
	h.call("klaing test", http.MethodPost, endpoints+"/"+off.ID, `{"disabled":true}`)
	h.prove(h.pay(h.open(), "khqr"), "t1", 250)
	h.expire(h.open())
	eventually(t, "delivered", func() bool { return len(all.hooks()) == 3 && len(some.hooks()) == 1 })
	if body := string(some.hooks()[0].body); !strings.Contains(body, `"type":"checkout.session.expired"`) {
		t.Errorf("got %s", body)
	}

	if got := h.deliveries(off.ID, ""); len(got) != 0 || len(other.hooks()) != 0 {
		t.Errorf("a disabled endpoint got %v", got)
	}
}

// Whatever a receiver answers is kept with its delivery.
func TestAnswersAreKept(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.deliver()
	gone := receive(t, nil)
	gone.Close()
	for _, test := range []struct {
		name   string
		url    string
		status int
		answer string
		error  string
		next   time.Duration // least wait until the next attempt
	}{
		{"500", receive(t, status(500)).URL, 500, "it is 500", "The endpoint answered 500.", 5 * time.Second},
		{"429", receive(t, status(429, "Retry-After", "600")).URL, 429, "it is 429", "The endpoint answered 429.", 10 * time.Minute},
		{"503", receive(t, status(503, "Retry-After", "60")).URL, 503, "it is 503", "The endpoint answered 503.", time.Minute},
		{"redirect", receive(t, status(302, "Location", "http://127.0.0.1/inside")).URL, 302, "it is 302",
			"The endpoint answered 302: redirects are not followed. Its Location is http://127.0.0.1/inside", 5 * time.Second},
		{"nobody there", gone.URL, 0, "", "The endpoint refused the connection.", 5 * time.Second},
		{"hangs up", receive(t, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }).URL, 0, "",
			"The endpoint closed the connection without an answer.", 5 * time.Second},
	} {
		endpoint := h.addEndpoint(test.url)
		w := h.call("klaing test", http.MethodPost, endpoints+"/"+endpoint.ID+"/test", "")
		if got := read[checkout.PublicDelivery](t, w); w.Code != http.StatusAccepted || got.Status != checkout.DeliveryPending || got.EventType != checkout.EventWebhookTest {
			t.Errorf("%s: %d %s", test.name, w.Code, w.Body)
		}

		d := h.tried(endpoint.ID, 1)
		answer := d.Attempts[0]
		if (answer.Status == nil) != (test.status == 0) || (answer.Status != nil && *answer.Status != test.status) || orEmpty(answer.Answer) != test.answer || orEmpty(answer.Error) != test.error || answer.Delivered {
			t.Errorf("%s: attempt %+v", test.name, answer)
		}

		if d.Status != checkout.DeliveryPending || d.NextAttemptAt == nil || d.NextAttemptAt.Before(h.clock.Now().Add(test.next)) {
			t.Errorf("%s: delivery %+v", test.name, d)
		}

		if got := h.getEndpoint(endpoint.ID); got.FailingSince == nil || got.Disabled {
			t.Errorf("%s: endpoint %+v", test.name, got)
		}
	}
}

func TestGoneDisablesTheEndpoint(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.deliver()
	endpoint := h.addEndpoint(receive(t, status(410)).URL)
	h.expire(h.open())
	eventually(t, "disabled", func() bool { return orEmpty(h.getEndpoint(endpoint.ID).DisabledReason) == checkout.DisabledGone })
	if d := h.tried(endpoint.ID, 1); d.Status != checkout.DeliveryFailed || d.NextAttemptAt != nil {
		t.Errorf("delivery %+v", d)
	}

	h.expire(h.open())
	if got := h.deliveries(endpoint.ID, ""); len(got) != 1 {
		t.Errorf("%d deliveries", len(got))
	}

	for _, path := range []string{"/test", "/deliveries/" + h.deliveries(endpoint.ID, "")[0].ID + "/redeliver"} {
		wantProblem(t, h.call("klaing test", http.MethodPost, endpoints+"/"+endpoint.ID+path, ""), http.StatusConflict, "endpoint_disabled")
	}

	wantProblem(t, h.call("klaing test", http.MethodPost, endpoints+"/"+endpoint.ID+"/redeliver", `{"failed":true}`), http.StatusConflict, "endpoint_disabled")
}

func TestEndpointThatFailsForDaysIsPaused(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.deliver()
	endpoint := h.addEndpoint(receive(t, status(500)).URL)
	since := h.clock.Now()
	for range 3 {
		h.expire(h.open())
		h.tried(endpoint.ID, 1)
		if got := h.getEndpoint(endpoint.ID); got.Disabled || got.FailingSince == nil || !got.FailingSince.Equal(since) {
			t.Errorf("after %v: %+v", h.clock.Now().Sub(since), got)
		}

		h.clock.Add(24 * time.Hour)
	}

	h.expire(h.open())
	eventually(t, "paused", func() bool { return orEmpty(h.getEndpoint(endpoint.ID).DisabledReason) == checkout.DisabledFailing })
	for _, d := range h.deliveries(endpoint.ID, "") {
		if d.Status != checkout.DeliveryFailed || d.NextAttemptAt != nil {
			t.Errorf("delivery of a paused endpoint %+v", d)
		}
	}

	h.call("klaing test", http.MethodPost, endpoints+"/"+endpoint.ID, `{"disabled":false}`)
	if got := h.getEndpoint(endpoint.ID); got.Disabled || got.FailingSince != nil {
		t.Errorf("switched on: %+v", got)
	}
}

func TestSlowEndpointHoldsUpNobody(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.deliver()
	release := make(chan struct{})
	slow := receive(t, func(http.ResponseWriter, *http.Request) { <-release })
	t.Cleanup(func() { close(release) }) // before the receiver closes, which waits for its requests
	quick := receive(t, nil)
	endpoint := h.addEndpoint(slow.URL)
	const waiting = 100
	for range waiting {
		h.call("klaing test", http.MethodPost, endpoints+"/"+endpoint.ID+"/test", "")
	}

	h.addEndpoint(quick.URL)
	h.expire(h.open())
	eventually(t, "delivered to the quick one", func() bool { return len(quick.hooks()) == 1 })
	if n := len(slow.hooks()); n > waiting/4 {
		t.Errorf("%d of %d were sent to the slow one", n, waiting)
	}
}

func TestBothSecretsSignDuringTheOverlap(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.deliver()
	shop := receive(t, nil)
	endpoint := h.addEndpoint(shop.URL)
	test := func() hook {
		before := len(shop.hooks())
		h.call("klaing test", http.MethodPost, endpoints+"/"+endpoint.ID+"/test", "")
		eventually(t, "delivered", func() bool { return len(shop.hooks()) > before })
		return shop.hooks()[before]
	}

	valid := func(got hook, secret string) bool {
		verifier, err := standardwebhooks.NewWebhook(secret)
		if err != nil {
			t.Fatal(err)
		}
		return verifier.VerifyIgnoringTimestamp(got.body, got.header) == nil
	}
	if got := test(); !valid(got, endpoint.Secret) || strings.Contains(got.header.Get("webhook-signature"), " ") {
		t.Errorf("before: %q", got.header.Get("webhook-signature"))
	}

	w := h.call("klaing test", http.MethodPost, endpoints+"/"+endpoint.ID+"/rotate_secret", `{"overlap_seconds":60}`)
	rotated := read[checkout.PublicEndpoint](t, w)
	if got := test(); !valid(got, endpoint.Secret) || !valid(got, rotated.Secret) {
		t.Errorf("during the overlap: %q", got.header.Get("webhook-signature"))
	}

	h.clock.Add(time.Minute)
	if got := test(); valid(got, endpoint.Secret) || !valid(got, rotated.Secret) {
		t.Errorf("after it: %q", got.header.Get("webhook-signature"))
	}
}

func TestTestEventGoesToItsEndpointOnly(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.deliver()
	shop, other := receive(t, nil), receive(t, nil)
	endpoint := h.addEndpoint(shop.URL, "payment.late")
	bystander := h.addEndpoint(other.URL)
	h.call("klaing test", http.MethodPost, endpoints+"/"+endpoint.ID+"/test", "")
	eventually(t, "delivered", func() bool { return len(shop.hooks()) == 1 })
	var sent struct {
		Type checkout.EventType
		Data struct{ Object checkout.PublicEndpoint }
	}
	if err := json.Unmarshal(shop.hooks()[0].body, &sent); err != nil || sent.Type != checkout.EventWebhookTest || sent.Data.Object.ID != endpoint.ID {
		t.Errorf("%v %s", err, shop.hooks()[0].body)
	}

	if strings.Contains(string(shop.hooks()[0].body), endpoint.Secret) {
		t.Error("the event tells the secret")
	}

	if got := h.deliveries(bystander.ID, ""); len(got) != 0 {
		t.Errorf("another endpoint got %+v", got)
	}
}

func TestDeliveryIsResent(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.deliver()
	shop := receive(t, status(500))
	endpoint := h.addEndpoint(shop.URL)
	h.expire(h.open())
	waiting := h.tried(endpoint.ID, 1)
	again := endpoints + "/" + endpoint.ID + "/deliveries/" + waiting.ID + "/redeliver"
	shop.say(nil)
	w := h.call("klaing test", http.MethodPost, again, "")
	if got := read[checkout.PublicDelivery](t, w); w.Code != http.StatusAccepted || got.ID != waiting.ID || got.Status != checkout.DeliveryPending || got.NextAttemptAt == nil {
		t.Errorf("%d %s", w.Code, w.Body)
	}

	if d := h.tried(endpoint.ID, 2); d.Status != checkout.DeliveryDelivered || !d.Attempts[1].Delivered || d.NextAttemptAt != nil {
		t.Errorf("delivery %+v", d)
	}

	if got := h.getEndpoint(endpoint.ID); got.FailingSince != nil {
		t.Errorf("endpoint %+v", got)
	}

	eventually(t, "delivered again", func() bool {
		if h.call("klaing test", http.MethodPost, again, "{}").Code != http.StatusAccepted {
			t.Fatal("not accepted")
		}
		return len(shop.hooks()) >= 3
	})

	for _, hook := range shop.hooks() {
		if hook.header.Get("webhook-id") != waiting.Event {
			t.Errorf("webhook-id %s, want %s", hook.header.Get("webhook-id"), waiting.Event)
		}
	}

	elsewhere := h.addEndpoint(shop.URL)
	wantProblem(t, h.call("klaing test", http.MethodPost, endpoints+"/"+elsewhere.ID+"/deliveries/"+waiting.ID+"/redeliver", ""), http.StatusNotFound, "not_found")
}

func TestWhatWasGivenUpIsSentOnceMore(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	shop := receive(t, nil)
	endpoint := h.addEndpoint(shop.URL)
	for range 3 {
		h.expire(h.open())
	}

	for _, disabled := range []string{"true", "false"} {
		h.call("klaing test", http.MethodPost, endpoints+"/"+endpoint.ID, `{"disabled":`+disabled+`}`)
	}

	if failed := h.deliveries(endpoint.ID, "?status=failed"); len(failed) != 3 {
		t.Fatalf("%d given up, want 3", len(failed))
	}

	w := h.call("klaing test", http.MethodPost, endpoints+"/"+endpoint.ID+"/redeliver", `{"failed":true}`)
	if got := read[struct{ Queued int }](t, w); w.Code != http.StatusAccepted || got.Queued != 3 {
		t.Errorf("%d %s", w.Code, w.Body)
	}

	h.deliver()
	eventually(t, "all delivered", func() bool { return len(h.deliveries(endpoint.ID, "?status=delivered")) == 3 })
}

func TestRangeOfEventsIsSentOnceMore(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.deliver()
	start := h.clock.Now()
	for range 4 { // events one second apart, before there is an endpoint
		h.expire(h.open())
		h.clock.Add(time.Second)
	}

	shop := receive(t, nil)
	endpoint := h.addEndpoint(shop.URL, "checkout.session.expired")
	deaf := h.addEndpoint(receive(t, nil).URL, "payment.late")
	between := fmt.Sprintf(`{"from":%q,"to":%q}`, start.Add(time.Second).Format(time.RFC3339), start.Add(3*time.Second).Format(time.RFC3339))
	for id, want := range map[string]int{endpoint.ID: 2, deaf.ID: 0} {
		w := h.call("klaing test", http.MethodPost, endpoints+"/"+id+"/redeliver", between)
		if got := read[struct{ Queued int }](t, w); w.Code != http.StatusAccepted || got.Queued != want {
			t.Errorf("%d %s, want %d queued", w.Code, w.Body, want)
		}
	}

	eventually(t, "delivered", func() bool { return len(shop.hooks()) == 2 })
	for _, bad := range []string{
		`{}`, `{"from":"2026-04-14T08:00:00Z"}`, `{"failed":false}`, `{"from":"2026-04-15T08:00:00Z","to":"2026-04-14T08:00:00Z"}`,
		`{"failed":true,"from":"2026-04-14T08:00:00Z","to":"2026-04-15T08:00:00Z"}`,
	} {
		wantProblem(t, h.call("klaing test", http.MethodPost, endpoints+"/"+endpoint.ID+"/redeliver", bad), http.StatusBadRequest, "range_invalid")
	}

	wantProblem(t, h.call("klaing test", http.MethodPost, endpoints+"/"+endpoint.ID+"/redeliver", `{"from":"yesterday","to":"today"}`), http.StatusBadRequest, "type_invalid")
}

func TestDeletedEndpointGetsNothing(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	shop, witness := receive(t, nil), receive(t, nil)
	endpoint := h.addEndpoint(shop.URL)
	h.addEndpoint(witness.URL)
	h.expire(h.open())
	h.call("klaing test", http.MethodDelete, endpoints+"/"+endpoint.ID, "")
	h.expire(h.open())
	h.deliver()
	eventually(t, "delivered to the other", func() bool { return len(witness.hooks()) == 2 })
	if n := len(shop.hooks()); n != 0 {
		t.Errorf("%d delivered", n)
	}
}

func TestEventsAreAFeed(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.prove(h.pay(h.open(), "khqr"), "t1", 250)
	last := h.open()
	h.expire(last)
	type feed struct {
		Data    []checkout.PublicEvent
		HasMore bool `json:"has_more"`
	}

	page := func(query string) feed {
		w := h.call("klaing test", http.MethodGet, "/v1/events"+query, "")
		if w.Code != http.StatusOK {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
		return read[feed](t, w)
	}

	var types []checkout.EventType
	var after int64
	for {
		got := page(fmt.Sprintf("?limit=2&after_sequence=%d", after))
		for _, event := range got.Data {
			if event.Sequence <= after || event.Object != "event" {
				t.Errorf("%+v behind %d", event, after)
			}
			after = event.Sequence
			types = append(types, event.Type)
		}

		if !got.HasMore {
			break
		}
	}

	if got := fmt.Sprint(types); got != "[payment.succeeded checkout.session.completed checkout.session.expired]" {
		t.Errorf("feed %s", got)
	}

	only := page("?type=checkout.session.expired")
	if len(only.Data) != 1 || !strings.Contains(string(only.Data[0].Data), last) || !strings.Contains(string(only.Data[0].Data), `"status":"expired"`) {
		t.Errorf("one type: %+v", only)
	}

	one := h.call("klaing test", http.MethodGet, "/v1/events/"+only.Data[0].ID, "")
	if got := read[checkout.PublicEvent](t, one); one.Code != http.StatusOK || got.Sequence != only.Data[0].Sequence || string(got.Data) != string(only.Data[0].Data) {
		t.Errorf("%d %s", one.Code, one.Body)
	}

	for _, key := range []string{"klaing live", "krama test"} {
		wantProblem(t, h.call(key, http.MethodGet, "/v1/events/"+only.Data[0].ID, ""), http.StatusNotFound, "not_found")
		if w := h.call(key, http.MethodGet, "/v1/events", ""); !strings.Contains(w.Body.String(), `"data":[]`) {
			t.Errorf("%s sees %s", key, w.Body)
		}
	}

	for query, code := range map[string]string{"?after_sequence=-1": "after_sequence_invalid", "?after_sequence=x": "after_sequence_invalid", "?type=x": "type_invalid", "?limit=0": "limit_invalid", "?starting_after=evt_1": "parameter_unknown"} {
		wantProblem(t, h.call("klaing test", http.MethodGet, "/v1/events"+query, ""), http.StatusBadRequest, code)
	}
}
