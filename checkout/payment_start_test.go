package checkout_test

import (
	"context"
	"encoding/json"
	"errors"
	"sync/atomic"
	"testing"

	"rieltime/checkout"
	"rieltime/checkout/checkouttest"
	"rieltime/db"
)

// countingStore counts how often a purchase is loaded outside a change.
type countingStore struct {
	*db.Store
	loads atomic.Int32
}

func (s *countingStore) Purchase(ctx context.Context, id string) (checkout.Purchase, error) {
	s.loads.Add(1)
	return s.Store.Purchase(ctx, id)
}

// cardProvider offers one method and counts how often it is asked for it.
type cardProvider struct {
	checkout.Provider
	listed  atomic.Int32
	locales []string
}

func (*cardProvider) Name() string { return "cards" }
func (*cardProvider) Info() checkout.ProviderInfo {
	return checkout.ProviderInfo{Name: "Cards", Methods: []string{"card"}}
}
func (*cardProvider) CheckSettings(checkout.Mode, json.RawMessage) error { return nil }
func (*cardProvider) Payees(checkout.Account) ([]string, error)          { return []string{"klaing"}, nil }

func (p *cardProvider) Methods(context.Context, checkout.Account, checkout.Money) ([]checkout.Method, error) {
	p.listed.Add(1)
	return []checkout.Method{
		{ID: "card", Provider: "cards", Kind: checkout.ActionRedirect},
		{ID: "card:closed", Provider: "cards", Kind: checkout.ActionRedirect, Unavailable: "too_large"},
	}, nil
}

func (p *cardProvider) CreatePayment(_ context.Context, _ checkout.Account, start checkout.Start) (checkout.Created, error) {
	p.locales = append(p.locales, start.Locale)
	return checkout.Created{NextAction: checkout.NextAction{Kind: checkout.ActionRedirect, URL: "https://cards.example"}}, nil
}

func TestChoosingAMethodAsksItsProviderAloneAndLoadsThePurchaseOnce(t *testing.T) {
	t.Parallel()
	h, cards := newHarness(t), &cardProvider{}
	store := &countingStore{Store: h.Store}
	service := checkout.NewService(checkout.Config{
		Store: store, Endpoints: store, Providers: []checkout.Provider{h.Provider, cards}, Addresses: checkouttest.Addresses, Now: h.Clock,
	})
	spec, err := checkout.ParseMerchantSpec([]byte(`{"id":"klaing","name":"Coffee Klaing","return_hosts":["shop.example"],"test":{"providers":{"bank":{},"cards":{}}}}`))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := service.ApplyMerchant(t.Context(), h.Store, spec); err != nil {
		t.Fatal(err)
	}

	session, err := service.CreateSession(t.Context(), "klaing", checkout.ModeTest, checkouttest.SessionParams())
	if err != nil {
		t.Fatal(err)
	}

	before := cards.listed.Load()
	if _, err := service.StartPayment(t.Context(), session.ID, checkout.StartParams{Method: "khqr"}); err != nil {
		t.Fatal(err)
	}
	if cards.listed.Load() != before {
		t.Error("a provider was asked for its methods although another's was chosen")
	}
	if loads := store.loads.Load(); loads != 1 {
		t.Errorf("the purchase was loaded %d times", loads)
	}

	for _, refused := range []string{"card:closed", "card:unknown", "unknown", ""} {
		if _, err := service.StartPayment(t.Context(), session.ID, checkout.StartParams{Method: refused}); !errors.Is(err, checkout.ErrMethodUnavailable) {
			t.Errorf("method %q: %v", refused, err)
		}
	}
}

// newCardService makes a service whose merchant klaing takes payments by one provider, named cards.
func newCardService(t *testing.T, h *harness, provider checkout.Provider) *checkout.Service {
	t.Helper()
	service := checkout.NewService(checkout.Config{
		Store: h.Store, Endpoints: h.Store, Providers: []checkout.Provider{provider}, Addresses: checkouttest.Addresses, Now: h.Clock,
	})
	spec, err := checkout.ParseMerchantSpec([]byte(`{"id":"klaing","name":"Coffee Klaing","return_hosts":["shop.example"],"test":{"providers":{"cards":{}}}}`))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := service.ApplyMerchant(t.Context(), h.Store, spec); err != nil {
		t.Fatal(err)
	}
	return service
}

// codeProvider makes codes by itself and notes which attempts are stored meanwhile.
type codeProvider struct {
	cardProvider
	store     *db.Store
	stored    []checkout.Payment
	meanwhile func(sessionID string) // happens once, during the next call; nil: nothing
}

func (*codeProvider) Info() checkout.ProviderInfo {
	return checkout.ProviderInfo{Name: "Codes", Methods: []string{"card"}, StartsWithBuyer: true}
}

func (p *codeProvider) CreatePayment(ctx context.Context, _ checkout.Account, start checkout.Start) (checkout.Created, error) {
	purchase, err := p.store.Purchase(ctx, start.Payment.SessionID)
	p.stored = append(p.stored, purchase.Payments...)
	if happens := p.meanwhile; happens != nil {
		p.meanwhile = nil
		happens(start.Payment.SessionID)
	}
	return checkout.Created{NextAction: checkout.NextAction{Kind: checkout.ActionQRCode, QRCode: "0002"}}, err
}

func TestAttemptThatStartsWithItsBuyerIsStoredInOneChange(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	codes := &codeProvider{store: h.Store}
	service := newCardService(t, h, codes)
	session, err := service.CreateSession(t.Context(), "klaing", checkout.ModeTest, checkouttest.SessionParams())
	if err != nil {
		t.Fatal(err)
	}

	started, err := service.StartPayment(t.Context(), session.ID, checkout.StartParams{Method: "card"})
	if err != nil || len(codes.stored) > 0 {
		t.Fatalf("%d attempts were stored before the code was made (%v)", len(codes.stored), err)
	}
	stored, err := h.Store.Purchase(t.Context(), session.ID)
	if err != nil || len(stored.Payments) != 1 || stored.Latest().NextAction.QRCode != "0002" || stored.Latest().Status != checkout.PaymentRequiresAction {
		t.Errorf("stored %+v (%v)", stored.Payments, err)
	}
	if stored.Latest().ID != started.Latest().ID {
		t.Errorf("returned is %s, stored %s", started.Latest().ID, stored.Latest().ID)
	}
}

func TestAnAttemptUsesTheBuyersLanguageThenTheSessions(t *testing.T) {
	t.Parallel()
	h, cards := newHarness(t), &cardProvider{}
	service := newCardService(t, h, cards)

	start := func(locale string, chosen checkout.StartParams) {
		t.Helper()
		request := checkouttest.SessionParams()
		request.Locale = locale
		session, err := service.CreateSession(t.Context(), "klaing", checkout.ModeTest, request)
		if err != nil {
			t.Fatal(err)
		}
		chosen.Method = "card"
		if _, err := service.StartPayment(t.Context(), session.ID, chosen); err != nil {
			t.Fatal(err)
		}
	}

	start("km", checkout.StartParams{Locale: "zh", Accepts: "en"})
	start("km", checkout.StartParams{Accepts: "en"})
	start("", checkout.StartParams{Accepts: "en"})
	if got := cards.locales; len(got) != 3 || got[0] != "zh" || got[1] != "km" || got[2] != "en" {
		t.Errorf("the provider's pages were asked for in %q", got)
	}
}

func TestOnlyAnAttemptThatReplacesAnotherMakesQueriesDue(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	for _, provider := range []checkout.Provider{&cardProvider{}, &codeProvider{store: h.Store}} {
		service := newCardService(t, h, provider)
		session, err := service.CreateSession(t.Context(), "klaing", checkout.ModeTest, checkouttest.SessionParams())
		if err != nil {
			t.Fatal(err)
		}

		for attempt, wanted := range []bool{false, true} {
			if _, err := service.StartPayment(t.Context(), session.ID, checkout.StartParams{Method: "card"}); err != nil {
				t.Fatal(err)
			}
			select {
			case <-service.Due():
				if !wanted {
					t.Errorf("%s: attempt %d made queries due", provider.Info().Name, attempt+1)
				}
			default:
				if wanted {
					t.Errorf("%s: attempt %d replaced another, and nothing was due", provider.Info().Name, attempt+1)
				}
			}
		}
	}
}

// What happens to a session while its provider makes a code counts when the code comes.
func TestSessionMayChangeWhileItsCodeIsMade(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	codes := &codeProvider{store: h.Store}
	service := newCardService(t, h, codes)
	start := func(meanwhile func(sessionID string)) (checkout.Purchase, error) {
		t.Helper()
		session, err := service.CreateSession(t.Context(), "klaing", checkout.ModeTest, checkouttest.SessionParams())
		if err != nil {
			t.Fatal(err)
		}
		codes.meanwhile = meanwhile
		_, failed := service.StartPayment(t.Context(), session.ID, checkout.StartParams{Method: "card"})
		stored, err := h.Store.Purchase(t.Context(), session.ID)
		if err != nil {
			t.Fatal(err)
		}
		return stored, failed
	}

	ended, err := start(func(id string) {
		if _, err := service.CancelSession(t.Context(), id); err != nil {
			t.Error(err)
		}
	})
	if err == nil || ended.Session.Status != checkout.SessionCanceled || len(ended.Payments) > 0 {
		t.Errorf("a session that was canceled is %s with %d attempts (%v)", ended.Session.Status, len(ended.Payments), err)
	}

	<-service.Due() // of the session that was canceled
	twice, err := start(func(id string) {
		if _, err := service.StartPayment(t.Context(), id, checkout.StartParams{Method: "card"}); err != nil {
			t.Error(err)
		}
	})
	if err != nil || len(twice.Payments) != 2 || twice.Payments[0].Status != checkout.PaymentCanceled || twice.Payments[1].Status != checkout.PaymentRequiresAction {
		t.Errorf("two starts at once left %+v (%v)", twice.Payments, err)
	}
	select {
	case <-service.Due():
	default:
		t.Error("an attempt was replaced, and nothing was due")
	}
}
