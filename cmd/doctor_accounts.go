package cmd

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"rieltime/checkout"
	"rieltime/db"
	"rieltime/webhooks"
	"rieltime/webhooks/outbound"
)

func checkAccounts(ctx context.Context, app *app) []finding {
	accounts, err := app.store.EnabledAccounts(ctx)
	if err != nil {
		return []finding{{problem, "the accounts cannot be read: " + explain(err), "run rieltime check"}}
	}
	if len(accounts) == 0 {
		return []finding{{warning, "no merchant has an account at any provider", "apply a merchant's file: rieltime merchant apply"}}
	}

	var findings []finding
	for _, account := range accounts {
		findings = append(findings, checkAccount(ctx, app.service, account)...)
		findings = append(findings, checkAsking(ctx, app, account)...)
	}

	return findings
}

func checkAccount(ctx context.Context, service *checkout.Service, account checkout.Account) []finding {
	name := fmt.Sprintf("%s of %s (%s)", account.Provider, account.MerchantID, account.Mode)
	warnings, checked, err := service.CheckAccount(ctx, account)
	var no *checkout.Error
	switch {
	case errors.As(err, &no) && no.Kind == checkout.KindInvalid:
		return []finding{{problem, name + ": " + no.Error(), "correct the merchant's file and apply it again"}}
	case err != nil:
		return []finding{{unknown, name + ": the provider gave no answer", "try again; Bakong answers only Cambodian addresses. Cause: " + err.Error()}}
	case !checked:
		return []finding{{unknown, name + ": its settings are well formed; this provider cannot be asked more", "make a small payment in live mode"}}
	}

	findings := []finding{{fine, name + " answers", ""}}
	for i, text := range warnings {
		verdict := finding{warning, name + ": " + text, "see docs/operations.md"}
		if i == 0 {
			findings[0] = verdict
		} else {
			findings = append(findings, verdict)
		}
	}

	return findings
}

// checkAsking says when payments to an account wait for their confirmation
// although all is set up well.
func checkAsking(ctx context.Context, app *app, account checkout.Account) []finding {
	meters, err := app.store.Meters(ctx, account.MerchantID, account.Mode)
	if err != nil {
		return []finding{{problem, "the questions asked so far cannot be read: " + explain(err), "run rieltime check"}}
	}

	silence, silent := app.service.SilenceOf(account, meters[account.ID])
	if !silent {
		return nil
	}

	name := fmt.Sprintf("%s of %s (%s)", account.Provider, account.MerchantID, account.Mode)
	limit := ""
	if silence.Allowance > 0 {
		limit = fmt.Sprintf(" of %d questions", silence.Allowance)
	}

	next := "it may be asked again at " + silence.Until.In(cambodia).Format("15:04") + " in Cambodia; until then payments wait for their confirmation, and buyers read so. "
	switch {
	case silence.LimitReached:
		return []finding{{warning, name + ": the provider says that today's limit" + limit + " is reached", next + "Ask the provider for a higher limit, and see that no other system uses the same token"}}
	case silence.Spent:
		return []finding{{warning, name + ": today's allowance" + limit + " is spent", next + "Raise daily_allowance in the merchant's file if the provider allows more"}}
	}

	return []finding{{warning, name + ": the provider has asked for a pause", next + "Lower requests_per_second if this comes often"}}
}

// cambodia is the zone in which the day's limits are counted.
var cambodia = time.FixedZone("ICT", 7*60*60)

// checkEndpoints asks for no more than an answer, whatever it says: a HEAD is
// not an event.
func checkEndpoints(ctx context.Context, store *db.Store, client *http.Client) []finding {
	urls, err := store.EndpointURLs(ctx)
	if err != nil {
		return []finding{{problem, "the webhook endpoints cannot be read: " + explain(err), "run rieltime check"}}
	}

	var findings []finding
	for id, address := range urls {
		answer, err := head(ctx, client, address)
		switch {
		case err == nil && answer.StatusCode/100 == 3:
			findings = append(findings, finding{unknown, "webhook " + id + " redirects: " + webhooks.Refusal(answer, time.Now()).Error(), "if it answers events so too, change its address in the merchant's file"})
		case errors.Is(err, outbound.ErrNotAllowed):
			findings = append(findings, finding{problem, "webhook " + id + ": its address is not on the public internet", "change it in the merchant's file; in test mode --allow-private-webhooks allows it"})
		case err != nil:
			findings = append(findings, finding{unknown, "webhook " + id + " could not be reached from here: " + webhooks.Unreachable(err).Error(), "have the merchant check that it runs and its certificate is valid; deliveries go on being tried for three days"})
		default:
			findings = append(findings, finding{fine, "webhook " + id + " can be reached", ""})
		}
	}

	return findings
}
