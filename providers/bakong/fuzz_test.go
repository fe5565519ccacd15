package bakong_test

import (
	"testing"

	"rieltime/providers"
	"rieltime/providers/bakong"
	"rieltime/providers/bakong/bakongsim"
	"rieltime/providers/providertest"
	"rieltime/providers/wire"
)

func FuzzCheckSettings(f *testing.F) {
	providertest.FuzzSettings(f, bakong.New(providers.Options{Wire: wire.New(0)}), map[string]any{
		"base_url": "https://bakong.example", "account": bakongsim.DemoAccount, "merchant_name": "Shop", "merchant_city": "Phnom Penh",
		"merchant_id": "1", "acquiring_bank": "Dev Bank", "token": bakongsim.DemoToken, "email": bakongsim.DemoEmail,
		"settlement_accounts": []string{"bridge@devb"}, "qr_life_seconds": 600, "requests_per_second": 0.5, "daily_allowance": 100,
		"app_icon_url": "https://shop.example/i.png", "app_callback": "shop://paid", "use_lists": true, "reference_lookups": true,
	}, bakongsim.DemoToken)
}
