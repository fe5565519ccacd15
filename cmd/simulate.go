package cmd

import (
	"context"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"path/filepath"
	"reflect"
	"time"

	"github.com/alecthomas/kong"
	"github.com/goccy/go-yaml"

	"rieltime/checkout"
	"rieltime/providers/simkit"
)

// simulateCommand runs the providers' simulators for a checkout in another
// process.
type simulateCommand struct {
	Data      string       `help:"Folder for the state of the simulators; without one the state is lost when they stop." type:"path"`
	Addresses kong.Plugins `embed:""` // of the simulators; see addressFlags
	Autopilot bool         `help:"Pay, decline or wait according to the last digits of each amount (see test mode in /docs)."`
}

func (c *simulateCommand) Run(ctx context.Context, stdout io.Writer) error {
	sites, inOrder, err := openSites(addressesOf(c.Addresses))
	if err != nil {
		return err
	}
	simulators, err := startSimulators(sites, c.Data, simulatorOptions{autopilot: c.Autopilot})
	if err != nil {
		return err
	}

	for _, s := range inOrder {
		fmt.Fprintf(stdout, "%-9s %s\n", s.name, s.url)
	}
	if err := printAccounts(stdout, sites, simulators); err != nil {
		return err
	}

	<-ctx.Done()
	return nil
}

// printAccounts prints the simulators' accounts as a merchant's file has them. Those of
// providers that cannot be queried are left out: their callbacks must be registered first.
func printAccounts(stdout io.Writer, sites map[string]site, simulators map[string]simkit.Simulator) error {
	accounts := map[string]any{}
	for _, registered := range registry() {
		provider := registered.describe()
		if _, is := provider.(checkout.Querier); !is {
			continue
		}
		settings := simulators[provider.Name()].DemoSettings(simkit.Demo{URL: sites[provider.Name()].url, QRLife: 5 * time.Minute})
		maps.DeleteFunc(settings, func(_ string, value any) bool { return value == "" })
		accounts[provider.Name()] = settings
	}

	text, err := yaml.Marshal(map[string]any{"test": map[string]any{"providers": accounts}})
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(stdout, "\nTo pay with them in test mode, apply a merchant's file with these accounts:\n\n%s", text)
	return err
}

// addressFlags returns a flag for the listen address of each simulator, named
// after the provider and a suffix. Kong reads flags from the fields of structs, so
// that each needs one.
func addressFlags(suffix string) kong.Plugins {
	var flags kong.Plugins
	for _, registered := range registry() {
		provider := registered.describe()
		help := "Listen address of the " + provider.Info().Name + " simulator"
		if registered.includes != "" {
			help += " and " + registered.includes
		}

		tag := fmt.Sprintf("name:%q help:%q default:%q", provider.Name()+suffix, help+".", registered.listen)
		flag := reflect.StructOf([]reflect.StructField{{Name: "Address", Type: reflect.TypeFor[string](), Tag: reflect.StructTag(tag)}})
		flags = append(flags, reflect.New(flag).Interface())
	}

	return flags
}

// addressesOf returns the values of addressFlags as pairs of provider and address.
func addressesOf(flags kong.Plugins) (addresses [][2]string) {
	for i, registered := range registry() {
		address := reflect.ValueOf(flags[i]).Elem().FieldByName("Address").String()
		addresses = append(addresses, [2]string{registered.describe().Name(), address})
	}
	return addresses
}

// site is a server with its listener.
type site struct {
	name     string
	listener net.Listener
	url      string
}

// openSites listens on addresses, given as pairs of name and address.
func openSites(addresses [][2]string) (byName map[string]site, inOrder []site, err error) {
	byName = map[string]site{}
	for _, s := range addresses {
		listener, err := net.Listen("tcp", s[1])
		if err != nil {
			return nil, nil, fmt.Errorf("%s cannot listen on %s: %w", s[0], s[1], err)
		}

		opened := site{s[0], listener, "http://" + siteHost(s[1], listener.Addr())}
		byName[s[0]] = opened
		inOrder = append(inOrder, opened)
	}

	return byName, inOrder, nil
}

// siteHost is the host of a site with its port. A name stays one: browsers make passkeys
// for http://localhost, and for no address of numbers.
func siteHost(asked string, listening net.Addr) string {
	host, _, err := net.SplitHostPort(asked)
	_, port, portErr := net.SplitHostPort(listening.String())
	if err != nil || portErr != nil || host != "localhost" {
		return listening.String()
	}
	return net.JoinHostPort(host, port)
}

// serve serves until the process ends.
func (s site) serve(handler http.Handler) {
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 5 * time.Second}
	go func() { _ = server.Serve(s.listener) }()
}

// startSimulators serves the simulators of all providers and returns them by the
// provider. They keep their state in the folder data, or in memory when it is empty.
func startSimulators(sites map[string]site, data string, options simulatorOptions) (map[string]simkit.Simulator, error) {
	started := map[string]simkit.Simulator{}
	for _, registered := range registry() {
		name := registered.describe().Name()
		options.url = sites[name].url
		if data != "" {
			options.statePath = filepath.Join(data, name+"-simulator.json")
		}

		simulator, err := registered.simulate(options)
		if err != nil {
			return nil, err
		}

		started[name] = simulator
	}

	// None is served before all could be made.
	for name, simulator := range started {
		sites[name].serve(simulator.Handler())
	}

	return started, nil
}
