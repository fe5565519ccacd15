package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"time"
)

// The credentials that Bakong's simulator knows.
const (
	simAccount = "rieltime_demo@devb"
	simToken   = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJkYXRhIjp7ImlkIjoiZGVtb0ByaWVsdGltZS5leGFtcGxlIn0sImV4cCI6NDEwMjQ0NDgwMCwiaWF0IjoxNzY3MjI1NjAwfQ.Lcqf25bIDxpbuxcevaGoFAtWzOj0YUEpF__9p6_VdMk"
)

// The merchants of a site: one whose payments are queried one by one, as they come, and
// one whose account may query some lists a second, so that little happens behind what
// is measured.
const (
	busyMerchant  = "busy"
	quietMerchant = "quiet"
)

// site is a checkout of one or more replicas, with Bakong's simulator and a shop's
// server in processes of their own: the shop's is this one.
type site struct {
	bench
	folder   string
	env      []string
	bakong   string
	replicas []*process
	bases    []string
	keys     map[string]string // by merchant
	shop     *shop
	stops    []func()
}

// bench is what all measurements have in common.
type bench struct {
	ctx     context.Context
	program string // the binary to measure
	server  *postgres
	http    http.RoundTripper
}

// newSite starts a site with so many replicas on a new database; kept is how many
// sessions it has kept.
func (b bench) newSite(replicas, kept int, serveArgs ...string) (*site, error) {
	folder, err := os.MkdirTemp("", "rieltime-bench-")
	if err != nil {
		return nil, err
	}

	s := &site{bench: b, folder: folder, keys: map[string]string{}, shop: newShop()}
	s.stops = append(s.stops, func() { _ = os.RemoveAll(folder) }, s.shop.Close)
	if err := s.start(replicas, kept, serveArgs); err != nil {
		s.stop()
		return nil, err
	}
	return s, nil
}

func (s *site) start(replicas, kept int, serveArgs []string) error {
	key, err := s.command("genkey")
	if err != nil {
		return err
	}

	for range replicas {
		address, err := freeAddress()
		if err != nil {
			return err
		}
		s.bases = append(s.bases, "http://"+address)
	}

	s.env = []string{"RIELTIME_KEY=" + key, "RIELTIME_DATA=" + s.folder, "RIELTIME_LOG_LEVEL=warn", "RIELTIME_BASE_URL=" + s.bases[0]}
	if s.server != nil {
		database, err := s.server.newDatabase(s.ctx)
		if err != nil {
			return err
		}
		s.env = append(s.env, "RIELTIME_DATABASE="+database)
	}

	if err := s.startBakong(); err != nil {
		return err
	}
	for merchant, perSecond := range map[string]float64{busyMerchant: 0, quietMerchant: 4} {
		if err := s.applyMerchant(merchant, perSecond); err != nil {
			return err
		}
	}

	if kept > 0 {
		fmt.Fprintf(os.Stderr, "filling a database with %d sessions\n", kept)
		if _, err := s.command("db", "fill", busyMerchant, "--sessions", fmt.Sprint(kept)); err != nil {
			return err
		}
	}

	return s.startReplicas(serveArgs)
}

func (s *site) startReplicas(serveArgs []string) error {
	for _, base := range s.bases {
		args := append([]string{"serve", "--listen", strings.TrimPrefix(base, "http://"), "--allow-private-webhooks",
			"--pay-rate", "0", "--address-rate", "0", "--api-rate", "0"}, serveArgs...)
		replica, err := s.run(args...)
		if err != nil {
			return err
		}
		s.replicas = append(s.replicas, replica)
		if err := replica.waitFor(base + "/readyz"); err != nil {
			return err
		}
	}

	return nil
}

// run starts a command of the binary that runs until the site stops.
func (s *site) run(args ...string) (*process, error) {
	p, err := start(s.ctx, s.folder, s.env, s.program, args...)
	if err == nil {
		s.stops = append(s.stops, func() { _ = p.stop() })
	}
	return p, err
}

// command runs a command of the binary to its end and returns what it prints.
func (s *site) command(args ...string) (string, error) {
	cmd := exec.CommandContext(s.ctx, s.program, args...)
	cmd.Env = append(os.Environ(), s.env...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%s: %w\n%s", strings.Join(args, " "), err, out)
	}
	return strings.TrimSpace(string(out)), nil
}

func (s *site) startBakong() error {
	addresses := map[string]string{}
	args := []string{"simulate"}
	for _, name := range []string{"bakong", "baray", "kess", "bayopay"} {
		address, err := freeAddress()
		if err != nil {
			return err
		}
		addresses[name] = "http://" + address
		args = append(args, "--"+name, address)
	}

	simulators, err := s.run(args...)
	if err != nil {
		return err
	}
	s.bakong = addresses["bakong"]
	return simulators.waitFor(s.bakong + "/control/ledger")
}

func (s *site) applyMerchant(id string, queriesPerSecond float64) error {
	text, err := json.Marshal(map[string]any{
		"id": id, "name": "Bench Shop", "return_hosts": []string{"127.0.0.1"},
		"test": map[string]any{"webhook_url": s.shop.URL, "providers": map[string]any{"bakong": map[string]any{
			"base_url": s.bakong, "account": simAccount, "merchant_name": "Bench Shop", "token": simToken, "requests_per_second": queriesPerSecond, "use_lists": queriesPerSecond > 0,
		}}},
	})
	if err != nil {
		return err
	}

	file := filepath.Join(s.folder, id+".json")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		return err
	}

	applied, err := s.command("merchant", "apply", file)
	if err != nil {
		return err
	}
	if s.keys[id] = regexp.MustCompile(`sk_test_\w+`).FindString(applied); s.keys[id] == "" {
		return fmt.Errorf("no API key in:\n%s", applied)
	}
	return nil
}

// stop ends all processes of the site and removes its files.
func (s *site) stop() {
	for i := len(s.stops) - 1; i >= 0; i-- {
		s.stops[i]()
	}
	s.stops = nil
}

// cpu is the processor time that the replicas have used, and the database's server.
func (s *site) cpu() (used time.Duration) {
	for _, replica := range s.replicas {
		used += replica.cpu()
	}
	if s.server != nil {
		used += s.server.cpu()
	}
	return used
}

// shop is the server of the merchants, which takes webhooks.
type shop struct {
	*httptest.Server
	mu      sync.Mutex
	waiting map[string]*delivered // by session
}

// delivered counts the events of a session that have arrived.
type delivered struct {
	events int
	all    chan struct{}
}

// eventsOfPurchase are payment.succeeded and checkout.session.completed.
const eventsOfPurchase = 2

func newShop() *shop {
	s := &shop{waiting: map[string]*delivered{}}
	s.Server = httptest.NewServer(s)
	return s
}

// expect returns a channel that is closed when all events of a paid session have
// arrived.
func (s *shop) expect(session string) <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make(chan struct{})
	s.waiting[session] = &delivered{all: all}
	return all
}

func (s *shop) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}

	var event struct {
		Data struct {
			Object struct{ ID, Object, Session string }
		}
	}
	if err := json.NewDecoder(bytes.NewReader(body)).Decode(&event); err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}

	session := event.Data.Object.Session
	if event.Data.Object.Object == "checkout.session" {
		session = event.Data.Object.ID
	}

	s.mu.Lock()
	defer s.mu.Unlock()

	if d := s.waiting[session]; d != nil {
		if d.events++; d.events == eventsOfPurchase {
			close(d.all)
			delete(s.waiting, session)
		}
	}
}
