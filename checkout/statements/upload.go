package statements

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"rieltime/checkout"
)

const uploadPrefix = "bu_"

// MaxUpload bounds a file that is uploaded in the dashboard, in bytes: larger ones are
// imported by the command.
const MaxUpload = 10 << 20

// Upload is a file that somebody uploaded, and that is not imported yet.
type Upload struct {
	ID         string
	MerchantID string
	Mode       checkout.Mode
	AccountID  string
	Name       string
	File       []byte
	At         time.Time
	By         string // the actor of the audit trail
}

var errMapChanged = &checkout.Error{Kind: checkout.KindConflict, Code: "columns_changed", Detail: "The columns have been changed meanwhile. Look at the lines again."}

// KeepUpload stores a file for its preview and import, if it can be a statement.
func (s *Service) KeepUpload(ctx context.Context, account checkout.Account, name string, file []byte) (Upload, error) {
	if len(file) > MaxUpload {
		return Upload{}, checkout.Invalidf("file", "statement_large", "The file may have at most 10 MB. Import a larger one by the command.")
	}
	if _, err := s.ReadUpload(ctx, account.ID, file); err != nil && !errors.Is(err, ErrNoHeader) {
		return Upload{}, invalidFile(err)
	}

	u := Upload{
		ID: checkout.NewID(uploadPrefix), MerchantID: account.MerchantID, Mode: account.Mode, AccountID: account.ID,
		Name: clean(name), File: file, At: s.now(), By: checkout.ActorOf(ctx),
	}
	return u, s.store.InsertBankUpload(ctx, u)
}

// invalidFile says why a file cannot be read. The texts of Read are safe to show.
func invalidFile(err error) error {
	return checkout.Invalidf("file", "statement_unreadable", "This cannot be read: %s.", err)
}

// ReadUpload reads a file by the columns that are kept for the account, or, where it
// lacks them, by those that its header shows.
func (s *Service) ReadUpload(ctx context.Context, accountID string, file []byte) (File, error) {
	kept, err := s.store.BankMap(ctx, accountID)
	if err != nil {
		return File{}, err
	}
	return ReadKept(file, Map{}, kept)
}

// SaveMap keeps the columns of an account's statements, if an uploaded one can be read by
// them.
func (s *Service) SaveMap(ctx context.Context, upload Upload, m Map) error {
	if err := m.Check(); err != nil {
		return checkout.Invalidf("columns", "columns_invalid", "These columns are not enough: %s.", err)
	}
	if _, err := Read(upload.File, m); err != nil {
		return invalidFile(err)
	}
	return s.store.SaveBankMap(ctx, upload.AccountID, m)
}

// ImportUpload imports an uploaded file by the columns that its preview showed; it is an
// error of kind conflict when others have been saved since.
func (s *Service) ImportUpload(ctx context.Context, account checkout.Account, upload Upload, shown string, progress Progress) (Result, error) {
	file, err := s.ReadUpload(ctx, account.ID, upload.File)
	upload.File = nil // as large as all lines, which have a text of their own
	if err != nil {
		return Result{}, invalidFile(err)
	}
	if file.Map.Text() != shown {
		return Result{}, errMapChanged
	}

	result, err := s.Import(ctx, account, upload.Name, file.Statement, progress)
	if err != nil {
		return result, err
	}
	return result, s.store.DeleteBankUpload(ctx, upload.ID)
}

// Text is a map as JSON: two that are equal have the same.
func (m Map) Text() string {
	text, _ := json.Marshal(m) // cannot fail: it has only texts
	return string(text)
}

// ColumnNames are what a map may call the columns of a file: by their headers, or by
// their numbers where no header was found.
func (f File) ColumnNames() []string {
	texts := make([]string, len(f.Header))
	for at := range f.Header {
		texts[at] = "#" + itoa(at+1)
		if len(f.Lines)+len(f.Left) > 0 && !f.Map.numbered() {
			texts[at] = columnName(f.Header, at)
		}
	}
	return texts
}

// Totals are what the lines of a statement add up to, by currency.
func (s Statement) Totals() (in, out map[checkout.Currency]int64) {
	in, out = map[checkout.Currency]int64{}, map[checkout.Currency]int64{}
	for _, line := range s.Lines {
		if line.Out {
			out[line.Amount.Currency] += line.Amount.Minor
		} else {
			in[line.Amount.Currency] += line.Amount.Minor
		}
	}
	return in, out
}
