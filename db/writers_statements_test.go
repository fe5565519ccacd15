package db_test

import (
	"errors"
	"fmt"
	"testing"

	"rieltime/checkout"
	"rieltime/checkout/checkouttest"
	"rieltime/checkout/statements"
	"rieltime/db"
	"rieltime/internal/cambodia"
)

// statementOf stores a statement with as many lines as there are writers, none of which
// is a payment's.
func (r *replicas) statementOf(account checkout.Account) (statements.Imported, []statements.Entry) {
	r.t.Helper()
	day := cambodia.DayOf(start)
	imported := statements.Imported{ID: "bst_1", MerchantID: "klaing", Mode: checkout.ModeTest, AccountID: account.ID, Name: "a.csv", At: start, By: "user:usr_1", First: day, Last: day, Lines: writers}
	if err := r.stores[0].InsertStatement(r.t.Context(), imported); err != nil {
		r.t.Fatal(err)
	}
	lines := make([]statements.Entry, writers)
	for i := range lines {
		lines[i] = lineOf(imported, fmt.Sprint("line ", i))
	}
	if added, err := r.stores[0].InsertBankLines(r.t.Context(), imported, lines); err != nil || added != writers {
		r.t.Fatal(added, err)
	}
	return imported, lines
}

func lineOf(imported statements.Imported, name string) statements.Entry {
	return statements.Entry{
		Line: statements.Line{Row: 1, Day: imported.First, At: start, Amount: checkout.Money{Minor: 1000, Currency: checkout.USD}, Text: name},
		Key:  statements.LineKey{Content: name, Occurrence: 1}, ID: name, AccountID: imported.AccountID, StatementID: imported.ID,
		Match: statements.Match{State: statements.BankOnly}, NeedsAttention: true,
	}
}

func matchedWith(e statements.Entry, payment string) statements.Entry {
	e.Match = statements.Match{State: statements.Matched, How: statements.ByReference, Record: payment}
	e.NeedsAttention = false
	return e
}

// of counts the lines of a state with each payment.
func (r *replicas) of(account checkout.Account, state statements.State) map[string]int {
	r.t.Helper()
	entries, err := r.stores[1].ListBankLines(r.t.Context(), account, statements.Filter{State: state}, 1000)
	if err != nil {
		r.t.Fatal(err)
	}
	counts := map[string]int{}
	for _, e := range entries {
		counts[e.Record]++
	}
	return counts
}

// Matches of many lines with one payment, found in stored lines and in new ones, and by
// people: the lock of the account's statements gives it one line, and none an error that
// is not ours.
func TestPaymentHasOneLineOfManyWriters(t *testing.T) {
	r := newReplicas(t)
	account := r.accountOf("klaing")
	imported, lines := r.statementOf(account)
	const payments = 2
	for round := range rounds {
		payment := func(writer int) string { return fmt.Sprint("pay_", round, "_", writer%payments) }
		r.atOnce(func(writer int, store *db.Store, _ checkouttest.Process) error {
			switch writer / payments % 3 {
			case 0:
				return store.SaveMatches(t.Context(), account.ID, []statements.Entry{matchedWith(lines[writer], payment(writer))})
			case 1:
				line := lineOf(imported, fmt.Sprint("new ", round, " ", writer))
				_, err := store.InsertBankLines(t.Context(), imported, []statements.Entry{matchedWith(line, payment(writer))})
				return err
			}
			return decide(t, store, lines[writer], payment(writer))
		}, errTakenBefore)

		matched := r.of(account, statements.Matched)
		for i := range payments {
			if got := matched[payment(i)]; got != 1 {
				t.Errorf("%s has %d lines", payment(i), got)
			}
		}
	}
}

// decide has a person say of a line that it is a payment's; errTakenBefore when another
// line has that, or the line another payment.
func decide(t *testing.T, store *db.Store, line statements.Entry, payment string) error {
	err := store.DecideBankLine(t.Context(), line, payment, statements.Decision{Note: "seen", By: "user:usr_1", At: start})
	var refused *checkout.Error
	if errors.As(err, &refused) && (refused.Code == "payment_has_line" || refused.Code == "line_decided") {
		return errTakenBefore
	}
	return err
}

// A payment has a line, or is said to have none: never both.
func TestPaymentThatManyWritersMatchIsNotMissing(t *testing.T) {
	r := newReplicas(t)
	account := r.accountOf("klaing")
	imported, lines := r.statementOf(account)
	r.atOnce(func(writer int, store *db.Store, _ checkouttest.Process) error {
		payment := fmt.Sprint("pay_", writer/2)
		if writer%4 < 2 == (writer%2 == 0) { // each of the two begins for half of the payments
			return store.SaveMatches(t.Context(), account.ID, []statements.Entry{matchedWith(lines[writer/2], payment)})
		}
		missing := lineOf(imported, statements.MissingKey(payment))
		missing.Match = statements.Match{State: statements.OursOnly, Record: payment}
		return store.InsertMissing(t.Context(), imported, []statements.Entry{missing})
	})

	if matched := r.of(account, statements.Matched); len(matched) != writers/2 {
		t.Errorf("%d payments have a line, want %d", len(matched), writers/2)
	}
	if missing := r.of(account, statements.OursOnly); len(missing) > 0 {
		t.Errorf("%v have a line and are said to have none", missing)
	}
}
