package checkouttest

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"rieltime/checkout"
)

// providerName is the name of the provider in tests.
const providerName = "bank"

// Provider is a provider in this process, which answers what a test sets. Fields
// that a test changes while queries may be in flight are guarded by Mu.
type Provider struct {
	Refuse   error                  // of attempts that are started
	Starting func(checkout.Payment) // receives each attempt as it is stored
	Payee    string                 // of attempts; empty: klaing's

	Limits   checkout.Budget // of an account
	ListSize int             // payments in one query; 1: no lists

	Mu             sync.Mutex
	Answers        map[string]checkout.Answer  // by reference
	Default        checkout.Answer             // about all others
	MissingAnswers int                         // how many answers a list lacks
	Spoiler        string                      // the reference that no list with it is answered for
	broken         string                      // the reference about which a query panics
	HashAmount     checkout.Money              // of what a hash or a reference names, which is no answer about other payments; zero: theirs
	NoClaims       bool                        // whether what buyers enter gets no answer
	AnswerClaim    func(checkout.Account) bool // called for each hash, reports whether it gets an answer; nil: as NoClaims says
	HashPaidAt     time.Time                   // when what a hash names was paid; zero: right after the attempt was made

	Hold chan struct{} // answers are held back until it is closed; nil: they come at once
	Held chan struct{} // receives for each query that is held back

	ReferencesAllowed bool                  // of an account
	Kinds             []string              // of reference that may be asked about now
	References        map[string]string     // transactions, by a reference's kind, a colon and its text
	ChangeProof       func(*checkout.Proof) // of a reference
	RefusedKinds      []string              // of reference that are refused when they are asked about
	ReferenceChecks   []string              // kinds and texts of the references looked up so far

	Queried    []string // payment IDs of all queries so far
	Sizes      []int    // payments in each query so far
	HashChecks int      // hashes looked up so far
}

// NewProvider returns a provider that answers that nothing is paid yet.
func NewProvider() *Provider {
	return &Provider{
		ListSize: 1, Answers: map[string]checkout.Answer{}, Default: checkout.Answer{Verdict: checkout.VerdictPending},
	}
}

// Proof proves a payment by a transaction.
func Proof(payment checkout.Payment, transaction string, at time.Time) *checkout.Proof {
	return &checkout.Proof{Provider: providerName, Source: checkout.SourceQuery, Payee: "klaing@devb", Amount: payment.Amount, TransactionID: transaction, PaidAt: at}
}

// SetAnswer sets the answer to all further queries about a payment.
func (p *Provider) SetAnswer(payment checkout.Payment, answer checkout.Answer) {
	p.Mu.Lock()
	defer p.Mu.Unlock()
	p.Answers[payment.Reference] = answer
	if p.broken == payment.Reference {
		p.broken = ""
	}
}

// PanicAbout makes queries about a payment panic until its answer is set.
func (p *Provider) PanicAbout(payment checkout.Payment) {
	p.Mu.Lock()
	defer p.Mu.Unlock()
	p.broken = payment.Reference
}

// Queries returns the number of queries so far.
func (p *Provider) Queries() int {
	p.Mu.Lock()
	defer p.Mu.Unlock()
	return len(p.Sizes)
}

// QueriesAbout returns the number of queries about a payment so far.
func (p *Provider) QueriesAbout(paymentID string) (n int) {
	p.Mu.Lock()
	defer p.Mu.Unlock()
	for _, id := range p.Queried {
		if id == paymentID {
			n++
		}
	}
	return n
}

// Name implements checkout.Provider.
func (*Provider) Name() string { return providerName }

// Info implements checkout.Provider.
func (*Provider) Info() checkout.ProviderInfo {
	return checkout.ProviderInfo{Name: "Bank", Methods: []string{"khqr"}, ReferenceFields: []string{"externalref"}}
}

// CheckSettings implements checkout.Provider.
func (*Provider) CheckSettings(checkout.Mode, json.RawMessage) error { return nil }

// Methods implements checkout.Provider.
func (*Provider) Methods(context.Context, checkout.Account, checkout.Money) ([]checkout.Method, error) {
	return []checkout.Method{{ID: "khqr", Provider: providerName, Kind: checkout.ActionQRCode}}, nil
}

// Payees implements checkout.Provider.
func (p *Provider) Payees(checkout.Account) ([]string, error) {
	return []string{cmp.Or(p.Payee, "klaing@devb")}, nil
}

// CreatePayment implements checkout.Provider.
func (p *Provider) CreatePayment(_ context.Context, _ checkout.Account, start checkout.Start) (checkout.Created, error) {
	if p.Starting != nil {
		p.Starting(start.Payment)
	}
	if p.Refuse != nil {
		return checkout.Created{}, p.Refuse
	}
	return checkout.Created{
		ProviderID: "md5-" + start.Payment.Reference,
		NextAction: checkout.NextAction{Kind: checkout.ActionQRCode, QRCode: "0002"}, ExpiresAt: start.Payment.CreatedAt.Add(5 * time.Minute),
	}, nil
}

// Budget implements checkout.Budgeted.
func (p *Provider) Budget(checkout.Account) checkout.Budget { return p.Limits }

// BatchSize implements checkout.BatchQuerier.
func (p *Provider) BatchSize(checkout.Account) int { return p.ListSize }

// QueryPayment implements checkout.Querier.
func (p *Provider) QueryPayment(ctx context.Context, account checkout.Account, payment checkout.Payment) checkout.Answer {
	return p.QueryPayments(ctx, account, []checkout.Payment{payment})[0]
}

// QueryPayments implements checkout.BatchQuerier.
func (p *Provider) QueryPayments(_ context.Context, _ checkout.Account, payments []checkout.Payment) (answers []checkout.Answer) {
	if p.Hold != nil {
		p.Held <- struct{}{}
		<-p.Hold
	}

	p.Mu.Lock()
	defer p.Mu.Unlock()

	p.Sizes = append(p.Sizes, len(payments))
	if slices.ContainsFunc(payments, func(payment checkout.Payment) bool { return payment.Reference == p.Spoiler }) {
		return make([]checkout.Answer, len(payments))
	}

	for _, payment := range payments {
		p.Queried = append(p.Queried, payment.ID)
		answers = append(answers, p.answer(payment, len(payments) == 1))
	}

	if len(payments) > 1 {
		answers = answers[p.MissingAnswers:]
	}

	return answers
}

func (p *Provider) answer(payment checkout.Payment, alone bool) checkout.Answer {
	if payment.Reference == p.broken {
		panic("a fault of the adapter")
	}

	answer, set := p.Answers[payment.Reference]
	if !set {
		answer = p.Default
	}

	if alone && answer.QueryAlone {
		return checkout.Answer{Verdict: checkout.VerdictPaid, Proof: Proof(payment, "tx-"+payment.Reference, payment.CreatedAt)}
	}

	return answer
}

// ReadCallback implements checkout.CallbackReader. The body is the reference, or
// one of "forged", "KEY signed REFERENCE" and "odd REFERENCE".
func (p *Provider) ReadCallback(account checkout.Account, message checkout.Message) (checkout.Callback, error) {
	if string(message.Body) == "forged" {
		return checkout.Callback{}, errors.New("the signature is wrong")
	}

	if key, reference, signed := strings.Cut(string(message.Body), " signed "); signed {
		if !strings.Contains(string(account.Settings), key) {
			return checkout.Callback{}, errors.New("the signature is by another key")
		}
		return checkout.Callback{Reference: reference, Reply: "OK"}, nil
	}

	if reference, odd := strings.CutPrefix(string(message.Body), "odd "); odd {
		return checkout.Callback{Reference: reference, Reply: "OK", Answer: &checkout.Answer{Reason: "It makes no sense.", Cause: errors.New("10.001")}}, nil
	}

	return checkout.Callback{Reference: string(message.Body), Reply: "OK"}, nil
}

// IsHash implements checkout.HashChecker: a hash has no spaces or slashes.
func (*Provider) IsHash(text string) bool { return !strings.ContainsAny(text, " /") }

// IsReference implements checkout.ReferenceChecker: a reference has a slash.
func (*Provider) IsReference(text string) bool { return strings.Contains(text, "/") }

// ReferenceKinds implements checkout.ReferenceChecker.
func (p *Provider) ReferenceKinds(checkout.Account) ([]string, bool) {
	return p.Kinds, p.ReferencesAllowed
}

// CheckReference implements checkout.ReferenceChecker.
func (p *Provider) CheckReference(_ context.Context, _ checkout.Account, payment checkout.Payment, reference checkout.Reference) checkout.Answer {
	p.Mu.Lock()
	defer p.Mu.Unlock()

	name := reference.Kind + ":" + reference.Text
	p.ReferenceChecks = append(p.ReferenceChecks, name)
	transaction, known := p.References[name]
	switch {
	case p.NoClaims:
		return checkout.Answer{Cause: errors.New("time-out")}
	case slices.Contains(p.RefusedKinds, reference.Kind):
		return checkout.Answer{Cause: fmt.Errorf("%w: 404", checkout.ErrReferencesRefused)}
	case !known, p.HashAmount.Minor > 0 && p.HashAmount != payment.Amount:
		return checkout.Answer{Verdict: checkout.VerdictPending}
	}

	proof := Proof(payment, transaction, payment.CreatedAt.Add(time.Second))
	if p.ChangeProof != nil {
		p.ChangeProof(proof)
	}
	return checkout.Answer{Verdict: checkout.VerdictPaid, Proof: proof}
}

// CheckHash implements checkout.HashChecker. Every hash names a transaction of the
// right amount, unless HashAmount is another.
func (p *Provider) CheckHash(_ context.Context, account checkout.Account, payment checkout.Payment, hash string) checkout.Answer {
	answered := p.AnswerClaim == nil || p.AnswerClaim(account)
	p.Mu.Lock()
	defer p.Mu.Unlock()

	p.HashChecks++
	if p.NoClaims || !answered {
		return checkout.Answer{Cause: errors.New("time-out")}
	}

	proof := Proof(payment, hash, payment.CreatedAt.Add(time.Second))
	proof.Source = checkout.SourceHash
	if !p.HashPaidAt.IsZero() {
		proof.PaidAt = p.HashPaidAt
	}

	if proof.PaidAt.Before(payment.CreatedAt) || p.HashAmount.Minor > 0 && p.HashAmount != payment.Amount {
		return checkout.Answer{Verdict: checkout.VerdictPending}
	}

	return checkout.Answer{Verdict: checkout.VerdictPaid, Proof: proof}
}
