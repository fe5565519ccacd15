package cmd

import (
	"rieltime/checkout"
	"rieltime/providers"
	"rieltime/providers/bakong"
	"rieltime/providers/baray"
	"rieltime/providers/bayopay"
	"rieltime/providers/kess"
	"rieltime/providers/wire"
)

// Providers returns all ways to pay, in the order that buyers see them.
func Providers(o providers.Options) []checkout.Provider {
	if o.Wire == nil {
		o.Wire = wire.New(0) // one for all, which share its connections and breakers
	}
	return []checkout.Provider{bakong.New(o), baray.New(o), kess.New(o), bayopay.New(o)}
}
