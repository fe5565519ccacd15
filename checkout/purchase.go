package checkout

import (
	"slices"
	"time"
)

// Purchase is a session with all its payments, oldest first. Its methods are
// the rules: they alter the purchase, raise events, and touch nothing else.
type Purchase struct {
	Session     Session
	Payments    []Payment
	Refunds     []Refund // loaded once there is money to give back
	Merchant    Merchant
	LimitedLink bool // it is of a payment link whose uses or time are limited
	LimitedUses bool // the uses are
	UseGone     bool // it holds no use of its payment link, and others have taken them all

	// Holder stands for the address from which an attempt is started that holds
	// a use of a payment link.
	Holder string

	events []Event
}

// Events are those raised since the purchase was loaded.
func (p *Purchase) Events() []Event { return p.events }

// Payment finds one of the purchase's payments; nil when it has none such.
func (p *Purchase) Payment(id string) *Payment {
	for i := range p.Payments {
		if p.Payments[i].ID == id {
			return &p.Payments[i]
		}
	}
	return nil
}

// Latest is the newest attempt; nil when there is none.
func (p *Purchase) Latest() *Payment {
	for i := range slices.Backward(p.Payments) {
		if p.Payments[i].ExtraOf == "" {
			return &p.Payments[i]
		}
	}
	return nil
}

// Open reports whether the purchase can still be started on at now.
func (p *Purchase) Open(now time.Time) bool {
	return p.Session.Status == SessionOpen && now.Before(p.Session.ExpiresAt)
}

// Extendable reports whether the buyer can have more time at now. One who pays by
// a limited payment link cannot.
func (p *Purchase) Extendable(now time.Time) bool {
	return p.Open(now) && !p.Merchant.FixedTime && !p.LimitedLink && p.Session.ExpiresAt.Before(p.lastEnd())
}

func (p *Purchase) lastEnd() time.Time { return p.Session.CreatedAt.Add(MaxSessionLife) }

// Extend gives the buyer more time to pay, where it can be had. Attempts that
// are open keep their own ends.
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

// closedErr says why a purchase is not open.
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

// Start adds an attempt. Attempts still offered are canceled, but go on being
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

// RecordCreated records what the provider gave for a started attempt. Only a provider
// that can be queried is asked about it later.
func (p *Purchase) RecordCreated(id string, created Created, queried bool, now time.Time) {
	payment := p.Payment(id)
	payment.ProviderID = created.ProviderID
	payment.NextAction = created.NextAction
	payment.State = created.State
	if payment.Proof != nil { // its provider told of the money first
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

// RecordRefused closes an attempt of which it is certain that its provider has not
// started it. message is for the merchant. Nobody asks about it, unless the
// provider has sent a notice meanwhile.
func (p *Purchase) RecordRefused(id, code, message string, now time.Time) {
	payment := p.Payment(id)
	if payment.ReopenedAt.IsZero() {
		payment.NextCheckAt, payment.UnansweredSince = time.Time{}, time.Time{}
	}
	p.fail(payment, code, message, now)
}

// MarkLost records that the answer to an attempt's start was lost or makes no sense:
// the provider may have started it. It is asked about like any other; where it
// cannot be, it is under review once a day has brought no notice of it.
func (p *Purchase) MarkLost(id string, known Created, queried bool, now time.Time) {
	payment := p.Payment(id)
	payment.ProviderID, payment.State = known.ProviderID, known.State
	if payment.Proof != nil { // its provider told of the money all the same
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

// ReportPaid notes that the buyer says an attempt is paid, and has it asked about
// at once.
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

// Wake has an attempt that is being watched asked about at once.
func (p *Purchase) Wake(id string, now time.Time) {
	if payment := p.Payment(id); !payment.NextCheckAt.IsZero() {
		payment.NextCheckAt = now
	}
}

// MarkDelayed notes that a buyer looks at an attempt about which no question could be
// asked for a while. The next answer takes it back.
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

// Expire ends what has run out at now: attempts first, then the session, once
// the attempts that could have been paid in time have been asked about since,
// or the grace for hearing of them is over.
func (p *Purchase) Expire(now time.Time) {
	for i := range p.Payments {
		if payment := &p.Payments[i]; !now.Before(payment.ExpiresAt) {
			p.close(payment, PaymentExpired, "expired", now)
		}
	}

	if p.Session.Status != SessionOpen || now.Before(p.Session.ExpiresAt) {
		return
	}
	if now.Before(p.Session.ExpiresAt.Add(ExpiryGrace)) && slices.ContainsFunc(p.Payments, p.awaitsAnswer) {
		return
	}

	p.end(SessionExpired, EventSessionExpired, now)
}

// awaitsAnswer reports whether an attempt may have been paid in time without our
// knowing yet.
func (p *Purchase) awaitsAnswer(payment Payment) bool {
	if payment.NextCheckAt.IsZero() || payment.Review != ReviewNone {
		return false
	}
	return payment.Doubtful || payment.CheckedAt.Before(p.Session.ExpiresAt)
}

// ExpireNow closes an open session early, for its merchant.
func (p *Purchase) ExpireNow(now time.Time) error {
	return p.endEarly(SessionExpired, EventSessionExpired, PaymentExpired, now)
}

// Cancel closes an open session for its buyer.
func (p *Purchase) Cancel(now time.Time) error {
	return p.endEarly(SessionCanceled, EventSessionCanceled, PaymentCanceled, now)
}

func (p *Purchase) endEarly(status SessionStatus, event EventType, payments PaymentStatus, now time.Time) error {
	if p.Session.Status == status {
		return nil
	}
	if p.Session.Status != SessionOpen {
		return p.closedErr()
	}

	for i := range p.Payments {
		p.close(&p.Payments[i], payments, string(payments), now)
	}

	p.end(status, event, now)
	return nil
}

func (p *Purchase) end(status SessionStatus, event EventType, now time.Time) {
	p.Session.Status = status
	p.Session.ClosedAt = now
	p.touch()
	p.raise(Event{Type: event, CreatedAt: now})
}

// close ends an attempt that is still offered. It is watched on a tapering
// schedule afterwards, so that late money is found.
func (p *Purchase) close(payment *Payment, status PaymentStatus, code string, now time.Time) bool {
	if payment.Status.Closed() {
		return false
	}

	payment.Status = status
	payment.FailureCode = code
	payment.ClosedAt = now
	payment.NextAction.Fields = nil // they name the buyer, and are done with
	if !payment.NextCheckAt.IsZero() {
		payment.NextCheckAt = now
		payment.UnansweredSince = now
	}

	p.touch()
	return true
}

// touch marks a change that a buyer can see.
func (p *Purchase) touch() { p.Session.Version++ }

func (p *Purchase) raisePayment(kind EventType, payment *Payment, now time.Time) {
	p.raise(Event{Type: kind, PaymentID: payment.ID, CreatedAt: now})
}

func (p *Purchase) raise(event Event) {
	event.ID = newID(eventPrefix)
	event.MerchantID = p.Session.MerchantID
	event.Mode = p.Session.Mode
	event.SessionID = p.Session.ID
	p.events = append(p.events, event)
}
