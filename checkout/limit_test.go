package checkout_test

import (
	"errors"
	"testing"
	"time"

	"rieltime/checkout"
	"rieltime/checkout/verifier"
)

var limitReached = checkout.Answer{LimitReached: true, DailyLimit: 100, Cause: errors.New("errorCode 17")}

// offers are those of a new session's page.
func (d *verifierHarness) offers() []checkout.Offer {
	d.t.Helper()
	session, err := d.CreateSession(d.t.Context(), "klaing", checkout.ModeTest, params(), checkout.IdempotentRequest{})
	if err != nil {
		d.t.Fatal(err)
	}
	offers, err := d.Offers(d.t.Context(), checkout.Purchase{Session: session})
	if err != nil {
		d.t.Fatal(err)
	}
	return offers
}

func TestReachedDailyLimitIsProbedAndToldToNewBuyers(t *testing.T) {
	d := newDesk(t, checkout.Budget{})
	if offers := d.offers(); offers[0].Slow {
		t.Error("slow before anything was asked")
	}
	d.teller.always = limitReached
	var all []checkout.Purchase
	for range 10 {
		all = append(all, d.open())
	}
	d.pass(299, all...)
	if n := d.teller.questions(); n < 1 || n > 10 {
		t.Errorf("%d questions in five minutes after the first answer", n)
	}
	if offers := d.offers(); !offers[0].Slow {
		t.Error("new buyers are not told")
	}
	before := d.teller.questions()
	d.pass(2*60*60, all...)
	if n := d.teller.questions() - before; n < 4 || n > 5 {
		t.Errorf("%d probes in two hours, want them after 5, 10, 20, 40 and 60 minutes", n)
	}
	account := checkout.Account{ID: "acct_1", MerchantID: "klaing", Mode: checkout.ModeTest, Provider: "bakong"}
	if delay, delayed := d.ConfirmationDelay(account, d.store.meter.QueryUsage); !delayed || !delay.LimitReached || delay.Allowance != 100 {
		t.Errorf("delayed %v: %+v", delayed, delay)
	}
}

func TestLiftedDailyLimitIsFoundByTheNextProbe(t *testing.T) {
	d := newDesk(t, checkout.Budget{})
	d.teller.always = limitReached
	p := d.open()
	d.pass(60, p)
	d.teller.always = checkout.Answer{Verdict: checkout.VerdictPending}
	d.teller.say(*p.Latest(), checkout.Answer{Verdict: checkout.VerdictPaid, Proof: paid(*p.Latest(), "tx", d.clock())})
	d.pass(300, p)
	if got := d.reload(p); got.Session.Status != checkout.SessionComplete {
		t.Errorf("session %s six minutes after the limit was reached", got.Session.Status)
	}
	if offers := d.offers(); offers[0].Slow {
		t.Error("still slow")
	}
	buyer := d.open()
	d.pass(60, buyer)
	if d.asks(buyer) == 0 {
		t.Error("a new buyer's payment is not asked about")
	}
}

func TestProbesNeverSpendMoreThanTheMerchantSet(t *testing.T) {
	d := newDesk(t, hundred)
	p := d.open()
	err := d.store.UpdateQuota(t.Context(), "acct_1", func(m *verifier.Quota) {
		m.Day, m.CountedAt, m.Queries, m.LimitAnswers = dawn, d.clock(), 100, 1
	})
	if err != nil {
		t.Fatal(err)
	}
	d.pass(120, p)
	if n := d.teller.questions(); n != 0 {
		t.Errorf("%d questions beyond the merchant's own allowance", n)
	}
	if offers := d.offers(); !offers[0].Slow {
		t.Error("new buyers are not told that the allowance is spent")
	}
}

func TestOneProbeAtATime(t *testing.T) {
	d := newDesk(t, checkout.Budget{})
	d.teller.always = limitReached
	for range 10 {
		d.open()
	}
	d.pass(10)
	d.teller.hold, d.teller.asking = make(chan struct{}), make(chan struct{}, 100)
	before := d.teller.questions()
	d.move(6 * time.Minute)
	for range 5 {
		if err := d.Tick(t.Context()); err != nil {
			t.Fatal(err)
		}
		d.move(time.Second)
	}
	close(d.teller.hold)
	d.Wait()
	if n := d.teller.questions() - before; n != 1 {
		t.Errorf("%d questions probed at once", n)
	}
}
