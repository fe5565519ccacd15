package bakong

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"rieltime/checkout"
	"rieltime/providers/bakong/internal/client"
)

// listPause is how long a deployment is asked without lists after it refused
// one.
const listPause = 10 * time.Minute

// BatchSize implements checkout.BatchQuerier.
func (p *Provider) BatchSize(account checkout.Account) int {
	settings, err := parseSettings(account.Settings)
	if err != nil || !settings.UseLists || p.listPauses.paused(settings.address(), p.now()) {
		return 1
	}
	return client.MaxList
}

// refuseLists goes without lists for a while: some deployments answer 403 to
// them whatever the token.
func (p *Provider) refuseLists(baseURL string) {
	p.listPauses.pause(baseURL, p.now().Add(listPause))
	p.log.Warn("Bakong refuses list queries; querying one code at a time for now; turn use_lists off if this continues", "base_url", baseURL)
}

// QueryPayments asks about up to 50 payments in one question. A success that
// comes without its data is no proof: it is to be asked about alone.
func (p *Provider) QueryPayments(ctx context.Context, account checkout.Account, payments []checkout.Payment) []checkout.Answer {
	answers := make([]checkout.Answer, len(payments))
	var listed map[string]client.Listed
	var failure *checkout.Answer
	if md5s := md5sOf(payments); len(md5s) > 0 {
		listed, failure = p.queryList(ctx, account, md5s)
	}

	for i, payment := range payments {
		switch item, found := listed[payment.ProviderID]; {
		case payment.ProviderID == "":
			answers[i].Verdict = checkout.VerdictPending
		case failure != nil:
			answers[i] = *failure
		case !found:
			answers[i] = checkout.Answer{Odd: true, Cause: errors.New("bakong: the list answer does not contain this code")}
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

// queryList gives the items by md5. What is answered twice is not answered.
func (p *Provider) queryList(ctx context.Context, account checkout.Account, md5s []string) (map[string]client.Listed, *checkout.Answer) {
	api, err := p.client(ctx, account)
	if err != nil {
		answer := p.unknown(err)
		return nil, &answer
	}

	items, err := api.CheckMD5List(ctx, md5s)
	if err != nil {
		return nil, p.listFailed(account, api, err)
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

// listFailed translates a list question that brought no list: it says nothing of
// any payment.
func (p *Provider) listFailed(account checkout.Account, api client.Client, err error) *checkout.Answer {
	answer := p.unknown(err)
	if client.NoEndpoint(err) {
		p.refuseLists(api.BaseURL)
		answer.PauseUntil = time.Time{}
	}
	if errors.Is(err, client.CodeUnauthorized) {
		p.tokens.reject(account, api.Token)
	}
	return &answer
}

func (p *Provider) listedAnswer(account checkout.Account, payment checkout.Payment, item client.Listed) checkout.Answer {
	switch item.Status {
	case client.ListSuccess:
		if item.Transaction != nil {
			if answer := p.paid(payment, *item.Transaction, checkout.SourceQuery); answer.Verdict == checkout.VerdictPaid {
				return answer
			}
		}
		return checkout.Answer{Verdict: checkout.VerdictProcessing, QueryAlone: true}

	case client.ListNotFound:
		return checkout.Answer{Verdict: checkout.VerdictPending}
	case client.ListFailed:
		return p.noTransaction(account, client.Client{}, client.CodeTransactionFailed)
	}

	return checkout.Answer{Odd: true, Cause: fmt.Errorf("bakong: list status %q", item.Status)}
}
