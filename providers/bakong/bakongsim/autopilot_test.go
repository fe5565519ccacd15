package bakongsim

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"rieltime/checkout"
	"rieltime/khqr"
	"rieltime/providers/simkit/simkittest"
)

const pilotLife = 5 * time.Minute

// pilotClock is the bubble's clock, which begins in 2000, in a year whose
// milliseconds have 13 digits.
func pilotClock() time.Time { return time.Now().AddDate(26, 0, 0) }

func newAutopilotSimulator(t *testing.T) simkittest.Simulator {
	sim, err := New(Options{Autopilot: true, Now: pilotClock})
	if err != nil {
		t.Fatal(err)
	}
	handler := sim.Handler()
	ask := func(endpoint, body string) (status int, code int, data transaction) {
		status, text := simkittest.Request(handler, "POST", "/v1/"+endpoint, "application/json", body, "Authorization", "Bearer "+DemoToken)
		var answer struct {
			ErrorCode *int            `json:"errorCode"`
			Data      json.RawMessage `json:"data"`
		}
		_ = json.Unmarshal(text, &answer)
		_ = json.Unmarshal(answer.Data, &data)
		if answer.ErrorCode != nil {
			code = *answer.ErrorCode
		}
		return status, code, data
	}
	return simkittest.Simulator{Handler: handler, Close: sim.Close, Create: func(amount checkout.Money) func() string {
		now := pilotClock()
		code := khqr.Code{
			Kind: khqr.Individual, Account: DemoAccount, MerchantName: "Demo", MerchantCity: "Phnom Penh", Currency: khqr.USD,
			Amount: amount.Decimal(), BillNumber: "PILOT", Created: now, Expires: now.Add(pilotLife),
		}
		if amount.Currency == checkout.KHR {
			code.Currency = khqr.KHR
		}
		qr, err := code.Encode(now)
		if err != nil {
			t.Fatal(err)
		}
		link := fmt.Sprintf(`{"qr":%q}`, qr)
		if status, refused, _ := ask("generate_deeplink_by_qr", link); status != 200 || refused != 0 {
			t.Fatalf("no deep link: %d, %d", status, refused)
		}
		ask("generate_deeplink_by_qr", link) // no second payment
		return func() string {
			status, refused, found := ask("check_transaction_by_md5", fmt.Sprintf(`{"md5":%q}`, khqr.MD5(qr)))
			switch {
			case status == 0:
				return simkittest.StateUnreachable
			case refused == 3:
				return simkittest.StateDeclined
			case refused == 1:
				return simkittest.StateWaiting
			}
			if sim.Mu.Lock(); len(sim.state.Transactions) != 1 {
				t.Errorf("there are %d transactions", len(sim.state.Transactions))
			}
			sim.Mu.Unlock()
			paid, err := checkout.ParseDecimal(string(found.Amount), found.Currency)
			if err != nil {
				t.Error(err)
			}
			return simkittest.StatePaid(paid.Decimal())
		}
	}}
}

func TestAmountForcesTheOutcome(t *testing.T) {
	simkittest.Run(t, newAutopilotSimulator, simkittest.Cases(checkout.USD, "9.0", pilotLife))
	simkittest.Run(t, newAutopilotSimulator, simkittest.Cases(checkout.KHR, "4100", pilotLife))
}
