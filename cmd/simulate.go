package cmd

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"time"

	"rieltime/providers/bakong/bakongsim"
	"rieltime/providers/baray/baraysim"
	"rieltime/providers/bayopay/bayopaysim"
	"rieltime/providers/kess/kesssim"
)

// simulateCommand runs the providers' simulators for a checkout in another
// process.
type simulateCommand struct {
	Data    string `help:"Folder for the state of the simulators; without one the state is lost when they stop." type:"path"`
	Bakong  string `help:"Listen address of the Bakong simulator and its bank app." default:"127.0.0.1:8082"`
	Baray   string `help:"Listen address of the Baray simulator." default:"127.0.0.1:8083"`
	Kess    string `help:"Listen address of the KESS simulator." default:"127.0.0.1:8084"`
	Bayopay string `help:"Listen address of the BayoPay simulator." default:"127.0.0.1:8085"`

	Autopilot bool `help:"Pay, decline or wait according to the last digits of each amount (see test mode in /docs)."`
}

func (c *simulateCommand) Run(ctx context.Context, stdout io.Writer) error {
	sites, inOrder, err := openSites([][2]string{{"bakong", c.Bakong}, {"baray", c.Baray}, {"kess", c.Kess}, {"bayopay", c.Bayopay}})
	if err != nil {
		return err
	}
	if _, err := startSimulators(sites, c.Data, c.Autopilot); err != nil {
		return err
	}

	for _, s := range inOrder {
		fmt.Fprintf(stdout, "%-9s %s\n", s.name, s.url)
	}

	<-ctx.Done()
	return nil
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

		opened := site{s[0], listener, "http://" + listener.Addr().String()}
		byName[s[0]] = opened
		inOrder = append(inOrder, opened)
	}

	return byName, inOrder, nil
}

// serve serves until the process ends.
func (s site) serve(handler http.Handler) {
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 5 * time.Second}
	go func() { _ = server.Serve(s.listener) }()
}

// simulators are the running simulators of the providers.
type simulators struct {
	bakong  *bakongsim.Simulator
	baray   *baraysim.Simulator
	kess    *kesssim.Simulator
	bayopay *bayopaysim.Simulator
}

// startSimulators serves the four simulators. They keep their state in the folder
// data, or in memory when it is empty.
func startSimulators(sites map[string]site, data string, autopilot bool) (simulators, error) {
	state := func(name string) string {
		if data == "" {
			return ""
		}
		return filepath.Join(data, name+"-simulator.json")
	}

	bakong, err := bakongsim.New(bakongsim.Options{PublicURL: sites["bakong"].url, StatePath: state("bakong"), Autopilot: autopilot})
	if err != nil {
		return simulators{}, err
	}

	baray, err := baraysim.New(baraysim.Options{PublicURL: sites["baray"].url, StatePath: state("baray"), Autopilot: autopilot})
	if err != nil {
		return simulators{}, err
	}

	kess, err := kesssim.New(kesssim.Options{PublicURL: sites["kess"].url, StatePath: state("kess"), Autopilot: autopilot})
	if err != nil {
		return simulators{}, err
	}

	bayopay, err := bayopaysim.New(bayopaysim.Options{PublicURL: sites["bayopay"].url, StatePath: state("bayopay"), Autopilot: autopilot})
	if err != nil {
		return simulators{}, err
	}

	sites["bakong"].serve(bakong.Handler())
	sites["baray"].serve(baray.Handler())
	sites["kess"].serve(kess.Handler())
	sites["bayopay"].serve(bayopay.Handler())
	return simulators{bakong: bakong, baray: baray, kess: kess, bayopay: bayopay}, nil
}
