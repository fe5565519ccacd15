//go:build e2e

package e2e

import (
	"encoding/json"
	"fmt"
	"math/big"
	"net/http"
	"strings"
	"time"
)

// paymentRow, sessionRow and eventRow are the checkout's rows as its API shows
// them.
type paymentRow struct {
	ID        string    `json:"id"`
	Session   string    `json:"session"`
	Status    string    `json:"status"`
	Provider  string    `json:"provider"`
	Amount    string    `json:"amount"`
	Currency  string    `json:"currency"`
	Reference string    `json:"provider_reference"`
	Failure   string    `json:"failure_code"`
	Review    string    `json:"review"`
	Proof     *proofRow `json:"proof"`
}

type proofRow struct {
	Amount      string    `json:"amount"`
	Currency    string    `json:"currency"`
	Transaction string    `json:"transaction_id"`
	Source      string    `json:"source"`
	SeenAt      time.Time `json:"seen_at"`
}

type sessionRow struct {
	ID        string    `json:"id"`
	Status    string    `json:"status"`
	Amount    string    `json:"amount"`
	Currency  string    `json:"currency"`
	Reference string    `json:"reference"`
	Payment   string    `json:"payment"`
	ExpiresAt time.Time `json:"expires_at"`
}

type eventRow struct {
	Sequence int64  `json:"sequence"`
	ID       string `json:"id"`
	receivedEvent
}

// ledgerEntry is money that a provider took, by its own ledger. Without a reference it
// is a sale at the till, which is nobody's payment here.
type ledgerEntry struct {
	provider, transaction, reference, amount, currency string
	at                                                 time.Time
}

// simLedger is what the simulators' ledgers have, each its own part.
type simLedger struct {
	Codes map[string]struct { // Bakong: what was asked, by md5
		QR string `json:"qr"`
	} `json:"codes"`
	Transactions []struct { // Bakong and BayoPay
		Hash     string    `json:"hash"`
		MD5      string    `json:"md5"`
		Failed   bool      `json:"failed"`
		TranID   string    `json:"tranid"`
		OrderID  string    `json:"orderid"`
		Status   string    `json:"status"`
		Amount   string    `json:"amount"`
		Currency string    `json:"currency"`
		Millis   int64     `json:"created_ms"`
		PaidAt   time.Time `json:"paid_at"`
	} `json:"transactions"`
	Intents []struct { // Baray
		ID       string    `json:"_id"`
		OrderID  string    `json:"order_id"`
		Amount   string    `json:"amount"`
		Currency string    `json:"currency"`
		Status   string    `json:"status"`
		PaidAt   time.Time `json:"paid_at"`
	} `json:"intents"`
	Orders []struct { // KESS
		TransactionID string    `json:"transaction_id"`
		OutTradeNo    string    `json:"out_trade_no"`
		TotalAmount   jsonNum   `json:"total_amount"`
		Currency      string    `json:"currency"`
		Status        string    `json:"status"`
		PaidAt        time.Time `json:"paid_at"`
	} `json:"orders"`
	Callbacks []struct {
		Reference string `json:"reference"`
		Kind      string `json:"kind"`
		Status    int    `json:"status"`
	} `json:"callbacks"`
}

// jsonNum is a number or its text.
type jsonNum string

func (n *jsonNum) UnmarshalJSON(text []byte) error {
	*n = jsonNum(strings.Trim(string(text), `"`))
	return nil
}

// money lists what the providers took, and counts their callbacks.
func (w *crashHarness) money() (rows []ledgerEntry, callbacks map[string]int) {
	callbacks = map[string]int{}
	for _, name := range []string{"bakong", "baray", "kess", "bayopay"} {
		var l simLedger
		w.read(w.sims[name]+"/control/ledger", &l)
		for _, t := range l.Transactions {
			switch {
			case name == "bakong" && !t.Failed:
				rows = append(rows, ledgerEntry{name, t.Hash, tag(tag(l.Codes[t.MD5].QR, "62"), "01"), t.Amount, t.Currency, time.UnixMilli(t.Millis)})
			case t.Status == "00":
				rows = append(rows, ledgerEntry{name, t.TranID, t.OrderID, t.Amount, t.Currency, t.PaidAt})
			}
		}

		for _, i := range l.Intents {
			if i.Status == "success" {
				rows = append(rows, ledgerEntry{name, i.ID, i.OrderID, i.Amount, i.Currency, i.PaidAt})
			}
		}

		for _, o := range l.Orders {
			if o.Status == "SUCCESS" {
				rows = append(rows, ledgerEntry{name, o.TransactionID, o.OutTradeNo, string(o.TotalAmount), o.Currency, o.PaidAt})
			}
		}

		for _, c := range l.Callbacks {
			callbacks[fmt.Sprintf("%s, answered %d", c.Kind, c.Status)]++
		}
	}

	return rows, callbacks
}

func sameMoney(amount, currency, otherAmount, otherCurrency string) bool {
	one, ok := new(big.Rat).SetString(amount)
	other, also := new(big.Rat).SetString(otherAmount)
	return ok && also && one.Cmp(other) == 0 && currency == otherCurrency
}

// list reads a whole list of the API, newest first.
func list[T any](w *crashHarness, path string, id func(T) string) (rows []T) {
	for after := ""; ; {
		var page struct {
			Data    []T  `json:"data"`
			HasMore bool `json:"has_more"`
		}

		w.readAPI(path+"?limit=100"+after, &page)
		rows = append(rows, page.Data...)
		if !page.HasMore || len(page.Data) == 0 {
			return rows
		}

		after = "&starting_after=" + id(page.Data[len(page.Data)-1])
	}
}

func (w *crashHarness) payments() []paymentRow {
	return list(w, "/v1/payments", func(p paymentRow) string { return p.ID })
}

// feed reads all events in their order.
func (w *crashHarness) feed() (events []eventRow) {
	for after := int64(0); ; {
		var page struct {
			Data []eventRow `json:"data"`
		}
		w.readAPI(fmt.Sprintf("/v1/events?limit=100&after_sequence=%d", after), &page)
		if len(page.Data) == 0 {
			return events
		}

		events = append(events, page.Data...)
		after = page.Data[len(page.Data)-1].Sequence
	}
}

func (w *crashHarness) readAPI(path string, into any) {
	w.t.Helper()
	request, err := http.NewRequest(http.MethodGet, w.baseURL+path, nil)
	if err != nil {
		w.t.Fatal(err)
	}

	request.Header.Set("Authorization", "Bearer "+w.key)
	answer, err := w.http.Do(request)
	if err != nil {
		w.t.Fatal(err)
	}

	defer answer.Body.Close()

	if err := json.NewDecoder(answer.Body).Decode(into); err != nil || answer.StatusCode != http.StatusOK {
		w.t.Fatalf("%s: %d %v", path, answer.StatusCode, err)
	}
}
