package bayopaysim

import (
	"net/http"
	"testing"
	"time"

	"rieltime/checkout"
	"rieltime/providers/autopilot"
	"rieltime/providers/autopilot/autopilottest"
)

func piloted(t *testing.T) autopilottest.Simulator {
	sim, err := New(Options{Autopilot: true})
	if err != nil {
		t.Fatal(err)
	}
	handler := sim.Handler()
	return autopilottest.Simulator{Handler: handler, Close: sim.Close, Create: func(amount checkout.Money) func() string {
		form := requestOf(map[string]string{"bayo_amount": amount.Fixed2()})
		if status, page := autopilottest.Request(handler, "POST", GatewayPath, "application/x-www-form-urlencoded", form.Encode()); status != http.StatusSeeOther {
			t.Fatalf("the request leads to %d %s", status, page)
		}
		return func() string {
			sim.mu.Lock()
			defer sim.mu.Unlock()
			made := sim.state.Ledger.Transactions[0]
			switch made.Status {
			case statusPaid:
				said := map[string]string{}
				for _, f := range (notice{Kind: kindGenuine}).result(made, sim.state.Accounts[made.NiagaID]) {
					said[f.name] = f.value
				}
				return autopilottest.StatePaid(said["bayo_amount"])
			case statusFailed:
				return autopilottest.StateDeclined
			}
			return autopilottest.StateWaiting
		}
	}}
}

func TestAmountForcesTheOutcome(t *testing.T) {
	var cases []autopilottest.Case
	for _, c := range autopilottest.Cases(checkout.USD, "9.0", autopilot.DefaultLifetime) {
		if c.Amount == "9.03" { // BayoPay is never asked, so nothing shows that it cannot be reached
			c.States = map[time.Duration]string{
				19 * time.Second: autopilottest.StateWaiting, 21 * time.Second: autopilottest.StatePaid("9.03"),
			}
		}
		cases = append(cases, c)
	}
	autopilottest.Run(t, piloted, cases)
}
