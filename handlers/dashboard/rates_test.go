package dashboard_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"rieltime/checkout"
	"rieltime/checkout/users"
	"rieltime/internal/cambodia"
)

const ratesPath = "/dashboard/test/klaing/settings/rates"

func (h *harness) lastRate() checkout.Rate {
	h.T.Helper()
	rate, err := h.Store.LastRate(h.T.Context(), checkout.Rate{MerchantID: "klaing", Mode: checkout.ModeTest, Base: checkout.USD, Quote: checkout.KHR})
	if err != nil {
		h.T.Fatal(err)
	}
	return rate
}

func TestRateIsSetInTheDashboard(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	owner, manager := h.as(users.RoleOwner), h.as(users.RoleManager)
	until := h.Clock().Add(3 * time.Hour).In(cambodia.Zone).Truncate(time.Minute)
	wantRedirect(t, owner.post(ratesPath, "value", " 4050.50 ", "valid_until", until.Format("2006-01-02T15:04")), ratesPath+"?done=rate_set")
	rate := h.lastRate()
	if rate.Value != "4050.5" || !rate.ValidUntil.Equal(until) || rate.Source != checkout.RateEntered {
		t.Errorf("stored %+v, want it valid until %s", rate, until)
	}
	h.wantActor("rate.set", rate.ID, users.RoleOwner)

	// A manager sees it, and who set it, and has no form.
	page := manager.page(ratesPath + "?lang=en")
	if text := page.Find("#rate").Text(); text != "1 USD = 4,050.5\u00a0៛, until "+until.Format("15:04") {
		t.Errorf("shown as %q", text)
	}
	if row := page.Find("tbody tr").Text(); !strings.Contains(row, h.members[users.RoleOwner].DisplayName()) {
		t.Errorf("the history does not name who set it: %q", row)
	}
	if page.Find("form[action='"+ratesPath+"']").Length() > 0 {
		t.Error("a manager is offered the form")
	}

	// It ends when it was to.
	h.Move(until.Sub(h.Clock()))
	if page := h.as(users.RoleOwner).page(ratesPath + "?lang=en"); !strings.Contains(page.Find("#rate").Text(), "too old") {
		t.Errorf("shown as %q after its end", page.Find("#rate").Text())
	}
}

func TestRateThatIsFarOffIsConfirmedInTheDashboard(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	b := h.as(users.RoleOwner)
	wantRedirect(t, b.post(ratesPath, "value", "4050"), ratesPath+"?done=rate_set")

	h.Move(time.Second)
	w := b.post(ratesPath+"?lang=en", "value", "4500")
	page := document(t, w)
	if w.Code != http.StatusConflict || h.lastRate().Value != "4050" {
		t.Errorf("%d, and the rate is %s", w.Code, h.lastRate().Value)
	}
	if said := page.Find(".notice").Text(); !strings.Contains(said, "1 USD = 4,050\u00a0៛") || !strings.Contains(said, "5 %") {
		t.Errorf("the reason is %q", said)
	}
	if typed := page.Find("[name=value]").AttrOr("value", ""); typed != "4500" || page.Find("[name=confirm]").Length() != 1 {
		t.Errorf("the form has %q and no box to confirm it", typed)
	}

	wantRedirect(t, b.post(ratesPath, "value", "4500", "confirm", "yes"), ratesPath+"?done=rate_set")
	if rate := h.lastRate(); rate.Value != "4500" || rate.FarOff {
		t.Errorf("confirmed: %+v", rate)
	}
}

func TestRateIsTypedOnAnyKeyboard(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	b := h.as(users.RoleOwner)
	for _, typed := range []string{"៤០៥០.៥", "៤,០៥០.៥", "4,050.5"} {
		wantRedirect(t, b.post(ratesPath, "value", typed), ratesPath+"?done=rate_set")
		if rate := h.lastRate(); rate.Value != "4050.5" {
			t.Errorf("%q is stored as %q", typed, rate.Value)
		}
		h.Move(time.Minute)
	}
}

func TestWrongRateIsRefusedAtItsField(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	b := h.as(users.RoleOwner)
	past := h.Clock().In(cambodia.Zone).Add(-time.Hour).Format("2006-01-02T15:04")
	for _, fields := range [][]string{{"value", "40,50"}, {"value", "0"}, {"valid_until", past, "value", "4050"}, {"valid_until", "tomorrow", "value", "4050"}} {
		w := b.post(ratesPath, fields...)
		if w.Code != http.StatusUnprocessableEntity || document(t, w).Find("#"+fields[0]+"-problem").Text() == "" {
			t.Errorf("%v: %d", fields, w.Code)
		}
	}
	if rate := h.lastRate(); rate.ID != "" {
		t.Errorf("stored %+v", rate)
	}
}
