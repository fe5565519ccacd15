package kesssim

import (
	"encoding/json"
	"maps"
	"testing"
	"time"

	"rieltime/checkout"
	"rieltime/providers/kess/internal/client"
	"rieltime/providers/simkit/simkittest"
)

const pilotLife = 5 * time.Minute

func newAutopilotSimulator(service string, more map[string]any) func(t *testing.T) simkittest.Simulator {
	return func(t *testing.T) simkittest.Simulator {
		sim, err := New(Options{Autopilot: true})
		if err != nil {
			t.Fatal(err)
		}
		handler := sim.Handler()
		ask := func(path, access string, body map[string]any) (status int, answer map[string]any) {
			status, text := simkittest.Request(handler, "POST", path, "application/json", encodeJSON(body), "Authorization", "Bearer "+access)
			_ = json.Unmarshal(text, &answer)
			return status, answer
		}
		login := func() string {
			_, granted := ask("/oauth/token", "", map[string]any{
				"grant_type": "password", "client_id": DemoClientID, "client_secret": DemoClientSecret,
				"username": DemoUsername, "password": DemoPassword,
			})
			access, _ := granted["access_token"].(string)
			return access
		}
		call := func(service string, fields map[string]any) (int, map[string]any) {
			params := client.Params{"service": client.Prefix + service, "sign_type": client.MD5, "seller_code": DemoSellerCode, "out_trade_no": "PILOT"}
			maps.Copy(params, fields)
			params["sign"], _ = params.Sign(DemoAPISecretKey)
			status, answer := ask("/api/mch/v2/gateway", login(), params)
			data, _ := answer["data"].(map[string]any)
			if answer["errors"] != nil {
				t.Errorf("%s: %v", service, answer["errors"])
			}
			return status, data
		}
		return simkittest.Simulator{Handler: handler, Close: sim.Close, Create: func(amount checkout.Money) func() string {
			fields := order("PILOT", map[string]any{
				"total_amount": json.Number(amount.Decimal()), "currency": string(amount.Currency), "expires_in": json.Number("300"),
			})
			maps.Copy(fields, more)
			if status, answer := call(service, fields); status != 200 {
				t.Fatalf("%s: %d %v", service, status, answer)
			}
			return func() string {
				status, order := call("queryOrder", nil)
				switch order["status"] {
				case client.StatusSuccess:
					paid, _ := order["total_amount"].(float64)
					text, _ := json.Marshal(paid)
					money, err := checkout.ParseDecimal(string(text), amount.Currency)
					if err != nil {
						t.Error(err)
					}
					return simkittest.StatePaid(money.Decimal())
				case client.StatusClosed:
					if logs, _ := order["error_logs"].([]any); len(logs) > 0 {
						return simkittest.StateDeclined
					}
				}
				if status == 0 {
					return simkittest.StateUnreachable
				}
				return simkittest.StateWaiting // a closed order waits for late money
			}
		}}
	}
}

func TestAmountForcesTheOutcome(t *testing.T) {
	for name, simulator := range map[string]func(*testing.T) simkittest.Simulator{
		"hosted": newAutopilotSimulator("createorder", nil),
		"native": newAutopilotSimulator("nativePay", map[string]any{"service_code": "ABAAKHPP"}),
	} {
		t.Run(name, func(t *testing.T) {
			simkittest.Run(t, simulator, simkittest.Cases(checkout.USD, "9.0", pilotLife))
			simkittest.Run(t, simulator, simkittest.Cases(checkout.KHR, "4100", pilotLife))
		})
	}
}
