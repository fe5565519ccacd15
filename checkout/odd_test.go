package checkout_test

import (
	"errors"
	"testing"
	"time"

	"rieltime/checkout"
)

// asks counts the questions about a payment so far.
func (d *verifierHarness) asks(p checkout.Purchase) (n int) {
	d.teller.mu.Lock()
	defer d.teller.mu.Unlock()
	for _, id := range d.teller.asked {
		if id == p.Latest().ID {
			n++
		}
	}
	return n
}

// without is how often a buyer who looks is asked about in a minute.
func without(t *testing.T) int {
	d := newDesk(t, checkout.Budget{})
	p := d.open()
	d.pass(60, p)
	return d.asks(p)
}

func TestOddOrdersSlowNobodyElse(t *testing.T) {
	want := without(t)
	d := newDesk(t, checkout.Budget{})
	var odd []checkout.Purchase
	for range 5 {
		p := d.open()
		d.teller.say(*p.Latest(), checkout.Answer{Odd: true, Cause: errors.New("status FROZEN")})
		odd = append(odd, p)
	}
	d.pass(30, odd...)
	buyer := d.open()
	d.pass(60, append(odd, buyer)...)
	if n := d.asks(buyer); n < want {
		t.Errorf("%d questions in a minute, %d without odd orders beside", n, want)
	}
	if n := d.asks(odd[0]); n < 3 || n > 8 {
		t.Errorf("%d questions in 90 s about an order whose answers cannot be used", n)
	}
}

func TestOneFailedQuestionPausesNoOther(t *testing.T) {
	d := newDesk(t, checkout.Budget{})
	first, second := d.open(), d.open()
	d.teller.say(*first.Latest(), checkout.Answer{Cause: errors.New("503")})
	d.pass(60, first, second)
	if n := d.asks(second); n < without(t) {
		t.Errorf("%d questions in a minute beside a payment whose questions fail", n)
	}
	if meter := d.store.meter; meter.PausedUntil.After(d.clock()) {
		t.Errorf("the account is paused until %v", meter.PausedUntil)
	}
}

func TestBuyerIsBehindASilentAccountForSecondsOnly(t *testing.T) {
	for silence := 60; silence < 75; silence++ { // a rest may be at its beginning or end
		d := newDesk(t, checkout.Budget{})
		d.teller.always = checkout.Answer{Cause: errors.New("no answer")}
		var all []checkout.Purchase
		for range 6 {
			all = append(all, d.open())
		}
		d.pass(silence, all...)
		d.teller.always = checkout.Answer{Verdict: checkout.VerdictPending}
		buyer := d.open()
		d.pass(7, append(all, buyer)...)
		if d.asks(buyer) == 0 {
			t.Errorf("after %d s of silence: not asked about 7 s after the provider recovered", silence)
		}
	}
}

func TestPaymentThatSpoilsListsIsFoundAndLeftOut(t *testing.T) {
	d := newDesk(t, checkout.Budget{})
	d.teller.lists = 50
	var all []checkout.Purchase
	for range 50 {
		all = append(all, d.open())
	}
	spoiler := all[17]
	d.teller.spoiler = spoiler.Latest().Reference
	d.pass(90)
	for i, p := range all {
		p = d.reload(p)
		if doubtful := p.Latest().Doubtful; doubtful != (p.Session.ID == spoiler.Session.ID) {
			t.Errorf("payment %d: doubtful %v", i, doubtful)
		}
	}
	if n := len(d.teller.sizes); n > 60 {
		t.Errorf("%d questions in 90 s", n)
	}
	d.teller.mu.Lock()
	d.teller.sizes, d.teller.spoiler = nil, ""
	d.teller.mu.Unlock()
	d.pass(120)
	p := d.reload(spoiler)
	if p.Latest().Doubtful || p.Latest().FailedChecks != 0 {
		t.Errorf("after it recovered: doubtful %v after %d failed questions", p.Latest().Doubtful, p.Latest().FailedChecks)
	}
}

func TestOddPauseGrowsToAMinute(t *testing.T) {
	h := newHarness(t)
	p := h.open()
	h.provider.panics(*p.Latest())
	h.forAWhile(10*time.Minute, time.Second)
	if n := len(h.provider.asked); n > 16 {
		t.Errorf("%d questions in ten minutes, each of which panicked", n)
	}
	h.restart()
	asked := len(h.provider.asked)
	h.pass(time.Second)
	if n := len(h.provider.asked) - asked; n > 1 {
		t.Errorf("%d questions at once after a restart", n)
	}
}
