package bayopaysim

import (
	"net/http"
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
	return simkittest.Simulator{Handler: handler, Close: sim.Close, Create: func(amount checkout.Money) func() string {
		form := requestOf(map[string]string{"bayo_amount": amount.Fixed2()})
		if status, page := simkittest.Request(handler, "POST", GatewayPath, "application/x-www-form-urlencoded", form.Encode()); status != http.StatusSeeOther {
			t.Fatalf("the request leads to %d %s", status, page)
		}
		return func() string {
			sim.Mu.Lock()
			defer sim.Mu.Unlock()
			made := sim.state.Ledger.Transactions[0]
			switch made.Status {
			case statusPaid:
				fields := map[string]string{}
				for _, f := range (result{Kind: kindGenuine}).fields(made, sim.state.Accounts[made.NiagaID]) {
					fields[f.name] = f.value
				}
				return simkittest.StatePaid(fields["bayo_amount"])
			case statusFailed:
				return simkittest.StateDeclined
			}
			return simkittest.StateWaiting
		}
	}}
}

func TestAmountForcesTheOutcome(t *testing.T) {
	var cases []simkittest.Case
	for _, c := range simkittest.Cases(checkout.USD, "9.0", simkit.DefaultLifetime) {
		if c.Amount == "9.03" { // BayoPay is never asked, so nothing shows that it cannot be reached
			c.States = map[time.Duration]string{
				19 * time.Second: simkittest.StateWaiting, 21 * time.Second: simkittest.StatePaid("9.03"),
			}
		}
		cases = append(cases, c)
	}
	simkittest.Run(t, newAutopilotSimulator, cases)
}
