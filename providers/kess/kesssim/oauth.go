package kesssim

import (
	"net/http"
	"strings"
	"time"

	"rieltime/checkout"
	"rieltime/providers/kess/internal/client"
	"rieltime/providers/simkit"
)

// Lifetimes of tokens ("Authenticating").
const (
	accessLifetime  = 1800 * time.Second
	refreshLifetime = 2700 * time.Second
)

// token is an access token with its refresh token.
type token struct {
	SellerCode     string    `json:"seller_code"`
	Refresh        string    `json:"refresh"`
	Expires        time.Time `json:"expires"`
	RefreshExpires time.Time `json:"refresh_expires"`
}

// oauthToken issues a token for a password, or for a refresh token, which works
// once.
func (s *Simulator) oauthToken(w http.ResponseWriter, r *http.Request) {
	params, err := client.ParseJSON(simkit.ReadBody(r))
	if err != nil {
		writeAnswer(w, refuse(http.StatusBadRequest, "body", "must be a JSON object"))
		return
	}

	s.Mu.Lock()
	defer s.Mu.Unlock()

	s.state.Ledger.Requests["oauth:"+params.Text("grant_type")]++
	required := []string{"client_id", "client_secret"}
	switch params.Text("grant_type") {
	case "password":
		required = append(required, "username", "password")
	case "refresh_token":
		required = append(required, "refresh_token")
	default:
		writeAnswer(w, refuse(http.StatusBadRequest, "grant_type", "must be password or refresh_token"))
		return
	}

	for _, name := range required {
		if params.Text(name) == "" {
			writeAnswer(w, refuse(http.StatusBadRequest, name, "is missing"))
			return
		}
	}

	account, ok := s.authenticate(params)
	if !ok {
		writeAnswer(w, refuse(http.StatusUnauthorized, "", ""))
		return
	}

	writeAnswer(w, s.issueToken(account))
}

// authenticate returns the account of a token request. The lock is held.
func (s *Simulator) authenticate(params client.Params) (Account, bool) {
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
				return account, s.Now().Before(granted.RefreshExpires)
			}
		}
	}

	return Account{}, false
}

// issueToken stores a new token. The lock is held.
func (s *Simulator) issueToken(account Account) any {
	access, refresh, now := "access-"+randomHex(24), "refresh-"+randomHex(24), s.Now()
	for name, old := range s.state.Tokens {
		if !now.Before(old.RefreshExpires) {
			delete(s.state.Tokens, name)
		}
	}

	s.state.Tokens[access] = token{
		SellerCode: account.SellerCode, Refresh: refresh,
		Expires: now.Add(accessLifetime), RefreshExpires: now.Add(refreshLifetime),
	}
	if err := s.Save(); err != nil {
		return refuse(http.StatusInternalServerError, "", "")
	}

	return map[string]any{
		"token_type": "Bearer", "expires_in": "1800", "access_token": access, "refresh_token": refresh,
	}
}

// bearerAccount returns the account of a request's access token. The lock is held.
func (s *Simulator) bearerAccount(r *http.Request) (Account, bool) {
	access, found := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	granted, ok := s.state.Tokens[access]
	if !found || !ok || !s.Now().Before(granted.Expires) {
		return Account{}, false
	}
	account, exists := s.state.Accounts[granted.SellerCode]
	return account, exists
}
