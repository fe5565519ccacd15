package cmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"text/tabwriter"

	"rieltime/checkout"
	"rieltime/checkout/statements"
	"rieltime/db"
)

type statementListCommand struct {
	statementFlags
	Limit int `help:"Maximum number of statements, up to 1000." default:"20"`
}

var errLimit = errors.New("--limit must be from 1 to 1000")

// Run lists statements, the one imported last first.
func (c *statementListCommand) Run(ctx context.Context, stdout io.Writer, log *slog.Logger) error {
	if c.Limit < 1 || c.Limit > 1000 {
		return errLimit
	}
	var imported []statements.Imported
	err := c.withAccount(ctx, db.ReadOnly, log, func(store *db.Store, account checkout.Account) (err error) {
		imported, err = store.BankStatements(ctx, account.ID, c.Limit)
		return err
	})
	if err != nil {
		return err
	}

	table := tabwriter.NewWriter(stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "ID\tIMPORTED\tBY\tFROM\tTO\tLINES\tNEW\tNOT UNDERSTOOD\tFILE")
	for _, one := range imported {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%d\t%d\t%d\t%s\n", one.ID, one.At.Format("2006-01-02 15:04"), orDash(one.By), one.First, one.Last, one.Lines, one.Added, one.Bad, one.Name)
	}
	return table.Flush()
}

type statementShowCommand struct {
	statementFlags
	State string `help:"Only lines in this state: matched, ours_only, bank_only, amount_differs, twice or fee. Without one, those that need attention." enum:",matched,ours_only,bank_only,amount_differs,twice,fee" default:""`
	Limit int    `help:"Maximum number of lines, up to 1000." default:"50"`
}

// Run lists lines, the latest first.
func (c *statementShowCommand) Run(ctx context.Context, stdout io.Writer, log *slog.Logger) error {
	if c.Limit < 1 || c.Limit > 1000 {
		return errLimit
	}
	var lines []statements.Entry
	err := c.withAccount(ctx, db.ReadOnly, log, func(store *db.Store, account checkout.Account) (err error) {
		lines, err = store.ListBankLines(ctx, account, statements.Filter{State: statements.State(c.State), NeedsAttention: c.State == ""}, c.Limit)
		return err
	})
	if err != nil {
		return err
	}

	table := tabwriter.NewWriter(stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "ID\tDAY\tAMOUNT\tSTATE\tBY\tPAYMENT\tPROPOSED\tREFERENCE\tTEXT")
	for _, line := range lines[:min(len(lines), c.Limit)] {
		amount := line.Amount.String()
		if line.Out {
			amount = "-" + amount
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", line.ID, lineTime(line.Line), amount, line.State, orDash(string(line.How)),
			orDash(line.Record), orDash(strings.Join(line.Proposals, " ")), orDash(line.Reference), line.Text)
	}
	return table.Flush()
}

type statementExplainCommand struct {
	statementFlags
	Line    string `arg:"" help:"The line's id, as statement show prints it."`
	Payment string `help:"The proposed payment that the line is of."`
	Note    string `help:"Why: kept in the audit trail." required:""`
}

// Run keeps what a person says about a line. It settles nothing.
func (c *statementExplainCommand) Run(ctx context.Context, stdout io.Writer, log *slog.Logger) error {
	err := c.withAccount(ctx, db.Existing, log, func(store *db.Store, account checkout.Account) error {
		line, err := store.BankLine(ctx, account.MerchantID, account.Mode, c.Line)
		if err != nil {
			return err
		}
		if line.AccountID != account.ID {
			return fmt.Errorf("the line %s is of another account", c.Line)
		}
		return newStatements(store).Explain(ctx, line, c.Payment, c.Note)
	})
	if err != nil {
		return err
	}

	_, err = fmt.Fprintf(stdout, "%s is explained\n", c.Line)
	return err
}

type statementWithdrawCommand struct {
	statementFlags
	Statement string `arg:"" help:"The statement's id, as statement list prints it."`
	Note      string `help:"Why: kept in the audit trail." required:""`
}

// Run deletes a statement. No payment changes.
func (c *statementWithdrawCommand) Run(ctx context.Context, stdout io.Writer, log *slog.Logger) error {
	err := c.withAccount(ctx, db.Existing, log, func(store *db.Store, account checkout.Account) error {
		statement, err := store.BankStatement(ctx, account.MerchantID, account.Mode, c.Statement)
		if err != nil {
			return err
		}
		if statement.AccountID != account.ID {
			return fmt.Errorf("the statement %s is of another account", c.Statement)
		}
		return newStatements(store).Withdraw(ctx, statement, c.Note)
	})
	if err != nil {
		return err
	}

	_, err = fmt.Fprintf(stdout, "%s is withdrawn\n", c.Statement)
	return err
}
