package kesssim

import (
	"errors"
	"slices"
)

// Account is a merchant's login with its seller code and signing key.
type Account struct {
	ClientID     string   `json:"client_id"`
	ClientSecret string   `json:"client_secret"`
	Username     string   `json:"username"`
	Password     string   `json:"password"`
	SellerCode   string   `json:"seller_code"`
	APISecretKey string   `json:"api_secret_key"`
	Name         string   `json:"name"`
	Methods      []string `json:"methods,omitempty"` // BICs; empty: all
}

// offers reports whether a merchant has a method.
func (a Account) offers(bic string) bool {
	return len(a.Methods) == 0 || slices.Contains(a.Methods, bic)
}

// SetAccount adds a merchant, or replaces the one with its seller code.
func (s *Simulator) SetAccount(account Account) error {
	s.Mu.Lock()
	defer s.Mu.Unlock()
	s.state.Accounts[account.SellerCode] = account
	return s.Save()
}

func checkAccount(account Account) error {
	if account.SellerCode == "" {
		return errors.New("seller_code is missing")
	}
	return nil
}
