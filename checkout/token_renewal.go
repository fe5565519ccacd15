package checkout

import (
	"context"
	"errors"
	"time"
)

// How long one process may take to renew a secret, and how often the others look
// whether it has.
const (
	renewalLease = 30 * time.Second
	renewalPoll  = 200 * time.Millisecond
)

// Renewal renews a secret of an account, such as a token, in one process at a
// time: a second renewal would end what the first has got.
type Renewal[T any] struct {
	Vault     Vault
	AccountID string
	Name      string

	// Current gives the secret that is kept, and whether it is good.
	Current func(context.Context) (secret T, good bool, err error)

	// Renew gets a new secret and stores it by keep. It ends what it began even when
	// the caller has gone.
	Renew func(ctx context.Context, keep func(context.Context, Secret) error) (T, error)
}

// Once gives a good secret: the one that is kept, by then, or a new one. While
// another process renews it, Once waits until ctx ends.
func (r Renewal[T]) Once(ctx context.Context) (secret T, err error) {
	for {
		lease, held, err := r.Vault.Lease(ctx, r.AccountID, r.Name, renewalLease)
		if err != nil {
			return secret, err
		}

		secret, good, err := r.Current(ctx) // it may have been renewed while we asked for the lease
		switch {
		case err != nil || good:
			lease.Release()
			return secret, err
		case held:
			secret, err = r.Renew(context.WithoutCancel(ctx), lease.Keep)
			lease.Release()
			if !errors.Is(err, ErrLeaseLost) {
				return secret, err
			}
		}

		select {
		case <-ctx.Done():
			return secret, ctx.Err()
		case <-time.After(renewalPoll):
		}
	}
}
