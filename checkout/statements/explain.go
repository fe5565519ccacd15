package statements

import (
	"context"
	"slices"

	"rieltime/checkout"
)

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
