package bakongsim

import "rieltime/providers/simkit"

// What a simulator knows from the start.
const (
	DemoAccount = "rieltime_demo@devb" // a merchant's account
	DemoPayer   = "sok_dara@devb"      // the buyer's account in the bank app
	DemoEmail   = "demo@rieltime.example"

	// DemoToken is a token of DemoEmail that expires in 2100.
	DemoToken = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJkYXRhIjp7ImlkIjoiZGVtb0ByaWVsdGltZS5leGFtcGxlIn0sImV4cCI6NDEwMjQ0NDgwMCwiaWF0IjoxNzY3MjI1NjAwfQ.Lcqf25bIDxpbuxcevaGoFAtWzOj0YUEpF__9p6_VdMk"
)

// DemoSettings implements simkit.Simulator with the demo account.
func (s *Simulator) DemoSettings(demo simkit.Demo) map[string]any {
	return map[string]any{
		"base_url": demo.URL, "account": DemoAccount, "merchant_name": "Psar Chas Shop", "token": DemoToken,
		"qr_life_seconds": int(demo.QRLife.Seconds()), "app_icon_url": demo.Icon,
	}
}

// DemoHint implements simkit.Simulator: the page shows only a code.
func (s *Simulator) DemoHint(url string) string {
	return "KHQR codes are paid in the simulated bank app at " + url + "/app"
}
