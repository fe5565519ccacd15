package baray

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	"rieltime/checkout"
	"rieltime/providers/baray/internal/client"
)

// QueryPayment asks for the status of the payment's intent (section 5, manual
// transaction check). "success", whatever its case, is paid. No other value is
// documented, and failures are never reported: any other text is "not yet".
//
// A check names neither amount nor transaction. The proof's amount is the
// intent's, as Baray answered when it was created, and its transaction is the
// intent, which Baray lets be paid once, in full.
//
// The order is asked about, by our own reference, where the intent is unknown:
// its creation brought no usable answer, or Baray does not know the id that it
// gave. A closed attempt is asked about both ways, should that id have been
// another intent's.
func (p *Provider) QueryPayment(ctx context.Context, account checkout.Account, payment checkout.Payment) checkout.Answer {
	settings, api, err := p.client(account)
	if err != nil {
		return checkout.Answer{Cause: err}
	}

	var saved state
	if len(payment.State) > 0 {
		if err := json.Unmarshal(payment.State, &saved); err != nil {
			return checkout.Answer{Odd: true, Cause: err}
		}
	}

	proof, err := expected(account, settings, payment, saved)
	if err != nil {
		return checkout.Answer{Odd: true, Cause: err}
	}

	query := orderQuery{api, settings, payment, saved}
	if saved.IntentID == "" {
		return p.queryOrder(ctx, query, proof)
	}

	status, err := api.CheckIntent(ctx, saved.IntentID)
	if err != nil && !notFound(err) {
		return p.unknown(err)
	}

	answer := p.unknown(err)
	if err == nil {
		answer = p.judge(status, proof)
	}

	if err == nil && (answer.Verdict == checkout.VerdictPaid || !payment.Status.Closed()) {
		return answer
	}
	if byOrder := p.queryOrder(ctx, query, proof); byOrder.Verdict == checkout.VerdictPaid {
		return byOrder
	}

	return answer
}

// orderQuery is what it takes to ask about a payment's order.
type orderQuery struct {
	client   *client.Client
	settings Settings
	payment  checkout.Payment
	known    state
}

// expected is the proof that a payment would have: of what the attempt was made
// for, whatever the settings say since.
func expected(account checkout.Account, s Settings, payment checkout.Payment, saved state) (checkout.Proof, error) {
	proof := checkout.Proof{Payee: payee(account, s), Amount: payment.Amount, Reference: payment.Reference, TransactionID: saved.IntentID}
	if len(payment.Payees) > 0 {
		proof.Payee = payment.Payees[0]
	}

	if saved.Payee != "" {
		proof.Payee = saved.Payee
	}

	if proof.TransactionID == "" {
		proof.TransactionID = "order:" + payment.Reference
	}

	if saved.Amount == "" { // the order's id went out only in our own call, which named the amount
		return proof, nil
	}

	amount, err := checkout.ParseDecimal(saved.Amount, saved.Currency)
	proof.Amount = amount
	return proof, err
}

// queryOrder asks about an attempt by its order id, which is new for each.
func (p *Provider) queryOrder(ctx context.Context, q orderQuery, proof checkout.Proof) checkout.Answer {
	organization := q.organization()
	if organization == "" {
		return checkout.Answer{Odd: true, Cause: errors.New("baray: the intent is unknown, and no org_id is set to query the order")}
	}

	status, err := q.client.CheckOrder(ctx, organization, q.payment.Reference)
	if notFound(err) && organization == q.settings.OrgID { // another organization's key does not see the order
		return checkout.Answer{Verdict: checkout.VerdictPending, Reason: "Baray does not know this order."}
	}
	if err != nil {
		return p.unknown(err)
	}

	return p.judge(status, proof)
}

// organization is whose the order is: that of the settings by which it was made,
// else that of Baray's answer, else that of the settings now.
func (q orderQuery) organization() string {
	if len(q.payment.Payees) > 0 && !strings.HasPrefix(q.payment.Payees[0], Name+":") {
		return q.payment.Payees[0]
	}
	if q.known.OrgID != "" {
		return q.known.OrgID
	}
	return q.settings.OrgID
}

func (p *Provider) judge(status client.Status, proof checkout.Proof) checkout.Answer {
	if !strings.EqualFold(status.Text, "success") {
		return checkout.Answer{Verdict: checkout.VerdictPending, Reason: "Baray reports the status: " + safe(status.Text)}
	}
	proof.Provider, proof.Source, proof.SeenAt, proof.Raw = Name, checkout.SourceQuery, p.now(), status.Raw
	return checkout.Answer{Verdict: checkout.VerdictPaid, Proof: &proof}
}

func (p *Provider) unknown(err error) checkout.Answer {
	answer := checkout.Answer{Cause: err}
	var refused *client.Error
	if errors.As(err, &refused) {
		answer.PauseUntil, answer.Odd = refused.PauseUntil(p.now()), refused.AboutOrder()
	}
	return answer
}

// notFound distinguishes Baray's own 404 from that of some other server.
func notFound(err error) bool {
	var refused *client.Error
	return errors.As(err, &refused) && refused.Status == http.StatusNotFound && refused.Text != ""
}
