package simkit

import (
	"net/http"

	"rieltime/checkout"
)

// Decision is how a payment ends, as a test decides it. It is the same at every
// simulator, so that a test need not know the provider.
type Decision struct {
	Reference string `json:"reference"` // the payment's provider_reference in Rieltime's API
	QR        string `json:"qr"`        // the code that the buyer scanned; needed only of a provider that learns of codes when they are paid
	Outcome   string `json:"outcome"`   // OutcomeNamePaid or OutcomeNameFailed
	Amount    string `json:"amount"`    // paid instead of the payment's own, such as "9.99"; empty: its own
}

// Paid returns what is paid of a payment of an amount: Amount, or all of it.
func (d Decision) Paid(amount, currency string) (checkout.Money, error) {
	if d.Amount == "" {
		return checkout.ParseDecimal(amount, checkout.Currency(currency))
	}
	paid, err := checkout.ParseMoney(d.Amount, checkout.Currency(currency))
	if err != nil {
		return paid, &CommandError{Status: http.StatusBadRequest, Text: "amount must be decimal text in " + currency}
	}
	return paid, nil
}

// The outcomes of a Decision.
const (
	OutcomeNamePaid   = "paid"
	OutcomeNameFailed = "failed"
)

// HandleOutcomes adds POST /control/outcomes to mux, which decides a payment, also one
// that has expired: banks move money late. decide is called with the lock held; it
// answers ErrNotSeen for a payment that the simulator does not know.
func (k *Kit) HandleOutcomes(mux *http.ServeMux, decide func(Decision) error) {
	mux.HandleFunc("POST /control/outcomes", func(w http.ResponseWriter, r *http.Request) {
		var in Decision
		k.Command(w, r, &in, func() error {
			if in.Outcome != OutcomeNamePaid && in.Outcome != OutcomeNameFailed {
				return &CommandError{Status: http.StatusBadRequest, Text: "outcome must be paid or failed"}
			}
			return decide(in)
		})
	})
}

// ErrNotSeen is that of a payment that has not reached the simulator: nobody has opened
// its page, or its request failed.
var ErrNotSeen = &CommandError{Status: http.StatusNotFound, Text: "the simulator has not seen this payment"}
