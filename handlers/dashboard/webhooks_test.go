package dashboard_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"rieltime/checkout"
	"rieltime/checkout/users"
)

const webhooksPath = "/dashboard/test/klaing/webhooks"

func (h *harness) endpoint(merchant string, mode checkout.Mode) checkout.WebhookEndpoint {
	h.T.Helper()
	address := "https://shop.example/hook"
	endpoint, err := h.CreateEndpoint(h.T.Context(), merchant, mode, checkout.EndpointParams{URL: &address})
	if err != nil {
		h.T.Fatal(err)
	}
	return endpoint
}

// delivery is a test event to an endpoint, with an attempt that was refused.
func (h *harness) delivery(endpoint checkout.WebhookEndpoint, answer string) checkout.DeliveryRecord {
	h.T.Helper()
	record, err := h.TestEndpoint(h.T.Context(), endpoint)
	if err != nil {
		h.T.Fatal(err)
	}

	delivery, err := h.Store.Delivery(h.T.Context(), record.ID)
	if err != nil {
		h.T.Fatal(err)
	}

	_, err = h.Store.RecordAttempt(h.T.Context(), checkout.DeliveryAttempt{
		DeliveryID: record.ID, Generation: delivery.Generation, At: h.Clock(), Status: 500, Answer: answer,
		Error: "The endpoint answered 500.", Took: 12 * time.Millisecond, GaveUp: true,
	})
	if err != nil {
		h.T.Fatal(err)
	}

	return record
}

func (h *harness) deliveryStatus(id string) checkout.DeliveryStatus {
	h.T.Helper()
	record, err := h.Store.DeliveryRecord(h.T.Context(), id)
	if err != nil {
		h.T.Fatal(err)
	}
	return record.Status
}

// wantRedirect fails unless a form led on to an address.
func wantRedirect(t *testing.T, w *httptest.ResponseRecorder, to string) {
	t.Helper()
	if w.Code != http.StatusSeeOther || w.Header().Get("Location") != to {
		t.Fatalf("%d to %q, want %q: %s", w.Code, w.Header().Get("Location"), to, w.Body)
	}
}

func TestEndpointIsMadeChangedAndDeleted(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	b := h.as(users.RoleDeveloper)
	b.page(webhooksPath + "/new")

	made := b.secretPage(b.post(webhooksPath, "url", "https://shop.example/hook", "events", "payment.late", "events", "payment.failed", "description", "The till"))
	secret, _ := made.Find("input[readonly]").Attr("value")
	address, _ := made.Find("main .actions a").Attr("href")
	endpoint, err := h.Endpoint(t.Context(), strings.TrimPrefix(address, webhooksPath+"/"))
	if err != nil || endpoint.Secret.Reveal() != secret || endpoint.Description != "The till" || len(endpoint.Events) != 2 {
		t.Fatalf("made %+v, %v", endpoint, err)
	}

	for _, page := range []string{webhooksPath, address, address + "/edit", address + "/rotate", address + "/secret"} {
		if text := b.get(page).Body.String(); strings.Contains(text, secret) {
			t.Errorf("%s shows the secret again", page)
		}
	}

	wantRedirect(t, b.post(address, "url", "https://shop.example/other", "events", "*", "description", ""), address+"?done=endpoint_saved")
	wantRedirect(t, b.post(address+"/disable"), address+"?done=endpoint_disabled")
	endpoint, err = h.Endpoint(t.Context(), endpoint.ID)
	if err != nil || endpoint.URL != "https://shop.example/other" || endpoint.Description != "" || endpoint.Events[0] != checkout.EveryEvent || endpoint.Disabled == "" {
		t.Errorf("changed to %+v, %v", endpoint, err)
	}

	wantRedirect(t, b.post(address+"/enable"), address+"?done=endpoint_enabled")
	rotated, _ := b.secretPage(b.post(address+"/rotate", "overlap_seconds", "3600")).Find("input[readonly]").Attr("value")
	endpoint, err = h.Endpoint(t.Context(), endpoint.ID)
	if err != nil || rotated == secret || endpoint.Secret.Reveal() != rotated || endpoint.PreviousUntil.Sub(h.Clock()) != time.Hour {
		t.Errorf("rotated to %+v, %v", endpoint, err)
	}

	wantRedirect(t, b.post(address+"/delete"), webhooksPath+"?done=endpoint_deleted")
	if w := b.get(address); w.Code != http.StatusNotFound {
		t.Errorf("a deleted endpoint: %d", w.Code)
	}

	h.wantActor("webhook_endpoint.delete", endpoint.ID, users.RoleDeveloper)
}

// wantActor fails unless the newest line of the audit trail about an object says what a
// user of klaing's did.
func (h *harness) wantActor(action, object string, role users.Role) {
	h.T.Helper()
	trail := h.trail(object)
	if len(trail) == 0 {
		h.T.Fatalf("nothing in the audit trail about %s", object)
	}
	if last := trail[len(trail)-1]; last.Action != action || last.Actor != users.Actor(h.members[role].ID) {
		h.T.Errorf("the audit trail says %s by %s, want %s by the %s", last.Action, last.Actor, action, role)
	}
}

func TestWrongEndpointIsRefusedAtItsField(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	b := h.as(users.RoleDeveloper)
	for field, fields := range map[string][]string{
		"url":    {"url", "ftp://shop.example", "events", "*"},
		"events": {"url", "https://shop.example/hook"},
	} {
		w := b.post(webhooksPath, fields...)
		doc := document(t, w)
		if problem := doc.Find("#" + field + "-problem"); w.Code != http.StatusUnprocessableEntity || problem.Text() == "" {
			t.Errorf("%s: %d %q", field, w.Code, doc.Find(".problem").Text())
		}
	}

	w := b.post(webhooksPath, "url", "javascript:alert(1)", "events", "payment.late")
	doc := document(t, w)
	if typed, _ := doc.Find("#url").Attr("value"); typed != "javascript:alert(1)" || doc.Find("input[value='payment.late'][checked]").Length() != 1 {
		t.Errorf("what was typed is lost: %q", typed)
	}
}

func TestDeliveryShowsRequestAndAnswers(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	endpoint := h.endpoint("klaing", checkout.ModeTest)
	record := h.delivery(endpoint, "<script>alert(1)</script>")
	b := h.as(users.RoleManager)
	page := webhooksPath + "/" + endpoint.ID

	if row := b.page(page + "?status=failed").Find("tbody tr"); row.Length() != 1 || !strings.Contains(row.Text(), "The endpoint answered 500.") {
		t.Errorf("failed deliveries: %q", row.Text())
	}

	if row := b.page(page + "?status=delivered").Find("tbody tr"); row.Length() != 0 {
		t.Errorf("delivered: %q", row.Text())
	}

	doc := b.page(page + "/deliveries/" + record.ID)
	shown := doc.Find("pre").Map(func(_ int, pre *goquery.Selection) string { return pre.Text() })
	if len(shown) != 2 || shown[0] != "<script>alert(1)</script>" || !strings.Contains(shown[1], `"type": "webhook.test"`) {
		t.Errorf("shown: %q", shown)
	}

	if doc.Find("main script").Length() != 0 {
		t.Error("an answer runs as a script")
	}

	if doc.Find("form[action$=resend]").Length() != 0 {
		t.Error("a manager is offered what only developers and owners may do")
	}
}

func TestDeliveriesAreSentAgain(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	endpoint := h.endpoint("klaing", checkout.ModeTest)
	b := h.as(users.RoleDeveloper)
	page := webhooksPath + "/" + endpoint.ID

	one := h.delivery(endpoint, "")
	wantRedirect(t, b.post(page+"/deliveries/"+one.ID+"/resend"), page+"/deliveries/"+one.ID+"?done=resent")
	if status := h.deliveryStatus(one.ID); status != checkout.DeliveryPending {
		t.Errorf("sent again, it is %s", status)
	}

	two := h.delivery(endpoint, "")
	wantRedirect(t, b.post(page+"/resend", "failed", "yes"), page+"?queued=1")
	if status := h.deliveryStatus(two.ID); status != checkout.DeliveryPending {
		t.Errorf("sent again, it is %s", status)
	}

	// Test events are of no range: they go only to the endpoint that is tested.
	wantRedirect(t, b.post(page+"/resend", "from", "2026-04-14T00:00", "to", "2026-04-15T00:00"), page+"?queued=0")
	for field, fields := range map[string][]string{
		"from": {"from", "yesterday", "to", "2026-04-15T00:00"},
		"to":   {"from", "2026-04-15T00:00", "to", "2026-04-14T00:00"},
	} {
		w := b.post(page+"/resend", fields...)
		if w.Code != http.StatusUnprocessableEntity || document(t, w).Find("#"+field+"-problem").Text() == "" {
			t.Errorf("%v: %d", fields, w.Code)
		}
	}

	wantRedirect(t, b.post(page+"/test"), page+"?done=endpoint_tested")
}

func TestDeliveriesOfAnEndpointHavePages(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	endpoint := h.endpoint("klaing", checkout.ModeTest)
	for range checkout.DefaultListLimit + 1 {
		h.delivery(endpoint, "")
		h.Move(time.Second)
	}

	b := h.as(users.RoleDeveloper)
	first := b.page(webhooksPath + "/" + endpoint.ID + "?status=failed")
	older, _ := first.Find("a[rel=next]").Attr("href")
	second := b.page(older)
	newer, _ := second.Find("a[rel=prev]").Attr("href")
	if n := second.Find("tbody tr").Length(); n != 1 || second.Find("a[rel=next]").Length() != 0 || !strings.Contains(older, "status=failed") {
		t.Errorf("%d on the second page, %s", n, older)
	}

	if n := b.page(newer).Find("tbody tr").Length(); n != checkout.DefaultListLimit {
		t.Errorf("%d on the first page again", n)
	}
}

func TestEndpointsAndDeliveriesOfOthersAreUnknown(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	theirs, live, own := h.endpoint("krama", checkout.ModeTest), h.endpoint("klaing", checkout.ModeLive), h.endpoint("klaing", checkout.ModeTest)
	delivery := h.delivery(theirs, "")
	b := h.as(users.RoleOwner)
	for _, path := range []string{theirs.ID, live.ID, own.ID + "/deliveries/" + delivery.ID, theirs.ID + "/deliveries/" + delivery.ID} {
		if w := b.get(webhooksPath + "/" + path); w.Code != http.StatusNotFound {
			t.Errorf("GET %s: %d", path, w.Code)
		}
	}

	for _, path := range []string{
		theirs.ID, theirs.ID + "/enable", theirs.ID + "/disable", theirs.ID + "/delete", theirs.ID + "/rotate", theirs.ID + "/test", theirs.ID + "/resend",
		own.ID + "/deliveries/" + delivery.ID + "/resend",
	} {
		if w := b.post(webhooksPath+"/"+path, "url", "https://evil.example", "events", "*", "failed", "yes"); w.Code != http.StatusNotFound {
			t.Errorf("POST %s: %d", path, w.Code)
		}
	}

	if after, err := h.Endpoint(t.Context(), theirs.ID); err != nil || after.URL != theirs.URL || after.Secret != theirs.Secret || after.Disabled != "" {
		t.Errorf("theirs is now %+v, %v", after, err)
	}

	if status := h.deliveryStatus(delivery.ID); status != checkout.DeliveryFailed {
		t.Errorf("their delivery is %s", status)
	}
}

func TestLiveLogShowsEventsOfTestModeAsTheyCome(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	endpoint := h.endpoint("klaing", checkout.ModeTest)
	h.delivery(endpoint, "")
	b := h.as(users.RoleDeveloper)

	doc := b.page(webhooksPath + "/log")
	poll, _ := doc.Find("#log [hx-get]").Attr("hx-get")
	if n := doc.Find("#log details").Length(); n != 1 || poll == "" {
		t.Fatalf("%d events, polling %q", n, poll)
	}

	if n := b.page(poll).Find("details").Length(); n != 0 {
		t.Errorf("%d events are shown twice", n)
	}

	h.delivery(endpoint, "")
	h.delivery(h.endpoint("krama", checkout.ModeTest), "")
	news := b.page(poll)
	next, _ := news.Find("[hx-get]").Attr("hx-get")
	if n := news.Find("details").Length(); n != 1 || next == poll {
		t.Errorf("%d new events, then polling %q", n, next)
	}

	for _, path := range []string{"/dashboard/live/klaing/webhooks/log", "/dashboard/live/klaing/webhooks/log/events?after=0"} {
		if w := b.get(path); w.Code != http.StatusNotFound {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
}
