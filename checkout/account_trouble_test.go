package checkout_test

import (
	"errors"
	"testing"
	"time"

	"rieltime/checkout"
	"rieltime/checkout/verifier"
)

func (h *harness) troubles() (kinds []checkout.TroubleKind) {
	h.T.Helper()
	troubles, err := h.AccountTroubles(h.T.Context(), "klaing", checkout.ModeTest)
	if err != nil {
		h.T.Fatal(err)
	}
	for _, trouble := range troubles {
		kinds = append(kinds, trouble.Kind)
	}
	return kinds
}

func (h *harness) wantTrouble(kind checkout.TroubleKind) {
	h.T.Helper()
	if got := h.troubles(); len(got) != 1 || got[0] != kind {
		h.T.Errorf("troubles %v, want %s", got, kind)
	}
}

func TestProviderThatIsNotReachedIsReported(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	if got := h.troubles(); len(got) > 0 {
		t.Errorf("troubles at first: %v", got)
	}

	h.Provider.Refuse = checkout.NotStarted(errors.New("connection refused"))
	for range 3 {
		h.Open()
	}
	h.wantTrouble(checkout.TroubleDown)

	h.Move(time.Hour)
	if got := h.troubles(); len(got) > 0 {
		t.Errorf("an hour later: %v", got)
	}
}

func TestLittleAllowanceIsReported(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.Provider.Limits = checkout.Budget{PerDay: 100}
	account := h.Open().Payments[0].AccountID
	use := func(queries int) {
		t.Helper()
		err := h.Store.UpdateQuota(t.Context(), account, func(quota *verifier.Quota) {
			quota.Day, quota.Queries = h.Clock().Truncate(time.Hour), queries
		})
		if err != nil {
			t.Fatal(err)
		}
	}

	use(80)
	if got := h.troubles(); len(got) > 0 {
		t.Errorf("with a fifth left: %v", got)
	}
	use(95)
	h.wantTrouble(checkout.TroubleQuota)
	use(100)
	h.wantTrouble(checkout.TroublePaused)
}
