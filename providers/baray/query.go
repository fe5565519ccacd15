package baray

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	"rieltime/checkout"
	"rieltime/providers/baray/internal/api"
)

// QueryPayment asks for the status of the payment's intent (section 5, manual
// transaction check). "success", whatever its case, is paid. No other value is
// documented, and failures are never told: any other text is "not yet".
//
// A check names neither amount nor transaction. The proof's amount is the
// intent's, as Baray answered when it was created, and its transaction is the
// intent, which Baray lets be paid once, in full.
func (p *Provider) QueryPayment(ctx context.Context, account checkout.Account, payment checkout.Payment) checkout.Answer {
	settings, client, err := p.client(account)
	if err != nil {
		return checkout.Answer{Cause: err}
	}
	if len(payment.State) == 0 {
		return p.queryOrder(ctx, settings, client, payment)
	}
	var known state
	if err := json.Unmarshal(payment.State, &known); err != nil {
		return checkout.Answer{Cause: err}
	}
	status, err := client.CheckIntent(ctx, known.IntentID)
	if err != nil {
		return p.unknown(err)
	}
	amount, err := checkout.ParseDecimal(known.Amount, known.Currency)
	if err != nil {
		return checkout.Answer{Cause: err}
	}
	return p.judge(status, checkout.Proof{
		Payee: payee(account, settings), Amount: amount,
		Reference: payment.Reference, TransactionID: known.IntentID,
	})
}

// queryOrder asks about an attempt whose creation brought no answer, so that
// its intent is unknown. Its order id is new and went out only in our own
// encrypted call, which named the amount.
func (p *Provider) queryOrder(ctx context.Context, s Settings, client *api.Client, payment checkout.Payment) checkout.Answer {
	if s.OrgID == "" {
		return checkout.Answer{Cause: errors.New("baray: the intent is unknown, and no org_id is set to ask for the order")}
	}
	status, err := client.CheckOrder(ctx, s.OrgID, payment.Reference)
	if notFound(err) {
		return checkout.Answer{Verdict: checkout.Pending, Reason: "Baray knows of no such order."}
	}
	if err != nil {
		return p.unknown(err)
	}
	return p.judge(status, checkout.Proof{
		Payee: s.OrgID, Amount: payment.Amount,
		Reference: payment.Reference, TransactionID: "order:" + payment.Reference,
	})
}

func (p *Provider) judge(status api.Status, proof checkout.Proof) checkout.Answer {
	if !strings.EqualFold(status.Text, "success") {
		return checkout.Answer{Verdict: checkout.Pending, Reason: "Baray says: " + safe(status.Text)}
	}
	proof.Provider, proof.Source, proof.SeenAt, proof.Raw = Name, "query", p.now(), status.Raw
	return checkout.Answer{Verdict: checkout.Paid, Proof: &proof}
}

func (p *Provider) unknown(err error) checkout.Answer {
	answer := checkout.Answer{Cause: err}
	var refused *api.Error
	if errors.As(err, &refused) {
		answer.PauseUntil = refused.PauseUntil(p.now())
	}
	return answer
}

// notFound tells Baray's own 404 from that of some other server.
func notFound(err error) bool {
	var refused *api.Error
	return errors.As(err, &refused) && refused.Status == http.StatusNotFound && refused.Text != ""
}
