package bayopaysim

import (
	"slices"

	"rieltime/providers/simkit"
)

// The credentials of the account that a simulator has by default.
const (
	DemoNiagaID  = "100105000000999"
	DemoNiagaKey = "demoNiagaKey0123456789abcdefABCDEF"
	DemoChannel  = "creditmc"
)

// Demo returns the account with the credentials above.
func Demo() Account {
	return Account{
		NiagaID: DemoNiagaID, NiagaKey: DemoNiagaKey, Name: "Psar Chas Shop",
		Channels: []Channel{
			{Name: DemoChannel, Currencies: []string{"USD", "MYR"}, MoreThan: "1.00", LessThan: "5000.00"},
			{Name: DemoChannel, Currencies: []string{"IDR"}, MoreThan: "1000.00", LessThan: "20000000.00"},
		},
	}
}

// DemoSettings implements simkit.Simulator with the demo account.
func (s *Simulator) DemoSettings(demo simkit.Demo) map[string]any {
	return map[string]any{"gateway_url": demo.URL + GatewayPath, "niaga_id": DemoNiagaID, "niaga_key": DemoNiagaKey,
		"currencies": []string{"USD", "MYR", "IDR"}, "rupiah_more_than": "1000.00", "rupiah_less_than": "20000000.00"}
}

// RegisterCallback allows the demo account's requests to name an address, as
// BayoPay does for a merchant.
func (s *Simulator) RegisterCallback(url string) error {
	s.Mu.Lock()
	account, ok := s.state.Accounts[DemoNiagaID]
	s.Mu.Unlock()
	if !ok {
		account = Demo()
	}
	if !slices.Contains(account.Registered, url) {
		account.Registered = append(account.Registered, url)
	}
	return s.SetAccount(account)
}
