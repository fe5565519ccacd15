package bakong

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"rieltime/checkout"
	"rieltime/providers/bakong/internal/client"
)

// QueryPayment asks for the transaction that paid the code.
func (p *Provider) QueryPayment(ctx context.Context, account checkout.Account, payment checkout.Payment) checkout.Answer {
	if payment.ProviderID == "" {
		return checkout.Answer{Verdict: checkout.VerdictPending} // no code was shown to anyone yet
	}

	api, err := p.client(ctx, account)
	if err != nil {
		return p.unknown(err)
	}

	found, err := api.CheckMD5(ctx, payment.ProviderID)
	if err != nil {
		return p.noTransaction(account, api, err)
	}

	return p.paid(payment, found, checkout.SourceQuery)
}

// unknown is "don't know", and when to ask again.
func (p *Provider) unknown(err error) checkout.Answer {
	return checkout.Answer{Odd: aboutCode(err), PauseUntil: p.pauseUntil(err), LimitReached: errors.Is(err, client.CodeDailyLimit), DailyLimit: dailyLimit(err), Cause: err}
}

// aboutCode reports whether Bakong answered, and refused only what it was asked
// about.
func aboutCode(err error) bool {
	return errors.Is(err, client.CodeStaticQR) || errors.Is(err, client.CodeMissingFields) || errors.Is(err, client.ErrData)
}

// noTransaction translates a check that brought no transaction.
func (p *Provider) noTransaction(account checkout.Account, api client.Client, err error) checkout.Answer {
	if errors.Is(err, client.CodeUnauthorized) {
		p.tokens.reject(account, api.Token)
	}
	switch {
	case errors.Is(err, client.CodeNotFound):
		return checkout.Answer{Verdict: checkout.VerdictPending}
	case errors.Is(err, client.CodeTransactionFailed):
		return checkout.Answer{Verdict: checkout.VerdictFailed, Code: declined, Reason: "Bakong reports that the transaction failed."}
	}
	return p.unknown(err)
}

// pauseUntil is when an account may be asked again; zero when at once. What
// would not be sent at all is worth no question of the account's budget.
func (p *Provider) pauseUntil(err error) time.Time {
	var refused *client.Error
	var without *noToken
	switch {
	case errors.As(err, &without):
		return without.until
	case !errors.As(err, &refused):
		return time.Time{}
	}

	return refused.RetryAt
}

var limitText = regexp.MustCompile(`(?i)\blimit of (\d{1,9})\b`)

// dailyLimit is the token's allowance that errorCode 17 reports (public:
// "Daily request limit of 100 exceeded"); 0 when it does not.
func dailyLimit(err error) int {
	var refused *client.Error
	if !errors.As(err, &refused) || !errors.Is(err, client.CodeDailyLimit) {
		return 0
	}
	found := limitText.FindStringSubmatch(refused.Message)
	if found == nil {
		return 0
	}
	limit, _ := strconv.Atoi(found[1]) // at most nine digits
	return limit
}

// paid makes the proof of a transaction that Bakong bound to the payment's md5,
// or "don't know" when it does not say enough.
func (p *Provider) paid(payment checkout.Payment, found client.Transaction, source checkout.Source) checkout.Answer {
	proof, err := p.proof(found, source)
	if err != nil {
		return checkout.Answer{Odd: true, Cause: err}
	}
	proof.Reference = payment.Reference
	return checkout.Answer{Verdict: checkout.VerdictPaid, Proof: proof}
}

func (p *Provider) proof(found client.Transaction, source checkout.Source) (*checkout.Proof, error) {
	currency, err := checkout.ParseCurrency(string(found.Currency))
	if err != nil {
		return nil, fmt.Errorf("bakong: a transaction in currency %q", found.Currency)
	}

	amount, err := checkout.ParseDecimal(string(found.Amount), currency)
	if err != nil {
		return nil, fmt.Errorf("bakong: a transaction of amount %q: %w", found.Amount, err)
	}
	if found.Hash == "" || found.ToAccountID == "" {
		return nil, errors.New("bakong: a transaction without hash or receiver")
	}

	return &checkout.Proof{
		Provider:      Name,
		Source:        source,
		Payee:         string(found.ToAccountID),
		Amount:        amount,
		TransactionID: strings.ToLower(string(found.Hash)),
		PaidAt:        found.PaidAt(),
		SeenAt:        p.now(),
		Raw:           found.Raw,
	}, nil
}
