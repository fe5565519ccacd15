package db

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"rieltime/checkout"
	"rieltime/checkout/users"
)

const requestColumns = "token_hash, code_hash, number, user_agent, address, created_at, expires_at, user_id, confirmed_in"

var insertRequestQuery = insertInto("sign_in_requests", requestColumns)

func scanRequest(row scanner) (r users.SignInRequest, err error) {
	var created, expires int64
	err = row.Scan(&r.TokenHash, &r.CodeHash, &r.Number, &r.UserAgent, &r.Address, &created, &expires, &r.UserID, &r.ConfirmedIn)
	r.CreatedAt, r.ExpiresAt = fromMillis(created), fromMillis(expires)
	return r, translateErr(err)
}

// InsertSignInRequest stores a request to be signed in; see users.Store.
func (s *Store) InsertSignInRequest(ctx context.Context, r users.SignInRequest, now time.Time) error {
	return s.update(ctx, func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `DELETE FROM sign_in_requests WHERE token_hash IN
			(SELECT token_hash FROM sign_in_requests WHERE expires_at < $1 ORDER BY expires_at, token_hash LIMIT $2)`, millis(now), expiredAtOnce)
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, insertRequestQuery,
			r.TokenHash, r.CodeHash, r.Number, r.UserAgent, r.Address, millis(r.CreatedAt), millis(r.ExpiresAt), r.UserID, r.ConfirmedIn)
		return err
	})
}

// SignInRequest finds a request by the hash of its browser's token.
func (s *Store) SignInRequest(ctx context.Context, tokenHash string) (users.SignInRequest, error) {
	return scanRequest(s.read.QueryRowContext(ctx, "SELECT "+requestColumns+" FROM sign_in_requests WHERE token_hash = $1", tokenHash))
}

// SignInRequestByCode finds a request by the hash of its QR code's secret.
func (s *Store) SignInRequestByCode(ctx context.Context, codeHash string) (users.SignInRequest, error) {
	return scanRequest(s.read.QueryRowContext(ctx, "SELECT "+requestColumns+" FROM sign_in_requests WHERE code_hash = $1", codeHash))
}

// ConfirmSignInRequest confirms a request; see users.Store.
func (s *Store) ConfirmSignInRequest(ctx context.Context, codeHash string, in users.SignIn, at time.Time) error {
	return s.update(ctx, func(ctx context.Context, tx *sql.Tx) error {
		// One statement decides: of two confirmations at once the second finds no row.
		var userAgent, address string
		err := tx.QueryRowContext(ctx, `UPDATE sign_in_requests SET user_id = $1, confirmed_in = $2
			WHERE code_hash = $3 AND user_id = '' AND expires_at > $4 RETURNING user_agent, address`,
			in.UserID, in.ID, codeHash, millis(at)).Scan(&userAgent, &address)
		if err != nil {
			return requestOver(err)
		}
		return s.audit(ctx, tx, "user.sign_in_confirm", in.UserID, map[string]any{"in": in.ID, "user_agent": userAgent, "address": address})
	})
}

// RefuseSignInRequest removes a request that nobody has confirmed; see users.Store.
func (s *Store) RefuseSignInRequest(ctx context.Context, codeHash string) error {
	return s.update(ctx, func(ctx context.Context, tx *sql.Tx) error {
		var address string
		err := tx.QueryRowContext(ctx, "DELETE FROM sign_in_requests WHERE code_hash = $1 AND user_id = '' RETURNING address", codeHash).Scan(&address)
		if err != nil {
			return requestOver(err)
		}
		return s.audit(ctx, tx, "user.sign_in_refuse", "", map[string]any{"address": address})
	})
}

// TakeSignInRequest returns a request that is confirmed and removes it; see users.Store.
func (s *Store) TakeSignInRequest(ctx context.Context, tokenHash string) (request users.SignInRequest, confirmedIn users.SignIn, err error) {
	err = s.update(ctx, func(ctx context.Context, tx *sql.Tx) error {
		request, err = scanRequest(tx.QueryRowContext(ctx, "DELETE FROM sign_in_requests WHERE token_hash = $1 AND user_id <> '' RETURNING "+requestColumns, tokenHash))
		if err != nil {
			return err
		}
		confirmedIn, err = scanSignIn(tx.QueryRowContext(ctx, "SELECT "+signInColumns+" FROM sign_ins WHERE id = $1", request.ConfirmedIn))
		return translateErr(err)
	})
	return request, confirmedIn, err
}

// requestOver is the error of a request that is not there.
func requestOver(err error) error {
	if err = translateErr(err); errors.Is(err, checkout.ErrNotFound) {
		return users.ErrRequestOver
	}
	return err
}
