package checkout

import (
	"slices"
	"time"
)

// Purchase is a session with all its payments, oldest first. Its methods are
// the rules: they change the purchase, raise events, and do no I/O.
type Purchase struct {
	Session     Session
	Payments    []Payment
	Refunds     []Refund // loaded once a payment has a proof
	Merchant    Merchant
	LimitedLink bool // its payment link has a limit of uses or of time
	LimitedUses bool // its payment link has a limit of uses
	UseGone     bool // it holds no use of its payment link, and none is left

	// Holder is a sealed form of the buyer's address while an attempt holds a use
	// of a payment link.
	Holder string

	events []Event
}

// Events returns the events raised since the purchase was loaded.
func (p *Purchase) Events() []Event { return p.events }

// Payment returns the payment with an id; nil when the purchase has none.
func (p *Purchase) Payment(id string) *Payment {
	for i := range p.Payments {
		if p.Payments[i].ID == id {
			return &p.Payments[i]
		}
	}
	return nil
}

// Latest returns the newest attempt; nil when there is none.
func (p *Purchase) Latest() *Payment {
	for i := range slices.Backward(p.Payments) {
		if p.Payments[i].ExtraOf == "" {
			return &p.Payments[i]
		}
	}
	return nil
}

// Open reports whether an attempt can be started at now.
func (p *Purchase) Open(now time.Time) bool {
	return p.Session.Status == SessionOpen && now.Before(p.Session.ExpiresAt)
}

// Extendable reports whether the buyer can get more time at now: not with a
// limited payment link.
func (p *Purchase) Extendable(now time.Time) bool {
	return p.Open(now) && !p.Merchant.FixedTime && !p.LimitedLink && p.Session.ExpiresAt.Before(p.lastEnd())
}

func (p *Purchase) lastEnd() time.Time { return p.Session.CreatedAt.Add(MaxSessionLife) }

// Extend gives the buyer more time to pay, if the purchase is Extendable. Open
// attempts keep their own expiry.
func (p *Purchase) Extend(now time.Time) error {
	if !p.Open(now) {
		return p.closedErr()
	}
	if !p.Extendable(now) {
		return nil
	}

	p.Session.ExpiresAt = p.Session.ExpiresAt.Add(MoreTime)
	if last := p.lastEnd(); p.Session.ExpiresAt.After(last) {
		p.Session.ExpiresAt = last
	}

	p.touch()
	return nil
}

// closedErr returns why a purchase is not open.
func (p *Purchase) closedErr() error {
	if p.Session.Status == SessionComplete {
		return ErrSessionComplete
	}
	return ErrSessionClosed
}

// maxAttempts bounds what has to be read for one session.
const maxAttempts = 100

var errAttempts = &Error{
	Kind: KindRateLimited, Code: "rate_limited", Detail: "There were too many attempts to pay. Please go back to the shop.", RetryAfter: time.Hour,
}

// Start adds an attempt. Attempts that are still offered are canceled but stay
// watched: the buyer may have paid one of them already.
func (p *Purchase) Start(payment Payment, now time.Time) error {
	if !p.Open(now) {
		return p.closedErr()
	}
	if len(p.Payments) >= maxAttempts {
		return errAttempts
	}

	for i := range p.Payments {
		p.close(&p.Payments[i], PaymentCanceled, "replaced", now)
	}

	p.holdUse(&payment, now)
	p.Payments = append(p.Payments, payment)
	p.touch()
	return nil
}

// RecordCreated records what the provider returned for a started attempt. It is
// queried later if the provider can be.
func (p *Purchase) RecordCreated(id string, created Created, queried bool, now time.Time) {
	payment := p.Payment(id)
	payment.ProviderID = created.ProviderID
	payment.NextAction = created.NextAction
	payment.State = created.State
	if payment.Proof != nil { // a notice of the payment arrived first
		payment.NextAction.Fields = nil
		return
	}

	if !created.ExpiresAt.IsZero() && created.ExpiresAt.Before(payment.ExpiresAt) {
		payment.ExpiresAt = created.ExpiresAt
	}

	if payment.Status == PaymentCreated {
		payment.Status = PaymentRequiresAction
	}

	if queried {
		payment.NextCheckAt = now.Add(firstCheckAfter)
	}

	p.touch()
}

// RecordRefused closes an attempt that its provider certainly did not start.
// message is for the merchant. It is not queried, unless the provider has sent a
// notice meanwhile.
func (p *Purchase) RecordRefused(id, code, message string, now time.Time) {
	payment := p.Payment(id)
	if payment.ReopenedAt.IsZero() {
		payment.NextCheckAt, payment.UnansweredSince = time.Time{}, time.Time{}
	}
	p.fail(payment, code, message, now)
}

// MarkLost records that the answer to an attempt's start was lost or makes no sense:
// the provider may have started it. It is queried like any other; if its provider
// cannot be queried, it is put under review after a day without a notice.
func (p *Purchase) MarkLost(id string, known Created, queried bool, now time.Time) {
	payment := p.Payment(id)
	payment.ProviderID, payment.State = known.ProviderID, known.State
	if payment.Proof != nil { // a notice of the payment arrived all the same
		return
	}

	payment.Doubtful = true
	if payment.UnansweredSince.IsZero() {
		payment.UnansweredSince = now
	}

	if queried {
		payment.NextCheckAt = now.Add(firstCheckAfter)
	}

	p.touch()
}

func (p *Purchase) fail(payment *Payment, code, message string, now time.Time) {
	if p.close(payment, PaymentFailed, code, now) {
		payment.FailureMessage = message
		p.raisePayment(EventPaymentFailed, payment, now)
	}
}

// ReportPaid records that the buyer says an attempt is paid, and makes its query
// due at once.
func (p *Purchase) ReportPaid(id string, now time.Time) {
	payment := p.Payment(id)
	if payment.Status == PaymentSucceeded || payment.NextAction.Kind == ActionNone {
		return
	}
	payment.ReportedPaidAt = now
	if !payment.NextCheckAt.IsZero() {
		payment.NextCheckAt = now
	}
	p.touch()
}

// Wake makes the query of a watched attempt due at once.
func (p *Purchase) Wake(id string, now time.Time) {
	if payment := p.Payment(id); !payment.NextCheckAt.IsZero() {
		payment.NextCheckAt = now
	}
}

// MarkDelayed records that an attempt on an open page could not be queried for a
// while. The next answer clears it.
func (p *Purchase) MarkDelayed(id string, now time.Time) {
	payment := p.Payment(id)
	if p.Session.Status != SessionOpen || payment.Delayed || payment.NextCheckAt.IsZero() || now.Sub(payment.NextCheckAt) < DelayedAfter {
		return
	}
	payment.Delayed = true
	p.touch()
}

func (p *Purchase) clearDelay(payment *Payment) {
	if payment.Delayed {
		payment.Delayed = false
		p.touch()
	}
}

// touch marks a change that the buyer's page shows.
func (p *Purchase) touch() { p.Session.Version++ }

func (p *Purchase) raisePayment(kind EventType, payment *Payment, now time.Time) {
	p.raise(Event{Type: kind, PaymentID: payment.ID, CreatedAt: now})
}

func (p *Purchase) raise(event Event) {
	event.ID = NewID(eventPrefix)
	event.MerchantID = p.Session.MerchantID
	event.Mode = p.Session.Mode
	event.SessionID = p.Session.ID
	p.events = append(p.events, event)
}
