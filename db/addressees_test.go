package db_test

import (
	"errors"
	"testing"
	"time"

	"rieltime/checkout"
	"rieltime/checkout/checkouttest"
	"rieltime/checkout/notices"
	"rieltime/db"
)

// insertAddressee adds an addressee of klaing's with its mail, and a mail server.
func insertAddressee(t testing.TB, store *db.Store) notices.Addressee {
	t.Helper()
	if err := store.SetMailServer(t.Context(), notices.MailServer{Address: "smtp.example:465", TLS: true, Username: "klaing", Password: "pass", From: "pay@klaing.example"}); err != nil {
		t.Fatal(err)
	}
	now := store.Now()
	a := notices.Addressee{ID: "adr_1", MerchantID: "klaing", Mode: checkout.ModeTest, Email: "sokha@klaing.example", Locale: "km", Details: true, Token: "token", CreatedAt: now}
	mail := notices.Mail{ID: "mail_1", Kind: notices.MailConfirmation, MerchantID: "klaing", Email: a.Email, Locale: "km", Link: "https://pay.example/token", CreatedAt: now, ExpiresAt: now.Add(time.Hour)}
	if err := store.InsertAddressee(t.Context(), notices.Asked{Addressee: a, TokenHash: "ab12", Mail: mail}); err != nil {
		t.Fatal(err)
	}
	return a
}

func TestMailServerIsSetShownAndRemoved(t *testing.T) {
	t.Parallel()
	h := checkouttest.New(t)
	insertAddressee(t, h.Store)
	for _, want := range []notices.MailServer{
		{Address: "smtp.example:465", TLS: true, Username: "klaing", Password: "pass", From: "pay@klaing.example"},
		{Address: "other.example:587", From: "Pay <pay@klaing.example>"},
	} {
		if err := h.Store.SetMailServer(t.Context(), want); err != nil {
			t.Fatal(err)
		}
		if got, err := h.Store.MailServer(t.Context()); err != nil || got != want {
			t.Errorf("%+v, %v, want %+v", got, err, want)
		}
	}
	if err := h.Store.DeleteMailServer(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := h.Store.MailServer(t.Context()); !errors.Is(err, checkout.ErrNotFound) {
		t.Errorf("after it was removed: %v", err)
	}
}

func TestAddresseeIsLeasedByOneAndSaved(t *testing.T) {
	t.Parallel()
	h := checkouttest.New(t)
	added := insertAddressee(t, h.Store)
	if err := h.Store.ConfirmAddressee(t.Context(), added, h.Clock()); err != nil {
		t.Fatal(err)
	}
	a, wait, err := h.Store.LeaseAddressee(t.Context(), added.ID, time.Minute)
	if err != nil || wait != 0 || !a.Token.Equal("token") || a.ConfirmedAt.IsZero() || !a.Details {
		t.Fatalf("%+v, %v, %v", a, wait, err)
	}
	if _, wait, err := h.Store.LeaseAddressee(t.Context(), added.ID, time.Minute); wait == 0 || err != nil {
		t.Errorf("leased twice: %v, %v", wait, err)
	}

	a.Sequence, a.Failures, a.WebhooksTold, a.NextAt, a.Problem = 9, 3, true, h.Clock().Add(time.Second).Truncate(time.Millisecond), "busy"
	if err := h.Store.SaveAddressee(t.Context(), a); err != nil {
		t.Fatal(err)
	}
	again, wait, err := h.Store.LeaseAddressee(t.Context(), added.ID, time.Minute)
	if err != nil || wait != 0 || again.Progress != a.Progress || again.Problem != "busy" {
		t.Errorf("%+v, %v, %v, want %+v", again, wait, err, a)
	}
	h.Move(-time.Hour) // a clock set back
	if _, wait, err := h.Store.LeaseAddressee(t.Context(), added.ID, time.Minute); wait != 0 || err != nil {
		t.Errorf("a lease of the future holds: %v, %v", wait, err)
	}
	if _, _, err := h.Store.LeaseAddressee(t.Context(), "adr_none", time.Minute); !errors.Is(err, checkout.ErrNotFound) {
		t.Errorf("an addressee of nobody: %v", err)
	}
}

func TestAddressIsInTheListOnceAndTheListIsBounded(t *testing.T) {
	t.Parallel()
	h := checkouttest.New(t)
	a := insertAddressee(t, h.Store)
	insert := func(id, email string) error {
		other := a
		other.ID, other.Email = id, email
		mail := notices.Mail{ID: "mail_" + id, Kind: notices.MailConfirmation, MerchantID: "klaing", Email: email, Locale: "km", CreatedAt: h.Clock(), ExpiresAt: h.Clock().Add(time.Hour)}
		return h.Store.InsertAddressee(t.Context(), notices.Asked{Addressee: other, TokenHash: "hash" + id, Mail: mail})
	}
	if err := insert("adr_2", a.Email); !errors.Is(err, notices.ErrAddresseeTaken) {
		t.Errorf("a second time: %v", err)
	}
	for i := 1; i < notices.MaxAddressees; i++ {
		id := "adr_x" + string(rune('a'+i))
		if err := insert(id, id+"@klaing.example"); err != nil {
			t.Fatal(err)
		}
	}
	if err := insert("adr_3", "more@klaing.example"); !errors.Is(err, notices.ErrManyAddressees) {
		t.Errorf("one too many: %v", err)
	}
}
