package main

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"rieltime/checkout"
	"rieltime/db"
	"rieltime/examples/shop"
	"rieltime/providers/bakong/bakongsim"
)

type demoCommand struct {
	Data      string        `help:"Folder of the demo's data." default:"./data" type:"path"`
	Listen    string        `help:"Address of the checkout." default:"127.0.0.1:8080"`
	Shop      string        `help:"Address of the demo shop." default:"127.0.0.1:8081"`
	BakongSim string        `help:"Address of the Bakong simulator and its bank app." default:"127.0.0.1:8082"`
	QRLife    time.Duration `help:"How long a KHQR is offered." default:"5m"`
}

const demoMerchant = "demo"

// demoSecrets are kept beside the database, since keys are shown only once.
// They open nothing but the demo.
type demoSecrets struct {
	Key           string `json:"key"`
	APIKey        string `json:"api_key"`
	WebhookSecret string `json:"webhook_secret"`
}

// site is one of the demo's servers besides the checkout.
type site struct {
	name     string
	listener net.Listener
	url      string
}

func listen(name, address string) (site, error) {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return site{}, fmt.Errorf("%s cannot listen on %s: %w", name, address, err)
	}
	return site{name, listener, "http://" + listener.Addr().String()}, nil
}

func (c *demoCommand) Run(ctx context.Context, stdout io.Writer, log *slog.Logger) error {
	var sites []site
	for _, s := range [][2]string{{"checkout", c.Listen}, {"shop", c.Shop}, {"bakong", c.BakongSim}} {
		opened, err := listen(s[0], s[1])
		if err != nil {
			return err
		}
		sites = append(sites, opened)
	}
	checkoutSite, shopSite, bakongSite := sites[0], sites[1], sites[2]

	bakong, err := bakongsim.New(bakongsim.Options{PublicURL: bakongSite.url, StatePath: filepath.Join(c.Data, "bakong-simulator.json")})
	if err != nil {
		return err
	}
	secrets, err := c.secrets()
	if err != nil {
		return err
	}
	serveSite(bakongSite, bakong.Handler())

	house, err := dataFlags{Data: c.Data, Key: checkout.Secret(secrets.Key)}.open(ctx, checkoutSite.url, log)
	if err != nil {
		return err
	}
	if err := c.applyMerchant(ctx, house, &secrets, shopSite, bakongSite); err != nil {
		return errors.Join(err, house.store.Close())
	}
	serveSite(shopSite, shop.New(shop.Options{
		APIBase: checkoutSite.url, APIKey: secrets.APIKey, WebhookSecret: secrets.WebhookSecret,
		PublicURL: shopSite.url, StatePath: filepath.Join(c.Data, "shop.json"), Log: log,
	}))
	for _, s := range sites {
		fmt.Fprintf(stdout, "%-9s %s\n", s.name, s.url)
	}
	fmt.Fprintf(stdout, "\nBuy something at %s and pay with the simulated bank app at %s/app\n", shopSite.url, bakongSite.url)
	err = house.serve(ctx, serving{listener: checkoutSite.listener, allowPrivateWebhooks: true, grace: 10 * time.Second})
	return errors.Join(err, house.store.Close())
}

// serveSite serves until the process ends.
func serveSite(s site, handler http.Handler) {
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 5 * time.Second}
	go func() { _ = server.Serve(s.listener) }()
}

func (c *demoCommand) secretsPath() string { return filepath.Join(c.Data, "demo-secrets.json") }

// secrets reads the demo's secrets, or makes them at the first start.
func (c *demoCommand) secrets() (demoSecrets, error) {
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
	return secrets, c.keep(secrets)
}

func (c *demoCommand) keep(secrets demoSecrets) error {
	text, err := json.MarshalIndent(secrets, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(c.secretsPath(), text, 0o600)
}

func (c *demoCommand) applyMerchant(ctx context.Context, house *house, secrets *demoSecrets, shopSite, bakongSite site) error {
	spec, err := json.Marshal(map[string]any{
		"id": demoMerchant, "name": "Psar Chas Shop", "return_hosts": []string{"127.0.0.1", "localhost"},
		"support_contact": "help@psarchas.example",
		"test": map[string]any{
			"webhook_url": shopSite.url + "/webhooks",
			"providers": map[string]any{
				"bakong": map[string]any{
					"base_url": bakongSite.url, "account": bakongsim.DemoAccount, "merchant_name": "Psar Chas Shop",
					"token": bakongsim.DemoToken, "qr_life_seconds": int(c.QRLife.Seconds()),
				},
			},
		},
	})
	if err != nil {
		return err
	}
	applied, err := house.apply(ctx, spec)
	if err != nil {
		return err
	}
	for _, mode := range applied.Modes {
		if mode.APIKey != "" {
			secrets.APIKey = mode.APIKey.Reveal()
		}
		if mode.WebhookSecret != "" {
			secrets.WebhookSecret = mode.WebhookSecret.Reveal()
		}
	}
	return c.keep(*secrets)
}

func newKey() []byte {
	key := make([]byte, db.KeySize)
	_, _ = rand.Read(key) // crypto/rand never fails: it ends the process instead
	return key
}
