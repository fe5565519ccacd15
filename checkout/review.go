package checkout

import (
	"slices"
	"time"
)

// Decision is what a merchant does about money under review.
type Decision string

// The decisions.
const (
	DecisionAccept   Decision = "accept"   // keep it
	DecisionRefunded Decision = "refunded" // it was given back by hand
	DecisionRefuse   Decision = "refuse"   // it was not for this session; nothing is given back
)

// ReviewDecision closes a review, once.
type ReviewDecision struct {
	Decision Decision
	Note     string
	By       string // the API key's id
	At       time.Time
}

// ErrReviewNotOpen is a decision about a payment that waits for none.
var ErrReviewNotOpen = &Error{Kind: KindConflict, Code: "review_not_open", Detail: "The payment has no review, or it is decided already."}

var errNothingProved = &Error{Kind: KindConflict, Code: ErrReviewNotOpen.Code, Detail: "No money of this payment is known yet: there is nothing to accept."}

var errGivenBack = &Error{Kind: KindConflict, Code: ErrReviewNotOpen.Code, Detail: "All of this payment's money has been given back."}

var errRefuse = &Error{
	Kind: KindConflict, Code: "decision_not_possible", Param: "decision",
	Detail: "This money came for this session: decision must be accept or refunded. Only a claimed, contested or unknown payment can be refused.",
}

var errNothingToGiveBack = &Error{
	Kind: KindConflict, Code: "decision_not_possible", Param: "decision",
	Detail: "Another payment has this transaction, so there is nothing to give back: decision must be accept or refuse.",
}

func (d ReviewDecision) check() error {
	if d.Decision == "" {
		return Invalidf("decision", "decision_missing", "decision is required: accept, refunded or refuse.")
	}
	if !slices.Contains([]Decision{DecisionAccept, DecisionRefunded, DecisionRefuse}, d.Decision) {
		return Invalidf("decision", "decision_invalid", "decision must be accept, refunded or refuse.")
	}
	return checkText("note", d.Note, maxNote)
}

// possible reports why a decision cannot be made about a payment under review;
// nil when it can.
func (d ReviewDecision) possible(payment Payment) error {
	switch {
	case d.Decision == DecisionRefuse && !slices.Contains([]Review{ReviewClaimed, ReviewContested, ReviewUnknown}, payment.Review):
		return errRefuse
	case d.Decision == DecisionAccept && payment.Proof == nil:
		return errNothingProved
	case d.Decision == DecisionRefunded && payment.TransactionLost:
		return errNothingToGiveBack
	case d.Decision == DecisionAccept && payment.GivenBack():
		return errGivenBack
	}

	return nil
}

// same reports whether a decision was made before, at another time.
func (d ReviewDecision) same(before *ReviewDecision) bool {
	return before != nil && d.Decision == before.Decision && d.Note == before.Note && d.By == before.By
}

// Decide closes a payment's review. Accepted money completes the session
// unless another payment has; a duplicate is only kept. What was given back is
// recorded as a refund made by hand, with this id, of all that is left. Refusing
// leaves everything as it is, but frees the transaction of a claim for other
// sessions.
//
// A payment that lost its transaction takes it again to be accepted: the store
// refuses that with ErrTransactionReused while another payment has it.
func (p *Purchase) Decide(id string, decision ReviewDecision, refundID string) error {
	payment := p.Payment(id)
	if payment.Review == ReviewNone || payment.Decision != nil {
		return ErrReviewNotOpen
	}
	if err := decision.possible(*payment); err != nil {
		return err
	}

	payment.Decision = &decision
	p.touch()
	switch decision.Decision {
	case DecisionRefunded:
		return p.givenBack(payment, decision, refundID)
	case DecisionRefuse:
		payment.TransactionLost = payment.TransactionLost || payment.Review == ReviewClaimed && payment.Refunded == 0
		return nil
	}

	payment.TransactionLost = false
	if payment.Review != ReviewDuplicate && p.Session.Status != SessionComplete {
		payment.succeed()
		p.complete(payment, decision.At)
	}

	return nil
}

func (p *Purchase) givenBack(payment *Payment, decision ReviewDecision, refundID string) error {
	if payment.Refundable().Minor == 0 {
		return nil
	}
	return p.RequestRefund(refundID, RefundParams{
		Payment: payment.ID, Reason: "Review: " + string(payment.Review), RequestedBy: decision.By,
		ByHand: &ByHand{By: decision.By, Note: decision.Note},
	}, decision.At)
}

// PublicReviewDecision is a ReviewDecision as merchants see it.
type PublicReviewDecision struct {
	Decision  Decision  `json:"decision"`
	Note      *string   `json:"note"`
	DecidedAt time.Time `json:"decided_at"`
}

func (d *ReviewDecision) public() *PublicReviewDecision {
	if d == nil {
		return nil
	}
	return &PublicReviewDecision{Decision: d.Decision, Note: orNull(d.Note), DecidedAt: d.At}
}
