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
	OutcomeByHand      Outcome = iota
	OutcomeDeclined            // 1
	OutcomePending             // 2: never decided
	OutcomeUnreachable         // 3: the provider cannot be reached for a while, then it is paid
	OutcomeOneLess             // 4: one cent or riel less is paid
	OutcomeLate                // 5: paid when its time is over
	OutcomePaid                // 6
	OutcomeTransferred         // 7: the same money is moved, but not by this payment
)

// OutcomeOf is the outcome that an amount asks for.
func OutcomeOf(amount checkout.Money) Outcome {
	digits := amount.Minor % 100
	if amount.Currency == checkout.KHR {
		digits = amount.Minor % 10
	}
	if digits < int64(OutcomeDeclined) || digits > int64(OutcomeTransferred) {
		return OutcomeByHand
	}
	return Outcome(digits)
}

// When things happen.
const (
	DecisionDelay  = 3 * time.Second               // from the beginning to a decision
	OutageLength    = 20 * time.Second              // how long the provider cannot be reached
	LateDelay = 2*time.Minute + 5*time.Second // from a payment's end to a late payment: the checkout waits two minutes for a last answer
	DefaultLifetime     = 30 * time.Minute              // how long a payment lasts where the provider is told of no end
)

// Payment is a payment that a simulator has learnt of.
type Payment struct {
	Amount checkout.Money
	Key    string        // what every request about it contains
	Age    time.Duration // since the simulator learnt of it
	Remaining   time.Duration // until it ends; zero: NoEnd from its beginning

	Pay     func(amount checkout.Money) // late or not
	Decline func()                      // nil: what is declined waits

	Transfer func() // nil: what is transferred waits
}

// Autopilot flies the payments of one simulator. A nil Pilot does nothing. It is
// safe for concurrent use.
type Autopilot struct {
	faults *faults.Injector

	mu       sync.Mutex
	closed   bool
	timers   map[*time.Timer]bool
	running sync.WaitGroup
}

// NewAutopilot returns a pilot that makes outages through faults.
func NewAutopilot(faults *faults.Injector) *Autopilot {
	return &Autopilot{faults: faults, timers: map[*time.Timer]bool{}}
}

// Close ends what is to come and waits for what is under way.
func (p *Autopilot) Close() {
	if p == nil {
		return
	}

	p.mu.Lock()
	p.closed = true
	for timer := range p.timers {
		if timer.Stop() {
			p.running.Done()
		}
	}

	p.mu.Unlock()
	p.running.Wait()
}

// Schedule does with a payment what its amount asks for, in its time. The calls to
// it come from other goroutines.
func (p *Autopilot) Schedule(f Payment) {
	if p == nil {
		return
	}

	pay := func() { f.Pay(f.Amount) }
	switch OutcomeOf(f.Amount) {
	case OutcomeDeclined:
		if f.Decline != nil {
			p.after(DecisionDelay-f.Age, f.Decline)
		}

	case OutcomeUnreachable:
		p.scheduleOutage(f, pay)
	case OutcomeOneLess:
		less := f.Amount
		less.Minor--
		p.after(DecisionDelay-f.Age, func() { f.Pay(less) })

	case OutcomeLate:
		if f.Remaining == 0 {
			f.Remaining = DefaultLifetime - f.Age
		}
		p.after(f.Remaining+LateDelay, pay)

	case OutcomePaid:
		p.after(DecisionDelay-f.Age, pay)
	case OutcomeTransferred:
		if f.Transfer != nil {
			p.after(DecisionDelay-f.Age, f.Transfer)
		}
	}
}

func (p *Autopilot) scheduleOutage(f Payment, pay func()) {
	end := func() {}
	if f.Age < OutageLength {
		end = p.faults.AddUntil(faults.Fault{Kind: faults.FaultReset, Match: f.Key})
	}
	p.after(OutageLength-f.Age, func() {
		end()
		pay()
	})
}

func (p *Autopilot) after(wait time.Duration, do func()) {
	p.mu.Lock()
	defer p.mu.Unlock()

	if p.closed {
		return
	}

	p.running.Add(1)
	var timer *time.Timer
	timer = time.AfterFunc(max(0, wait), func() {
		defer p.running.Done()
		p.mu.Lock()
		delete(p.timers, timer)
		p.mu.Unlock()
		do()
	})

	p.timers[timer] = true
}
