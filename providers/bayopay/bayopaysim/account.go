package bayopaysim

import "errors"

// Channel is a way to pay that an account may use ("Channel Lists"). An amount
// must be more than MoreThan and less than LessThan. Where these differ by
// currency, an account has several with one name.
type Channel struct {
	Name       string   `json:"name"`
	Currencies []string `json:"currencies"`
	MoreThan   string   `json:"more_than"`
	LessThan   string   `json:"less_than"`
}

// Account is a merchant of BayoPay.
type Account struct {
	NiagaID     string    `json:"niaga_id"`
	NiagaKey    string    `json:"niaga_key"`
	Name        string    `json:"name"`
	Channels    []Channel `json:"channels"`
	ReturnURL   string    `json:"return_url,omitempty"`   // when the request names none
	CallbackURL string    `json:"callback_url,omitempty"` // when the request names none
	Registered  []string  `json:"registered,omitempty"`   // URLs, or prefixes that end in a slash, that requests may name; empty: any
}

// SetAccount adds a merchant, or replaces the one with its niaga id.
func (s *Simulator) SetAccount(account Account) error {
	s.Mu.Lock()
	defer s.Mu.Unlock()
	s.state.Accounts[account.NiagaID] = account
	return s.Save()
}

func checkAccount(account Account) error {
	if account.NiagaID == "" || len(account.NiagaKey) < 32 {
		return errors.New("niaga_id, or a niaga_key of at least 32 characters, is missing")
	}
	return nil
}
