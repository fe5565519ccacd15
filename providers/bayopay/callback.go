package bayopay

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"rieltime/checkout"
	"rieltime/providers/bayopay/internal/client"
)

// The statuses of a result ("Response Parameters").
const (
	statusPaid    = "00"
	statusFailed  = "11"
	statusPending = "22"
)

// malaysia is the clock of bayo_paydate, which names no zone: BayoPay's own.
var malaysia = time.FixedZone("MYT", 8*60*60)

// ReadCallback verifies a result, whether BayoPay's server or the buyer's
// browser brings it, by its bayo_reshash. Only POST is BayoPay's; a GET of the
// return address is a buyer going back and forth, and says nothing.
//
// The hash joins its parts without separators. They cannot be shifted: the
// niaga id and the currency are fixed, the status has two characters, and the
// order id must be one of ours.
func (p *Provider) ReadCallback(account checkout.Account, message checkout.Message) (checkout.Callback, error) {
	s, err := parseSettings(account.Settings)
	if err != nil {
		return checkout.Callback{}, checkout.ErrCallbackRefused.WithCause(err)
	}
	if message.Method != http.MethodPost {
		return checkout.Callback{}, checkout.ErrCallbackRefused.WithCause(errors.New("not a POST"))
	}

	fields, err := client.ParseMessage(message.Body)
	if err != nil {
		return checkout.Callback{}, checkout.ErrCallbackRefused.WithCause(err)
	}

	r, err := verify(s, fields)
	if err != nil {
		return checkout.Callback{}, checkout.ErrCallbackRefused.WithCause(err)
	}

	answer, err := answerOf(r, fields, message.ReceivedAt)
	if err != nil { // it is BayoPay's own word about our order, and may be about money
		answer = checkout.Answer{Reason: "BayoPay sent a result that could not be understood.", Cause: err}
	}

	return checkout.Callback{Reference: r.OrderID, Answer: &answer, Reply: s.CallbackReply}, nil
}

// ReadReturn implements checkout.ReturnReader.
func (p *Provider) ReadReturn(message checkout.Message) checkout.Return {
	fields, err := client.ParseMessage(message.Body)
	if err != nil {
		return checkout.Return{}
	}
	return checkout.Return{Reference: fields["bayo_orderid"]} // how it ended is in the verified result
}

func verify(s Settings, fields client.Message) (client.Result, error) {
	date, err := fields.Date()
	if err != nil {
		return client.Result{}, err
	}

	r := client.Result{
		TranID: fields["bayo_tranid"], OrderID: fields["bayo_orderid"], Status: fields["bayo_status"],
		NiagaID: fields["bayo_niagaid"], Amount: fields["bayo_amount"], Currency: fields["bayo_currency"],
		Date: date, AppCode: fields["bayo_appcode"],
	}
	if !client.EqualHash(fields["bayo_reshash"], r.Hash(s.NiagaKey.Reveal())) {
		return client.Result{}, errors.New("the hash is wrong")
	}

	switch {
	case r.NiagaID != s.NiagaID:
		return client.Result{}, fmt.Errorf("unexpected niaga id %q", r.NiagaID)
	case !orderIDForm.MatchString(r.OrderID):
		return client.Result{}, fmt.Errorf("unexpected order id %q", r.OrderID)
	case r.TranID == "":
		return client.Result{}, errors.New("no transaction id")
	}

	return r, nil
}

func answerOf(r client.Result, fields client.Message, now time.Time) (checkout.Answer, error) {
	switch r.Status {
	case statusPaid:
		proof, err := proofOf(r, fields, now)
		return checkout.Answer{Verdict: checkout.VerdictPaid, Proof: &proof}, err
	case statusFailed:
		fault := faultOf(fields["bayo_errorcode"])
		return checkout.Answer{Verdict: checkout.VerdictFailed, Transaction: r.TranID, Code: fault.Buyer, Reason: fault.Merchant}, nil
	case statusPending:
		return checkout.Answer{Verdict: checkout.VerdictProcessing, Reason: "BayoPay is waiting for the bank."}, nil
	}

	return checkout.Answer{}, fmt.Errorf("unknown status %q", r.Status)
}

// proofOf keeps amount and currency as BayoPay signed them, in whatever
// currency: the comparison with what was asked is not done here.
func proofOf(r client.Result, fields client.Message, now time.Time) (checkout.Proof, error) {
	currency, err := currencyOf(r.Currency)
	if err != nil {
		return checkout.Proof{}, err
	}
	if strings.Trim(r.Amount, "0123456789.") != "" {
		return checkout.Proof{}, fmt.Errorf("invalid amount %q", r.Amount)
	}

	amount, err := checkout.ParseDecimal(r.Amount, currency)
	if err != nil {
		return checkout.Proof{}, fmt.Errorf("invalid amount %q: %w", r.Amount, err)
	}

	raw, err := json.Marshal(fields)
	if err != nil {
		return checkout.Proof{}, err
	}

	return checkout.Proof{
		Provider: Name, Source: checkout.SourceCallback, Reference: r.OrderID, Payee: r.NiagaID, Amount: amount,
		TransactionID: r.TranID, PaidAt: paidAt(r.Date), SeenAt: now, Raw: raw,
	}, nil
}

func currencyOf(text string) (checkout.Currency, error) {
	if currency, ok := codes[text]; ok {
		return currency, nil
	}
	if currency := checkout.Currency(text); !unknownCurrency(currency) {
		return currency, nil
	}
	return "", fmt.Errorf("unknown currency %q", text)
}

// paidAt reads the date in the sample's form and in that of the tables
// ("YYYY-MMDD HH:mm:ss"); zero when it is neither.
func paidAt(text string) time.Time {
	for _, layout := range []string{time.DateTime, "2006-0102 15:04:05"} {
		if at, err := time.ParseInLocation(layout, text, malaysia); err == nil {
			return at
		}
	}
	return time.Time{}
}
