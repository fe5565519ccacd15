// Package shop is a small shop that is paid through Rieltime. It knows nothing
// of Rieltime but its HTTP API, as a merchant's own server would: it creates a
// checkout session, sends the buyer there, learns of the outcome by a signed
// webhook, and counts an order as paid only after reading the session back.
package shop

import (
	"embed"
	"log/slog"
	"net/http"
	"time"
)

// Options are the settings of a shop.
type Options struct {
	APIBase       string // Rieltime's address, e.g. "http://localhost:8080"
	APIKey        string // "sk_test_…"
	WebhookSecret string // "whsec_…"
	PublicURL     string // the shop's own address, as buyers reach it
	StatePath     string // the JSON file that keeps the orders
	Log           *slog.Logger
}

type shop struct {
	publicURL     string
	webhookSecret string
	checkout      *checkoutAPI
	orders        *orderFile
	log           *slog.Logger
	now           func() time.Time
}

//go:embed static
var static embed.FS

// New is the shop. Its orders survive a restart in the file at StatePath; a
// file that cannot be read or written shows as an error on the page.
//
//	GET  /             what there is to buy
//	POST /pay          make an order of `product` and go to the checkout
//	GET  /thanks       where the checkout sends a buyer who has paid
//	GET  /canceled     where it sends a buyer who has not
//	GET  /orders       all orders; /orders.json for programs
//	POST /webhooks     Rieltime's events, signed by Standard Webhooks
func New(options Options) http.Handler {
	log := options.Log
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}

	s := &shop{
		publicURL:     trimSlash(options.PublicURL),
		webhookSecret: options.WebhookSecret,
		checkout:      newCheckoutAPI(options.APIBase, options.APIKey),
		orders:        &orderFile{path: options.StatePath},
		log:           log,
		now:           time.Now,
	}

	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", s.home)
	mux.HandleFunc("POST /pay", s.pay)
	mux.HandleFunc("GET /thanks", s.thanks)
	mux.HandleFunc("GET /canceled", s.canceled)
	mux.HandleFunc("GET /orders", s.list)
	mux.HandleFunc("GET /orders.json", s.listJSON)
	mux.HandleFunc("POST /webhooks", s.webhook)
	mux.Handle("GET /static/", http.FileServerFS(static))
	return withHeaders(mux)
}

func withHeaders(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("X-Content-Type-Options", "nosniff")
		next.ServeHTTP(w, r)
	})
}
