package users_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"rieltime/checkout"
	"rieltime/checkout/checkouttest"
	"rieltime/checkout/users"
)

const password = "coffee-with-ice"

// harness is the service over a database of its own, with a clock that a test moves.
type harness struct {
	*checkouttest.Harness
	*users.Service
}

func newHarness(t *testing.T) *harness {
	t.Helper()
	h := checkouttest.New(t)
	return &harness{h, users.NewService(h.Store, h.Clock)}
}

// owner makes a user with the password by an invitation.
func (h *harness) owner(email string) users.User {
	h.T.Helper()
	token, _, err := h.Invite(h.T.Context(), users.Link{Email: email, MerchantID: "klaing", Role: users.RoleOwner})
	if err != nil {
		h.T.Fatal(err)
	}
	user, err := h.UseLink(h.T.Context(), token, users.User{}, "Sokha", password)
	if err != nil {
		h.T.Fatal(err)
	}
	return user
}

func (h *harness) check(email, password string, client users.Client) error {
	_, err := h.CheckPassword(h.T.Context(), email, checkout.Secret(password), client)
	return err
}

func TestInvitationIsUsedOnce(t *testing.T) {
	h := newHarness(t)
	token, _, err := h.Invite(t.Context(), users.Link{Email: " Sokha@Klaing.example ", MerchantID: "klaing", Role: users.RoleManager})
	if err != nil {
		t.Fatal(err)
	}

	user, err := h.UseLink(t.Context(), token, users.User{}, "Sokha", password)
	if err != nil || user.Email != "sokha@klaing.example" {
		t.Fatal(user, err)
	}
	if role, err := h.Role(t.Context(), user, "klaing"); err != nil || role != users.RoleManager {
		t.Errorf("role %q, %v", role, err)
	}
	if _, err := h.UseLink(t.Context(), token, users.User{}, "Thief", "another-password"); !errors.Is(err, users.ErrLinkUsed) {
		t.Errorf("the second use: %v", err)
	}
	if err := h.check(user.Email, password, users.Client{}); err != nil {
		t.Error(err)
	}
}

func TestInvitationExpires(t *testing.T) {
	h := newHarness(t)
	token, _, err := h.Invite(t.Context(), users.Link{Email: "sokha@klaing.example", MerchantID: "klaing", Role: users.RoleOwner})
	if err != nil {
		t.Fatal(err)
	}
	h.Move(users.LinkLife)
	if _, err := h.UseLink(t.Context(), token, users.User{}, "", password); !errors.Is(err, users.ErrLinkUsed) {
		t.Errorf("after its time: %v", err)
	}
}

// Whoever invites sees the link. It must not set the password of a user that there is.
func TestInvitationOfAUserTakesNoAccountOver(t *testing.T) {
	h := newHarness(t)
	user := h.owner("sokha@klaing.example")
	token, _, err := h.Invite(t.Context(), users.Link{Email: user.Email, MerchantID: "klaing", Role: users.RoleCashier})
	if err != nil {
		t.Fatal(err)
	}

	other := h.owner("dara@klaing.example")
	for _, by := range []users.User{{}, other} {
		if _, err := h.UseLink(t.Context(), token, by, "Thief", "another-password"); !errors.Is(err, users.ErrOtherUser) {
			t.Errorf("used by %q: %v", by.Email, err)
		}
	}
	if err := h.check(user.Email, password, users.Client{}); err != nil {
		t.Errorf("the password was changed: %v", err)
	}

	if _, err := h.UseLink(t.Context(), token, user, "", ""); err != nil {
		t.Fatal(err)
	}
	if role, err := h.Role(t.Context(), user, "klaing"); err != nil || role != users.RoleCashier {
		t.Errorf("role %q, %v", role, err)
	}
}

func TestResetEndsSignIns(t *testing.T) {
	h := newHarness(t)
	user := h.owner("sokha@klaing.example")
	cookie, err := h.StartSignIn(t.Context(), user.ID, users.MethodPassword, users.Client{})
	if err != nil {
		t.Fatal(err)
	}
	token, _, err := h.Reset(t.Context(), user)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.UseLink(t.Context(), token, users.User{}, "", "a-new-password"); err != nil {
		t.Fatal(err)
	}

	if _, _, err := h.SignedIn(t.Context(), cookie, false); !errors.Is(err, users.ErrSignedOut) {
		t.Errorf("the sign-in from before: %v", err)
	}
	if err := h.check(user.Email, password, users.Client{}); !errors.Is(err, users.ErrWrongPassword) {
		t.Errorf("the password from before: %v", err)
	}
}

func TestGuessesAreSlowedAndLockNobodyOut(t *testing.T) {
	h := newHarness(t)
	user := h.owner("sokha@klaing.example")
	guesses := 0
	for range 60 { // seconds
		for {
			err := h.check(user.Email, "wrong-password", users.Client{Address: "198.51.100.1"})
			var refused *checkout.Error
			if errors.As(err, &refused) && refused.Kind == checkout.KindRateLimited {
				break
			}
			if !errors.Is(err, users.ErrWrongPassword) {
				t.Fatal(err)
			}
			guesses++
		}
		h.Move(time.Second)
	}
	if guesses < 5 || guesses > 12 {
		t.Errorf("%d guesses in a minute", guesses)
	}

	if err := h.check(user.Email, password, users.Client{Address: "203.0.113.9", KnownBrowser: "b1"}); err != nil {
		t.Errorf("in the owner's own browser: %v", err)
	}
	if err := h.check("other@klaing.example", "wrong-password", users.Client{Address: "203.0.113.9"}); !errors.Is(err, users.ErrWrongPassword) {
		t.Errorf("another account: %v", err)
	}

	h.Move(users.AttemptsKept + time.Second)
	if err := h.check(user.Email, password, users.Client{Address: "203.0.113.10"}); err != nil {
		t.Errorf("an hour later, in a new browser: %v", err)
	}
}

func TestOneAddressGuessesFewAccounts(t *testing.T) {
	h := newHarness(t)
	guesses := 0
	for i := range 100 {
		if err := h.check(string(rune('a'+i%26))+"@klaing.example", "wrong-password", users.Client{Address: "198.51.100.1"}); errors.Is(err, users.ErrWrongPassword) {
			guesses++
		}
	}
	if guesses > 21 {
		t.Errorf("%d guesses at once from one address", guesses)
	}
}

func TestSignInEndsWhenIdleAndAfterTwoWeeks(t *testing.T) {
	h := newHarness(t)
	user := h.owner("sokha@klaing.example")
	start := func() checkout.Secret {
		t.Helper()
		token, err := h.StartSignIn(t.Context(), user.ID, users.MethodPassword, users.Client{})
		if err != nil {
			t.Fatal(err)
		}
		return token
	}

	idle := start()
	h.Move(users.IdleLife)
	if _, _, err := h.SignedIn(t.Context(), idle, false); !errors.Is(err, users.ErrSignedOut) {
		t.Errorf("after a day without a request: %v", err)
	}

	used := start()
	for range 27 {
		h.Move(12 * time.Hour)
		if _, _, err := h.SignedIn(t.Context(), used, false); err != nil {
			t.Fatal(err)
		}
	}
	h.Move(12 * time.Hour)
	if _, _, err := h.SignedIn(t.Context(), used, false); !errors.Is(err, users.ErrSignedOut) {
		t.Errorf("after two weeks: %v", err)
	}
}

func TestPageThatIsLeftOpenKeepsNobodySignedIn(t *testing.T) {
	h := newHarness(t)
	user := h.owner("sokha@klaing.example")
	token, err := h.StartSignIn(t.Context(), user.ID, users.MethodPassword, users.Client{})
	if err != nil {
		t.Fatal(err)
	}
	for range 23 {
		h.Move(time.Hour)
		if _, _, err := h.SignedIn(t.Context(), token, true); err != nil {
			t.Fatal(err)
		}
	}
	h.Move(time.Hour)
	if _, _, err := h.SignedIn(t.Context(), token, true); !errors.Is(err, users.ErrSignedOut) {
		t.Errorf("after a day of requests by the page itself: %v", err)
	}
}

func TestDisabledUserIsSignedOutAndStaysOut(t *testing.T) {
	h := newHarness(t)
	user := h.owner("sokha@klaing.example")
	token, err := h.StartSignIn(t.Context(), user.ID, users.MethodPassword, users.Client{})
	if err != nil {
		t.Fatal(err)
	}
	if err := h.Disable(t.Context(), user.ID, true); err != nil {
		t.Fatal(err)
	}
	if _, _, err := h.SignedIn(t.Context(), token, false); !errors.Is(err, users.ErrSignedOut) {
		t.Errorf("the sign-in: %v", err)
	}
	if err := h.check(user.Email, password, users.Client{}); !errors.Is(err, users.ErrWrongPassword) {
		t.Errorf("the password: %v", err)
	}
}

func TestWeakPasswordsAreRefused(t *testing.T) {
	h := newHarness(t)
	for _, weak := range []checkout.Secret{"", "short", "aaaaaaaaaaaa", "sokha@klaing.example"} {
		token, _, err := h.Invite(t.Context(), users.Link{Email: "sokha@klaing.example", MerchantID: "klaing", Role: users.RoleOwner})
		if err != nil {
			t.Fatal(err)
		}
		var refused *checkout.Error
		if _, err := h.UseLink(t.Context(), token, users.User{}, "", weak); !errors.As(err, &refused) || refused.Param != "password" {
			t.Errorf("%q: %v", weak.Reveal(), err)
		}
	}
}

func TestInvitationDemotesNoLastOwner(t *testing.T) {
	h := newHarness(t)
	user := h.owner("sokha@klaing.example")
	token, _, err := h.Invite(t.Context(), users.Link{Email: user.Email, MerchantID: "klaing", Role: users.RoleCashier})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.UseLink(t.Context(), token, user, "", ""); !errors.Is(err, users.ErrLastOwner) {
		t.Errorf("the last owner accepts to be a cashier: %v", err)
	}
	if role, err := h.Role(t.Context(), user, "klaing"); err != nil || role != users.RoleOwner {
		t.Errorf("role %q, %v", role, err)
	}
	if _, _, err := h.Link(t.Context(), token); err != nil {
		t.Errorf("the link was used up: %v", err)
	}
}

func TestRemovedMemberReturnsByNoOpenInvitation(t *testing.T) {
	h := newHarness(t)
	h.owner("sokha@klaing.example")
	dara := h.owner("dara@klaing.example")
	asDara := checkout.WithActor(t.Context(), users.Actor(dara.ID))

	var tokens []checkout.Secret
	for ctx, email := range map[context.Context]string{t.Context(): dara.Email, asDara: "friend@dara.example"} {
		token, _, err := h.Invite(ctx, users.Link{Email: email, MerchantID: "klaing", Role: users.RoleOwner})
		if err != nil {
			t.Fatal(err)
		}
		tokens = append(tokens, token)
	}
	kept, _, err := h.Invite(t.Context(), users.Link{Email: "bopha@klaing.example", MerchantID: "klaing", Role: users.RoleCashier})
	if err != nil {
		t.Fatal(err)
	}

	if err := h.Store.RemoveMember(t.Context(), "klaing", dara.ID, false); err != nil {
		t.Fatal(err)
	}
	for _, token := range tokens {
		if _, err := h.UseLink(t.Context(), token, dara, "", password); !errors.Is(err, users.ErrLinkUsed) {
			t.Errorf("an invitation from before: %v", err)
		}
	}
	if _, _, err := h.Link(t.Context(), kept); err != nil {
		t.Errorf("another's invitation: %v", err)
	}
}
