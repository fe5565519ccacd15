package db_test

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rieltime/checkout"
	"rieltime/db"
)

// reopenBefore closes a store, takes its file back to how it was before a
// migration, and opens it again, which migrates it.
func reopenBefore(t *testing.T, store *db.Store, path string, version int64) *db.Store {
	t.Helper()
	takenBack(t, store, path, version-1)
	return openAt(t, path, make([]byte, db.KeySize))
}

func TestOldLinksOfSavedCardsAreMigrated(t *testing.T) {
	path := filepath.Join(t.TempDir(), "rieltime.db")
	store := openAt(t, path, make([]byte, db.KeySize))
	apply(t, store, "")
	paid(t, store, "1")
	insert(t, store, session("cs_2"), payment("pay_2", "cs_2"))
	execute(t, path, `UPDATE payments SET provider = 'kess', next_action = '{"kind":"redirect","url":"https://kess.example/ccpay/order-1?card_token=card-1"}'
		WHERE id = 'pay_1'`)
	store = reopenBefore(t, store, path, 9)
	for id, want := range map[string]checkout.NextAction{
		"1": {Kind: checkout.ActionRedirect, URL: "https://kess.example/pay/order-1"}, "2": {Kind: checkout.ActionQRCode, QRCode: "000201"},
	} {
		purchase, err := store.Purchase(t.Context(), "cs_"+id)
		if err != nil {
			t.Fatal(err)
		}
		if got := purchase.Latest().NextAction; got.Kind != want.Kind || got.URL != want.URL || got.QRCode != want.QRCode {
			t.Errorf("%s: %+v, want %+v", id, got, want)
		}
	}
}

func TestSessionsForgottenWithTheirCardHoldersAreForgottenAgain(t *testing.T) {
	path := filepath.Join(t.TempDir(), "rieltime.db")
	store := openAt(t, path, make([]byte, db.KeySize))
	apply(t, store, "")
	paid(t, store, "1")
	execute(t, path, `UPDATE payments SET provider = 'kess', proof = json_set(proof, '$.raw.card_info', json('{"holder_name":"SOK DARA"}'))`)
	execute(t, path, "UPDATE sessions SET customer = '{}', forgotten_at = ?", start.UnixMilli())
	store = reopenBefore(t, store, path, 9)
	if n, err := store.Forget(t.Context(), start.Add(time.Second)); err != nil || n != 1 {
		t.Fatalf("%d, %v, want 1", n, err)
	}
	purchase, err := store.Purchase(t.Context(), "cs_1")
	if err != nil || strings.Contains(string(purchase.Payments[0].Proof.Raw), "SOK DARA") {
		t.Errorf("%s, %v", purchase.Payments[0].Proof.Raw, err)
	}
}

func TestPaymentsFromBeforeAreListedByTheirSessionsReference(t *testing.T) {
	path := filepath.Join(t.TempDir(), "rieltime.db")
	store := openAt(t, path, make([]byte, db.KeySize))
	apply(t, store, "")
	insert(t, store, session("cs_1"), payment("pay_1", "cs_1"))
	insert(t, store, session("cs_2"), payment("pay_2", "cs_2"))
	store = reopenBefore(t, store, path, 16)
	purchase, err := store.Purchase(t.Context(), "cs_2")
	if err != nil {
		t.Fatal(err)
	}
	query := checkout.PaymentQuery{MerchantReference: purchase.Session.Reference, ListPart: checkout.ListPart{Limit: 10}}
	payments, _, err := store.ListPayments(t.Context(), purchase.Session.MerchantID, purchase.Session.Mode, query)
	if err != nil || len(payments) != 1 || payments[0].ID != "pay_2" {
		t.Errorf("%v, %v", payments, err)
	}
}

func TestRefundsThatHadAnAnswerWereAcknowledged(t *testing.T) {
	path := filepath.Join(t.TempDir(), "rieltime.db")
	store := openAt(t, path, make([]byte, db.KeySize))
	pendingRefund(t, store)
	ask(t, store, "re_2", nil)
	execute(t, path, `UPDATE refunds SET raw = '{"status":"PENDING_REFUNDED"}' WHERE id = 're_2'`)
	store = reopenBefore(t, store, path, 14)
	for id, want := range map[string]bool{"re_1": false, "re_2": true} {
		refund, err := store.Refund(t.Context(), id)
		if err != nil || refund.AcknowledgedAt.IsZero() == want {
			t.Errorf("%s: %+v, %v", id, refund, err)
		}
	}
}
