//go:build e2e

package e2e

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// refundResponse is what came of one request for a refund; a status of 0: no answer.
type refundResponse struct {
	status int
	ID     string `json:"id"`
	Code   string `json:"code"`
}

// askRefund asks for half a dollar back, always by the same Idempotency-Key.
func (d *demo) askRefund(payment string) (a refundResponse) {
	body := `{"payment":"` + payment + `","amount":"0.50","reason":"cold"}`
	request, err := http.NewRequest(http.MethodPost, d.URL("checkout")+"/v1/refunds", strings.NewReader(body))
	if err != nil {
		return a
	}

	request.Header.Set("Authorization", "Bearer "+d.apiKey())
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Idempotency-Key", "refund-1")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return a
	}

	defer response.Body.Close()

	_ = json.NewDecoder(response.Body).Decode(&a) // without a body there is no id
	a.status = response.StatusCode
	return a
}

// A server that is killed after KESS made a refund, but before it told so,
// answers the same request within seconds of its return, with the refund that
// it had begun; KESS makes no other.
func TestRefundInterruptedByACrashIsMadeOnce(t *testing.T) {
	t.Parallel()
	d := startDemo(t)
	session := d.buyByAutopilot("kess")
	payment := d.latest(session)
	kess := provider{demo: d, name: "kess"}
	kess.control(http.MethodPost, "faults", map[string]any{"kind": "timeout", "match": "v2Refund", "after": true})
	go d.askRefund(payment.ID)
	d.poll("have KESS make the refund", func() bool { return kess.refunds(payment.Reference) == 1 })
	var refunds struct {
		Data []struct{ ID string }
	}
	if d.call(http.MethodGet, d.URL("checkout")+"/v1/refunds", nil, &refunds); len(refunds.Data) != 1 {
		t.Fatalf("KESS was asked for a refund, but %d are written down", len(refunds.Data))
	}

	d.Kill()
	d.Start()
	var again refundResponse
	for begun := time.Now(); time.Since(begun) < 30*time.Second; time.Sleep(pollInterval) {
		if again = d.askRefund(payment.ID); again.Code != "idempotency_in_flight" {
			break
		}
	}

	begun := refunds.Data[0].ID
	if again.status != http.StatusCreated || again.ID != begun {
		t.Errorf("answered %+v, want %s", again, begun)
	}

	if d.call(http.MethodGet, d.URL("checkout")+"/v1/refunds", nil, &refunds); len(refunds.Data) != 1 {
		t.Errorf("there are %d refunds", len(refunds.Data))
	}

	if n := kess.ledger().Asked["webpay.acquire.v2Refund"]; n != 1 || kess.refunds(payment.Reference) != 1 {
		t.Errorf("KESS was asked for %d refunds, and made %d", n, kess.refunds(payment.Reference))
	}
}

// refunds are how many KESS made of an order.
func (p provider) refunds(reference string) (made int) {
	p.t.Helper()
	for _, order := range p.ledger().Orders {
		if order.OutTradeNo == reference {
			made += len(order.Refunds)
		}
	}
	return made
}

// buyByAutopilot makes a session whose amount has the simulator pay it, and
// waits for that.
func (d *demo) buyByAutopilot(method string) (session string) {
	d.t.Helper()
	var made struct{ ID string }
	shop := d.URL("shop")
	d.call(http.MethodPost, d.URL("checkout")+"/v1/checkout/sessions", map[string]any{
		"amount": "9.06", "currency": "USD", "reference": "autopilot", "success_url": shop, "cancel_url": shop,
	}, &made)
	started, err := http.PostForm(d.URL("checkout")+"/c/"+made.ID+"/payments", url.Values{"method": {method}})
	if err != nil {
		d.t.Fatal(err)
	}

	_ = started.Body.Close()
	d.waitForPayments(made.ID, method+" succeeded")
	return made.ID
}
