package kess

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"rieltime/checkout"
	"rieltime/providers/kess/internal/client"
)

// CheckAccount implements checkout.AccountChecker: it logs in and reads the
// merchant's own record and methods.
func (p *Provider) CheckAccount(ctx context.Context, account checkout.Account) ([]string, error) {
	settings, access, err := gatewayAccount(account)
	if err != nil {
		return nil, err
	}

	var record json.RawMessage
	if err := p.client.Call(ctx, access, client.MerchantInfo, nil, &record); err != nil {
		return p.unchecked(ctx, account, err)
	}

	var listed []client.PaymentMethod
	if err := p.client.Call(ctx, access, client.GetPaymentMethods, nil, &listed); err != nil {
		return p.unchecked(ctx, account, err)
	}

	var warnings []string
	if len(listed) == 0 {
		warnings = append(warnings, "KESS lists no payment method for this merchant.")
	}

	have := map[string]bool{}
	for _, method := range listed {
		have[method.BIC] = true
	}

	for _, wanted := range settings.Methods {
		if !have[wanted] {
			warnings = append(warnings, "KESS does not list "+wanted+" for this merchant.")
		}
	}

	return warnings, nil
}

// refusals are the errors that are about the settings; any other may pass.
var refusals = []string{client.CodeValidationError, client.CodeUnauthenticated, client.CodeForbidden, client.CodeNotFound}

// unchecked distinguishes KESS's refusal of the settings from an answer that proves nothing.
func (p *Provider) unchecked(ctx context.Context, account checkout.Account, err error) ([]string, error) {
	var refused *client.Error
	if errors.As(err, &refused) && slices.Contains(refusals, refused.Code) {
		return nil, checkout.Invalidf("", "settings_refused", "KESS refused these settings: %s.", strings.TrimSuffix(refused.Message, ".")).WithCause(err)
	}
	p.log.WarnContext(ctx, "check of the KESS settings failed", "account", account.ID, "error", err)
	return []string{"KESS did not respond; the settings were not checked."}, nil
}
