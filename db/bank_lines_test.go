package db_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"rieltime/checkout"
	"rieltime/checkout/statements"
	"rieltime/db"
	"rieltime/internal/cambodia"
)

// bank is a store with payments and the account that they are of.
type bank struct {
	t       *testing.T
	store   *db.Store
	account checkout.Account
	imports *statements.Service
}

// newBank has the payments pay_1, pay_2 … of $10 that were paid a minute after another,
// with the references of their bank.
func newBank(t *testing.T, payments int) *bank {
	t.Helper()
	store := open(t)
	apply(t, store, "")
	for i := range payments {
		id := fmt.Sprint(i + 1)
		insert(t, store, session("cs_"+id), payment("pay_"+id, "cs_"+id))
		_, err := store.Update(t.Context(), "cs_"+id, func(p *checkout.Purchase) error {
			proof := proofOf(p.Payments[0])
			proof.TransactionID, proof.PaidAt = strings.Repeat("0", 63)+id, start.Add(time.Duration(i)*time.Minute)
			proof.Raw = json.RawMessage(fmt.Sprintf(`{"externalRef":"100FT3312800%s","fromAccountId":"sok_vannak@bank","hash":1}`, id))
			p.Settle("pay_"+id, proof, start.Add(time.Duration(i)*time.Minute))
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	accounts, err := store.Accounts(t.Context(), "klaing", checkout.ModeTest)
	if err != nil {
		t.Fatal(err)
	}
	info := func(string) checkout.ProviderInfo {
		return checkout.ProviderInfo{ReferenceFields: []string{"externalref"}, PersonalFields: []string{"fromaccountid"}}
	}
	return &bank{t, store, accounts[0], statements.NewService(store, info, store.Now)}
}

func (b *bank) importRows(rows ...string) statements.Result {
	b.t.Helper()
	day := cambodia.DayOf(start).String()
	text := "Date,Ref,Details,Debit,Credit,Currency\n" + strings.ReplaceAll(strings.Join(rows, "\n"), "DAY", day) + "\n"
	file, err := statements.Read([]byte(text), statements.Map{})
	if err != nil {
		b.t.Fatal(err)
	}
	ctx := checkout.WithActor(b.t.Context(), "user:usr_1")
	result, err := b.imports.Import(ctx, b.account, "november.csv", file.Statement, func(int, int) {})
	if err != nil {
		b.t.Fatal(err)
	}
	return result
}

// lines describes the lines of the account, sorted.
func (b *bank) lines(filter statements.Filter) (texts []string) {
	b.t.Helper()
	entries, err := b.store.ListBankLines(b.t.Context(), b.account, filter, 100)
	if err != nil {
		b.t.Fatal(err)
	}
	for _, e := range entries {
		texts = append(texts, fmt.Sprint(e.State, " ", e.Record, " ", e.NeedsAttention, " ", e.Text))
	}
	slices.Sort(texts)
	return texts
}

func (b *bank) open() int {
	b.t.Helper()
	return len(b.lines(statements.Filter{NeedsAttention: true}))
}

func TestImportedStatementsAreMatchedAndChangeNothingAgain(t *testing.T) {
	t.Parallel()
	b := newBank(t, 4)
	rows := []string{"DAY,100FT33128001,tea,,10.00,USD", "DAY,,coffee,,10.00,USD", "DAY,,coffee,,10.00,USD", "DAY,100FT33128002,cake,,9.00,USD", "DAY,,monthly fee,2.00,,USD", "DAY,100FT33128001,again,,10.00,USD"}
	for range 2 {
		b.importRows(rows...)
		want := []string{
			"amount_differs pay_2 true cake", "bank_only  true coffee", "bank_only  true coffee", "fee  false monthly fee",
			"matched pay_1 false tea", "ours_only pay_3 true ", "ours_only pay_4 true ", "twice pay_1 true again",
		}
		if got := b.lines(statements.Filter{}); !slices.Equal(got, want) {
			t.Fatalf("%q, want %q", got, want)
		}
	}

	if again := b.importRows(rows[1], rows[0], rows[2]); again.Added != 0 {
		t.Errorf("lines of a part of the file that were added: %d", again.Added)
	}
	if more := b.importRows(rows[1], rows[1], rows[1], "DAY,100FT33128003,late,,10.00,USD"); more.Added != 2 {
		t.Errorf("%d lines were added, want the third coffee and the late one", more.Added)
	}
	if got := b.lines(statements.Filter{State: statements.OursOnly}); !slices.Equal(got, []string{"ours_only pay_4 true "}) {
		t.Errorf("payments without a line: %q", got)
	}
	if got := b.lines(statements.Filter{NeedsAttention: true}); len(got) != 6 {
		t.Errorf("need attention: %q", got)
	}

	listed, err := b.store.BankStatements(t.Context(), b.account.ID, 10)
	added := 0
	for _, one := range listed {
		added += one.Added
	}
	if err != nil || len(listed) != 4 || added != 8 || listed[0].By != "user:usr_1" {
		t.Errorf("%+v, %v", listed, err)
	}
}

func TestStatementSettlesNothing(t *testing.T) {
	t.Parallel()
	b := newBank(t, 1)
	insert(t, b.store, session("cs_9"), payment("pay_9", "cs_9"))
	open, err := b.store.Payment(t.Context(), "pay_9")
	if err != nil {
		t.Fatal(err)
	}
	b.importRows("DAY,100FT33128001,tea,,10.00,USD", "DAY,"+open.Reference+",paid,,10.00,USD")
	after, err := b.store.Payment(t.Context(), "pay_9")
	if err != nil || after.Status != open.Status || after.Proof != nil {
		t.Errorf("%+v, %v", after, err)
	}
	if got := b.lines(statements.Filter{State: statements.BankOnly}); !slices.Equal(got, []string{"bank_only  true paid"}) {
		t.Errorf("%q", got)
	}
}

func TestPersonExplainsALineOnce(t *testing.T) {
	t.Parallel()
	b := newBank(t, 2)
	b.importRows("DAY,100FT33128002,tea,,10.00,USD", "DAY,,coffee,,10.00,USD", "DAY,,cake,,10.00,USD")
	entries, err := b.store.ListBankLines(t.Context(), b.account, statements.Filter{State: statements.BankOnly}, 10)
	if err != nil || len(entries) != 2 || !slices.Equal(entries[0].Proposals, []string{"pay_1"}) {
		t.Fatalf("%+v, %v", entries, err)
	}

	ctx := checkout.WithActor(t.Context(), "user:usr_1")
	decide := func(ctx context.Context, line statements.Entry, payment string) error {
		return b.imports.Explain(ctx, line, payment, "seen on the receipt")
	}
	if err := decide(ctx, entries[0], "pay_2"); err == nil {
		t.Error("a payment that was not proposed is taken")
	}
	results := make([]error, 2)
	var both sync.WaitGroup
	for i, line := range entries {
		both.Go(func() { results[i] = decide(ctx, line, "pay_1") })
	}
	both.Wait()
	if (results[0] == nil) == (results[1] == nil) {
		t.Errorf("two lines took one payment: %v", results)
	}
	if got := b.lines(statements.Filter{State: statements.OursOnly}); len(got) != 0 {
		t.Errorf("payments without a line: %q", got)
	}

	for i, line := range entries {
		err := decide(ctx, line, "")
		if (err == nil) == (results[i] == nil) {
			t.Errorf("line %d: %v, and then %v", i, results[i], err)
		}
	}
	if b.open() != 0 {
		t.Errorf("%d need attention", b.open())
	}
	trail, err := b.store.AuditTrail(t.Context(), db.AuditQuery{Object: entries[0].ID, Limit: 10})
	if err != nil || len(trail) != 1 || trail[0].Actor != "user:usr_1" || !strings.Contains(string(trail[0].Detail), "seen on the receipt") {
		t.Errorf("%+v, %v", trail, err)
	}
	if _, err := b.store.BankLine(t.Context(), "krama", checkout.ModeTest, entries[0].ID); err != checkout.ErrNotFound {
		t.Errorf("a line of another merchant: %v", err)
	}
}

func TestTwoImportsAtOnceMatchAPaymentOnce(t *testing.T) {
	t.Parallel()
	b := newBank(t, 3)
	var all sync.WaitGroup
	for i := range 4 {
		all.Go(func() {
			b.importRows(fmt.Sprintf("DAY,100FT33128001,tea %d,,10.00,USD", i), "DAY,100FT33128002,coffee,,10.00,USD")
		})
	}
	all.Wait()
	matched := b.lines(statements.Filter{State: statements.Matched})
	if len(matched) != 2 || !strings.Contains(matched[0], "pay_1") || !strings.Contains(matched[1], "pay_2") {
		t.Errorf("%q", matched)
	}
	b.importRows("DAY,100FT33128002,coffee,,10.00,USD") // finds what another import held
	if got := b.lines(statements.Filter{}); len(got) != 6 {
		t.Errorf("%q", got)
	}
}

func TestOldLinesForgetWhoPaid(t *testing.T) {
	t.Parallel()
	b := newBank(t, 0)
	b.importRows("DAY,A,from Sok,,10.00,USD", "DAY,B,from Dara,,10.00,USD")
	for _, step := range []struct {
		before time.Time
		want   string
	}{{start.Add(-24 * time.Hour), "from Dara"}, {start.Add(48 * time.Hour), ""}} {
		if err := b.store.ForgetBankTexts(t.Context(), step.before); err != nil {
			t.Fatal(err)
		}
		if got := b.lines(statements.Filter{}); got[0] != "bank_only  true "+step.want {
			t.Errorf("before %s: %q", step.before, got)
		}
	}
	if again := b.importRows("DAY,A,from Sok,,10.00,USD"); again.Added != 0 {
		t.Error("a line that forgot who paid is not known any more")
	}
	if got := b.lines(statements.Filter{}); !slices.Equal(got, []string{"bank_only  true ", "bank_only  true "}) {
		t.Errorf("%q", got)
	}
}

func TestColumnsOfAnAccountAreKept(t *testing.T) {
	t.Parallel()
	b := newBank(t, 0)
	none, err := b.store.BankMap(t.Context(), b.account.ID)
	if err != nil || len(none.Columns) != 0 {
		t.Errorf("%+v, %v", none, err)
	}
	for _, column := range []string{"#1", "When"} {
		m := statements.Map{Columns: map[statements.Field]string{statements.FieldDate: column}, Dates: statements.DayFirst}
		if err := b.store.SaveBankMap(t.Context(), b.account.ID, m); err != nil {
			t.Fatal(err)
		}
		kept, err := b.store.BankMap(t.Context(), b.account.ID)
		if err != nil || kept.Columns[statements.FieldDate] != column {
			t.Errorf("%+v, %v", kept, err)
		}
	}
}

func TestWithdrawnStatementIsGoneWithTheLinesThatItAdded(t *testing.T) {
	t.Parallel()
	b := newBank(t, 1)
	ctx := checkout.WithActor(t.Context(), "user:usr_1")
	b.importRows("DAY,,coffee,,3.00,USD")
	b.importRows("DAY,,coffee,,3.00,USD", "DAY,100FT33128001,tea,,10.00,USD", "DAY,,cake,,4.00,USD")
	listed, err := b.store.BankStatements(t.Context(), b.account.ID, 10)
	if err != nil || len(listed) != 2 {
		t.Fatalf("%d statements, %v", len(listed), err)
	}
	second := listed[slices.IndexFunc(listed, func(one statements.Imported) bool { return one.Lines == 3 })]

	if err := b.imports.Withdraw(ctx, second, ""); err == nil {
		t.Error("withdrawn without a reason")
	}
	closed := closeOf(b.account.ID, checkout.DayFigures{})
	closed.Day = cambodia.DayOf(start)
	if err := b.store.InsertDayClose(t.Context(), closed); err != nil {
		t.Fatal(err)
	}
	if err := b.imports.Withdraw(ctx, second, "wrong columns"); !errors.Is(err, statements.ErrDaysClosed) {
		t.Errorf("on a closed day: %v", err)
	}
	err = b.store.ReopenDay(t.Context(), "klaing", checkout.ModeTest, closed.ID, func(d *checkout.DayClose) error {
		d.ReopenedAt, d.ReopenedBy, d.Reason = start, "user:usr_1", "x"
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}

	if err := b.imports.Withdraw(ctx, second, "wrong columns"); err != nil {
		t.Fatal(err)
	}
	for _, line := range b.lines(statements.Filter{}) {
		if strings.Contains(line, "tea") || strings.Contains(line, "cake") {
			t.Errorf("still there: %s", line)
		}
	}
	if !slices.ContainsFunc(b.lines(statements.Filter{}), func(line string) bool { return strings.Contains(line, "coffee") }) {
		t.Error("the line of the earlier statement is gone")
	}
	if err := b.imports.Withdraw(ctx, second, "wrong columns"); !errors.Is(err, checkout.ErrNotFound) {
		t.Errorf("withdrawn twice: %v", err)
	}
	trail, err := b.store.AuditTrail(t.Context(), db.AuditQuery{Object: second.ID, Limit: 10})
	if err != nil || len(trail) != 2 || trail[1].Action != "statement.withdraw" {
		t.Errorf("the audit trail has %+v, %v", trail, err)
	}

	// The payment's line is free for the statement that is read rightly.
	if again := b.importRows("DAY,100FT33128001,tea,,10.00,USD", "DAY,,cake,,4.00,USD"); again.Added != 2 {
		t.Errorf("%d lines added", again.Added)
	}
	if !slices.Contains(b.lines(statements.Filter{}), "matched pay_1 false tea") {
		t.Errorf("%q", b.lines(statements.Filter{}))
	}
}

// Two people withdraw a statement of many lines, one who gave up has begun to, and another
// statement has lines of the same day.
func TestStatementIsWithdrawnOnceByManyAtOnce(t *testing.T) {
	t.Parallel()
	b := newBank(t, 0)
	rowsOf := func(what string) (rows []string) {
		for i := range 450 {
			rows = append(rows, fmt.Sprintf("DAY,,%s %d,,3.00,USD", what, i))
		}
		return rows
	}
	b.importRows(rowsOf("tea")...)
	b.importRows(rowsOf("cake")...)
	listed, err := b.store.BankStatements(t.Context(), b.account.ID, 10)
	if err != nil || len(listed) != 2 {
		t.Fatalf("%d statements, %v", len(listed), err)
	}
	one := listed[0]

	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if err := b.imports.Withdraw(gone, one, "x"); err == nil {
		t.Error("withdrawn by one who had gone")
	}

	results := make([]error, 4)
	var group sync.WaitGroup
	for i := range results {
		group.Go(func() { results[i] = b.imports.Withdraw(t.Context(), one, "x") })
	}
	group.Wait()
	withdrawn := 0
	for _, err := range results {
		if err == nil {
			withdrawn++
		} else if !errors.Is(err, checkout.ErrNotFound) {
			t.Error(err)
		}
	}
	if withdrawn != 1 {
		t.Errorf("withdrawn %d times", withdrawn)
	}

	left, err := b.store.ListBankLines(t.Context(), b.account, statements.Filter{}, 1000)
	if err != nil || len(left) != 450 {
		t.Errorf("%d lines are left, %v", len(left), err)
	}
	for _, line := range left {
		if line.StatementID == one.ID {
			t.Fatalf("%s is left", line.Text)
		}
	}
}
