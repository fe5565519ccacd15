package db_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"rieltime/checkout"
	"rieltime/db"
	"rieltime/db/dbtest"
)

var start = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

func open(t testing.TB) *db.Store {
	t.Helper()
	return openWith(t, dbtest.Options(t))
}

func openAt(t testing.TB, path string, key []byte) *db.Store {
	t.Helper()
	options := dbtest.File(t, path)
	options.Key = key
	return openWith(t, options)
}

func openWith(t testing.TB, options db.Options) *db.Store {
	t.Helper()
	options.Now = func() time.Time { return start }
	store, err := db.Open(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	return store
}

// apply sets up one merchant with one account and a webhook endpoint.
func apply(t testing.TB, store *db.Store, webhookURL string) (accountID string, applied checkout.AppliedMode) {
	t.Helper()
	key, kept := checkout.NewAPIKey("klaing", checkout.ModeTest, start)
	mode := checkout.ModeSetup{
		Mode: checkout.ModeTest, KeyText: key, Key: kept,
		Accounts: []checkout.Account{{ID: "acct_1", MerchantID: "klaing", Mode: checkout.ModeTest, Provider: "bakong", Settings: []byte(`{"token":"secret-token"}`)}},
	}
	if webhookURL != "" {
		mode.Endpoint = checkout.WebhookEndpoint{ID: "we_1", MerchantID: "klaing", Mode: checkout.ModeTest, URL: webhookURL, Secret: "whsec_c2VjcmV0",
			Events: []checkout.EventType{checkout.EveryEvent}, CreatedAt: start}
	}
	modes, err := store.ApplyMerchant(t.Context(), checkout.MerchantSetup{
		Merchant: checkout.Merchant{ID: "klaing", Name: "Coffee Klaing", ReturnHosts: []string{"shop.example"}, LatePayments: checkout.LateReview},
		Modes:    []checkout.ModeSetup{mode}, At: start,
	})
	if err != nil {
		t.Fatal(err)
	}
	return modes[0].Accounts["bakong"], modes[0]
}

func session(id string) checkout.Session {
	return checkout.Session{
		ID: id, MerchantID: "klaing", Mode: checkout.ModeTest, Status: checkout.SessionOpen,
		Amount: checkout.Money{Minor: 1000, Currency: checkout.USD}, Reference: "order-" + id, Description: "Iced coffee",
		LineItems:  []checkout.LineItem{{Name: "Iced coffee", Quantity: 2, Amount: checkout.Money{Minor: 500, Currency: checkout.USD}}},
		Customer:   checkout.Customer{Name: "Sok Dara"},
		SuccessURL: "https://shop.example/thanks", CancelURL: "https://shop.example/cart",
		PaymentMethods: []string{"khqr"}, Locale: "km", Metadata: []byte(`{"table":"4"}`),
		CreatedAt: start, ExpiresAt: start.Add(30 * time.Minute), Version: 1,
	}
}

func payment(id, sessionID string) checkout.Payment {
	return checkout.Payment{
		ID: id, SessionID: sessionID, MerchantID: "klaing", Mode: checkout.ModeTest, Provider: "bakong", Method: "khqr", AccountID: "acct_1",
		Reference: "REF" + id, Amount: checkout.Money{Minor: 1000, Currency: checkout.USD}, Status: checkout.PaymentRequiresAction,
		Payees: []string{"klaing@devb"}, NextAction: checkout.NextAction{Kind: checkout.ActionQRCode, QRCode: "000201"},
		State: []byte(`{"md5":"x"}`), CreatedAt: start, ExpiresAt: start.Add(5 * time.Minute), NextCheckAt: start.Add(2 * time.Second),
	}
}

func insert(t testing.TB, store *db.Store, s checkout.Session, payments ...checkout.Payment) {
	t.Helper()
	if _, err := store.InsertSession(t.Context(), s, checkout.IdempotentRequest{}, checkout.Addresses{}); err != nil {
		t.Fatal(err)
	}
	if len(payments) == 0 {
		return
	}
	if _, err := store.Update(t.Context(), s.ID, func(p *checkout.Purchase) error {
		p.Payments = append(p.Payments, payments...)
		p.Session.Version++
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}

func TestPurchaseComesBackAsItWasStored(t *testing.T) {
	t.Parallel()
	store := open(t)
	apply(t, store, "")
	want := payment("pay_1", "cs_1")
	want.Proof = &checkout.Proof{Provider: "bakong", Source: "query", Reference: "REF", Payee: "klaing@devb", TransactionID: "abc",
		Amount: checkout.Money{Minor: 1000, Currency: checkout.USD}, SeenAt: start, Raw: []byte(`{"amount":10.0}`)}
	insert(t, store, session("cs_1"), want)
	got, err := store.Purchase(t.Context(), "cs_1")
	if err != nil {
		t.Fatal(err)
	}
	stored := session("cs_1")
	stored.Version = 2
	if a, b := fmt.Sprintf("%+v", got.Session), fmt.Sprintf("%+v", stored); a != b {
		t.Errorf("session:\n got %s\nwant %s", a, b)
	}
	if a, b := fmt.Sprintf("%+v", *got.Payments[0].Proof), fmt.Sprintf("%+v", *want.Proof); a != b {
		t.Errorf("proof:\n got %s\nwant %s", a, b)
	}
	got.Payments[0].Proof, want.Proof = nil, nil
	if a, b := fmt.Sprintf("%+v", got.Payments[0]), fmt.Sprintf("%+v", want); a != b {
		t.Errorf("payment:\n got %s\nwant %s", a, b)
	}
	glance, err := store.Glance(t.Context(), "cs_1")
	if want := (checkout.Glance{Version: 2, Status: checkout.SessionOpen, PaymentID: "pay_1", Watching: true}); err != nil || glance != want {
		t.Errorf("glance %+v, %v, want %+v", glance, err, want)
	}
}

func TestWhatDoesNotExistIsNotFound(t *testing.T) {
	store := open(t)
	calls := map[string]func(context.Context) error{
		"merchant":  func(ctx context.Context) error { _, err := store.Merchant(ctx, "no"); return err },
		"account":   func(ctx context.Context) error { _, err := store.Account(ctx, "no"); return err },
		"purchase":  func(ctx context.Context) error { _, err := store.Purchase(ctx, "no"); return err },
		"payment":   func(ctx context.Context) error { _, err := store.Payment(ctx, "no"); return err },
		"reference": func(ctx context.Context) error { _, err := store.PaymentByReference(ctx, "no", "no"); return err },
		"glance":    func(ctx context.Context) error { _, err := store.Glance(ctx, "no"); return err },
		"key":       func(ctx context.Context) error { _, err := store.APIKey(ctx, "no"); return err },
		"secret":    func(ctx context.Context) error { _, err := store.Get(ctx, "no", "no"); return err },
		"delivery":  func(ctx context.Context) error { _, err := store.Delivery(ctx, "no"); return err },
		"update": func(ctx context.Context) error {
			_, err := store.Update(ctx, "no", func(*checkout.Purchase) error { return nil })
			return err
		},
	}
	for name, call := range calls {
		if err := call(t.Context()); !errors.Is(err, checkout.ErrNotFound) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestFailedChangeLeavesNothing(t *testing.T) {
	store := open(t)
	apply(t, store, "")
	insert(t, store, session("cs_1"))
	refused := errors.New("refused")
	_, err := store.Update(t.Context(), "cs_1", func(p *checkout.Purchase) error {
		p.Session.Version = 9
		p.Payments = append(p.Payments, payment("pay_1", "cs_1"))
		return refused
	})
	if !errors.Is(err, refused) {
		t.Fatal(err)
	}
	got, err := store.Purchase(t.Context(), "cs_1")
	if err != nil || got.Session.Version != 1 || len(got.Payments) != 0 {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestPanickingChangeFailsAlone(t *testing.T) {
	store := open(t)
	apply(t, store, "")
	insert(t, store, session("cs_1"))
	if _, err := store.Update(t.Context(), "cs_1", func(*checkout.Purchase) error { panic("boom") }); err == nil {
		t.Error("a panic was swallowed")
	}
	insert(t, store, session("cs_2"))
}

func TestIdempotencyKeyMakesOneSession(t *testing.T) {
	t.Parallel()
	store := open(t)
	apply(t, store, "")
	claim := checkout.IdempotentRequest{MerchantID: "klaing", Mode: checkout.ModeTest, Key: "k", Operation: "POST /v1/checkout/sessions", ContentHash: "h"}
	const calls = 1000
	ids := make([]string, calls)
	var group sync.WaitGroup
	for i := range calls {
		group.Go(func() {
			made, err := store.InsertSession(t.Context(), session(fmt.Sprintf("cs_%d", i)), claim, checkout.Addresses{})
			ids[i] = made.ID
			var before *checkout.AlreadyCarriedOut
			if errors.As(err, &before) {
				ids[i] = before.Result.ObjectID
			} else if err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	for _, id := range ids {
		if id != ids[0] {
			t.Fatalf("two sessions: %s and %s", ids[0], id)
		}
	}
	claim.ContentHash = "other"
	if _, err := store.InsertSession(t.Context(), session("cs_x"), claim, checkout.Addresses{}); !errors.Is(err, checkout.ErrIdempotencyMismatch) {
		t.Errorf("another body under the same key: %v", err)
	}
}

func TestOneTransactionSettlesOnePayment(t *testing.T) {
	store := open(t)
	apply(t, store, "")
	settle := func(id string) error {
		_, err := store.Update(t.Context(), "cs_"+id, func(p *checkout.Purchase) error {
			p.Settle("pay_"+id, checkout.Proof{Provider: "bakong", Payee: "klaing@devb", TransactionID: "same",
				Amount: checkout.Money{Minor: 1000, Currency: checkout.USD}}, start)
			return nil
		})
		return err
	}
	insert(t, store, session("cs_1"), payment("pay_1", "cs_1"))
	insert(t, store, session("cs_2"), payment("pay_2", "cs_2"))
	if err := settle("1"); err != nil {
		t.Fatal(err)
	}
	if err := settle("2"); !errors.Is(err, checkout.ErrTransactionReused) {
		t.Errorf("settled twice by one transaction: %v", err)
	}
	second, err := store.Purchase(t.Context(), "cs_2")
	if err != nil || second.Session.Status != checkout.SessionOpen {
		t.Errorf("the second session is %s, %v", second.Session.Status, err)
	}
}

func TestSecretsAreSealed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "rieltime.db")
	store := openAt(t, path, make([]byte, db.KeySize))
	apply(t, store, "https://shop.example/hook")
	if err := store.Put(t.Context(), "acct_1", "token", "vault-token"); err != nil {
		t.Fatal(err)
	}
	if got, err := store.Get(t.Context(), "acct_1", "token"); err != nil || got.Reveal() != "vault-token" {
		t.Errorf("%v, %v", got, err)
	}
	assertAbsent(t, path, "vault-token", "secret-token", "c2VjcmV0")
	other := make([]byte, db.KeySize)
	other[0] = 1
	if second, err := db.Open(t.Context(), db.Options{Path: path, Key: other}); err == nil {
		_ = second.Close()
		t.Error("opened with another key")
	}
}

func TestDeletedSecretIsAbsent(t *testing.T) {
	store := open(t)
	apply(t, store, "https://shop.example/hook")
	for _, name := range []string{"card of 7", "card of 8"} {
		if err := store.Put(t.Context(), "acct_1", name, "card-token"); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 {
		if err := store.Delete(t.Context(), "acct_1", "card of 7"); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := store.Get(t.Context(), "acct_1", "card of 7"); !errors.Is(err, checkout.ErrNotFound) {
		t.Errorf("%v, %v", got, err)
	}
	if _, err := store.Get(t.Context(), "acct_1", "card of 8"); err != nil {
		t.Errorf("another is gone: %v", err)
	}
}

// settings applies the merchant's file with other settings of its account.
func settings(t *testing.T, store *db.Store, text string) {
	t.Helper()
	_, err := store.ApplyMerchant(t.Context(), checkout.MerchantSetup{
		Merchant: checkout.Merchant{ID: "klaing", Name: "Coffee Klaing", ReturnHosts: []string{"shop.example"}, LatePayments: checkout.LateReview},
		Modes: []checkout.ModeSetup{{Mode: checkout.ModeTest, Key: checkout.APIKey{MerchantID: "klaing", Mode: checkout.ModeTest}, Accounts: []checkout.Account{
			{ID: "acct_2", MerchantID: "klaing", Mode: checkout.ModeTest, Provider: "bakong", Settings: []byte(text)},
		}}}, At: start,
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestSettingsThatChangeDeleteNoCustomersCard(t *testing.T) {
	store := open(t)
	apply(t, store, "https://shop.example/hook")
	if err := store.Put(t.Context(), "acct_1", "card of 7", "card-token"); err != nil {
		t.Fatal(err)
	}
	settings(t, store, `{"token":"secret-token","city":"Siem Reap"}`)
	if got, err := store.Get(t.Context(), "acct_1", "card of 7"); err != nil || got.Reveal() != "card-token" {
		t.Errorf("the card is %q, %v", got.Reveal(), err)
	}
}

func TestApplyingAgainKeepsKeysAndSecrets(t *testing.T) {
	store := open(t)
	_, first := apply(t, store, "https://shop.example/hook")
	if first.APIKey == "" || first.WebhookSecret == "" {
		t.Fatal("no key or secret was made")
	}
	account, again := apply(t, store, "https://shop.example/other")
	if again.APIKey != "" || again.WebhookSecret != "" || account != "acct_1" {
		t.Errorf("applied again: %+v, account %s", again, account)
	}
	kept, err := store.APIKey(t.Context(), checkout.HashAPIKey(first.APIKey.Reveal()))
	if err != nil || kept.MerchantID != "klaing" || kept.Mode != checkout.ModeTest {
		t.Errorf("%+v, %v", kept, err)
	}
}

func TestListsPageBothWays(t *testing.T) {
	store := open(t)
	apply(t, store, "")
	for i := range 5 {
		s := session(fmt.Sprintf("cs_%d", i))
		s.CreatedAt = start.Add(time.Duration(i) * time.Second)
		insert(t, store, s)
	}
	list := func(part checkout.ListPart) (ids string, more bool) {
		t.Helper()
		sessions, more, err := store.ListSessions(t.Context(), "klaing", checkout.ModeTest, checkout.SessionQuery{ListPart: part})
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range sessions {
			ids += s.ID[3:]
		}
		return ids, more
	}
	for _, c := range []struct {
		part checkout.ListPart
		ids  string
		more bool
	}{
		{checkout.ListPart{Limit: 2}, "43", true},
		{checkout.ListPart{Limit: 2, StartingAfter: "cs_3"}, "21", true},
		{checkout.ListPart{Limit: 2, StartingAfter: "cs_2"}, "10", false},
		{checkout.ListPart{Limit: 2, EndingBefore: "cs_0"}, "21", true},
		{checkout.ListPart{Limit: 9, EndingBefore: "cs_3"}, "4", false},
	} {
		if ids, more := list(c.part); ids != c.ids || more != c.more {
			t.Errorf("%+v: %s %v, want %s %v", c.part, ids, more, c.ids, c.more)
		}
	}
	_, _, err := store.ListSessions(t.Context(), "other", checkout.ModeTest, checkout.SessionQuery{ListPart: checkout.ListPart{Limit: 2, StartingAfter: "cs_3"}})
	if !errors.Is(err, checkout.ErrNotFound) {
		t.Errorf("another merchant's cursor: %v", err)
	}
}
