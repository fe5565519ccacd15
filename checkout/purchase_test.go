package checkout

import (
	"errors"
	"testing"
	"time"
)

var noon = time.Date(2026, 4, 14, 5, 0, 0, 0, time.UTC)

const payee = "klaing@devb"

// purchase is an open session with one payment that waits for the buyer.
func purchase() *Purchase {
	p := &Purchase{
		Merchant: Merchant{ID: "klaing", LatePayments: LateReview},
		Session: Session{
			ID: "cs_1", MerchantID: "klaing", Mode: ModeTest, Status: SessionOpen, Amount: Money{1000, USD},
			CreatedAt: noon, ExpiresAt: noon.Add(30 * time.Minute), Version: 1,
		},
	}
	start(p, "pay_1", noon)
	p.events = nil
	return p
}

func start(p *Purchase, id string, at time.Time) {
	err := p.Start(Payment{
		ID: id, SessionID: "cs_1", Provider: "bakong", Method: "khqr", Reference: "R" + id,
		Payees: []string{payee}, Amount: p.Session.Amount, Status: PaymentCreated, CreatedAt: at, ExpiresAt: p.Session.ExpiresAt,
	}, at)
	if err != nil {
		panic(err)
	}
	p.RecordCreated(id, Created{NextAction: NextAction{Kind: ActionQRCode, QRCode: "0002"}, ExpiresAt: at.Add(5 * time.Minute)}, true, at)
}

func proof(transaction string, paidAt time.Time) Proof {
	return Proof{Provider: "bakong", Source: "query", Payee: payee, Amount: Money{1000, USD}, TransactionID: transaction, PaidAt: paidAt}
}

func events(p *Purchase) (types []EventType) {
	for _, event := range p.Events() {
		types = append(types, event.Type)
	}
	return types
}

func wantEvents(t *testing.T, p *Purchase, want ...EventType) {
	t.Helper()
	got := events(p)
	if len(got) != len(want) {
		t.Fatalf("events %v, want %v", got, want)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Fatalf("events %v, want %v", got, want)
		}
	}
}

func TestProofCompletesTheSession(t *testing.T) {
	t.Parallel()
	p := purchase()
	if outcome := p.Settle("pay_1", proof("tx1", noon.Add(time.Minute)), noon.Add(2*time.Minute)); outcome != OutcomeCompleted {
		t.Fatal(outcome)
	}
	if p.Session.Status != SessionComplete || p.Session.PaymentID != "pay_1" || p.Payments[0].Status != PaymentSucceeded || !p.Payments[0].NextCheckAt.IsZero() {
		t.Errorf("%+v", p)
	}
	wantEvents(t, p, EventPaymentSucceeded, EventSessionCompleted)
}

func TestSameTransactionChangesNothingTwice(t *testing.T) {
	t.Parallel()
	p := purchase()
	p.Settle("pay_1", proof("tx1", noon), noon)
	version := p.Session.Version
	if outcome := p.Settle("pay_1", proof("tx1", noon), noon.Add(time.Hour)); outcome != OutcomeRepeated || p.Session.Version != version {
		t.Errorf("%s, version %d after %d", outcome, p.Session.Version, version)
	}
	wantEvents(t, p, EventPaymentSucceeded, EventSessionCompleted)
}

func TestSecondTransactionIsADuplicateWithARowOfItsOwn(t *testing.T) {
	t.Parallel()
	p := purchase()
	p.Settle("pay_1", proof("tx1", noon), noon)
	if outcome := p.Settle("pay_1", proof("tx2", noon), noon); outcome != OutcomeDuplicate {
		t.Fatal(outcome)
	}
	if len(p.Payments) != 2 || p.Payments[1].Review != ReviewDuplicate || p.Payments[1].Proof.TransactionID != "tx2" || p.Payments[0].Review != ReviewNone {
		t.Errorf("%+v", p.Payments)
	}
	wantEvents(t, p, EventPaymentSucceeded, EventSessionCompleted, EventPaymentDuplicate)
}

func TestBothOfTwoMethodsPaidIsADuplicate(t *testing.T) {
	t.Parallel()
	p := purchase()
	start(p, "pay_2", noon.Add(time.Second))
	if p.Payments[0].Status != PaymentCanceled || p.Payments[0].NextCheckAt.IsZero() {
		t.Fatalf("the first attempt: %+v", p.Payments[0])
	}
	p.Settle("pay_1", proof("tx1", noon), noon)
	if outcome := p.Settle("pay_2", proof("tx2", noon), noon); outcome != OutcomeDuplicate {
		t.Error(outcome)
	}
	if p.Session.PaymentID != "pay_1" {
		t.Errorf("completed by %s", p.Session.PaymentID)
	}
}

func TestMoneyThatDoesNotFitIsReviewed(t *testing.T) {
	t.Parallel()
	cases := map[string]func(*Proof){
		"amount":   func(p *Proof) { p.Amount.Minor = 999 },
		"more":     func(p *Proof) { p.Amount.Minor = 1001 },
		"currency": func(p *Proof) { p.Amount.Currency = KHR },
		"payee":    func(p *Proof) { p.Payee = "thief@devb" },
		"no payee": func(p *Proof) { p.Payee = "" },
	}
	for name, alter := range cases {
		p := purchase()
		wrong := proof("tx1", noon)
		alter(&wrong)
		if outcome := p.Settle("pay_1", wrong, noon); outcome != OutcomeMismatch {
			t.Errorf("%s: %s", name, outcome)
		}
		if p.Session.Status != SessionOpen || p.Payments[0].Status != PaymentFailed || p.Payments[0].Review != ReviewMismatch || p.Payments[0].Proof == nil {
			t.Errorf("%s: %+v", name, p)
		}
		wantEvents(t, p, EventPaymentMismatch)
	}
}

func TestLateness(t *testing.T) {
	t.Parallel()
	ends := noon.Add(30 * time.Minute)
	for name, c := range map[string]struct {
		paidAt  time.Time
		policy  LatePolicy
		outcome Outcome
		status  SessionStatus
	}{
		"paid in time, proved late": {ends.Add(-time.Second), LateReview, OutcomeCompleted, SessionComplete},
		"paid late":                 {ends.Add(time.Minute), LateReview, OutcomeLate, SessionExpired},
		"paid late, accepted":       {ends.Add(time.Minute), LateAccept, OutcomeCompleted, SessionComplete},
		"paid at a time not told":   {time.Time{}, LateReview, OutcomeLate, SessionExpired},
	} {
		p := purchase()
		p.Merchant.LatePayments = c.policy
		p.Expire(ends.Add(time.Hour))
		p.events = nil
		if outcome := p.Settle("pay_1", proof("tx1", c.paidAt), ends.Add(2*time.Hour)); outcome != c.outcome || p.Session.Status != c.status {
			t.Errorf("%s: %s, session %s", name, outcome, p.Session.Status)
		}
		if p.Payments[0].Status != PaymentSucceeded {
			t.Errorf("%s: the payment is %s", name, p.Payments[0].Status)
		}
	}
}

func TestSucceededOutranksAll(t *testing.T) {
	t.Parallel()
	p := purchase()
	p.RecordAnswer("pay_1", Answer{Verdict: VerdictFailed, Code: "declined"}, noon)
	if p.Payments[0].Status != PaymentFailed {
		t.Fatal(p.Payments[0].Status)
	}
	p.Settle("pay_1", proof("tx1", noon), noon)
	for _, answer := range []Answer{{Verdict: VerdictFailed}, {Verdict: VerdictClosed}, {Verdict: VerdictProcessing}, {Verdict: VerdictPending}, {}} {
		p.RecordAnswer("pay_1", answer, noon)
	}
	p.Expire(noon.Add(48 * time.Hour))
	if err := p.Cancel(noon); !errors.Is(err, ErrSessionComplete) {
		t.Errorf("canceled a paid session: %v", err)
	}
	if p.Payments[0].Status != PaymentSucceeded || p.Session.Status != SessionComplete {
		t.Errorf("%s, session %s", p.Payments[0].Status, p.Session.Status)
	}
}

func TestExpiryWaitsForAnAnswerAboutTheLastMoment(t *testing.T) {
	t.Parallel()
	p := purchase()
	ends := p.Session.ExpiresAt
	p.Expire(ends)
	if p.Session.Status != SessionOpen || p.Payments[0].Status != PaymentExpired {
		t.Fatalf("session %s, payment %s", p.Session.Status, p.Payments[0].Status)
	}
	if p.Open(ends) {
		t.Error("still open for another attempt")
	}
	p.RecordAnswer("pay_1", Answer{Verdict: VerdictUnknown}, ends.Add(time.Second))
	p.Expire(ends.Add(2 * time.Second))
	if p.Session.Status != SessionOpen {
		t.Error("expired on a don't-know")
	}
	p.RecordAnswer("pay_1", Answer{Verdict: VerdictPending}, ends.Add(3*time.Second))
	p.Expire(ends.Add(4 * time.Second))
	if p.Session.Status != SessionExpired {
		t.Error("not expired after the answer")
	}
	wantEvents(t, p, EventSessionExpired)
}

func TestExpiryDoesNotWaitForEver(t *testing.T) {
	t.Parallel()
	p := purchase()
	p.Expire(p.Session.ExpiresAt.Add(ExpiryGrace))
	if p.Session.Status != SessionExpired {
		t.Error(p.Session.Status)
	}
}

func TestClosedSessionTakesNoAttempt(t *testing.T) {
	t.Parallel()
	p := purchase()
	if err := p.Cancel(noon); err != nil {
		t.Fatal(err)
	}
	if err := p.Start(Payment{ID: "pay_2"}, noon); !errors.Is(err, ErrSessionClosed) {
		t.Error(err)
	}
	if err := p.Cancel(noon); err != nil {
		t.Errorf("canceling again: %v", err)
	}
	wantEvents(t, p, EventSessionCanceled)
	if !errors.Is(p.ExpireNow(noon), ErrSessionClosed) {
		t.Error("expired a canceled session")
	}
}

func TestClosedPaymentsAreWatchedForADayEverSlower(t *testing.T) {
	t.Parallel()
	p := purchase()
	if err := p.Cancel(noon); err != nil {
		t.Fatal(err)
	}
	at, queries := noon, 0
	var wait time.Duration
	for !p.Payments[0].NextCheckAt.IsZero() {
		next := p.Payments[0].NextCheckAt
		if gap := next.Sub(at); queries > 1 && gap < wait {
			t.Fatalf("question %d came after %v, the one before after %v", queries, gap, wait)
		} else {
			wait = gap
		}
		at = next
		p.RecordAnswer("pay_1", Answer{Verdict: VerdictPending}, at)
		if queries++; queries > 100 {
			t.Fatal("more than a hundred questions")
		}
	}
	if at.Sub(noon) < watchClosedFor {
		t.Errorf("watched for %v only", at.Sub(noon))
	}
	t.Logf("%d questions in %v", queries, at.Sub(noon))
}

func TestClosedAtTheProviderEndsTheWatch(t *testing.T) {
	t.Parallel()
	p := purchase()
	p.RecordAnswer("pay_1", Answer{Verdict: VerdictClosed}, noon)
	if p.Payments[0].Status != PaymentExpired || !p.Payments[0].NextCheckAt.IsZero() {
		t.Errorf("%+v", p.Payments[0])
	}
}

func TestDoubtIsShownAndForgotten(t *testing.T) {
	t.Parallel()
	p := purchase()
	version := p.Session.Version
	p.RecordAnswer("pay_1", Answer{}, noon)
	if !p.Payments[0].Doubtful || p.Session.Version == version {
		t.Error("a don't-know is not shown")
	}
	version = p.Session.Version
	p.RecordAnswer("pay_1", Answer{}, noon)
	if p.Session.Version != version {
		t.Error("the same doubt counts as a change")
	}
	p.RecordAnswer("pay_1", Answer{Verdict: VerdictPending}, noon)
	if p.Payments[0].Doubtful || p.Session.Version == version {
		t.Error("the doubt stays after an answer")
	}
}

func TestKeysHaveAChecksum(t *testing.T) {
	t.Parallel()
	key, kept := NewAPIKey("klaing", ModeLive, noon)
	if !ValidAPIKey(key.Reveal()) || HashAPIKey(key.Reveal()) != kept.Hash {
		t.Errorf("%s is not valid", key.Reveal())
	}
	for _, wrong := range []string{"", "sk_live_", key.Reveal() + "0", "sk_test" + key.Reveal()[7:], key.Reveal()[:len(key.Reveal())-1] + "?"} {
		if ValidAPIKey(wrong) {
			t.Errorf("%s is valid", wrong)
		}
	}
}

func TestFailureAfterProofIsFlaggedNeverAReversal(t *testing.T) {
	t.Parallel()
	p := purchase()
	p.Settle("pay_1", proof("tx1", noon), noon)
	p.events = nil
	p.RecordAnswer("pay_1", Answer{Verdict: VerdictFailed}, noon)
	p.RecordAnswer("pay_1", Answer{Verdict: VerdictFailed}, noon)
	if p.Session.Status != SessionComplete || p.Payments[0].Status != PaymentSucceeded || p.Payments[0].Review != ReviewContested {
		t.Errorf("session %s, payment %s, review %q", p.Session.Status, p.Payments[0].Status, p.Payments[0].Review)
	}
	wantEvents(t, p, EventPaymentContested)
}

func TestFailureOfAnotherTransactionContestsNothing(t *testing.T) {
	t.Parallel()
	p := purchase()
	p.Settle("pay_1", proof("tx1", noon), noon)
	p.events = nil
	p.RecordAnswer("pay_1", Answer{Verdict: VerdictFailed, Transaction: "tx0"}, noon)
	if p.Payments[0].Status != PaymentSucceeded || p.Payments[0].Review != ReviewNone {
		t.Errorf("the refused card before: payment %s, review %q", p.Payments[0].Status, p.Payments[0].Review)
	}
	wantEvents(t, p)
	p.RecordAnswer("pay_1", Answer{Verdict: VerdictFailed, Transaction: "tx1"}, noon)
	if p.Payments[0].Review != ReviewContested {
		t.Errorf("the one that paid: review %q", p.Payments[0].Review)
	}
}

func TestBuyersDetailsLeaveWithTheForm(t *testing.T) {
	t.Parallel()
	p := purchase()
	p.Payments[0].NextAction = NextAction{Kind: ActionFormPost, URL: "https://gateway.example", Fields: []FormField{{"bayo_email", "sok@example.com"}}}
	p.Settle("pay_1", proof("tx1", noon), noon)
	if p.Payments[0].NextAction.Fields != nil {
		t.Error("kept after the payment")
	}
}

func TestTimeIsExtendedForADayAtMost(t *testing.T) {
	t.Parallel()
	for life, want := range map[time.Duration]int{MinSessionLife: 48, DefaultSessionLife: 47, 20 * time.Hour: 8, MaxSessionLife - time.Minute: 1, MaxSessionLife: 0} {
		p := Purchase{Session: Session{Status: SessionOpen, CreatedAt: noon, ExpiresAt: noon.Add(life)}}
		presses := 0
		for ; p.Extendable(noon); presses++ {
			if err := p.Extend(noon); err != nil {
				t.Fatal(err)
			}
		}
		if err := p.Extend(noon); err != nil || presses != want || p.Session.ExpiresAt != noon.Add(MaxSessionLife) {
			t.Errorf("%s: %d presses, want %d; to %s, %v", life, presses, want, p.Session.ExpiresAt, err)
		}
	}
}

func TestNothingIsLeftOfAFailureOnceItIsPaid(t *testing.T) {
	t.Parallel()
	wrong := proof("tx1", noon)
	wrong.Amount.Minor++
	for name, pay := range map[string]func(*Purchase) error{
		"settled": func(p *Purchase) error { p.Settle("pay_1", proof("tx1", noon), noon); return nil },
		"accepted": func(p *Purchase) error {
			p.Settle("pay_1", wrong, noon)
			return p.Decide("pay_1", ReviewDecision{Decision: DecisionAccept, At: noon}, "re_1")
		},
	} {
		p := purchase()
		p.RecordAnswer("pay_1", Answer{Verdict: VerdictFailed, Code: "declined", Reason: "Not enough money"}, noon)
		if p.Payments[0].FailureMessage == "" {
			t.Fatalf("%s: no message to begin with", name)
		}
		if err := pay(p); err != nil {
			t.Fatal(err)
		}
		if got := p.Payments[0]; got.Status != PaymentSucceeded || got.FailureCode != "" || got.FailureMessage != "" {
			t.Errorf("%s: %s, failed by %q, %q", name, got.Status, got.FailureCode, got.FailureMessage)
		}
	}
}
