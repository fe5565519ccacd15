package statements

import (
	"time"

	"rieltime/checkout"
	"rieltime/internal/cambodia"
)

// Statement files and their lines are stored under these prefixes of ids.
const (
	statementPrefix = "bs_"
	linePrefix      = "bl_"
)

// Imported is a statement that was imported.
type Imported struct {
	ID         string
	MerchantID string
	Mode       checkout.Mode
	AccountID  string
	Name       string // of the file
	Format     Format
	At         time.Time
	By         string // the actor of the audit trail
	First      cambodia.Day
	Last       cambodia.Day
	Lines      int
	Added      int // lines that were not known before
	Bad        int // rows that were not understood
}

// Entry is a line that is stored, or a payment that no line shows.
type Entry struct {
	Line
	Key         LineKey
	ID          string
	AccountID   string
	StatementID string
	Match
	NeedsAttention bool
	Decision       Decision
}

// Decision is what a person said about an entry; At is zero while nobody did.
type Decision struct {
	Note string
	By   string // the actor of the audit trail
	At   time.Time
}

// Paid is a payment with a proof, as far as matching needs it.
type Paid struct {
	ID        string
	Reference string // ours
	Proof     checkout.Proof
	At        time.Time // when its proof was recorded
}

// MissingKey is the key of a payment that no line shows.
func MissingKey(paymentID string) string { return "payment " + paymentID }

// Filter selects lines of an account. Empty fields select all.
type Filter struct {
	State          State
	NeedsAttention bool // with no State
	From, To       cambodia.Day
	After          Position
}

// Position is that of a line in a list: the lines of days before follow.
type Position struct {
	Day cambodia.Day
	ID  string
}
