package dashboard_test

import (
	"reflect"
	"testing"

	"rieltime/checkout"
	"rieltime/checkout/users"
)

func TestFormOfTheShopKeepsWhatItLacks(t *testing.T) {
	h := newHarness(t)
	stored, err := h.Store.MerchantSettings(t.Context(), "klaing")
	if err != nil {
		t.Fatal(err)
	}
	spec := stored.Spec()
	spec.Exchange = checkout.Exchange{MaxAgeHours: 8, RielStep: 500, Rounding: checkout.RoundNearest}
	if _, err := h.ApplyMerchant(t.Context(), h.Store, spec); err != nil {
		t.Fatal(err)
	}

	b := h.as(users.RoleOwner)
	wantRedirect(t, b.post("/dashboard/test/klaing/settings/shop", "name", "Another name", "return_hosts", "shop.example",
		"late_payments", "review", "_version", b.page("/dashboard/test/klaing/settings/shop").Find("[name=_version]").AttrOr("value", "")), "/dashboard/test/klaing/settings?done=shop_saved")
	if after, err := h.Store.Merchant(t.Context(), "klaing"); err != nil || !reflect.DeepEqual(after.Exchange, spec.Exchange) || after.Name != "Another name" {
		t.Errorf("stored: %+v, %v", after, err)
	}
}
