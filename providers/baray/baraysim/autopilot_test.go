package baraysim

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"rieltime/checkout"
	"rieltime/providers/simkit"
	"rieltime/providers/simkit/simkittest"
)

func newAutopilotSimulator(t *testing.T) simkittest.Simulator {
	sim, err := New(Options{Autopilot: true})
	if err != nil {
		t.Fatal(err)
	}
	handler := sim.Handler()
	ask := func(path, body string) (int, map[string]any) {
		status, text := simkittest.Request(handler, "POST", path, "application/json", body, "x-api-key", DemoAPIKey)
		answer := map[string]any{}
		_ = json.Unmarshal(text, &answer)
		return status, answer
	}
	return simkittest.Simulator{Handler: handler, Close: sim.Close, Create: func(amount checkout.Money) func() string {
		order := fmt.Sprintf(`{"amount":%q,"currency":%q,"order_id":"PILOT"}`, amount.Fixed2(), amount.Currency)
		status, intent := ask("/pay", fmt.Sprintf(`{"data":%q}`, encrypt(t, order)))
		if status != 200 {
			t.Fatalf("POST /pay: %d %v", status, intent)
		}
		return func() string {
			status, answer := ask("/payments/check/intent", fmt.Sprintf(`{"intent_id":%q}`, intent["_id"]))
			switch answer["status"] {
			case statusSuccess:
				return simkittest.StatePaid(amount.Decimal())
			case statusFailed:
				return simkittest.StateDeclined
			case statusPending:
				return simkittest.StateWaiting
			}
			if status == 0 {
				return simkittest.StateUnreachable
			}
			return fmt.Sprint(status, answer)
		}
	}}
}

func TestAmountForcesTheOutcome(t *testing.T) {
	var cases []simkittest.Case
	for _, c := range append(simkittest.Cases(checkout.USD, "9.0", simkit.DefaultLifetime), simkittest.Cases(checkout.KHR, "4100", simkit.DefaultLifetime)...) {
		if c.Amount[len(c.Amount)-1] == '4' { // Baray's answers name no amount
			c.States = map[time.Duration]string{time.Hour: simkittest.StateWaiting}
		}
		cases = append(cases, c)
	}
	simkittest.Run(t, newAutopilotSimulator, cases)
}
