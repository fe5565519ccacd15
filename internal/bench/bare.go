package main

import (
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"time"
)

// floor is the server of bare handlers; see serveFloor.
type floor struct {
	bench
	process *process
	base    string
}

// newFloor starts this program once more, as the floor on a database of its own.
func (b bench) newFloor(folder, self string) (*floor, error) {
	address, err := freeAddress()
	if err != nil {
		return nil, err
	}

	database := filepath.Join(folder, "floor.db")
	if b.server != nil {
		if database, err = b.server.newDatabase(b.ctx); err != nil {
			return nil, err
		}
	}

	p, err := start(b.ctx, folder, nil, self, "floor", address, database)
	if err != nil {
		return nil, err
	}
	f := &floor{bench: b, process: p, base: "http://" + address}
	return f, p.waitFor(f.base + "/healthz")
}

func (f *floor) cpu() time.Duration {
	used := f.process.cpu()
	if f.server != nil {
		used += f.server.cpu()
	}
	return used
}

func (f *floor) get(path string, want int) error {
	r, err := http.NewRequest(http.MethodGet, f.base+path, nil)
	if err != nil {
		return err
	}
	likeBrowser(r)
	_, err = send(f.http, r, want)
	return err
}

func (f *floor) ping(int) error       { return f.get("/ping", http.StatusNoContent) }
func (f *floor) find(n int) error     { return f.get("/rows/"+thing(n), http.StatusNoContent) }
func (f *floor) page(bytes int) error { return f.get(fmt.Sprintf("/pages/%d", bytes), http.StatusOK) }

// keep inserts a row of so many bytes.
func (f *floor) keep(bytes int) error {
	r, err := http.NewRequest(http.MethodPost, f.base+"/rows", strings.NewReader(strings.Repeat("x", bytes)))
	if err != nil {
		return err
	}
	_, err = send(f.http, r, http.StatusCreated)
	return err
}

// The bytes that a purchase stores: its session; its payment; the payment's code; all
// that says that it is paid, with two events and their deliveries; the attempts of
// these. They are what docs/scale.md has measured, with events of the usual length.
var purchaseRows = []int{450, 500, 750, 3700, 200, 200}

// buy makes the same number of bare requests as a purchase needs: a row for each
// time that something must be durable before the next, the pages and the polls.
func (f *floor) buy(n int, pages []int) error {
	for _, bytes := range purchaseRows {
		if err := f.keep(bytes); err != nil {
			return err
		}
	}
	for _, bytes := range pages {
		if err := f.page(bytes); err != nil {
			return err
		}
	}
	for range pollsOfPurchase {
		if err := f.find(n); err != nil {
			return err
		}
	}
	return nil
}
