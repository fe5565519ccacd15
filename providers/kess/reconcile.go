package kess

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"rieltime/checkout"
	"rieltime/providers/kess/internal/gateway"
)

const (
	reconcilePage = 200
	reconcileMax  = 500 // pages
)

// Entry is one order in a reconciliation, ours or KESS's. Amount is the
// decimal text. Paid says whether money came, refunded later or not.
type Entry struct {
	Reference     string    `json:"provider_reference"`
	Amount        string    `json:"amount"`
	Currency      string    `json:"currency"`
	Status        string    `json:"status"`
	Paid          bool      `json:"paid"`
	TransactionID string    `json:"transaction_id"` // null when there is none
	CreatedAt     time.Time `json:"created_at"`     // null when KESS does not say
	Unsure        bool      `json:"unsure"`         // ours, which may not have reached KESS: never missing
}

// MarshalJSON writes what is absent as null.
func (e Entry) MarshalJSON() ([]byte, error) {
	type plain Entry
	shown := struct {
		plain
		TransactionID *string    `json:"transaction_id"`
		CreatedAt     *time.Time `json:"created_at"`
	}{plain: plain(e)}
	if e.TransactionID != "" {
		shown.TransactionID = &e.TransactionID
	}

	if !e.CreatedAt.IsZero() {
		shown.CreatedAt = &e.CreatedAt
	}

	return json.Marshal(shown)
}

// Difference is one order that the two sides tell differently. Fields are
// "amount", "currency" and "paid".
type Difference struct {
	Ours   Entry    `json:"ours"`
	Theirs Entry    `json:"theirs"`
	Fields []string `json:"fields"`
}

// Reconciliation compares our payments of a day with KESS's orders.
type Reconciliation struct {
	From      time.Time    `json:"from"`
	To        time.Time    `json:"to"`
	Matched   int          `json:"matched"`
	Missing   []Entry      `json:"missing"`   // ours, which KESS does not have
	Extra     []Entry      `json:"extra"`     // KESS's, which are not ours
	Different []Difference `json:"different"` // in both, told differently
}

// Clean reports whether nothing is missing, extra or different.
func (r Reconciliation) Clean() bool {
	return len(r.Missing)+len(r.Extra)+len(r.Different) == 0
}

// Reconcile compares ours, the payments created from one time up to another,
// with the orders that KESS has of those days (queryorderbydaterange). KESS's
// days are read one wider at each end, as the document names no time zone. Of
// ours from before and after, it only tells that they are: KESS may have made
// the order on the other side of midnight.
func (p *Provider) Reconcile(ctx context.Context, account checkout.Account, from, to time.Time, ours []Entry) (Reconciliation, error) {
	theirs, err := p.Orders(ctx, account, from.AddDate(0, 0, -1), to.AddDate(0, 0, 1))
	if err != nil {
		return Reconciliation{}, err
	}

	result := Reconciliation{From: from, To: to, Missing: []Entry{}, Extra: []Entry{}, Different: []Difference{}}
	known := map[string]Entry{}
	for _, entry := range theirs {
		known[entry.Reference] = entry
	}

	mine := map[string]bool{}
	for _, entry := range ours {
		mine[entry.Reference] = true
		if entry.CreatedAt.Before(from) || !entry.CreatedAt.Before(to) {
			continue
		}

		other, found := known[entry.Reference]
		if !found && entry.Unsure {
			continue
		} else if !found {
			result.Missing = append(result.Missing, entry)
		} else if fields := differ(entry, other); len(fields) > 0 {
			result.Different = append(result.Different, Difference{Ours: entry, Theirs: other, Fields: fields})
		} else {
			result.Matched++
		}
	}

	for _, entry := range theirs {
		if !mine[entry.Reference] && !entry.CreatedAt.Before(from) && entry.CreatedAt.Before(to) {
			result.Extra = append(result.Extra, entry)
		}
	}

	return result, nil
}

func differ(ours, theirs Entry) []string {
	var fields []string
	if !strings.EqualFold(ours.Currency, theirs.Currency) {
		fields = append(fields, "currency")
	} else if !sameAmount(ours, theirs) {
		fields = append(fields, "amount")
	}
	if ours.Paid != theirs.Paid {
		fields = append(fields, "paid")
	}
	return fields
}

func sameAmount(ours, theirs Entry) bool {
	currency, err := checkout.ParseCurrency(ours.Currency)
	if err != nil {
		return ours.Amount == theirs.Amount
	}
	left, errLeft := checkout.ParseDecimal(ours.Amount, currency)
	right, errRight := checkout.ParseDecimal(theirs.Amount, currency)
	return errLeft == nil && errRight == nil && left == right
}

// Orders lists KESS's orders of the days from one date to another, withdrawals
// (negative amounts) left out.
func (p *Provider) Orders(ctx context.Context, account checkout.Account, from, to time.Time) ([]Entry, error) {
	_, access, err := read(account)
	if err != nil {
		return nil, err
	}

	var entries []Entry
	for number := 1; number <= reconcileMax; number++ {
		var page gateway.OrderPage
		if err := p.client.Call(ctx, access, gateway.QueryOrderByDateRange, gateway.Params{
			"start_date": from.UTC().Format(time.DateOnly), "end_date": to.UTC().Format(time.DateOnly),
			"per_page": reconcilePage, "page": number,
		}, &page); err != nil {
			return nil, fmt.Errorf("orders, page %d: %w", number, err)
		}

		for _, order := range page.Items {
			if !strings.HasPrefix(order.TotalAmount.String(), "-") {
				entries = append(entries, entryOf(order))
			}
		}

		if last, err := page.LastPage.Int64(); err != nil || int64(number) >= last || len(page.Items) == 0 {
			return entries, nil
		}
	}

	return nil, fmt.Errorf("more than %d orders", reconcileMax*reconcilePage)
}

// EntryOf is our side of a payment.
func EntryOf(payment checkout.Payment) Entry {
	return Entry{
		Reference: payment.Reference, Amount: payment.Amount.Decimal(), Currency: string(payment.Amount.Currency),
		Status: string(payment.Status), Paid: payment.Proof != nil, CreatedAt: payment.CreatedAt, Unsure: payment.ProviderID == "",
	}
}

func entryOf(order gateway.Order) Entry {
	status := gateway.NormalStatus(order.Status)
	return Entry{
		Reference: order.OutTradeNo, Amount: order.TotalAmount.String(), Currency: order.Currency,
		Status: status, TransactionID: order.TransactionID, CreatedAt: gateway.Time(order.CreatedAt),
		Paid: status == gateway.StatusSuccess || gateway.Refunded(status),
	}
}
