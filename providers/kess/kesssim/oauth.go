package kesssim

import (
	"net/http"
	"strings"
	"time"

	"rieltime/checkout"
	"rieltime/providers/kess/internal/gateway"
	"rieltime/providers/simulator"
)

// The lives of tokens ("Authenticating").
const (
	accessLife  = 1800 * time.Second
	refreshLife = 2700 * time.Second
)

// login is one granted token.
type login struct {
	SellerCode     string    `json:"seller_code"`
	Refresh        string    `json:"refresh"`
	Expires        time.Time `json:"expires"`
	RefreshExpires time.Time `json:"refresh_expires"`
}

// oauthToken grants a token for a password or a refresh token, which is then
// used up.
func (s *Simulator) oauthToken(w http.ResponseWriter, r *http.Request) {
	params, err := gateway.ParseJSON(simulator.ReadBody(r))
	if err != nil {
		answer(w, refuse(http.StatusBadRequest, "body", "must be a JSON object"))
		return
	}

	s.mu.Lock()
	defer s.mu.Unlock()

	s.state.Ledger.Asked["oauth:"+params.Text("grant_type")]++
	needed := []string{"client_id", "client_secret"}
	switch params.Text("grant_type") {
	case "password":
		needed = append(needed, "username", "password")
	case "refresh_token":
		needed = append(needed, "refresh_token")
	default:
		answer(w, refuse(http.StatusBadRequest, "grant_type", "must be password or refresh_token"))
		return
	}

	for _, name := range needed {
		if params.Text(name) == "" {
			answer(w, refuse(http.StatusBadRequest, name, "is missing"))
			return
		}
	}

	account, known := s.authenticate(params)
	if !known {
		answer(w, refuse(http.StatusUnauthorized, "", ""))
		return
	}

	answer(w, s.grant(account))
}

func (s *Simulator) authenticate(params gateway.Params) (Account, bool) {
	for _, account := range s.state.Accounts {
		if account.ClientID != params.Text("client_id") || !checkout.Secret(account.ClientSecret).Equal(params.Text("client_secret")) {
			continue
		}

		if params.Text("grant_type") == "password" {
			if account.Username == params.Text("username") && checkout.Secret(account.Password).Equal(params.Text("password")) {
				return account, true
			}
			continue
		}

		for access, granted := range s.state.Tokens {
			if granted.SellerCode == account.SellerCode && checkout.Secret(granted.Refresh).Equal(params.Text("refresh_token")) {
				delete(s.state.Tokens, access)
				return account, s.now().Before(granted.RefreshExpires)
			}
		}
	}

	return Account{}, false
}

func (s *Simulator) grant(account Account) any {
	access, refresh, now := "access-"+randomHex(24), "refresh-"+randomHex(24), s.now()
	for token, old := range s.state.Tokens {
		if !now.Before(old.RefreshExpires) {
			delete(s.state.Tokens, token)
		}
	}

	s.state.Tokens[access] = login{
		SellerCode: account.SellerCode, Refresh: refresh,
		Expires: now.Add(accessLife), RefreshExpires: now.Add(refreshLife),
	}
	if err := s.save(); err != nil {
		return refuse(http.StatusInternalServerError, "", "")
	}

	return map[string]any{
		"token_type": "Bearer", "expires_in": "1800", "access_token": access, "refresh_token": refresh,
	}
}

// bearer finds the account of a request's access token. The lock is held.
func (s *Simulator) bearer(r *http.Request) (Account, bool) {
	access, found := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	granted, known := s.state.Tokens[access]
	if !found || !known || !s.now().Before(granted.Expires) {
		return Account{}, false
	}
	account, exists := s.state.Accounts[granted.SellerCode]
	return account, exists
}
