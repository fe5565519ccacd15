package db

import (
	"context"
	"database/sql"

	"rieltime/checkout"
	"rieltime/checkout/users"
)

const savedViewColumns = "id, merchant_id, user_id, name, query, shared, created_at"

var insertSavedViewQuery = insertInto("saved_views", savedViewColumns)

var errManyViews = &checkout.Error{Kind: checkout.KindConflict, Code: "too_many_views", Param: "name", Detail: "You have 30 views here already: delete one first."}

// InsertSavedView stores a view; a user has so many at most.
func (s *Store) InsertSavedView(ctx context.Context, v users.SavedView) error {
	return s.update(ctx, func(ctx context.Context, tx *sql.Tx) error {
		var count int
		err := tx.QueryRowContext(ctx, "SELECT count(*) FROM saved_views WHERE merchant_id = $1 AND user_id = $2", v.MerchantID, v.UserID).Scan(&count)
		if err != nil {
			return err
		}
		if count >= users.MaxSavedViews {
			return errManyViews
		}

		_, err = tx.ExecContext(ctx, insertSavedViewQuery, v.ID, v.MerchantID, v.UserID, v.Name, v.Query, flag(v.Shared), millis(v.CreatedAt))
		if err != nil {
			return err
		}
		return s.audit(ctx, tx, "view.create", v.ID, map[string]any{"name": v.Name, "shared": v.Shared})
	})
}

// SavedViews lists the views that a user sees at a merchant: their own, and those that
// others share.
func (s *Store) SavedViews(ctx context.Context, merchantID, userID string) ([]users.SavedView, error) {
	scan := func(row scanner) (v users.SavedView, err error) {
		var created int64
		err = row.Scan(&v.ID, &v.MerchantID, &v.UserID, &v.Name, &v.Query, &v.Shared, &created)
		v.CreatedAt = fromMillis(created)
		return v, err
	}

	own, err := selectAll(ctx, s.lists, scan, "SELECT "+savedViewColumns+" FROM saved_views WHERE merchant_id = $1 AND user_id = $2 ORDER BY name LIMIT $3",
		merchantID, userID, users.MaxSavedViews)
	if err != nil {
		return nil, err
	}

	shared, err := selectAll(ctx, s.lists, scan, "SELECT "+savedViewColumns+" FROM saved_views WHERE merchant_id = $1 AND shared = 1 AND user_id <> $2 ORDER BY name LIMIT $3",
		merchantID, userID, users.MaxSavedViews)
	return append(own, shared...), err
}

// DeleteSavedView deletes a user's own view at a merchant, or with shared one that somebody
// shares: who shared it may have left.
func (s *Store) DeleteSavedView(ctx context.Context, merchantID, userID, id string, shared bool) error {
	ofOthers := -1 // none
	if shared {
		ofOthers = 1
	}
	return s.update(ctx, func(ctx context.Context, tx *sql.Tx) error {
		deleted, err := tx.ExecContext(ctx, "DELETE FROM saved_views WHERE id = $1 AND merchant_id = $2 AND (user_id = $3 OR shared = $4)", id, merchantID, userID, ofOthers)
		if err != nil {
			return err
		}
		if rows, err := deleted.RowsAffected(); err != nil || rows == 0 {
			return checkout.ErrNotFound.WithCause(err)
		}
		return s.audit(ctx, tx, "view.delete", id, nil)
	})
}
