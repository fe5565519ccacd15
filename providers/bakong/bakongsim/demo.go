package bakongsim

// What a simulator knows from the start.
const (
	DemoAccount = "rieltime_demo@devb" // a merchant's account
	DemoPayer   = "sok_dara@devb"      // the buyer's account in the bank app
	DemoEmail   = "demo@rieltime.example"

	// DemoToken is a token of DemoEmail that expires in 2100.
	DemoToken = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJkYXRhIjp7ImlkIjoiZGVtb0ByaWVsdGltZS5leGFtcGxlIn0sImV4cCI6NDEwMjQ0NDgwMCwiaWF0IjoxNzY3MjI1NjAwfQ.Lcqf25bIDxpbuxcevaGoFAtWzOj0YUEpF__9p6_VdMk"
)

// DemoSettings returns the settings of a merchant with the demo account, at a
// simulator with this address.
func (s *Simulator) DemoSettings(url string) map[string]any {
	return map[string]any{"base_url": url, "account": DemoAccount, "merchant_name": "Psar Chas Shop", "token": DemoToken}
}
