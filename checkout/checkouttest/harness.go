// Package checkouttest runs the rules of a purchase together with the verifier in
// tests: over a real database or over a store in memory, with a provider that
// answers what a test sets and a clock that a test moves.
package checkouttest

import (
	"testing"
	"time"

	"rieltime/checkout"
	"rieltime/checkout/verifier"
	"rieltime/db"
	"rieltime/db/dbtest"
)

// Midnight begins a day in Cambodia.
var Midnight = time.Date(2026, 4, 13, 17, 0, 0, 0, time.UTC)

// Addresses are those of the server that the tests' services are of.
var Addresses = checkout.Addresses{
	SessionPage: "https://pay.example/c/{id}", LinkPage: "https://pay.example/l/{id}",
	Callback: "https://pay.example/callbacks/{provider}/{id}", Return: "https://pay.example/return/{provider}/{id}",
	CardCallback: "https://pay.example/callbacks/{provider}/cards/{id}", CardReturn: "https://pay.example/return/{provider}/cards/{id}",
}

// Process is a service with its verifier.
type Process struct {
	*checkout.Service
	*verifier.Verifier
}

// NewProcess makes both over config.Store, which is a verifier.Store too.
func NewProcess(config checkout.Config) Process {
	config.Addresses = Addresses
	service := checkout.NewService(config)
	return Process{service, verifier.New(verifier.Config{Service: service, Store: config.Store.(verifier.Store)})}
}

// Harness is a Shop over a real database, at noon.
type Harness struct {
	Shop
	Store *db.Store
}

// New makes a Harness. At the end of the test the database is checked as "rieltime
// check" does.
func New(t *testing.T) *Harness {
	t.Helper()
	h := &Harness{Shop: Shop{T: t, Provider: NewProvider(), now: Midnight.Add(12 * time.Hour)}}
	options := dbtest.Options(t)
	options.Now = h.Clock
	store, err := db.Open(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}

	t.Cleanup(func() {
		_ = store.Close()
		dbtest.WantSound(t, options)
	})

	h.Store = store
	h.Restart()
	h.ApplyProviders(`{"bank":{}}`)
	return h
}

// Restart replaces the process by another one over the same database.
func (h *Harness) Restart() { h.Process = h.NewProcess(h.Clock) }

// NewProcess makes another process over the same database, with a clock.
func (h *Harness) NewProcess(clock func() time.Time) Process {
	return NewProcess(checkout.Config{Store: h.Store, Links: h.Store, Endpoints: h.Store, Providers: []checkout.Provider{h.Provider}, Now: clock})
}

// ApplyFile applies a merchant file, as JSON.
func (h *Harness) ApplyFile(file string) {
	h.T.Helper()
	spec, err := checkout.ParseMerchantSpec([]byte(file))
	if err != nil {
		h.T.Fatal(err)
	}
	if _, err := h.ApplyMerchant(h.T.Context(), h.Store, spec); err != nil {
		h.T.Fatal(err)
	}
}

// ApplyProviders gives klaing these providers, a JSON object by name.
func (h *Harness) ApplyProviders(providers string) {
	h.T.Helper()
	h.ApplyFile(`{"id":"klaing","name":"Coffee Klaing","return_hosts":["shop.example"],"test":{"providers":` + providers + `}}`)
}

// Events lists klaing's events, the newest first.
func (h *Harness) Events() []checkout.Event {
	h.T.Helper()
	events, _, err := h.Store.ListEvents(h.T.Context(), "klaing", checkout.ModeTest, checkout.EventQuery{Limit: checkout.MaxListLimit})
	if err != nil {
		h.T.Fatal(err)
	}
	return events
}

// CountEvents counts klaing's events of a type.
func (h *Harness) CountEvents(kind checkout.EventType) (n int) {
	h.T.Helper()
	for _, event := range h.Events() {
		if event.Type == kind {
			n++
		}
	}
	return n
}

// MemoryHarness is a Shop over a store in memory, at seven in the morning.
type MemoryHarness struct {
	Shop
	Store *Memory
}

// NewInMemory makes a MemoryHarness whose provider allows a budget.
func NewInMemory(t *testing.T, budget checkout.Budget) *MemoryHarness {
	h := &MemoryHarness{Shop: Shop{T: t, Provider: NewProvider(), now: Midnight.Add(7 * time.Hour)}, Store: NewMemory()}
	h.Provider.Limits = budget
	h.Process = NewProcess(checkout.Config{Store: h.Store, Providers: []checkout.Provider{h.Provider}, Now: h.Clock})
	return h
}
