// Package autopilottest holds every simulator to the outcomes that amounts ask
// for.
package simkittest

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"rieltime/checkout"
)

// States of a payment, as a simulator's own protocol or ledger reports them.
const (
	StateWaiting     = "waiting"
	StateDeclined    = "declined"
	StateUnreachable = "unreachable"
	paid             = "paid " // with the amount: "paid 9.03"
)

// StatePaid is the state of a payment that was paid.
func StatePaid(amount string) string { return paid + amount }

// Simulator is one under test, made with its autopilot on and the clock of the
// time package.
type Simulator struct {
	Handler  http.Handler
	Close    func()
	Lifetime time.Duration // of a payment; zero: the simulator is given no end

	// Create makes a payment over the protocol and returns how its state is
	// read.
	Create func(amount checkout.Money) (state func() string)
}

// Case is what becomes of an amount: its states at times since it began.
type Case struct {
	Amount   string
	Currency checkout.Currency
	States   map[time.Duration]string
}

// Cases are those that every simulator shares, in a currency: whole is the
// amount without its last digit. life is how long a payment lasts.
func Cases(currency checkout.Currency, whole string, life time.Duration) []Case {
	late := life + 2*time.Minute + 5*time.Second
	of := func(digit string, states map[time.Duration]string) Case {
		return Case{whole + digit, currency, states}
	}
	return []Case{
		of("0", map[time.Duration]string{time.Hour: StateWaiting}),
		of("1", map[time.Duration]string{2 * time.Second: StateWaiting, 4 * time.Second: StateDeclined, time.Hour: StateDeclined}),
		of("2", map[time.Duration]string{time.Second: StateWaiting, time.Hour: StateWaiting}),
		of("3", map[time.Duration]string{time.Second: StateUnreachable, 19 * time.Second: StateUnreachable, 21 * time.Second: StatePaid(whole + "3")}),
		of("4", map[time.Duration]string{2 * time.Second: StateWaiting, 4 * time.Second: StatePaid(whole + "3")}),
		of("5", map[time.Duration]string{late - time.Second: StateWaiting, late + time.Second: StatePaid(whole + "5")}),
		of("6", map[time.Duration]string{2 * time.Second: StateWaiting, 4 * time.Second: StatePaid(whole + "6")}),
		of("7", map[time.Duration]string{time.Hour: StateWaiting}),
	}
}

// Run holds a simulator, made anew for each moment, to cases.
func Run(t *testing.T, make func(*testing.T) Simulator, cases []Case) {
	for _, c := range cases {
		for after, want := range c.States {
			t.Run(string(c.Currency)+" "+c.Amount+" after "+after.String(), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					simulator := make(t)
					amount, err := checkout.ParseMoney(c.Amount, c.Currency)
					if err != nil {
						t.Fatal(err)
					}

					state := simulator.Create(amount)
					time.Sleep(after)
					synctest.Wait()
					if got := state(); got != want {
						t.Errorf("it is %s, want %s", got, want)
					}

					simulator.Close()
				})
			})
		}
	}
}

// Request makes a request of a simulator without a network. A connection that the
// simulator cuts has status 0.
func Request(handler http.Handler, method, path, contentType, body string, header ...string) (status int, answer []byte) {
	defer func() {
		if recover() == http.ErrAbortHandler {
			status, answer = 0, nil
		}
	}()

	request := httptest.NewRequest(method, path, strings.NewReader(body))
	request.Header.Set("Content-Type", contentType)
	for i := 0; i+1 < len(header); i += 2 {
		request.Header.Set(header[i], header[i+1])
	}

	recorder := httptest.NewRecorder()
	handler.ServeHTTP(recorder, request)
	answer, _ = io.ReadAll(recorder.Body)
	return recorder.Code, answer
}
