package bakong

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"time"

	"rieltime/checkout"
	"rieltime/internal/cambodia"
	"rieltime/providers/bakong/internal/client"
)

// CheckAccount asks Bakong whether the merchant's account exists. A wrong
// account or token is an *checkout.Error; a Bakong that does not answer is a
// warning. Where references are looked up, it asks whether Bakong does that too: two more
// of the day's queries.
func (p *Provider) CheckAccount(ctx context.Context, account checkout.Account) ([]string, error) {
	settings, err := parseSettings(account.Settings)
	if err != nil {
		return nil, err
	}
	if err := checkCode(settings); err != nil { // settings stay readable when the rules change
		return nil, err
	}

	api, err := p.client(ctx, account)
	if err != nil {
		p.log.WarnContext(ctx, "no token to check the Bakong account", "account", account.ID, "error", err)
		return []string{"The Bakong account was not checked. No valid token, and renewing it failed."}, nil
	}

	for i, one := range settings.accounts() {
		param := "account"
		if i > 0 {
			param = rielPrefix + param
		}
		if warnings, err := p.checkExists(ctx, account, api, param, one); err != nil || len(warnings) > 0 {
			return warnings, err
		}
	}
	return slices.Concat(relayWarning(settings), currencyWarning(settings), bankAppsWarning(settings), p.tokenWarning(settings, api.Token),
		p.referenceWarnings(ctx, account, settings, api)), nil
}

// checkExists asks Bakong about one of the account's payees, which a setting names.
func (p *Provider) checkExists(ctx context.Context, account checkout.Account, api client.Client, setting, payee string) ([]string, error) {
	err := api.CheckAccount(ctx, payee)
	switch {
	case err == nil:
		return nil, nil
	case errors.Is(err, client.CodeAccountNotFound), errors.Is(err, client.CodeAccountInvalid):
		return nil, checkout.Invalidf(setting, "account_not_found", "Bakong does not know the account %q.", payee).WithCause(err)
	case errors.Is(err, client.CodeUnauthorized):
		p.tokens.reject(account, api.Token)
		return nil, checkout.Invalidf("token", "token_refused", "Bakong was reached and refuses the token.").WithCause(err)
	case errors.Is(err, client.CodeDailyLimit):
		return []string{"Bakong's daily query limit is reached; payments wait for confirmation."}, nil
	}

	p.log.WarnContext(ctx, "check of the Bakong account failed", "account", account.ID, "error", err)
	var refused *client.Error
	if errors.As(err, &refused) && refused.Status == http.StatusForbidden {
		return []string{"Bakong refuses calls from here (HTTP status 403): it answers Cambodian addresses only, and some paths are closed. The account was not checked. See docs/relay.md."}, nil
	}
	return []string{"Bakong did not respond; the account was not checked."}, nil
}

// currencyWarning speaks up about buyers who could not pay.
func currencyWarning(settings Settings) []string {
	if settings.takes(checkout.KHR) {
		return nil
	}
	return []string{"The account takes dollars only: wallets from abroad pay riel, so their buyers cannot pay by KHQR. Add KHR to currencies, with a riel_account if riel has one of its own."}
}

// relayWarning speaks up about a relay that anybody may run.
func relayWarning(settings Settings) []string {
	if settings.Upstream == "" || settings.UpstreamIdentity != "" {
		return nil
	}
	return []string{"Bakong's answers come through a relay without keys of its own: whoever runs it, or takes its address over, sees the token and can say that something was paid. See docs/relay.md."}
}

// tokenWarning speaks up where nobody else would renew the token in time.
func (p *Provider) tokenWarning(settings Settings, token checkout.Secret) []string {
	ends := client.Expiry(token)
	if settings.Email != "" || ends.IsZero() || ends.Sub(p.now()) > renewBefore {
		return nil
	}
	return []string{"The Bakong token expires on " + ends.In(cambodia.Zone).Format("2006-01-02") + ", and no email is set to renew it."}
}

// AccountEnds implements checkout.AccountEnder: at the end of a token that no e-mail
// address is set to renew.
func (p *Provider) AccountEnds(ctx context.Context, account checkout.Account) (time.Time, error) {
	settings, err := parseSettings(account.Settings)
	if err != nil || settings.Email != "" {
		return time.Time{}, err
	}
	token, err := p.tokens.latest(ctx, account, settings)
	return client.Expiry(token), err
}
