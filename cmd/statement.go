package cmd

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"text/tabwriter"

	"rieltime/checkout"
	"rieltime/checkout/statements"
	"rieltime/db"
	"rieltime/internal/cambodia"
	"rieltime/providers"
)

type statementCommand struct {
	Import  statementImportCommand  `cmd:"" help:"Import a bank's statement and match its lines with payments."`
	List    statementListCommand    `cmd:"" help:"List the statements that were imported."`
	Show    statementShowCommand    `cmd:"" help:"List lines of imported statements."`
	Explain statementExplainCommand `cmd:"" help:"Say of which proposed payment a line is, or why it is right as it is."`

	Withdraw statementWithdrawCommand `cmd:"" help:"Delete a statement that should not have been imported, with the lines that it added."`
}

// statementFlags name the account that statements are of.
type statementFlags struct {
	dataFlags
	Merchant string `help:"The merchant's id." required:""`
	Account  string `help:"The provider of the account that the statement is of, such as bakong, or the account's id." required:""`
	Live     bool   `help:"The account in live mode instead of test mode."`
}

func (f statementFlags) account(ctx context.Context, store *db.Store) (checkout.Account, error) {
	mode := checkout.ModeTest
	if f.Live {
		mode = checkout.ModeLive
	}
	accounts, err := store.Accounts(ctx, f.Merchant, mode)
	if err != nil {
		return checkout.Account{}, err
	}
	account, err := statements.FindAccount(accounts, f.Account)
	if err != nil {
		return account, fmt.Errorf("merchant %q, %s mode: %w", f.Merchant, mode, err)
	}
	return account, nil
}

// withAccount opens the store, finds the account, and closes the store after do.
func (f statementFlags) withAccount(ctx context.Context, access db.Access, log *slog.Logger, do func(*db.Store, checkout.Account) error) error {
	store, err := f.openStore(ctx, access, log)
	if err != nil {
		return err
	}

	account, err := f.account(ctx, store)
	if err == nil {
		err = do(store, account)
	}
	return errors.Join(err, store.Close())
}

type statementImportCommand struct {
	statementFlags
	File     string            `arg:"" help:"CSV, XLSX, camt.053 or MT940." type:"existingfile"`
	Map      map[string]string `help:"Column of a field, by its header or its number: date, time, amount, debit, credit, mark, currency, reference, hash, payer, text or balance. Kept for the account's next statements." placeholder:"date=Booked;credit=#4"`
	Currency string            `help:"Currency of amounts that name none: USD, KHR, MYR or IDR."`
	Dates    string            `help:"Order of dates: day_first or month_first." enum:",day_first,month_first" default:""`
	Sheet    string            `help:"Sheet of a workbook."`
	Preview  bool              `help:"Only show what would be read."`
}

// importMemory is what the command's memory is kept below, if it can be: a statement may
// be imported on the machine that serves buyers.
const importMemory = 80 << 20

// importGarbage is how many percent of what is in use the garbage may be.
const importGarbage = 20

// Run reads the file, imports it and prints what became of its lines.
func (c *statementImportCommand) Run(ctx context.Context, stdout io.Writer, log *slog.Logger) error {
	debug.SetMemoryLimit(importMemory)
	debug.SetGCPercent(importGarbage)
	access := db.Existing
	if c.Preview {
		access = db.ReadOnly
	}
	return c.withAccount(ctx, access, log, func(store *db.Store, account checkout.Account) error {
		return c.run(ctx, stdout, store, account)
	})
}

func (c *statementImportCommand) run(ctx context.Context, stdout io.Writer, store *db.Store, account checkout.Account) error {
	file, err := c.read(ctx, store, account)
	if err != nil {
		return err
	}
	if c.Preview {
		return printPreview(stdout, file)
	}

	asked, nothing := file.Asked, len(file.Lines) == 0
	result, err := newStatements(store).Import(ctx, account, filepath.Base(c.File), file.Statement, func(done, total int) {
		if done == total || done%10_000 == 0 {
			fmt.Fprintf(stdout, "%d of %d lines\n", done, total)
		}
	})
	if nothing {
		printLeftOut(stdout, file.Statement)
	}
	if err != nil {
		return err
	}

	// Kept before, columns that read nothing would be used for the next statement.
	if len(c.Map) > 0 || c.Currency != "" || c.Dates != "" {
		if err := store.SaveBankMap(ctx, account.ID, asked); err != nil {
			return err
		}
	}
	return printResult(stdout, file, result)
}

func newStatements(store *db.Store) *statements.Service {
	service := checkout.NewService(checkout.Config{Store: store, Providers: Providers(providers.Options{Now: store.Now})})
	return statements.NewService(store, service.ProviderInfo, store.Now)
}

// read reads the file by the columns that the flags name, those kept for the account, or
// those that its header shows.
func (c *statementImportCommand) read(ctx context.Context, store *db.Store, account checkout.Account) (statements.File, error) {
	kept, err := store.BankMap(ctx, account.ID)
	if err != nil {
		return statements.File{}, err
	}
	given, err := c.given()
	if err != nil {
		return statements.File{}, err
	}

	data, err := readAtMost(c.File, statements.MaxSize)
	if err != nil {
		return statements.File{}, err
	}
	file, err := statements.ReadKept(data, given, kept)
	if errors.Is(err, statements.ErrNoHeader) {
		err = fmt.Errorf("%w with --map; the header is: %s", err, strings.Join(file.Header, " | "))
	}
	return file, err
}

// given is what the flags say.
func (c *statementImportCommand) given() (statements.Map, error) {
	given := statements.Map{
		Currency: checkout.Currency(strings.ToUpper(c.Currency)), Dates: statements.DateOrder(c.Dates), Sheet: c.Sheet,
	}
	if len(c.Map) == 0 {
		return given, given.CheckChoices()
	}

	given.Columns = map[statements.Field]string{}
	for field, column := range c.Map {
		given.Columns[statements.Field(field)] = column
	}
	return given, given.Check()
}

// readAtMost reads a file, up to a byte more than it may have.
func readAtMost(path string, limit int64) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	var data bytes.Buffer
	if size, err := file.Stat(); err == nil {
		data.Grow(int(min(size.Size(), limit)) + bytes.MinRead)
	}
	_, err = data.ReadFrom(io.LimitReader(file, limit+1))
	return data.Bytes(), errors.Join(err, file.Close())
}

const previewed = 20 // lines

func printPreview(stdout io.Writer, file statements.File) error {
	fmt.Fprintf(stdout, "%s, %d lines\n", file.Format, len(file.Lines))
	if file.Format.Table() {
		for _, field := range statements.Fields() {
			if column := file.Map.Columns[field]; column != "" {
				fmt.Fprintf(stdout, "  %s = %s\n", field, column)
			}
		}
		fmt.Fprintf(stdout, "  dates: %s\n", file.Map.Dates)
	}

	table := tabwriter.NewWriter(stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "ROW\tDAY\tIN\tOUT\tREFERENCE\tPAYER\tTEXT")
	for _, line := range file.Lines[:min(len(file.Lines), previewed)] {
		in, out := line.Amount.String(), ""
		if line.Out {
			in, out = "", in
		}
		fmt.Fprintf(table, "%d\t%s\t%s\t%s\t%s\t%s\t%s\n", line.Row, lineTime(line), orDash(in), orDash(out), orDash(line.Reference), orDash(line.Payer), line.Text)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	printLeftOut(stdout, file.Statement)
	return nil
}

func lineTime(line statements.Line) string {
	if line.At.IsZero() {
		return line.Day.String()
	}
	return line.At.In(cambodia.Zone).Format("2006-01-02 15:04")
}

// printLeftOut names each row that was left out.
func printLeftOut(stdout io.Writer, file statements.Statement) {
	for _, left := range file.Left {
		what := "left out"
		if left.Reason.Bad() {
			what = "NOT UNDERSTOOD"
		}
		fmt.Fprintf(stdout, "row %d %s (%s): %s\n", left.Row, what, left.Reason, left.Text)
	}
}

func printResult(stdout io.Writer, file statements.File, result statements.Result) error {
	printLeftOut(stdout, file.Statement)
	fmt.Fprintf(stdout, "%s: %d lines, %d of them new, from %s to %s\n", result.ID, result.Lines, result.Added, result.First, result.Last)
	for _, state := range slices.Sorted(maps.Keys(result.States)) {
		fmt.Fprintf(stdout, "  %s: %d\n", state, result.States[state])
	}
	if result.Missing > 0 {
		fmt.Fprintf(stdout, "  %s: %d\n", statements.OursOnly, result.Missing)
	}
	if result.Bad > 0 {
		return fmt.Errorf("%d rows were not understood", result.Bad)
	}
	return nil
}
