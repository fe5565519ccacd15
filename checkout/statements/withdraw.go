package statements

import (
	"context"

	"rieltime/checkout"
)

// ErrDaysClosed is a statement that a closed day was compared with.
var ErrDaysClosed = &checkout.Error{Kind: checkout.KindConflict, Code: "days_closed", Detail: "A day of this statement is closed: an owner must reopen it first."}

// ErrWithdrawn ends the import of a statement that somebody withdrew meanwhile.
var ErrWithdrawn = &checkout.Error{Kind: checkout.KindConflict, Code: "statement_withdrawn", Detail: "This statement was withdrawn while it was imported: none of its lines is kept."}

// Withdraw deletes a statement that should not have been imported, such as one whose
// columns were wrong, with the lines that it added and what was said about them. Lines
// that an earlier statement had already stay; a later statement that shares lines with
// this one is imported again.
func (s *Service) Withdraw(ctx context.Context, statement Imported, note string) error {
	if err := checkNote(note); err != nil {
		return err
	}
	return s.store.WithdrawStatement(ctx, statement, note)
}
