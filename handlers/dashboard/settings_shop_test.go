package dashboard_test

import (
	"reflect"
	"testing"

	"rieltime/checkout"
	"rieltime/checkout/users"
)

const shopPath = "/dashboard/test/klaing/settings/shop"

// applyExchange stores how klaing converts prices.
func (h *harness) applyExchange(exchange checkout.Exchange) {
	h.T.Helper()
	stored, err := h.Store.MerchantSettings(h.T.Context(), "klaing")
	if err != nil {
		h.T.Fatal(err)
	}
	spec := stored.Spec()
	spec.Exchange = exchange
	if _, err := h.ApplyMerchant(h.T.Context(), h.Store, spec); err != nil {
		h.T.Fatal(err)
	}
}

func TestFormOfTheShopKeepsWhatIsNotChanged(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	b := h.as(users.RoleOwner)
	for _, exchange := range []checkout.Exchange{
		{},
		{PayCurrencies: []checkout.Currency{checkout.USD, checkout.KHR}, MaxAgeHours: 8, MaxChangePercent: 2, RielStep: 500, Rounding: checkout.RoundNearest},
		{RielStep: 100, Rounding: checkout.RoundUp},
	} {
		h.applyExchange(exchange)
		values := formValues(b.page(shopPath), "form.stack")
		values.Set("name", "Another name")
		wantRedirect(t, b.post(shopPath, pairs(values)...), "/dashboard/test/klaing/settings?done=shop_saved")
		if after, err := h.Store.Merchant(t.Context(), "klaing"); err != nil || !reflect.DeepEqual(after.Exchange, exchange) || after.Name != "Another name" {
			t.Errorf("stored: %+v, %v, want %+v", after, err, exchange)
		}
	}
}

func TestFormOfTheShopSetsHowPricesAreConverted(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	b := h.as(users.RoleOwner)
	values := formValues(b.page(shopPath), "form.stack")
	for name, value := range map[string]string{"max_age_hours": "12", "max_change_percent": "3", "riel_step": "1000", "rounding": "nearest"} {
		values.Set("exchange."+name, value)
	}
	values["exchange.pay_currencies"] = []string{"USD", "KHR"}
	wantRedirect(t, b.post(shopPath, pairs(values)...), "/dashboard/test/klaing/settings?done=shop_saved")

	want := checkout.Exchange{PayCurrencies: []checkout.Currency{checkout.USD, checkout.KHR}, MaxAgeHours: 12, MaxChangePercent: 3, RielStep: 1000, Rounding: checkout.RoundNearest}
	if after, err := h.Store.Merchant(t.Context(), "klaing"); err != nil || !reflect.DeepEqual(after.Exchange, want) {
		t.Errorf("stored: %+v, %v", after.Exchange, err)
	}

	values = formValues(b.page(shopPath), "form.stack")
	for name, value := range map[string]string{"max_age_hours": "0", "max_change_percent": "101", "riel_step": "7", "rounding": "down"} {
		before := values.Get("exchange." + name)
		values.Set("exchange."+name, value)
		if problem := document(t, b.post(shopPath, pairs(values)...)).Find("[id='exchange." + name + "-problem']").Text(); problem == "" {
			t.Errorf("%s %s is not refused at its field", name, value)
		}
		values.Set("exchange."+name, before)
	}
}
