package db_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"rieltime/checkout"
	"rieltime/checkout/statements"
	"rieltime/internal/cambodia"
)

// importUntil imports more lines than are stored at once, and calls meanwhile after the
// first of them.
func (b *bank) importUntil(lines int, meanwhile func()) error {
	b.t.Helper()
	var text strings.Builder
	text.WriteString("Date,Ref,Details,Debit,Credit,Currency\n")
	for i := range lines {
		fmt.Fprintf(&text, "%s,,tea %d,,3.00,USD\n", cambodia.DayOf(start), i)
	}
	file, err := statements.Read([]byte(text.String()), statements.Map{})
	if err != nil {
		b.t.Fatal(err)
	}
	begun := false
	_, err = b.imports.Import(b.t.Context(), b.account, "long.csv", file.Statement, func(int, int) {
		if !begun {
			begun = true
			meanwhile()
		}
	})
	return err
}

// only returns the one statement of the account.
func (b *bank) only() statements.Imported {
	b.t.Helper()
	listed, err := b.store.BankStatements(b.t.Context(), b.account.ID, 10)
	if err != nil || len(listed) != 1 {
		b.t.Fatalf("%d statements, %v", len(listed), err)
	}
	return listed[0]
}

// wantNothing fails when a statement or a line is left.
func (b *bank) wantNothing() {
	b.t.Helper()
	listed, err := b.store.BankStatements(b.t.Context(), b.account.ID, 10)
	if err != nil || len(listed) > 0 {
		b.t.Errorf("%d statements are left, %v", len(listed), err)
	}
	if lines := b.lines(statements.Filter{}); len(lines) > 0 {
		b.t.Errorf("%d lines are left", len(lines))
	}
}

func TestStatementWithdrawnWhileItIsImportedEndsTheImport(t *testing.T) {
	t.Parallel()
	b := newBank(t, 0)
	err := b.importUntil(1200, func() {
		if err := b.imports.Withdraw(t.Context(), b.only(), "wrong columns"); err != nil {
			t.Error(err)
		}
	})
	if !errors.Is(err, statements.ErrWithdrawn) {
		t.Errorf("the import ended with %v", err)
	}
	b.wantNothing()

	// It was withdrawn after its last lines, and before they were counted.
	err = b.importUntil(3, func() {
		if err := b.imports.Withdraw(t.Context(), b.only(), "wrong columns"); err != nil {
			t.Error(err)
		}
	})
	if !errors.Is(err, statements.ErrWithdrawn) {
		t.Errorf("the short import ended with %v", err)
	}
	b.wantNothing()
}

func TestStatementIsWithdrawnWhileAnImportGoesOn(t *testing.T) {
	t.Parallel()
	b := newBank(t, 0)
	withdrawn := make(chan error, 1)
	err := b.importUntil(3000, func() {
		statement := b.only()
		go func() {
			withdrawn <- b.imports.Withdraw(context.WithoutCancel(t.Context()), statement, "wrong columns")
		}()
	})
	if err != nil && !errors.Is(err, statements.ErrWithdrawn) {
		t.Errorf("the import ended with %v", err)
	}
	if err := <-withdrawn; err != nil {
		t.Errorf("the withdrawal ended with %v", err)
	}
	b.wantNothing()
}

// The payments that no line shows are stored last, for any day.
func TestMissingPaymentsOfAWithdrawnStatementAreNotStored(t *testing.T) {
	t.Parallel()
	b := newBank(t, 2)
	b.importRows("DAY,100FT33128001,tea,,10.00,USD")
	statement := b.only()
	if err := b.imports.Withdraw(t.Context(), statement, "wrong columns"); err != nil {
		t.Fatal(err)
	}
	missing := lineOf(statement, statements.MissingKey("pay_2"))
	missing.Match = statements.Match{State: statements.OursOnly, Record: "pay_2"}
	err := b.store.InsertMissing(t.Context(), statement, []statements.Entry{missing})
	var clear *checkout.Error
	if !errors.As(err, &clear) || clear.Code != "statement_withdrawn" {
		t.Errorf("%v", err)
	}
	b.wantNothing()
}
