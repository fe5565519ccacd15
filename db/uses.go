package db

import (
	"context"
	"database/sql"

	"rieltime/checkout"
)

// countUse counts a session's use of its link as the session takes it or gives
// it back. What is paid is counted also beyond the last use: the money is there.
func (s *Store) countUse(ctx context.Context, tx *sql.Tx, before, after checkout.Purchase) error {
	session, link := after.Session, after.Session.LinkID
	if link == "" {
		return nil
	}

	if err := s.lock(ctx, tx, lockLink, link); err != nil {
		return err
	}

	if session.Status == checkout.SessionComplete && before.Session.Status != checkout.SessionComplete {
		_, err := tx.ExecContext(ctx, "UPDATE payment_links SET paid = paid + 1, takings = takings + $1 WHERE id = $2", session.Amount.Minor, link)
		if err != nil {
			return err
		}
	}

	switch {
	case session.HoldsUse == before.Session.HoldsUse && session.Status == before.Session.Status:
		return nil
	case session.Status == checkout.SessionComplete && !before.Session.HoldsUse:
		if _, err := tx.ExecContext(ctx, "UPDATE payment_links SET uses = uses + 1 WHERE id = $1", link); err != nil {
			return err
		}

	case session.HoldsUse && !before.Session.HoldsUse:
		return takeUse(ctx, tx, session, after.Holder)
	case before.Session.HoldsUse && !session.HoldsUse:
		if _, err := tx.ExecContext(ctx, "UPDATE payment_links SET uses = uses - 1 WHERE id = $1", link); err != nil {
			return err
		}
	}

	_, err := tx.ExecContext(ctx, "UPDATE sessions SET holder = '' WHERE id = $1 AND holder <> ''", session.ID)
	return err
}

// takeUse takes one of the uses that are left, if the holder has not too many
// that are not paid.
func takeUse(ctx context.Context, tx *sql.Tx, session checkout.Session, holder string) error {
	link, err := selectLink(ctx, tx, session.LinkID)
	if err != nil {
		return err
	}
	if link.SoldOut() {
		return checkout.ErrLinkSoldOut
	}

	if link.MaxUses > 0 && holder != "" {
		var held int
		err := tx.QueryRowContext(ctx, "SELECT count(*) FROM sessions WHERE link_id = $1 AND holder = $2 AND holder <> ''", link.ID, holder).Scan(&held)
		if err != nil {
			return err
		}
		if held >= link.HoldsPerAddress() {
			return checkout.ErrLinkHeld
		}
	}

	if _, err := tx.ExecContext(ctx, "UPDATE payment_links SET uses = uses + 1 WHERE id = $1", link.ID); err != nil {
		return err
	}

	_, err = tx.ExecContext(ctx, "UPDATE sessions SET holder = $1 WHERE id = $2", holder, session.ID)
	return err
}
