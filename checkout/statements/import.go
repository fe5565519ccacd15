package statements

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"rieltime/checkout"
)

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
// was cut off; ErrWithdrawn when somebody withdraws the statement meanwhile. It settles
// nothing: a match only records which payment a line is of. The lines of the file are
// Import's: it keeps no second copy, and empties them as they are stored.
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

	matches := MatchLines(open.lines, records)
	for i := range records {
		records[i].Keys, records[i].Payers = nil, nil // large, and not looked up any more
	}

	for i, found := range matches {
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
		open.lines[i], open.keys[i], matches[i] = Line{}, LineKey{}, Match{} // it is stored, or about to be
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
