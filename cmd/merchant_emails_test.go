package cmd

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"rieltime/checkout"
	"rieltime/checkout/notices"
)

// TestEmailsAreAppliedAndExported takes the addresses that are notified from a file and
// back: a new one is asked to confirm, and one that has confirmed is not asked again.
func TestEmailsAreAppliedAndExported(t *testing.T) {
	t.Parallel()
	a := openApp(t)
	a.setMessages("https://telegram.invalid", "https://dashboard.example")
	file := documentedFile(t)
	with := func(emails string) []byte {
		return []byte(strings.Replace(file, "\nlive:\n", "\nlive:\n  emails: "+emails+"\n", 1))
	}
	const both = `[{address: Owner@klaing.example, locale: km}, {address: books@klaing.example, locale: en, details: true}]`

	wantRefused := func(emails, want string) {
		t.Helper()
		if _, err := a.applyMerchant(t.Context(), with(emails)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", emails, err, want)
		}
	}
	wantRefused(both, "does not send e-mail")
	if err := a.store.SetMailServer(t.Context(), notices.MailServer{Address: "smtp.example:587", From: "pay@klaing.example"}); err != nil {
		t.Fatal(err)
	}
	wantRefused(`[{address: nobody, locale: km}]`, "not an e-mail address")
	wantRefused(`[{address: a@b.example, locale: fr}]`, "km, en or zh")
	wantRefused(`[{address: a@b.example, locale: km}, {address: A@b.example, locale: en}]`, "twice")
	wantRefused(`[{address: a@b.example, locale: km, colour: 1}]`, "colour")

	addressees := func() (all []notices.Addressee) {
		t.Helper()
		all, err := a.notices.Addressees(t.Context(), "coffee", checkout.ModeLive)
		if err != nil {
			t.Fatal(err)
		}
		return all
	}
	apply := func(text []byte) {
		t.Helper()
		if _, err := a.applyMerchant(t.Context(), text); err != nil {
			t.Fatal(err)
		}
	}
	apply(with(both))
	all := addressees()
	if len(all) != 2 || all[0].Email != "books@klaing.example" || !all[0].Details || all[1].Locale != "km" || !all[1].ConfirmedAt.IsZero() {
		t.Fatalf("%+v", all)
	}
	owner := all[1]
	if err := a.notices.ConfirmAddressee(t.Context(), owner.Token); err != nil {
		t.Fatal(err)
	}

	// What is exported is what is there: applied, it changes nothing, as a file without the list.
	text, err := exportMerchant(t.Context(), a.store, "coffee", "sealed")
	if err != nil || !strings.Contains(string(text), "address: owner@klaing.example") {
		t.Fatalf("%v\n%s", err, text)
	}
	for _, same := range [][]byte{with(both), text, []byte(file)} {
		apply(same)
		if got := addressees(); len(got) != 2 || got[1].ID != owner.ID || got[1].ConfirmedAt.IsZero() {
			t.Errorf("%+v", got)
		}
	}

	// Another setting is asked anew; who is not in the list is notified no more.
	apply(with(`[{address: owner@klaing.example, locale: zh}]`))
	if got := addressees(); len(got) != 1 || got[0].Locale != "zh" || !got[0].ConfirmedAt.IsZero() {
		t.Errorf("%+v", got)
	}

	// Nothing is removed while nobody can be asked.
	if err := a.store.DeleteMailServer(t.Context()); err != nil {
		t.Fatal(err)
	}
	wantRefused(`[{address: owner@klaing.example, locale: en}]`, "does not send e-mail")
	if got := addressees(); len(got) != 1 || got[0].Locale != "zh" {
		t.Errorf("%+v", got)
	}
	apply(with(`[]`))
	if got := addressees(); len(got) != 0 {
		t.Errorf("%+v", got)
	}
}

// TestAddressesAreAppliedWhilePeopleChangeThem has an owner add and remove the addresses of
// a file in the dashboard while it is applied: the file is applied all the same, whole.
func TestAddressesAreAppliedWhilePeopleChangeThem(t *testing.T) {
	t.Parallel()
	a := openApp(t)
	a.setMessages("https://telegram.invalid", "https://dashboard.example")
	if err := a.store.SetMailServer(t.Context(), notices.MailServer{Address: "smtp.example:587", From: "pay@klaing.example"}); err != nil {
		t.Fatal(err)
	}
	file := documentedFile(t)
	with := func(emails string) []byte {
		return []byte(strings.Replace(file, "\nlive:\n", "\nlive:\n  emails: "+emails+"\n", 1))
	}
	if _, err := a.applyMerchant(t.Context(), with("[]")); err != nil {
		t.Fatal(err)
	}

	for range 15 { // each asks twice: a shop may 50 times
		added := notices.Addressee{MerchantID: "coffee", Mode: checkout.ModeLive, Email: "owner@klaing.example", Locale: "km"}
		var both sync.WaitGroup
		both.Go(func() {
			err := a.notices.AddAddressee(t.Context(), added, a.mailPage)
			if err != nil && !notices.ErrAddresseeTaken.Is(err) {
				t.Error(err)
			}
		})
		both.Go(func() {
			if _, err := a.applyMerchant(t.Context(), with("[{address: owner@klaing.example, locale: km}]")); err != nil {
				t.Errorf("added meanwhile: %v", err)
			}
		})
		both.Wait()
		all, err := a.notices.Addressees(t.Context(), "coffee", checkout.ModeLive)
		if err != nil || len(all) != 1 {
			t.Fatalf("%+v, %v", all, err)
		}

		both.Go(func() {
			err := a.notices.RemoveAddressee(t.Context(), "coffee", checkout.ModeLive, all[0].ID)
			if err != nil && !errors.Is(err, checkout.ErrNotFound) {
				t.Error(err)
			}
		})
		both.Go(func() {
			if _, err := a.applyMerchant(t.Context(), with("[]")); err != nil {
				t.Errorf("removed meanwhile: %v", err)
			}
		})
		both.Wait()
	}
}

// TestListOfAddressesIsAppliedAsAWhole: an address that cannot be asked leaves the others.
func TestListOfAddressesIsAppliedAsAWhole(t *testing.T) {
	t.Parallel()
	a := openApp(t)
	a.setMessages("https://telegram.invalid", "https://dashboard.example")
	if err := a.store.SetMailServer(t.Context(), notices.MailServer{Address: "smtp.example:587", From: "pay@klaing.example"}); err != nil {
		t.Fatal(err)
	}
	if _, err := a.applyMerchant(t.Context(), []byte(documentedFile(t))); err != nil {
		t.Fatal(err)
	}
	var list []checkout.EmailSpec
	set := func() error {
		return a.notices.SetAddressees(t.Context(), "coffee", checkout.ModeLive, list, a.mailPage)
	}
	for i := range notices.MaxMails - 1 { // each asks anew
		list = []checkout.EmailSpec{{Address: "owner@klaing.example", Locale: []string{"km", "en"}[i%2]}}
		if err := set(); err != nil {
			t.Fatal(err)
		}
	}

	list = []checkout.EmailSpec{{Address: "a@klaing.example", Locale: "km"}, {Address: "b@klaing.example", Locale: "km"}}
	if err := set(); !notices.ErrManyMails.Is(err) {
		t.Errorf("more mails than a shop may send: %v", err)
	}
	if all, err := a.notices.Addressees(t.Context(), "coffee", checkout.ModeLive); err != nil || len(all) != 1 || all[0].Email != "owner@klaing.example" {
		t.Errorf("%+v, %v", all, err)
	}
}

// A merchant that is stored has its key, which is shown once, whatever is wrong with the
// notices; an address that is no address is found before anything is stored.
func TestKeysAreShownThoughAnAddressIsRefused(t *testing.T) {
	folder, key := newDataFolder(t)
	apply := func(address string) (out string, err error) {
		file := filepath.Join(t.TempDir(), "merchant.yaml")
		text := "id: tea\nname: Tea\nreturn_hosts: [shop.example]\ntest:\n  emails: [{address: " + address + ", locale: en}]\n  providers: {}\n"
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return runCommand(t, "merchant", "apply", file, "--data", folder, "--key", key, "--base-url", "https://pay.example")
	}

	if out, err := apply("nobody"); err == nil || !strings.Contains(err.Error(), "not an e-mail address") || strings.Contains(out, "API key") {
		t.Errorf("no address: %v\n%s", err, out)
	}
	out, err := apply("owner@tea.example")
	if err == nil || !strings.Contains(err.Error(), "does not send e-mail") || !strings.Contains(out, "sk_test_") || strings.Contains(out, "applied") {
		t.Errorf("no server for e-mail: %v\n%s", err, out)
	}
}
