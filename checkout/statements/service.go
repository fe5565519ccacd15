package statements

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sort"
	"strconv"
	"strings"
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

// Store keeps statements.
type Store interface {
	// InsertStatement stores a statement without its lines, with a line of the audit
	// trail.
	InsertStatement(ctx context.Context, statement Imported) error

	// KnownBankLines are the lines of an account's days that are stored.
	KnownBankLines(ctx context.Context, accountID string, from, to cambodia.Day) (map[LineKey]bool, error)

	// InsertBankLines stores those lines that are not known, and returns how many. A match
	// with a payment that has another line by now is left out. This, CountBankLines and
	// InsertMissing return ErrWithdrawn when the statement is gone.
	InsertBankLines(ctx context.Context, statement Imported, lines []Entry) (added int, err error)
	CountBankLines(ctx context.Context, statementID string, added int) error

	// WithdrawStatement deletes a statement and the lines that it added; ErrDaysClosed when
	// one of its days is closed.
	WithdrawStatement(ctx context.Context, statement Imported, note string) error

	// OpenBankLines lists the lines of days that have no payment and that nobody decided
	// about, and the payments that lines around those days have.
	OpenBankLines(ctx context.Context, accountID string, from, to cambodia.Day) (lines []Entry, taken map[string]bool, err error)

	// PaidPayments passes on the payments of an account whose proofs were recorded from
	// one time up to another.
	PaidPayments(ctx context.Context, account checkout.Account, from, to time.Time, each func(Paid)) error

	// SaveMatches stores what was found about lines, unless a line or a payment has
	// another by now.
	SaveMatches(ctx context.Context, accountID string, lines []Entry) error

	// DecideBankLine stores a person's explanation. It is an error of kind conflict when
	// the line has one by now, or the payment another line.
	DecideBankLine(ctx context.Context, line Entry, paymentID string, decision Decision) error

	// InsertMissing stores payments that no line shows.
	InsertMissing(ctx context.Context, statement Imported, missing []Entry) error

	// BankMap returns the columns by which the statements of an account are read; an empty
	// map when none is kept.
	BankMap(ctx context.Context, accountID string) (Map, error)
	SaveBankMap(ctx context.Context, accountID string, m Map) error

	// InsertBankUpload stores a file in place of the one that the same user uploaded for
	// the account before.
	InsertBankUpload(ctx context.Context, upload Upload) error
	DeleteBankUpload(ctx context.Context, id string) error
}

// Service imports statements and matches their lines.
type Service struct {
	store Store
	info  func(provider string) checkout.ProviderInfo
	now   func() time.Time
}

// NewService returns a service. info describes a provider.
func NewService(store Store, info func(provider string) checkout.ProviderInfo, now func() time.Time) *Service {
	return &Service{store, info, now}
}

// Result is what an import did.
type Result struct {
	Imported
	States  map[State]int // of the lines that were open before, after matching
	Missing int           // payments that no line of their days shows
}

// Progress is called while lines are stored.
type Progress func(done, total int)

const linesTogether = 500 // in one transaction

// Import matches the lines of a file that are not known yet, and all open ones of its
// days, and stores them. Importing it again changes nothing, and completes an import that
// was cut off; ErrWithdrawn when somebody withdraws the statement meanwhile. It settles nothing: a match only records which payment a line is of. The
// lines of the file are Import's: it keeps them in another order, and no second copy.
func (s *Service) Import(ctx context.Context, account checkout.Account, name string, file Statement, progress Progress) (Result, error) {
	if len(file.Lines) == 0 {
		return Result{}, checkout.Invalidf("file", "statement_empty", "The statement has no lines.")
	}

	first, last := file.Days()
	covers := file.covers()
	statement := Imported{
		ID: checkout.NewID(statementPrefix), MerchantID: account.MerchantID, Mode: account.Mode, AccountID: account.ID, Name: clean(name), Format: file.Format,
		At: s.now(), By: checkout.ActorOf(ctx), First: first, Last: last, Lines: len(file.Lines), Bad: file.Bad(),
	}
	if err := s.store.InsertStatement(ctx, statement); err != nil {
		return Result{}, err
	}

	open, err := s.openLines(ctx, statement, file.Lines)
	if err != nil {
		return Result{}, err
	}
	records, err := s.records(ctx, account, statement, open.taken)
	if err != nil {
		return Result{}, err
	}
	result, err := s.save(ctx, statement, open, records, progress)
	if err != nil || len(open.taken) == 0 {
		return result, err // where no line is a payment of ours, single payments are not what the account shows
	}

	missing := missingOf(records, open.taken, covers, statement)
	result.Missing = len(missing)
	return result, s.store.InsertMissing(ctx, statement, missing)
}

func newEntry(line Line, key LineKey, accountID, statementID string) Entry {
	return Entry{
		Line: line, Key: key, ID: checkout.NewID(linePrefix), AccountID: accountID, StatementID: statementID,
		Match: Match{State: BankOnly}, NeedsAttention: !line.Out,
	}
}

// openLines are the lines that an import matches, in the order of time: of two that name
// a payment, the first has it.
type openLines struct {
	lines  []Line
	stored []*Entry        // of each line that an earlier import stored; nil: the line is new
	keys   []LineKey       // of each new line
	taken  map[string]bool // the payments that have a line
}

func (o *openLines) Len() int { return len(o.lines) }

func (o *openLines) Less(i, j int) bool {
	a, b := o.lines[i], o.lines[j]
	return cmp.Or(cmp.Compare(a.Day, b.Day), a.At.Compare(b.At), cmp.Compare(a.Row, b.Row)) < 0
}

func (o *openLines) Swap(i, j int) {
	o.lines[i], o.lines[j] = o.lines[j], o.lines[i]
	o.stored[i], o.stored[j] = o.stored[j], o.stored[i]
	o.keys[i], o.keys[j] = o.keys[j], o.keys[i]
}

// openLines collects the lines of a file that are not known, and those of earlier
// statements around its days that have no payment.
func (s *Service) openLines(ctx context.Context, statement Imported, lines []Line) (*openLines, error) {
	stored, taken, err := s.store.OpenBankLines(ctx, statement.AccountID, statement.First-nearDays, statement.Last+nearDays)
	if err != nil {
		return nil, err
	}
	known, err := s.store.KnownBankLines(ctx, statement.AccountID, statement.First, statement.Last)
	if err != nil {
		return nil, err
	}

	numbered := Number(lines)
	open := &openLines{lines: lines[:0], stored: make([]*Entry, 0, len(lines)), keys: numbered[:0], taken: taken}
	for i, key := range numbered {
		if !known[key] {
			open.lines, open.stored, open.keys = append(open.lines, lines[i]), append(open.stored, nil), append(open.keys, key)
		}
	}
	for i := range stored {
		open.lines, open.stored, open.keys = append(open.lines, stored[i].Line), append(open.stored, &stored[i]), append(open.keys, stored[i].Key)
	}
	sort.Stable(open)
	return open, nil
}

// records are the payments around the days of a statement.
func (s *Service) records(ctx context.Context, account checkout.Account, statement Imported, taken map[string]bool) (records []Record, err error) {
	info := s.info(account.Provider)
	from, to := (statement.First - 2*nearDays).Begin(), (statement.Last + 2*nearDays).Begin()
	err = s.store.PaidPayments(ctx, account, from, to, func(p Paid) {
		record := recordOf(p, info)
		record.Taken = taken[p.ID]
		records = append(records, record)
	})
	return records, err
}

// save stores what is found about open lines: new ones as lines of the statement, those
// of earlier ones where they have changed.
func (s *Service) save(ctx context.Context, statement Imported, open *openLines, records []Record, progress Progress) (Result, error) {
	result := Result{Imported: statement, States: map[State]int{}}
	ids := lineIDs{begin: checkout.NewID(linePrefix)}
	var fresh, changed []Entry
	flush := func(done int) error {
		added, err := s.store.InsertBankLines(ctx, statement, fresh)
		if err == nil {
			err = s.store.SaveMatches(ctx, statement.AccountID, changed)
		}
		result.Added += added
		fresh, changed = fresh[:0], changed[:0]
		progress(done, len(open.lines))
		return err
	}

	for i, found := range MatchLines(open.lines, records) {
		result.States[found.State]++
		if found.Record != "" {
			open.taken[found.Record] = true
		}

		if stored := open.stored[i]; stored == nil {
			entry := newEntry(open.lines[i], open.keys[i], statement.AccountID, statement.ID)
			entry.ID = ids.next()
			fresh = append(fresh, entry.with(found))
		} else if stored.State != found.State || !slices.Equal(stored.Proposals, found.Proposals) {
			changed = append(changed, stored.with(found))
		}
		if len(fresh)+len(changed) == linesTogether {
			if err := flush(i + 1); err != nil {
				return result, err
			}
		}
	}
	if err := flush(len(open.lines)); err != nil {
		return result, err
	}
	return result, s.store.CountBankLines(ctx, statement.ID, result.Added)
}

// with is an entry with what was found about it.
func (e Entry) with(found Match) Entry {
	e.Match = found
	e.NeedsAttention = found.State.differs() && (!e.Out || found.State == AmountDiffers)
	return e
}

// lineIDs makes the ids of an import's lines: they ascend, so that a database stores those
// of neighbours together.
type lineIDs struct {
	begin string
	count int64
}

const lineDigits = 6 // enough for MaxLines in base 32

func (l *lineIDs) next() string {
	l.count++
	number := strconv.FormatInt(l.count, 32)
	return l.begin[:len(l.begin)-lineDigits] + strings.Repeat("0", lineDigits-len(number)) + number
}

// differs reports whether somebody should look at lines in a state.
func (s State) differs() bool {
	return s == BankOnly || s == OursOnly || s == AmountDiffers || s == Twice
}

// coverage is up to when a statement shows each currency.
type coverage struct {
	from time.Time
	to   map[checkout.Currency]time.Time
}

// covers returns what payments a statement should show: those of its days, up to the last
// line's time of day if it has one.
func (s Statement) covers() coverage {
	first, last := s.Days()
	c := coverage{from: first.Begin(), to: map[checkout.Currency]time.Time{}}
	for _, line := range s.Lines {
		until := (last + 1).Begin()
		if !line.At.IsZero() {
			until = line.At
		}
		if until.After(c.to[line.Amount.Currency]) {
			c.to[line.Amount.Currency] = until
		}
	}
	return c
}

// missingOf are the payments that a statement should show and does not.
func missingOf(records []Record, taken map[string]bool, covers coverage, statement Imported) (missing []Entry) {
	for _, r := range records {
		if taken[r.ID] || r.PaidAt.Before(covers.from) || !r.PaidAt.Before(covers.to[r.Amount.Currency]) {
			continue
		}
		line := Line{Day: cambodia.DayOf(r.PaidAt), At: r.PaidAt, Amount: r.Amount}
		entry := newEntry(line, LineKey{MissingKey(r.ID), 1}, statement.AccountID, statement.ID)
		entry.Match = Match{State: OursOnly, Record: r.ID}
		missing = append(missing, entry)
	}
	return missing
}

// recordOf is a payment with what a bank may name it by.
func recordOf(p Paid, info checkout.ProviderInfo) Record {
	record := Record{ID: p.ID, Amount: p.Proof.Amount, PaidAt: p.Proof.PaidAt, Keys: []string{p.Proof.TransactionID, p.Reference}}
	if record.PaidAt.IsZero() {
		record.PaidAt = p.At
	}

	record.Keys = append(record.Keys, info.BankReferences(p.Proof.Raw)...)

	var raw map[string]any
	if json.Unmarshal(p.Proof.Raw, &raw) != nil {
		return record // another form of answer has no members
	}
	for name, value := range raw {
		if text, is := value.(string); is && text != "" && slices.Contains(info.PersonalFields, strings.ToLower(name)) {
			record.Payers = append(record.Payers, text)
		}
	}
	return record
}

// FindAccount returns the account of a list that an id or a provider's name means.
func FindAccount(accounts []checkout.Account, name string) (checkout.Account, error) {
	at := slices.IndexFunc(accounts, func(a checkout.Account) bool { return a.ID == name || a.Provider == name })
	if at < 0 {
		return checkout.Account{}, fmt.Errorf("there is no account %q", name)
	}
	return accounts[at], nil
}

const maxNote = 500 // characters of a reason

var errExplained = &checkout.Error{Kind: checkout.KindConflict, Code: "line_explained", Detail: "This line needs no explanation any more."}

// Explain stores what a person says about a line that needs attention: that it is of one
// of the payments proposed, or, without one, why it is right as it is. It settles nothing.
func (s *Service) Explain(ctx context.Context, line Entry, paymentID, note string) error {
	if err := checkNote(note); err != nil {
		return err
	}
	if paymentID != "" && !slices.Contains(line.Proposals, paymentID) {
		return checkout.Invalidf("payment", "payment_not_proposed", "Choose one of the payments proposed.")
	}
	if !line.Decision.At.IsZero() || !line.NeedsAttention {
		return errExplained
	}
	return s.store.DecideBankLine(ctx, line, paymentID, Decision{Note: note, By: checkout.ActorOf(ctx), At: s.now()})
}

// checkNote checks the reason that a person gives.
func checkNote(note string) error {
	if note == "" {
		return checkout.Invalidf("note", "note_missing", "Say why.")
	}
	return checkout.CheckLabel("note", note, maxNote)
}
