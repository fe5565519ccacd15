package simkit

import (
	"sync"
	"time"

	"rieltime/checkout"
)

// Outcome is how a payment ends. A merchant chooses it by the last digits of
// the amount, and so tries every outcome without opening a page.
type Outcome int

// The outcomes, by the cents of an amount in US dollars or the last digit of
// one in riel. Any other is OutcomeByHand.
const (
	OutcomeByHand      Outcome = iota
	OutcomeDeclined            // 1
	OutcomePending             // 2: never decided
	OutcomeUnreachable         // 3: the provider is unreachable for OutageLength, then it is paid
	OutcomeOneLess             // 4: one cent or riel less is paid
	OutcomeLate                // 5: paid LateDelay after it has expired
	OutcomePaid                // 6
	OutcomeTransferred         // 7: the same money is moved, but not by this payment
)

// OutcomeOf returns the outcome that an amount chooses.
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

// Times of the outcomes.
const (
	DecisionDelay   = 3 * time.Second               // from the start of a payment to its outcome
	OutageLength    = 20 * time.Second              // how long the provider is unreachable
	LateDelay       = 2*time.Minute + 5*time.Second // from a payment's expiry to a late payment: the checkout waits two minutes for a last answer
	DefaultLifetime = 30 * time.Minute              // of a payment whose provider is given no expiry
)

// Payment is a payment for the autopilot to decide.
type Payment struct {
	Amount    checkout.Money
	Key       string        // what every request about it contains
	Age       time.Duration // since the simulator learned of it
	Remaining time.Duration // until it expires; zero: DefaultLifetime after its start

	Pay      func(amount checkout.Money) // pays it, even when it has expired
	Decline  func()                      // nil: a declined payment stays pending
	Transfer func()                      // nil: a transferred payment stays pending
}

// Autopilot plays the buyer: it decides the payments of one simulator as their
// amounts choose. A nil Autopilot does nothing. It is safe for concurrent use.
type Autopilot struct {
	faults *Injector

	mu      sync.Mutex
	closed  bool
	timers  map[*time.Timer]bool
	running sync.WaitGroup
}

// NewAutopilot returns an autopilot that makes outages through faults.
func NewAutopilot(faults *Injector) *Autopilot {
	return &Autopilot{faults: faults, timers: map[*time.Timer]bool{}}
}

// Close cancels what is scheduled and waits for what is running.
func (a *Autopilot) Close() {
	if a == nil {
		return
	}

	a.mu.Lock()
	a.closed = true
	for timer := range a.timers {
		if timer.Stop() {
			a.running.Done()
		}
	}

	a.mu.Unlock()
	a.running.Wait()
}

// Schedule plans the outcome of a payment. The functions of p are called later,
// from other goroutines.
func (a *Autopilot) Schedule(p Payment) {
	if a == nil {
		return
	}

	pay := func() { p.Pay(p.Amount) }
	switch OutcomeOf(p.Amount) {
	case OutcomeDeclined:
		if p.Decline != nil {
			a.after(DecisionDelay-p.Age, p.Decline)
		}

	case OutcomeUnreachable:
		a.scheduleOutage(p, pay)
	case OutcomeOneLess:
		less := p.Amount
		less.Minor--
		a.after(DecisionDelay-p.Age, func() { p.Pay(less) })

	case OutcomeLate:
		if p.Remaining == 0 {
			p.Remaining = DefaultLifetime - p.Age
		}
		a.after(p.Remaining+LateDelay, pay)

	case OutcomePaid:
		a.after(DecisionDelay-p.Age, pay)
	case OutcomeTransferred:
		if p.Transfer != nil {
			a.after(DecisionDelay-p.Age, p.Transfer)
		}
	}
}

func (a *Autopilot) scheduleOutage(p Payment, pay func()) {
	end := func() {}
	if p.Age < OutageLength {
		end = a.faults.AddUntil(Fault{Kind: FaultReset, Match: p.Key})
	}
	a.after(OutageLength-p.Age, func() {
		end()
		pay()
	})
}

// after calls do once, unless Close comes first.
func (a *Autopilot) after(wait time.Duration, do func()) {
	a.mu.Lock()
	defer a.mu.Unlock()

	if a.closed {
		return
	}

	a.running.Add(1)
	var timer *time.Timer
	timer = time.AfterFunc(max(0, wait), func() {
		defer a.running.Done()
		a.mu.Lock()
		delete(a.timers, timer)
		a.mu.Unlock()
		do()
	})

	a.timers[timer] = true
}
