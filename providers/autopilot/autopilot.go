// Package autopilot lets a simulator play the buyer by itself: the last digits
// of an amount say what becomes of its payment, so that a merchant can try
// every outcome without opening a page.
package autopilot

import (
	"sync"
	"time"

	"rieltime/checkout"
	"rieltime/providers/faults"
)

// Outcome is what becomes of a payment.
type Outcome int

// The outcomes, by the cents of an amount in US dollars or the last digit of
// one in riel. Any other is ByHand.
const (
	ByHand      Outcome = iota
	Declined            // 1
	Pending             // 2: never decided
	Unreachable         // 3: the provider cannot be reached for a while, then it is paid
	OneLess             // 4: one cent or riel less is paid
	Late                // 5: paid when its time is over
	Paid                // 6
	Transferred         // 7: the same money is moved, but not by this payment
)

// Of is the outcome that an amount asks for.
func Of(amount checkout.Money) Outcome {
	digits := amount.Minor % 100
	if amount.Currency == checkout.KHR {
		digits = amount.Minor % 10
	}
	if digits < int64(Declined) || digits > int64(Transferred) {
		return ByHand
	}
	return Outcome(digits)
}

// When things happen.
const (
	Thinking  = 3 * time.Second               // from the beginning to a decision
	Outage    = 20 * time.Second              // how long the provider cannot be reached
	LateAfter = 2*time.Minute + 5*time.Second // from a payment's end to a late payment: the checkout waits two minutes for a last answer
	NoEnd     = 30 * time.Minute              // how long a payment lasts where the provider is told of no end
)

// Flight is a payment that a simulator has learnt of.
type Flight struct {
	Amount checkout.Money
	Key    string        // what every request about it contains
	Age    time.Duration // since the simulator learnt of it
	Left   time.Duration // until it ends; zero: NoEnd from its beginning

	Pay     func(amount checkout.Money) // late or not
	Decline func()                      // nil: what is declined waits

	Transfer func() // nil: what is transferred waits
}

// Pilot flies the payments of one simulator. A nil Pilot does nothing. It is
// safe for concurrent use.
type Pilot struct {
	faults *faults.Injector

	mu       sync.Mutex
	closed   bool
	timers   map[*time.Timer]bool
	underWay sync.WaitGroup
}

// New returns a pilot that makes outages through faults.
func New(faults *faults.Injector) *Pilot {
	return &Pilot{faults: faults, timers: map[*time.Timer]bool{}}
}

// Close ends what is to come and waits for what is under way.
func (p *Pilot) Close() {
	if p == nil {
		return
	}

	p.mu.Lock()
	p.closed = true
	for timer := range p.timers {
		if timer.Stop() {
			p.underWay.Done()
		}
	}

	p.mu.Unlock()
	p.underWay.Wait()
}

// Take does with a payment what its amount asks for, in its time. The calls to
// it come from other goroutines.
func (p *Pilot) Take(f Flight) {
	if p == nil {
		return
	}

	pay := func() { f.Pay(f.Amount) }
	switch Of(f.Amount) {
	case Declined:
		if f.Decline != nil {
			p.after(Thinking-f.Age, f.Decline)
		}

	case Unreachable:
		p.unreachable(f, pay)
	case OneLess:
		less := f.Amount
		less.Minor--
		p.after(Thinking-f.Age, func() { f.Pay(less) })

	case Late:
		if f.Left == 0 {
			f.Left = NoEnd - f.Age
		}
		p.after(f.Left+LateAfter, pay)

	case Paid:
		p.after(Thinking-f.Age, pay)
	case Transferred:
		if f.Transfer != nil {
			p.after(Thinking-f.Age, f.Transfer)
		}
	}
}

func (p *Pilot) unreachable(f Flight, pay func()) {
	end := func() {}
	if f.Age < Outage {
		end = p.faults.Begin(faults.Fault{Kind: faults.Reset, Match: f.Key})
	}
	p.after(Outage-f.Age, func() {
		end()
		pay()
	})
}

func (p *Pilot) after(wait time.Duration, do func()) {
	p.mu.Lock()
	defer p.mu.Unlock()

	if p.closed {
		return
	}

	p.underWay.Add(1)
	var timer *time.Timer
	timer = time.AfterFunc(max(0, wait), func() {
		defer p.underWay.Done()
		p.mu.Lock()
		delete(p.timers, timer)
		p.mu.Unlock()
		do()
	})

	p.timers[timer] = true
}
