package db

import (
	"context"
	"database/sql"
	"time"

	"rieltime/checkout"
)

// inPieces does background work, of which step does a little and reports whether
// there is more. It is committed in small pieces, between which buyers' changes
// come first; an error undoes its piece and ends the work.
func (s *Store) inPieces(ctx context.Context, step func(context.Context, *sql.Tx) (more bool, err error)) error {
	_, err := inPiecesFrom(ctx, s, struct{}{}, func(ctx context.Context, tx *sql.Tx, _ *struct{}) (bool, error) { return step(ctx, tx) })
	return err
}

// inPiecesFrom is inPieces for work that has a state, such as how far it has got:
// a value that shares nothing with its copies. A piece that the database undoes and
// runs again begins with the state that was committed, not with what its first try
// left. Returned is the state of the last commit.
func inPiecesFrom[S any](ctx context.Context, s *Store, state S, step func(context.Context, *sql.Tx, *S) (more bool, err error)) (S, error) {
	if s.writer == nil {
		return state, ErrReadOnly
	}

	actor := checkout.ActorOf(ctx)
	for more := true; more; {
		var reached S
		err := s.writer.doPiece(ctx, func(ctx context.Context, tx *sql.Tx) (err error) {
			ctx = checkout.WithActor(ctx, actor)
			reached, more = state, true
			for begun := time.Now(); more && time.Since(begun) < pieceTime; {
				if more, err = step(ctx, tx, &reached); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return state, translateErr(err)
		}

		state = reached
	}

	return state, nil
}

// eachInPieces does the same to each of some objects, as inPieces does.
func eachInPieces[T any](ctx context.Context, s *Store, objects []T, do func(context.Context, *sql.Tx, T) error) error {
	_, err := inPiecesFrom(ctx, s, 0, func(ctx context.Context, tx *sql.Tx, next *int) (more bool, err error) {
		if *next == len(objects) {
			return false, nil
		}
		*next++
		return true, do(ctx, tx, objects[*next-1])
	})
	return err
}
