// Package providers defines what every adapter is made with. Each folder below
// with a simulator of its own is one provider.
package providers

import (
	"log/slog"
	"time"

	"rieltime/checkout"
	"rieltime/providers/wire"
)

// Options are what an adapter works with. An adapter ignores what it does not
// need.
type Options struct {
	Wire  *wire.Client     // makes the calls; nil: a client with the default timeout
	Vault checkout.Vault   // keeps tokens that providers issue; required for payments by providers that issue some
	Now   func() time.Time // nil: time.Now
	Log   *slog.Logger     // nil: logs nothing
}

// WithDefaults returns o with its empty fields filled, except Vault.
func (o Options) WithDefaults() Options {
	if o.Wire == nil {
		o.Wire = wire.New(0)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return o
}
