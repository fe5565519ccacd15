package baray

import (
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"rieltime/checkout"
	"rieltime/providers/baray/baraysim"
	"rieltime/providers/providertest"
)

func TestContract(t *testing.T) { providertest.Run(t, openHarness) }

func openHarness(t *testing.T) *providertest.Harness {
	h := newHarness(t)
	messages := make(chan checkout.Message, 16)
	merchant := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		messages <- checkout.Message{Method: r.Method, ContentType: r.Header.Get("Content-Type"), Body: body}
	}))
	t.Cleanup(merchant.Close)
	account := baraysim.Demo()
	account.WebhookCallbackURL = merchant.URL
	h.control("POST", "accounts", mustJSON(t, account))
	h.control("POST", "callbacks", `{"drop":true}`) // webhooks are sent by hand

	send := func(kind string) func(checkout.Payment) checkout.Message {
		return func(p checkout.Payment) checkout.Message {
			h.control("POST", "callbacks/send", fmt.Sprintf(`{"reference":%q,"kind":%q}`, p.Reference, kind))
			select {
			case message := <-messages:
				return message
			case <-time.After(30 * time.Second):
				t.Fatal("no webhook came")
				return checkout.Message{}
			}
		}
	}
	return &providertest.Harness{
		Provider: h.provider, Account: h.account, Settings: &Settings{}, Method: Name, Action: checkout.ActionRedirect,
		Amount:             checkout.Money{Minor: 1000, Currency: checkout.USD},
		Secrets:            []string{baraysim.DemoAPIKey, baraysim.DemoSK, baraysim.DemoIV},
		UnsupportedAmounts: []checkout.Money{{Minor: 2, Currency: checkout.USD}, {Minor: 99, Currency: checkout.KHR}},
		Pay:                func(p checkout.Payment) { h.pay(p.Reference, "paid") },
		Fail:               func(p checkout.Payment) { h.pay(p.Reference, "failed") },
		Hang:               func() { h.control("POST", "faults", `{"kind":"timeout"}`) },
		Resume:             func() { h.control("DELETE", "faults", "") },
		LoseNextAnswer:     func() { h.control("POST", "faults", `{"kind":"timeout","path":"/pay","after":true,"count":1}`) },
		CountOrders: func(p checkout.Payment) int {
			n := 0
			for _, intent := range h.ledger().Intents {
				if intent.OrderID == p.Reference {
					n++
				}
			}
			return n
		},
		GenuineMessage: send("genuine"), ForgedMessage: send("forged"),
		OtherAccount: accountAt(h.server.URL, map[string]any{"sk": base64.StdEncoding.EncodeToString(make([]byte, 32))}),
	}
}
