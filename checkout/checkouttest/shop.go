package checkouttest

import (
	"sync"
	"testing"
	"time"

	"rieltime/checkout"
	"rieltime/checkout/verifier"
)

// Shop is a process with one merchant, klaing, a Provider and a clock.
type Shop struct {
	Process
	T        *testing.T
	Provider *Provider

	mu  sync.Mutex
	now time.Time
}

// Clock returns the shop's time.
func (s *Shop) Clock() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now
}

// Move moves the clock, forwards or back, and nothing else.
func (s *Shop) Move(by time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now = s.now.Add(by)
}

// Pass moves the clock and has the verifier do what has become due.
func (s *Shop) Pass(d time.Duration) {
	s.T.Helper()
	s.Move(d)
	if err := s.Tick(s.T.Context()); err != nil {
		s.T.Fatal(err)
	}
	s.Wait()
}

// PassInSteps moves the clock step by step, and has the verifier do at each what
// has become due.
func (s *Shop) PassInSteps(d, step time.Duration) {
	s.T.Helper()
	for ; d > 0; d -= step {
		s.Pass(step)
	}
}

// PassSeconds is PassInSteps with steps of a second, while buyers view payments.
func (s *Shop) PassSeconds(seconds int, viewed ...checkout.Purchase) {
	s.T.Helper()
	for range seconds {
		for _, p := range viewed {
			s.MarkViewed(p.Latest().ID)
		}
		s.Pass(time.Second)
	}
}

// SessionParams are those of a session of 10 USD with a reference of its own.
func SessionParams() checkout.SessionParams {
	return checkout.SessionParams{
		Amount: "10.00", Currency: "USD", Reference: checkout.NewReference(),
		SuccessURL: "https://shop.example/thanks", CancelURL: "https://shop.example/cart",
	}
}

// NewSession makes a session of a merchant's.
func (s *Shop) NewSession(merchant string) checkout.Session {
	s.T.Helper()
	session, err := s.CreateSession(s.T.Context(), merchant, checkout.ModeTest, SessionParams())
	if err != nil {
		s.T.Fatal(err)
	}
	return session
}

// Start starts a payment by KHQR.
func (s *Shop) Start(sessionID string) checkout.Purchase {
	s.T.Helper()
	purchase, err := s.StartPayment(s.T.Context(), sessionID, checkout.StartParams{Method: "khqr"})
	if err != nil {
		s.T.Fatal(err)
	}
	return purchase
}

// Open makes a session of klaing's and starts a payment.
func (s *Shop) Open() checkout.Purchase {
	s.T.Helper()
	return s.OpenAt("klaing")
}

// OpenAt makes a session of a merchant's and starts a payment.
func (s *Shop) OpenAt(merchant string) checkout.Purchase {
	s.T.Helper()
	return s.Start(s.NewSession(merchant).ID)
}

// Reload returns a purchase as it is stored.
func (s *Shop) Reload(p checkout.Purchase) checkout.Purchase {
	s.T.Helper()
	stored, err := s.Purchase(s.T.Context(), p.Session.ID)
	if err != nil {
		s.T.Fatal(err)
	}
	return stored
}

// Latest returns a purchase's newest payment as it is stored.
func (s *Shop) Latest(p checkout.Purchase) *checkout.Payment {
	s.T.Helper()
	stored := s.Reload(p)
	return stored.Latest()
}

// AnswerPaid has the provider answer that a payment was paid now by a transaction.
func (s *Shop) AnswerPaid(payment checkout.Payment, transaction string) {
	s.Provider.SetAnswer(payment, checkout.Answer{Verdict: checkout.VerdictPaid, Proof: Proof(payment, transaction, s.Clock())})
}

// BuyerSaysPaid is a buyer's "I have paid", with a hash unless it is empty.
func (s *Shop) BuyerSaysPaid(p checkout.Purchase, hash string) checkout.Purchase {
	s.T.Helper()
	p, err := s.ReportPaid(s.T.Context(), p.Session.ID, verifier.PaidParams{Hash: hash, Address: p.Session.ID})
	if err != nil {
		s.T.Fatal(err)
	}
	return p
}

// SendCallback brings what the provider's server sends about a payment, and has
// the verifier do what is due a second later.
func (s *Shop) SendCallback(payment checkout.Payment) {
	s.T.Helper()
	message := checkout.Message{Method: "POST", Body: []byte(payment.Reference), ReceivedAt: s.Clock()}
	if _, err := s.Callback(s.T.Context(), payment.Provider, payment.AccountID, message); err != nil {
		s.T.Fatal(err)
	}
	s.Pass(time.Second)
}

// WantComplete wants sessions to be complete by their newest payments.
func (s *Shop) WantComplete(purchases ...checkout.Purchase) {
	s.T.Helper()
	for _, p := range purchases {
		got := s.Reload(p)
		if got.Session.Status != checkout.SessionComplete || got.Latest().Proof == nil || got.Latest().Review != checkout.ReviewNone {
			s.T.Errorf("session %s is %s, payment %s %s", got.Session.ID, got.Session.Status, got.Latest().Status, got.Latest().Review)
		}
	}
}

// WantKnown wants the money of the newest payments to be known, even if it is
// under review.
func (s *Shop) WantKnown(purchases ...checkout.Purchase) {
	s.T.Helper()
	for _, p := range purchases {
		got := s.Reload(p)
		if latest := got.Latest(); latest.Status != checkout.PaymentSucceeded || latest.Proof == nil {
			s.T.Errorf("session %s is %s, payment %s", got.Session.ID, got.Session.Status, latest.Status)
		}
	}
}
