package db

import (
	"context"
	"database/sql"
	"time"

	"rieltime/checkout/users"
)

const challengeColumns = "token_hash, purpose, user_id, challenge, expires_at"

var insertChallengeQuery = insertInto("challenges", challengeColumns)

// expiredAtOnce bounds how many challenges that have expired a new one removes.
const expiredAtOnce = 20

// InsertChallenge stores a challenge; see users.Store.
func (s *Store) InsertChallenge(ctx context.Context, c users.Challenge, now time.Time) error {
	return s.update(ctx, func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `DELETE FROM challenges WHERE token_hash IN
			(SELECT token_hash FROM challenges WHERE expires_at < $1 ORDER BY expires_at, token_hash LIMIT $2)`, millis(now), expiredAtOnce)
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, insertChallengeQuery, c.TokenHash, c.Purpose, c.UserID, c.Text, millis(c.ExpiresAt))
		return err
	})
}

// Challenge finds a challenge; see users.Store.
func (s *Store) Challenge(ctx context.Context, tokenHash string, purpose users.Purpose) (users.Challenge, error) {
	return scanChallenge(s.read.QueryRowContext(ctx, "SELECT "+challengeColumns+" FROM challenges WHERE token_hash = $1 AND purpose = $2", tokenHash, purpose))
}

func scanChallenge(row scanner) (c users.Challenge, err error) {
	var expires int64
	err = row.Scan(&c.TokenHash, &c.Purpose, &c.UserID, &c.Text, &expires)
	c.ExpiresAt = fromMillis(expires)
	return c, translateErr(err)
}

// TakeChallenge returns a challenge and removes it; see users.Store.
func (s *Store) TakeChallenge(ctx context.Context, tokenHash string, purpose users.Purpose) (c users.Challenge, err error) {
	err = s.update(ctx, func(ctx context.Context, tx *sql.Tx) error {
		c, err = scanChallenge(tx.QueryRowContext(ctx, "DELETE FROM challenges WHERE token_hash = $1 AND purpose = $2 RETURNING "+challengeColumns, tokenHash, purpose))
		return err
	})
	return c, err
}
