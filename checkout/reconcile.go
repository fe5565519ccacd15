package checkout

import (
	"context"
	"encoding/json"
	"strings"
	"time"
)

// OrderLister lists what the provider has, so that it can be compared with our
// payments.
type OrderLister interface {
	// Orders lists the orders created from one time up to another. It may list
	// some from before and after.
	Orders(ctx context.Context, account Account, from, to time.Time) ([]Order, error)
}

// Order is one purchase as one side records it, us or the provider. Amount is the
// decimal text. Paid says whether money came, refunded later or not.
type Order struct {
	Reference     string    `json:"provider_reference"`
	Amount        string    `json:"amount"`
	Currency      string    `json:"currency"`
	Status        string    `json:"status"`
	Paid          bool      `json:"paid"`
	TransactionID string    `json:"transaction_id"` // null when there is none
	CreatedAt     time.Time `json:"created_at"`     // null when the provider does not say
	Unsure        bool      `json:"unsure"`         // ours, which may not have reached the provider: never missing
}

// MarshalJSON writes what is absent as null.
func (o Order) MarshalJSON() ([]byte, error) {
	type plain Order
	return json.Marshal(struct {
		plain
		TransactionID *string    `json:"transaction_id"`
		CreatedAt     *time.Time `json:"created_at"`
	}{plain(o), orNull(o.TransactionID), optional(o.CreatedAt)})
}

// OrderOf returns our record of a payment.
func OrderOf(payment Payment) Order {
	return Order{
		Reference: payment.Reference, Amount: payment.Amount.Decimal(), Currency: string(payment.Amount.Currency),
		Status: string(payment.Status), Paid: payment.Proof != nil, CreatedAt: payment.CreatedAt, Unsure: payment.ProviderID == "",
	}
}

// OrderDifference is one order that the two sides record differently. Fields are
// "amount", "currency" and "paid".
type OrderDifference struct {
	Ours   Order    `json:"ours"`
	Theirs Order    `json:"theirs"`
	Fields []string `json:"fields"`
}

// Reconciliation compares our payments of some time with the provider's orders.
type Reconciliation struct {
	From      time.Time         `json:"from"`
	To        time.Time         `json:"to"`
	Matched   int               `json:"matched"`
	Missing   []Order           `json:"missing"`   // ours, which the provider does not have
	Extra     []Order           `json:"extra"`     // the provider's, which are not ours
	Different []OrderDifference `json:"different"` // in both, recorded differently
}

// Clean reports whether nothing is missing, extra or different.
func (r Reconciliation) Clean() bool {
	return len(r.Missing)+len(r.Extra)+len(r.Different) == 0
}

// Reconcile compares the orders created from one time up to another. Either list
// may hold some from before and after: since the clocks differ, the other side may
// have created its order on the other side of midnight.
func Reconcile(from, to time.Time, ours, theirs []Order) Reconciliation {
	result := Reconciliation{From: from, To: to, Missing: []Order{}, Extra: []Order{}, Different: []OrderDifference{}}
	within := func(order Order) bool { return !order.CreatedAt.Before(from) && order.CreatedAt.Before(to) }

	known := map[string]Order{}
	for _, order := range theirs {
		known[order.Reference] = order
	}

	mine := map[string]bool{}
	for _, order := range ours {
		mine[order.Reference] = true
		if within(order) {
			result.compare(order, known)
		}
	}

	for _, order := range theirs {
		if !mine[order.Reference] && within(order) {
			result.Extra = append(result.Extra, order)
		}
	}

	return result
}

// compare adds one of our orders to the result.
func (r *Reconciliation) compare(ours Order, known map[string]Order) {
	theirs, found := known[ours.Reference]
	if !found {
		if !ours.Unsure {
			r.Missing = append(r.Missing, ours)
		}
		return
	}

	if fields := differingFields(ours, theirs); len(fields) > 0 {
		r.Different = append(r.Different, OrderDifference{Ours: ours, Theirs: theirs, Fields: fields})
		return
	}

	r.Matched++
}

func differingFields(ours, theirs Order) []string {
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

func sameAmount(ours, theirs Order) bool {
	currency, err := ParseCurrency(ours.Currency)
	if err != nil {
		return ours.Amount == theirs.Amount
	}
	left, errLeft := ParseDecimal(ours.Amount, currency)
	right, errRight := ParseDecimal(theirs.Amount, currency)
	return errLeft == nil && errRight == nil && left == right
}
