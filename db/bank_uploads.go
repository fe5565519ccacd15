package db

import (
	"bytes"
	"compress/gzip"
	"context"
	"database/sql"
	"io"
	"time"

	"rieltime/checkout"
	"rieltime/checkout/statements"
)

// uploadLife is for how long an uploaded statement waits for its import.
const uploadLife = 24 * time.Hour

const bankUploadColumns = "id, merchant_id, mode, account_id, name, file_packed, uploaded_at, uploaded_by"

// InsertBankUpload stores an uploaded statement in place of the one that the same user
// uploaded for the account before.
func (s *Store) InsertBankUpload(ctx context.Context, u statements.Upload) error {
	var packed bytes.Buffer
	writer := gzip.NewWriter(&packed)
	if _, err := writer.Write(u.File); err != nil {
		return err
	}
	if err := writer.Close(); err != nil {
		return err
	}

	return s.update(ctx, func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "INSERT INTO bank_uploads ("+bankUploadColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
			ON CONFLICT (account_id, uploaded_by) DO UPDATE SET id = excluded.id, name = excluded.name, file_packed = excluded.file_packed, uploaded_at = excluded.uploaded_at`,
			u.ID, u.MerchantID, u.Mode, u.AccountID, u.Name, packed.Bytes(), millis(u.At), u.By)
		return err
	})
}

// BankUpload finds an uploaded statement of a merchant's accounts.
func (s *Store) BankUpload(ctx context.Context, merchantID string, mode checkout.Mode, id string) (u statements.Upload, err error) {
	var packed []byte
	var at int64
	err = s.read.QueryRowContext(ctx, "SELECT "+bankUploadColumns+" FROM bank_uploads WHERE id = $1 AND merchant_id = $2 AND mode = $3", id, merchantID, mode).
		Scan(&u.ID, &u.MerchantID, &u.Mode, &u.AccountID, &u.Name, &packed, &at, &u.By)
	if err != nil {
		return u, translateErr(err)
	}

	u.At = fromMillis(at)
	reader, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return u, err
	}
	u.File, err = io.ReadAll(reader)
	return u, err
}

// DeleteBankUpload deletes an uploaded statement.
func (s *Store) DeleteBankUpload(ctx context.Context, id string) error {
	return s.update(ctx, func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "DELETE FROM bank_uploads WHERE id = $1", id)
		return err
	})
}

// pruneBankUploads deletes uploaded statements that nobody imported.
func (s *Store) pruneBankUploads(ctx context.Context) error {
	return s.inPieces(ctx, func(ctx context.Context, tx *sql.Tx) (more bool, err error) {
		deleted, err := tx.ExecContext(ctx, "DELETE FROM bank_uploads WHERE id IN (SELECT id FROM bank_uploads "+s.dialect.using("bank_uploads_age")+
			"WHERE uploaded_at < $1 ORDER BY uploaded_at, id LIMIT 20)", millis(s.now().Add(-uploadLife)))
		if err != nil {
			return false, err
		}
		rows, err := deleted.RowsAffected()
		return rows > 0, err
	})
}
