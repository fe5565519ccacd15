package cmd

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"rieltime/checkout"
	"rieltime/db"
	"rieltime/internal/cambodia"
	"rieltime/webhooks"
	"rieltime/webhooks/outbound"
)

func checkAccounts(ctx context.Context, app *app) []finding {
	accounts, err := app.store.EnabledAccounts(ctx)
	if err != nil {
		return []finding{{verdictProblem, "the accounts cannot be read: " + explainError(err), "run rieltime check"}}
	}
	if len(accounts) == 0 {
		return []finding{{verdictWarning, "no merchant has a provider account", "apply a merchant file: rieltime merchant apply; rieltime simulate prints accounts to try it with"}}
	}

	var findings []finding
	for _, account := range accounts {
		findings = append(findings, checkAccount(ctx, app.service, account)...)
		findings = append(findings, checkQueryPause(ctx, app, account)...)
	}

	return findings
}

func checkAccount(ctx context.Context, service *checkout.Service, account checkout.Account) []finding {
	name := fmt.Sprintf("%s of %s (%s)", account.Provider, account.MerchantID, account.Mode)
	warnings, checked, err := service.CheckAccount(ctx, account)
	var no *checkout.Error
	switch {
	case errors.As(err, &no) && no.Kind == checkout.KindInvalid:
		return []finding{{verdictProblem, name + ": " + no.Error(), "correct the merchant file and apply it again"}}
	case err != nil:
		return []finding{{verdictUnknown, name + ": the provider did not answer", "try again; some providers answer only Cambodian addresses. Cause: " + err.Error()}}
	case !checked:
		return []finding{{verdictUnknown, name + ": its settings are well formed; this provider offers no further check", "make a small payment in live mode"}}
	}

	findings := []finding{{verdictOK, name + " answers", ""}}
	for i, text := range warnings {
		verdict := finding{verdictWarning, name + ": " + text, "see docs/operations.md"}
		if i == 0 {
			findings[0] = verdict
		} else {
			findings = append(findings, verdict)
		}
	}

	return findings
}

// checkQueryPause reports that payments to an account wait for confirmation because
// its provider may not be queried now, although everything is set up well.
func checkQueryPause(ctx context.Context, app *app, account checkout.Account) []finding {
	usages, err := app.store.QueryUsage(ctx, account.MerchantID, account.Mode)
	if err != nil {
		return []finding{{verdictProblem, "the query counts cannot be read: " + explainError(err), "run rieltime check"}}
	}

	delay, delayed := app.service.ConfirmationDelay(account, usages[account.ID])
	if !delayed {
		return nil
	}

	name := fmt.Sprintf("%s of %s (%s)", account.Provider, account.MerchantID, account.Mode)
	limit := ""
	if delay.Allowance > 0 {
		limit = fmt.Sprintf(" of %d queries", delay.Allowance)
	}

	next := "the next query is possible at " + delay.Until.In(cambodia.Zone).Format("15:04") + " in Cambodia. Until then payments wait for confirmation, and the checkout page says so. "
	switch {
	case delay.LimitReached:
		return []finding{{verdictWarning, name + ": the provider reports that today's limit" + limit + " is reached", next + "Ask the provider for a higher limit, and make sure that no other system uses the same token"}}
	case delay.Spent:
		return []finding{{verdictWarning, name + ": today's allowance" + limit + " is spent", next + "Raise the limit of queries a day in the merchant file if the provider allows more"}}
	}

	return []finding{{verdictWarning, name + ": the provider asked for a pause", next + "Lower the rate of queries in the merchant file if this happens often"}}
}

// checkEndpoints checks that endpoints respond to a HEAD request. The status does
// not matter, except a redirect: a HEAD is not an event.
func checkEndpoints(ctx context.Context, store *db.Store, client *http.Client) []finding {
	urls, err := store.EndpointURLs(ctx)
	if err != nil {
		return []finding{{verdictProblem, "the webhook endpoints cannot be read: " + explainError(err), "run rieltime check"}}
	}

	var findings []finding
	for id, address := range urls {
		answer, err := head(ctx, client, address)
		switch {
		case err == nil && answer.StatusCode/100 == 3:
			findings = append(findings, finding{verdictUnknown, "webhook " + id + " redirects: " + webhooks.Refusal(answer, time.Now()).Error(), "if it also redirects events, change its address in the merchant file"})
		case errors.Is(err, outbound.ErrNotAllowed):
			findings = append(findings, finding{verdictProblem, "webhook " + id + ": its address is not on the public internet", "change it in the merchant file; in test mode --allow-private-webhooks allows it"})
		case err != nil:
			findings = append(findings, finding{verdictUnknown, "webhook " + id + " could not be reached from here: " + webhooks.Unreachable(err).Error(), "ask the merchant to check that it runs with a valid certificate; deliveries are retried for three days"})
		default:
			findings = append(findings, finding{verdictOK, "webhook " + id + " can be reached", ""})
		}
	}

	return findings
}
