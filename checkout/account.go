package checkout

import "context"

// CheckAccount asks an account's provider whether its settings work. An error
// is the provider's refusal, or the settings'; warnings say what could not be asked
// or will need attention. checked is false where a provider cannot be asked.
func (s *Service) CheckAccount(ctx context.Context, account Account) (warnings []string, checked bool, err error) {
	_, checked = s.providers[account.Provider].(AccountChecker)
	warnings, err = s.checkAccount(ctx, "", account)
	return warnings, checked, err
}
