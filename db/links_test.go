package db_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"rieltime/checkout"
	"rieltime/db"
)

func link(id string, maxUses int) checkout.Link {
	return checkout.Link{
		ID: id, MerchantID: "klaing", Mode: checkout.ModeTest, Active: true, Currency: checkout.KHR, Description: "Cooking class", ReferencePrefix: "class",
		Least: checkout.Money{Minor: 1000, Currency: checkout.KHR}, Most: checkout.Money{Minor: 9000, Currency: checkout.KHR},
		PaymentMethods: []string{"khqr"}, MaxUses: maxUses, ExpiresAt: start.Add(time.Hour), CreatedAt: start,
		CustomFields: []checkout.CustomField{{Key: "diet", Label: "Diet", Required: true, MaxLength: 9}},
	}
}

func linkSession(id, linkID string) checkout.Session {
	s := session(id)
	s.LinkID = linkID
	return s
}

func insertLink(t *testing.T, store *db.Store, l checkout.Link) {
	t.Helper()
	if _, err := store.InsertLink(t.Context(), l); err != nil {
		t.Fatal(err)
	}
}

func TestLinkComesBackAsItWasStored(t *testing.T) {
	store := open(t)
	apply(t, store, "")
	insertLink(t, store, link("pl_1", 3))
	got, err := store.Link(t.Context(), "pl_1")
	if err != nil || got.Least.Minor != 1000 || got.Most.Minor != 9000 || got.Most.Currency != checkout.KHR || got.MaxUses != 3 || got.Uses != 0 || !got.Active ||
		!got.ExpiresAt.Equal(start.Add(time.Hour)) || len(got.CustomFields) != 1 || got.CustomFields[0] != link("", 0).CustomFields[0] || got.PaymentMethods[0] != "khqr" {
		t.Errorf("%+v, %v", got, err)
	}
	insertLink(t, store, link("pl_1", 9))
	if again, err := store.Link(t.Context(), "pl_1"); err != nil || again.MaxUses != 3 {
		t.Errorf("storing it again changed it: %+v, %v", again, err)
	}
}

// hold has a session hold a use of its link, from an address.
func hold(t *testing.T, store *db.Store, id, holder string, holds bool) error {
	t.Helper()
	_, err := store.Update(t.Context(), id, func(p *checkout.Purchase) error {
		p.Session.HoldsUse, p.Holder = holds, holder
		return nil
	})
	return err
}

func TestUsesOfALinkAreTheSessionsThatHoldOne(t *testing.T) {
	store := open(t)
	apply(t, store, "")
	insertLink(t, store, link("pl_1", 1))
	for _, id := range []string{"cs_1", "cs_2"} {
		if _, err := store.InsertLinkSession(t.Context(), linkSession(id, "pl_1"), ""); err != nil {
			t.Fatal(err)
		}
	}
	if err := hold(t, store, "cs_1", "a", true); err != nil {
		t.Fatal(err)
	}
	if err := hold(t, store, "cs_2", "b", true); !errors.Is(err, checkout.ErrLinkSoldOut) {
		t.Errorf("beyond the last use: %v", err)
	}
	if purchase, err := store.Purchase(t.Context(), "cs_2"); err != nil || !purchase.UseGone || purchase.Session.HoldsUse {
		t.Errorf("it is not sold out: %+v, %v", purchase, err)
	}
	if _, err := store.InsertLinkSession(t.Context(), linkSession("cs_3", "pl_1"), ""); !errors.Is(err, checkout.ErrLinkSoldOut) {
		t.Errorf("another session: %v", err)
	}
	if err := hold(t, store, "cs_1", "", false); err != nil {
		t.Fatal(err)
	}
	if err := hold(t, store, "cs_2", "b", true); err != nil {
		t.Errorf("after it was given back: %v", err)
	}
	if got, err := store.Link(t.Context(), "pl_1"); err != nil || got.Uses != 1 {
		t.Errorf("%d uses, %v", got.Uses, err)
	}
	late := linkSession("cs_4", "pl_1")
	late.CreatedAt = start.Add(time.Hour)
	if _, err := store.InsertLinkSession(t.Context(), late, ""); !errors.Is(err, checkout.ErrLinkEnded) {
		t.Errorf("after its end: %v", err)
	}
}

func TestOneAddressHoldsFewUses(t *testing.T) {
	t.Parallel()
	for uses, want := range map[int]int{1: 1, 2: 1, 3: 2, 4: 3, 10: 3, 50: 5} {
		store := open(t)
		apply(t, store, "")
		insertLink(t, store, link("pl_1", uses))
		held := 0
		for i := range uses {
			id := fmt.Sprintf("cs_%d", i)
			if _, err := store.InsertLinkSession(t.Context(), linkSession(id, "pl_1"), ""); err != nil {
				break
			}
			err := hold(t, store, id, "one", true)
			if err == nil {
				held++
			} else if !errors.Is(err, checkout.ErrLinkHeld) {
				t.Fatal(err)
			}
		}
		if held != want {
			t.Errorf("of %d uses one address holds %d, want %d", uses, held, want)
		}
	}
}

func TestLinkStoredAgainIsTheOneThatWasStored(t *testing.T) {
	store := open(t)
	apply(t, store, "")
	for range 2 {
		if _, err := store.InsertLink(checkout.WithActor(t.Context(), "key_1"), link("pl_1", 3)); err != nil {
			t.Fatal(err)
		}
	}
	told, err := store.AuditTrail(t.Context(), db.AuditQuery{Object: "pl_1", Limit: 10})
	if err != nil || len(told) != 1 {
		t.Errorf("%v, told %+v", err, told)
	}
}
