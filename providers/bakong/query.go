package bakong

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"rieltime/checkout"
	"rieltime/providers/bakong/internal/client"
)

// listPause is how long a deployment is asked without lists after it refused
// one.
const listPause = 10 * time.Minute

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

	return p.paid(payment, found, "query")
}

// client is a client with a token for this account.
func (p *Provider) client(ctx context.Context, account checkout.Account) (client.Client, error) {
	settings, err := parseSettings(account.Settings)
	if err != nil {
		return client.Client{}, err
	}
	token, err := p.tokens.current(ctx, account, settings)
	if err != nil {
		return client.Client{}, err
	}
	return client.Client{Wire: p.wire, BaseURL: settings.BaseURL, Token: token, Now: p.now}, nil
}

// unknown is "don't know", and when to ask again.
func (p *Provider) unknown(err error) checkout.Answer {
	return checkout.Answer{Odd: aboutCode(err), PauseUntil: p.pauseUntil(err), LimitReached: errors.Is(err, client.DailyLimit), DailyLimit: dailyLimit(err), Cause: err}
}

// aboutCode reports whether Bakong answered, and refused only what it was asked
// about.
func aboutCode(err error) bool {
	return errors.Is(err, client.StaticCode) || errors.Is(err, client.MissingFields) || errors.Is(err, client.ErrData)
}

// noTransaction translates a check that brought no transaction.
func (p *Provider) noTransaction(account checkout.Account, api client.Client, err error) checkout.Answer {
	if errors.Is(err, client.Unauthorized) {
		p.tokens.reject(account, api.Token)
	}
	switch {
	case errors.Is(err, client.NotFound):
		return checkout.Answer{Verdict: checkout.VerdictPending}
	case errors.Is(err, client.TransactionFailed):
		return checkout.Answer{Verdict: checkout.VerdictFailed, Code: declined, Reason: "Bakong says that the transaction failed."}
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

// dailyLimit is the token's allowance that errorCode 17 tells of (public:
// "Daily request limit of 100 exceeded"); 0 when it does not.
func dailyLimit(err error) int {
	var refused *client.Error
	if !errors.As(err, &refused) || !errors.Is(err, client.DailyLimit) {
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
func (p *Provider) paid(payment checkout.Payment, found client.Transaction, source string) checkout.Answer {
	proof, err := p.proof(found, source)
	if err != nil {
		return checkout.Answer{Odd: true, Cause: err}
	}
	proof.Reference = payment.Reference
	return checkout.Answer{Verdict: checkout.VerdictPaid, Proof: proof}
}

func (p *Provider) proof(found client.Transaction, source string) (*checkout.Proof, error) {
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
		Provider:      name,
		Source:        source,
		Payee:         string(found.ToAccountID),
		Amount:        amount,
		TransactionID: strings.ToLower(string(found.Hash)),
		PaidAt:        found.PaidAt(),
		SeenAt:        p.now(),
		Raw:           found.Raw,
	}, nil
}

// BatchSize implements checkout.BatchQuerier.
func (p *Provider) BatchSize(account checkout.Account) int {
	settings, err := parseSettings(account.Settings)
	if err != nil || !settings.UseLists || p.listPauses.paused(settings.BaseURL, p.now()) {
		return 1
	}
	return client.MaxList
}

// refuseLists goes without lists for a while: some deployments answer 403 to
// them whatever the token.
func (p *Provider) refuseLists(baseURL string) {
	p.listPauses.pause(baseURL, p.now().Add(listPause))
	p.log.Warn("Bakong refuses list questions: going without them for a while; turn use_lists off if it lasts", "base_url", baseURL)
}

// QueryPayments asks about up to 50 payments in one question. A success that
// comes without its data is no proof: it is to be asked about alone.
func (p *Provider) QueryPayments(ctx context.Context, account checkout.Account, payments []checkout.Payment) []checkout.Answer {
	answers := make([]checkout.Answer, len(payments))
	var listed map[string]client.Listed
	var failure *checkout.Answer
	if md5s := md5sOf(payments); len(md5s) > 0 {
		listed, failure = p.askList(ctx, account, md5s)
	}

	for i, payment := range payments {
		switch item, found := listed[payment.ProviderID]; {
		case payment.ProviderID == "":
			answers[i].Verdict = checkout.VerdictPending
		case failure != nil:
			answers[i] = *failure
		case !found:
			answers[i] = checkout.Answer{Odd: true, Cause: errors.New("bakong: the list answer does not speak of this code")}
		default:
			answers[i] = p.listedAnswer(account, payment, item)
		}
	}

	return answers
}

func md5sOf(payments []checkout.Payment) []string {
	var md5s []string
	for _, payment := range payments {
		if payment.ProviderID != "" && !slices.Contains(md5s, payment.ProviderID) {
			md5s = append(md5s, payment.ProviderID)
		}
	}
	return md5s
}

// askList gives the items by md5. What is answered twice is not answered.
func (p *Provider) askList(ctx context.Context, account checkout.Account, md5s []string) (map[string]client.Listed, *checkout.Answer) {
	api, err := p.client(ctx, account)
	if err != nil {
		answer := p.unknown(err)
		return nil, &answer
	}

	items, err := api.CheckMD5List(ctx, md5s)
	if err != nil {
		return nil, p.noList(account, api, err)
	}

	listed, twice := map[string]client.Listed{}, map[string]bool{}
	for _, item := range items {
		if _, seen := listed[item.Key]; seen {
			twice[item.Key] = true
		}
		listed[item.Key] = item
	}

	for md5 := range twice {
		delete(listed, md5)
	}

	return listed, nil
}

// noList translates a list question that brought no list: it says nothing of
// any payment.
func (p *Provider) noList(account checkout.Account, api client.Client, err error) *checkout.Answer {
	answer := p.unknown(err)
	var refused *client.Error
	if errors.As(err, &refused) && (refused.Status == http.StatusForbidden || refused.Gone()) {
		p.refuseLists(api.BaseURL)
		answer.PauseUntil = time.Time{}
	}
	if errors.Is(err, client.Unauthorized) {
		p.tokens.reject(account, api.Token)
	}
	return &answer
}

func (p *Provider) listedAnswer(account checkout.Account, payment checkout.Payment, item client.Listed) checkout.Answer {
	switch item.Status {
	case client.ListSuccess:
		if item.Transaction != nil {
			if answer := p.paid(payment, *item.Transaction, "query"); answer.Verdict == checkout.VerdictPaid {
				return answer
			}
		}
		return checkout.Answer{Verdict: checkout.VerdictProcessing, AskAlone: true}

	case client.ListNotFound:
		return checkout.Answer{Verdict: checkout.VerdictPending}
	case client.ListFailed:
		return p.noTransaction(account, client.Client{}, client.TransactionFailed)
	}

	return checkout.Answer{Odd: true, Cause: fmt.Errorf("bakong: list status %q", item.Status)}
}
