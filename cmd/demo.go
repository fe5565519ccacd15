package cmd

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/alecthomas/kong"

	"rieltime/checkout"
	"rieltime/examples/shop"
	"rieltime/providers/simkit"
)

type demoCommand struct {
	databaseFlags
	Listen    string        `help:"Listen address of the checkout." default:"127.0.0.1:8080"`
	Shop      string        `help:"Listen address of the demo shop." default:"127.0.0.1:8081"`
	Telegram  string        `name:"telegram-sim" help:"Listen address of the Telegram simulator." default:"127.0.0.1:8086"`
	Addresses kong.Plugins  `embed:""` // of the simulators; see addressFlags
	QRLife    time.Duration `help:"How long a KHQR code is valid." default:"5m"`
	Autopilot bool          `help:"Pay, decline or wait according to the last digits of each amount (see test mode in /docs)." default:"true" negatable:""`
	Control   string        `help:"Address of the demo's control, by which tests move the clock. Off by default." placeholder:"127.0.0.1:0"`
	History   bool          `help:"Give the shop some weeks of earlier payments, at the first start." negatable:""`
}

// The demo's merchant.
const (
	demoMerchant = "demo"
	demoName     = "Psar Chas Shop"
)

// openSites listens for all servers of the demo and returns them by name and in order.
func (c *demoCommand) openSites() (byName map[string]site, inOrder []site, err error) {
	addresses := [][2]string{{"checkout", c.Listen}, {"shop", c.Shop}, {"telegram", c.Telegram}}
	if c.Control != "" {
		addresses = append(addresses, [2]string{"control", c.Control})
	}
	return openSites(append(addresses, addressesOf(c.Addresses)...))
}

func (c *demoCommand) Run(ctx context.Context, stdout io.Writer, log *slog.Logger) error {
	sites, inOrder, err := c.openSites()
	if err != nil {
		return err
	}

	secrets, err := c.loadSecrets()
	if err != nil {
		return err
	}

	clock := &movableClock{}
	simulators, err := startSimulators(sites, c.Data, simulatorOptions{autopilot: c.Autopilot, now: clock.now})
	if err != nil {
		return err
	}

	app, err := c.open(ctx, sites, &secrets, clock, log)
	if err != nil {
		return err
	}
	if err := c.applyMerchant(ctx, app, &secrets, sites, simulators); err != nil {
		return errors.Join(err, app.store.Close())
	}

	if err := app.setDemoRate(ctx); err != nil {
		return errors.Join(err, app.store.Close())
	}

	if err := app.startTelegram(ctx, sites["telegram"]); err != nil {
		return errors.Join(err, app.store.Close())
	}

	if c.History {
		if err := c.addHistory(ctx, app, &secrets, sites["shop"]); err != nil {
			return errors.Join(err, app.store.Close())
		}
	}
	app.reconcileAfter = secrets.HistoryUntil

	sites["shop"].serve(shop.New(shop.Options{
		APIBase: sites["checkout"].url, APIKey: secrets.APIKey, WebhookSecret: secrets.WebhookSecret,
		PublicURL: sites["shop"].url, StatePath: filepath.Join(c.Data, "shop.json"), Log: log,
	}))

	if control, is := sites["control"]; is {
		control.serve(clock.handler())
	}

	if err := app.printDemo(ctx, stdout, inOrder, simulators); err != nil {
		return errors.Join(err, app.store.Close())
	}

	printOwnShop(stdout, sites["checkout"].url, secrets.APIKey)

	err = app.serve(ctx, serveOptions{listener: sites["checkout"].listener, allowPrivateWebhooks: true, webhookTime: c.webhookTime(), demo: true, grace: 10 * time.Second})
	return errors.Join(err, app.store.Close())
}

// open opens the checkout. Only a demo with a control goes by a clock of its own; others
// go by the database's.
func (c *demoCommand) open(ctx context.Context, sites map[string]site, secrets *demoSecrets, clock *movableClock, log *slog.Logger) (*app, error) {
	data := dataFlags{databaseFlags: c.databaseFlags, Key: checkout.Secret(secrets.Key)}
	if c.Control != "" {
		data.now = clock.now
	}
	return data.open(ctx, sites["checkout"].url, log)
}

// webhookTime is this machine's time where the checkout's may be ahead of it: shops refuse
// webhooks from the future.
func (c *demoCommand) webhookTime() func() time.Time {
	if c.Control != "" {
		return time.Now
	}
	return nil
}

// demoFor describes the demo to a simulator.
func (c *demoCommand) demoFor(simulator, shop site) simkit.Demo {
	return simkit.Demo{URL: simulator.url, Icon: shop.url + "/static/iced-coffee.svg", QRLife: c.QRLife}
}

// printDemo prints every server's address, and where to begin.
func (a *app) printDemo(ctx context.Context, stdout io.Writer, inOrder []site, simulators map[string]simkit.Simulator) error {
	for _, s := range inOrder {
		fmt.Fprintf(stdout, "%-9s %s\n", s.name, s.url)
	}

	shop := inOrder[slices.IndexFunc(inOrder, func(s site) bool { return s.name == "shop" })]
	fmt.Fprintf(stdout, "\nBuy something at %s\n", shop.url)
	if err := a.printDashboard(ctx, stdout); err != nil {
		return err
	}

	for _, s := range inOrder {
		if s.name == "telegram" {
			fmt.Fprintln(stdout, telegramHint(s))
		}
		if simulator, is := simulators[s.name]; is && simulator.DemoHint(s.url) != "" {
			fmt.Fprintln(stdout, simulator.DemoHint(s.url))
		}
	}
	return nil
}

// printOwnShop prints what a shop that is being developed needs to be paid here.
func printOwnShop(stdout io.Writer, api, key string) {
	fmt.Fprintf(stdout, "\nYour own shop can be paid here: its test key is %s\n", key)
	fmt.Fprintf(stdout, "It gets webhooks by: %s listen --api %s --key %s --forward-to http://127.0.0.1:3000/webhooks\n", os.Args[0], api, key)
}

func (c *demoCommand) applyMerchant(ctx context.Context, app *app, secrets *demoSecrets, sites map[string]site, simulators map[string]simkit.Simulator) error {
	settings := map[string]any{} // by provider, as in a merchant file
	for name, simulator := range simulators {
		settings[name] = simulator.DemoSettings(c.demoFor(sites[name], sites["shop"]))
	}

	spec, err := json.Marshal(map[string]any{
		"id": demoMerchant, "name": demoName, "return_hosts": []string{"127.0.0.1", "localhost"}, "frame_hosts": []string{strings.TrimPrefix(sites["shop"].url, "http://")},
		"support_contact": "help@psarchas.example", "exchange": map[string]any{"max_age_hours": 24 * 31},
		"test": map[string]any{"webhook_url": sites["shop"].url + "/webhooks", "providers": settings},
	})
	if err != nil {
		return err
	}

	applied, err := app.applyMerchant(ctx, spec)
	if err != nil {
		return err
	}

	mode := applied.Modes[0]
	for _, address := range mode.Register {
		if err := simulators[address.Provider].RegisterCallback(address.URL); err != nil {
			return err
		}
	}

	if mode.APIKey != "" {
		secrets.APIKey = mode.APIKey.Reveal()
	}

	if mode.WebhookSecret != "" {
		secrets.WebhookSecret = mode.WebhookSecret.Reveal()
	}

	if secrets.APIKey == "" || secrets.WebhookSecret == "" {
		return fmt.Errorf("the demo's keys, which are shown only once, are lost: remove %s and start again", c.Data)
	}

	return c.saveSecrets(*secrets)
}

// demoSecrets are stored beside the database, since keys are shown only once.
// They are of no use outside the demo.
type demoSecrets struct {
	Key           string `json:"key"`
	APIKey        string `json:"api_key"`
	WebhookSecret string `json:"webhook_secret"`

	HistoryUntil time.Time `json:"history_until,omitzero"` // when the history was made; zero: there is none
}

func (c *demoCommand) secretsPath() string { return filepath.Join(c.Data, "demo-secrets.json") }

// loadSecrets reads the demo's secrets, or creates them at the first start.
func (c *demoCommand) loadSecrets() (demoSecrets, error) {
	var secrets demoSecrets
	text, err := os.ReadFile(c.secretsPath())
	if err == nil {
		return secrets, json.Unmarshal(text, &secrets)
	}
	if !errors.Is(err, os.ErrNotExist) {
		return secrets, err
	}
	if err := os.MkdirAll(c.Data, 0o700); err != nil {
		return secrets, err
	}

	secrets.Key = base64.StdEncoding.EncodeToString(newKey())
	return secrets, c.saveSecrets(secrets)
}

func (c *demoCommand) saveSecrets(secrets demoSecrets) error {
	text, err := json.MarshalIndent(secrets, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(c.secretsPath(), text, 0o600)
}
