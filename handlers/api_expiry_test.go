package handlers_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"rieltime/checkout"
)

func TestSessionExpiresAtTheTimeGiven(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	at := func(ahead time.Duration, zone *time.Location) string {
		return fmt.Sprintf(`"expires_at":%q`, h.clock.Now().Add(ahead).In(zone).Format(time.RFC3339Nano))
	}
	phnomPenh := time.FixedZone("", 7*3600)
	for given, ahead := range map[string]time.Duration{
		at(5*time.Minute, time.UTC):                    5 * time.Minute,
		at(24*time.Hour, time.UTC):                     24 * time.Hour,
		at(2*time.Hour, phnomPenh):                     2 * time.Hour,
		at(time.Hour+time.Nanosecond, time.UTC):        time.Hour, // stored to the millisecond
		`"expires_at":null,"expires_in":600`:           10 * time.Minute,
		`"expires_in":null,` + at(time.Hour, time.UTC): time.Hour,
		`"expires_at":null`:                            checkout.DefaultSessionLife,
	} {
		session := h.purchase(h.open(given)).Session
		if want := h.clock.Now().Add(ahead); !session.ExpiresAt.Equal(want) {
			t.Errorf("%s: expires at %s, want %s", given, session.ExpiresAt, want)
		}
	}

	for given, code := range map[string]string{
		at(5*time.Minute-time.Millisecond, time.UTC):   "expires_at_invalid",
		at(24*time.Hour+time.Millisecond, time.UTC):    "expires_at_invalid",
		at(-time.Hour, time.UTC):                       "expires_at_invalid",
		`"expires_at":""`:                              "expires_at_invalid",
		`"expires_at":"tomorrow"`:                      "expires_at_invalid",
		`"expires_at":"9999-12-31T23:59:59Z"`:          "expires_at_invalid",
		`"expires_at":"0000-01-01T00:00:00Z"`:          "expires_at_invalid",
		`"expires_at":"2026-02-30T00:00:00Z"`:          "expires_at_invalid",
		`"expires_at":1776142800`:                      "type_invalid",
		at(time.Hour, time.UTC) + `,"expires_in":3600`: "expires_conflict",
		`"expires_at":"","expires_in":3600`:            "expires_conflict",
	} {
		w := h.call("klaing test", http.MethodPost, sessions, order+","+given+"}")
		if got := read[problem](t, w); w.Code != http.StatusBadRequest || got.Code != code || got.Param != "expires_at" {
			t.Errorf("%s: %d %s, want %s", given, w.Code, w.Body, code)
		}
	}
}

func TestSameTimeGivenAgainGivesTheSameSession(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	body := order + fmt.Sprintf(`,"expires_at":%q}`, h.clock.Now().Add(time.Hour).UTC().Format(time.RFC3339))
	first := h.call("klaing test", http.MethodPost, sessions, body)
	h.clock.Add(time.Minute)
	again := h.call("klaing test", http.MethodPost, sessions, body)
	if first.Code != http.StatusCreated || again.Code != http.StatusOK ||
		read[checkout.PublicSession](t, first).ID != read[checkout.PublicSession](t, again).ID {
		t.Errorf("%d %s, again %d %s", first.Code, first.Body, again.Code, again.Body)
	}

	h.clock.Add(time.Second)
	other := order + fmt.Sprintf(`,"expires_at":%q}`, h.clock.Now().Add(time.Hour).UTC().Format(time.RFC3339))
	wantProblem(t, h.call("klaing test", http.MethodPost, sessions, other), http.StatusConflict, "reference_in_use")
	if got := h.purchase(read[checkout.PublicSession](t, first).ID).Session; !got.ExpiresAt.Equal(got.CreatedAt.Add(time.Hour)) {
		t.Errorf("the session expires at %s now", got.ExpiresAt)
	}
}
