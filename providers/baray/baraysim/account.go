package baraysim

import (
	"errors"

	"rieltime/providers/baray/internal/client"
)

// Account is an API key with what its owner has set for it (section 3).
type Account struct {
	APIKey             string `json:"api_key"`
	SK                 string `json:"sk"`
	IV                 string `json:"iv"`
	Target             string `json:"target"`
	OrgID              string `json:"org_id"`
	OrgName            string `json:"org_name"`
	SuccessRedirectURL string `json:"success_redirect_url,omitempty"`
	CancelRedirectURL  string `json:"cancel_redirect_url,omitempty"`
	WebhookCallbackURL string `json:"webhook_callback_url,omitempty"`
}

// SetAccount adds an account, or replaces the one with its API key. An empty
// webhook address keeps the one that was set before.
func (s *Simulator) SetAccount(account Account) error {
	if err := checkAccount(account); err != nil {
		return err
	}
	s.Mu.Lock()
	defer s.Mu.Unlock()
	if account.WebhookCallbackURL == "" {
		account.WebhookCallbackURL = s.state.Accounts[account.APIKey].WebhookCallbackURL
	}
	s.state.Accounts[account.APIKey] = account
	return s.Save()
}

func checkAccount(account Account) error {
	if account.APIKey == "" {
		return errors.New("api_key is missing")
	}
	_, err := client.NewKey(account.SK, account.IV)
	return err
}
