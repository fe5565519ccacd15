package reconcile

import (
	"encoding/json"
	"time"

	"rieltime/checkout"
	"rieltime/internal/cambodia"
)

// Means is how a provider's records of a day can be read.
type Means string

// The means.
const (
	ByList    Means = "list"  // it lists its orders, also those that we have no payment of
	ByQueries Means = "query" // it answers about payments that we have
	ByNothing Means = "none"  // it cannot be queried: only its own messages report money
)

// MeansOf is how the records of a provider can be read, as its ports say.
func MeansOf(provider checkout.Provider) Means {
	if _, lists := provider.(checkout.OrderLister); lists {
		return ByList
	}
	if _, answers := provider.(checkout.Querier); answers {
		return ByQueries
	}
	return ByNothing
}

// Report is an account's day beside its provider's records.
type Report struct {
	Merchant string        `json:"merchant"`
	Mode     checkout.Mode `json:"mode"`
	Account  string        `json:"account"`
	Provider string        `json:"provider"`
	Day      cambodia.Day  `json:"-"` // From says it
	Means    Means         `json:"means"`
	MadeAt   time.Time     `json:"made_at"`

	checkout.Reconciliation

	Found      []checkout.Order `json:"found"`      // money that we knew of only after asking for this report
	Unanswered int              `json:"unanswered"` // payments without money about which there is no answer yet
}

// Differences is how many entries need somebody. An order without money that is not ours
// needs nobody: another system may use the account too.
func (r Report) Differences() int { return len(r.Missing) + len(r.Different) + len(r.paidExtra()) }

// paidExtra is the provider's money that no payment of ours has.
func (r Report) paidExtra() (paid []checkout.Order) {
	for _, order := range r.Extra {
		if order.Paid {
			paid = append(paid, order)
		}
	}
	return paid
}

// SameDifferences reports whether what needs somebody is the same in both, so that what
// was said about one explains the other.
func (r Report) SameDifferences(other Report) bool {
	text := func(r Report) string {
		encoded, _ := json.Marshal([]any{r.Missing, r.Different, r.paidExtra()}) // orders can always be written
		return string(encoded)
	}
	return text(r) == text(other)
}

// Kept is a report that is stored, with what a person said about it.
type Kept struct {
	Report
	Since       time.Time // the same differences
	Explanation Explanation
}

// Open reports whether somebody has to look at it.
func (k Kept) Open() bool { return k.Differences() > 0 && k.Explanation.At.IsZero() }

// Explanation is what a person said about a report; At is zero while nobody did.
type Explanation struct {
	Note string
	By   string // the actor of the audit trail
	At   time.Time
}

// Key names a report: there is one for each account and day.
type Key struct {
	MerchantID string
	Mode       checkout.Mode
	AccountID  string
	Day        cambodia.Day
}

// Key returns the report's key.
func (r Report) Key() Key { return Key{r.Merchant, r.Mode, r.Account, r.Day} }
