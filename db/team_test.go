package db_test

import (
	"errors"
	"testing"
	"time"

	"rieltime/checkout"
	"rieltime/checkout/checkouttest"
	"rieltime/checkout/users"
	"rieltime/db"
)

func TestInvitationIsListedAndWithdrawn(t *testing.T) {
	t.Parallel()
	store := open(t)
	apply(t, store, "")
	ctx := t.Context()
	for _, id := range []string{"lnk_1", "lnk_2"} {
		link := users.Link{ID: id, Kind: users.LinkInvitation, Email: "a@klaing.example", MerchantID: "klaing", Role: users.RoleCashier, CreatedAt: start, ExpiresAt: start.Add(users.LinkLife)}
		if err := store.InsertUserLink(ctx, link, "hash of "+id); err != nil {
			t.Fatal(err)
		}
	}

	if err := store.WithdrawInvitation(ctx, "krama", "lnk_2", start); !errors.Is(err, checkout.ErrNotFound) {
		t.Errorf("another merchant's: %v", err)
	}
	if err := store.WithdrawInvitation(ctx, "klaing", "lnk_2", start); err != nil {
		t.Error(err)
	}
	for at, want := range map[time.Time]int{start.Add(time.Hour): 1, start.Add(users.LinkLife): 0} {
		if listed, err := store.OpenInvitations(ctx, "klaing", at, 10); len(listed) != want || err != nil {
			t.Errorf("%d invitations at %s, %v", len(listed), at, err)
		}
	}
	if err := store.UseUserLink(ctx, users.LinkUse{TokenHash: "hash of lnk_2", At: start}); !errors.Is(err, users.ErrLinkUsed) {
		t.Errorf("a withdrawn one: %v", err)
	}
}

func TestTeamKeepsAnOwner(t *testing.T) {
	t.Parallel()
	r := newReplicas(t)
	ctx := t.Context()
	for _, id := range []string{"usr_1", "usr_2"} {
		role := users.Membership{UserID: id, MerchantID: "klaing", Role: users.RoleOwner, CreatedAt: start}
		if err := r.stores[0].InsertUser(ctx, users.User{ID: id, Email: id + "@klaing.example", CreatedAt: start}, []users.Membership{role}); err != nil {
			t.Fatal(err)
		}
	}

	done := r.atOnce(func(writer int, store *db.Store, _ checkouttest.Process) error {
		switch writer % 3 {
		case 0:
			return store.RemoveMember(ctx, "klaing", "usr_1", false)
		case 1:
			return store.Disable(ctx, "usr_1", start, false)
		}
		return store.SetRole(ctx, "klaing", "usr_2", users.RoleCashier)
	}, users.ErrLastOwner, checkout.ErrNotFound)

	members, err := r.stores[0].Members(ctx, "klaing", 10)
	owners := 0
	for _, m := range members {
		if m.Role == users.RoleOwner && m.DisabledAt.IsZero() {
			owners++
		}
	}
	if owners != 1 || done == 0 || err != nil {
		t.Errorf("%d owners of %d members after %d changes, %v", owners, len(members), done, err)
	}

	// By force a team loses its last owner.
	if err := r.stores[0].Disable(ctx, "usr_2", start, true); err != nil {
		t.Error(err)
	}
	if err := r.stores[0].RemoveMember(ctx, "klaing", "usr_2", true); err != nil {
		t.Error(err)
	}
}
