package cmd

import (
	"errors"
	"time"

	"github.com/alecthomas/kong"

	"rieltime/checkout"
	"rieltime/providers"
	"rieltime/providers/bakong"
	"rieltime/providers/bakong/bakongcmd"
	"rieltime/providers/bakong/bakongsim"
	"rieltime/providers/baray"
	"rieltime/providers/baray/baraysim"
	"rieltime/providers/bayopay"
	"rieltime/providers/bayopay/bayopaysim"
	"rieltime/providers/kess"
	"rieltime/providers/kess/kesscmd"
	"rieltime/providers/kess/kesssim"
	"rieltime/providers/simkit"
	"rieltime/providers/wire"
)

// registry lists the providers, in the order that buyers see them. It is the only
// place outside a provider's folder that knows the provider.
func registry() []registration {
	return []registration{
		{new: adapter(bakong.New), simulate: simulator(bakongsim.New), listen: "127.0.0.1:8082", includes: "its bank app", commands: &bakongcmd.Cmd{}, relay: &bakongcmd.Relay{}},
		{new: adapter(baray.New), simulate: simulator(baraysim.New), listen: "127.0.0.1:8083"},
		{new: adapter(kess.New), simulate: simulator(kesssim.New), listen: "127.0.0.1:8084", commands: &kesscmd.Cmd{}},
		{new: adapter(bayopay.New), simulate: simulator(bayopaysim.New), listen: "127.0.0.1:8085"},
	}
}

// registration is a provider with what comes with it.
type registration struct {
	new      func(providers.Options) checkout.Provider
	simulate func(simulatorOptions) (simkit.Simulator, error)
	listen   string       // default address of the simulator
	includes string       // what the simulator has besides the provider's own servers, for the help; mostly empty
	commands commandGroup // nil: none
	relay    commandGroup // forwards the provider's API from another machine; nil: none
}

// commandGroup holds the commands of one provider, as the fields of a struct that
// kong reads.
type commandGroup interface {
	Summary() string // one line of help
}

// simulatorOptions are those that the commands set for every simulator.
type simulatorOptions struct {
	url       string // address of the simulator
	statePath string // file that keeps its state; empty: memory only
	autopilot bool
	now       func() time.Time // nil: time.Now
}

// adapter returns a provider's constructor as one of the port.
func adapter[P checkout.Provider](construct func(providers.Options) P) func(providers.Options) checkout.Provider {
	return func(o providers.Options) checkout.Provider { return construct(o) }
}

// simulator returns a simulator's constructor without its own types.
func simulator[Account any, S simkit.Simulator](construct func(simkit.Options[Account]) (S, error)) func(simulatorOptions) (simkit.Simulator, error) {
	return func(o simulatorOptions) (simkit.Simulator, error) {
		return construct(simkit.Options[Account]{PublicURL: o.url, Now: o.now, StatePath: o.statePath, Autopilot: o.autopilot})
	}
}

// describe returns the provider for what it says of itself.
func (r registration) describe() checkout.Provider { return r.new(providers.Options{}) }

// Providers returns the adapters of all providers, in the order that buyers see
// them.
func Providers(o providers.Options) []checkout.Provider {
	if o.Wire == nil {
		o.Wire = wire.New(0) // one for all: it bounds the idle connections of each host
	}

	var all []checkout.Provider
	for _, registered := range registry() {
		all = append(all, registered.new(o))
	}
	return all
}

// methodWith returns a method of the first provider that has an optional port of
// checkout.
func methodWith[Port any]() (string, error) {
	for _, provider := range Providers(providers.Options{}) {
		if _, has := provider.(Port); has {
			return provider.Info().Methods[0], nil
		}
	}
	return "", errors.New("no provider can do this")
}

// providerCommands returns a command named after each provider that has commands, and
// the one that forwards calls.
func providerCommands() (options []kong.Option) {
	for _, registered := range registry() {
		if registered.relay != nil {
			options = append(options, kong.DynamicCommand("relay", registered.relay.Summary(), "", registered.relay))
		}
		if registered.commands == nil {
			continue
		}

		options = append(options,
			kong.Bind(registered.commands), // its commands' Run methods may take it
			kong.DynamicCommand(registered.describe().Name(), registered.commands.Summary(), "", registered.commands))
	}

	return options
}
