package baraysim

import "rieltime/providers/simkit"

// The credentials of the account that a simulator has by default.
const (
	DemoAPIKey = "bry_dev_demo0000000000000000"
	DemoSK     = "cmllbHRpbWUtZGVtby1iYXJheS1zZWNyZXQta2V5LTA="
	DemoIV     = "ZGVtby1iYXJheS1pdi0wMA=="
	DemoOrgID  = "org-00000000-0000-4000-8000-00000000ba2a"
	DemoTarget = "DEVELOPMENT"
)

// Demo returns the account with the credentials above.
func Demo() Account {
	return Account{
		APIKey: DemoAPIKey, SK: DemoSK, IV: DemoIV, Target: DemoTarget,
		OrgID: DemoOrgID, OrgName: "Psar Chas Shop",
	}
}

// DemoSettings implements simkit.Simulator with the demo account.
func (s *Simulator) DemoSettings(demo simkit.Demo) map[string]any {
	return map[string]any{
		"base_url": demo.URL, "pay_url": demo.URL, "api_key": DemoAPIKey, "sk": DemoSK, "iv": DemoIV,
		"target": DemoTarget, "org_id": DemoOrgID,
	}
}

// RegisterCallback sets the demo account's webhook address, as a merchant does
// in Baray's dashboard.
func (s *Simulator) RegisterCallback(url string) error {
	account := Demo()
	account.WebhookCallbackURL = url
	return s.SetAccount(account)
}
