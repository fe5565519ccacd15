package kesssim

import "rieltime/providers/simkit"

// The credentials of the account that a simulator has by default.
const (
	DemoClientID     = "demo-client"
	DemoClientSecret = "demo-client-secret"
	DemoUsername     = "demo-merchant"
	DemoPassword     = "demo-password"
	DemoSellerCode   = "CU2601-100000000000000001"
	DemoAPISecretKey = "demo-kess-api-secret-key"
)

// Demo returns the account with the credentials above.
func Demo() Account {
	return Account{
		ClientID: DemoClientID, ClientSecret: DemoClientSecret, Username: DemoUsername, Password: DemoPassword,
		SellerCode: DemoSellerCode, APISecretKey: DemoAPISecretKey, Name: "Psar Chas Shop",
	}
}

// DemoSettings implements simkit.Simulator with the demo account. The key to
// encrypt customers to is the simulator's own.
func (s *Simulator) DemoSettings(demo simkit.Demo) map[string]any {
	return map[string]any{
		"base_url": demo.URL, "client_id": DemoClientID, "client_secret": DemoClientSecret,
		"username": DemoUsername, "password": DemoPassword, "seller_code": DemoSellerCode,
		"api_secret_key": DemoAPISecretKey, "sign_type": "HMAC-SHA256", "public_key": s.PublicKey(),
		"native": true, "methods": []string{"ABAAKHPP", "ACLBKHPP", "WING", "WECHAT", "ALIPAY", "VISA_MASTER"},
	}
}
