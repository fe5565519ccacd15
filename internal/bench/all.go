package main

import (
	"fmt"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"rieltime/web/templates"
)

// all measures every job and prints the table.
func (b bench) all() error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	folder, err := os.MkdirTemp("", "rieltime-floor-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(folder) }()

	bare, err := b.newFloor(folder, self)
	if err != nil {
		return err
	}
	defer func() { _ = bare.process.stop() }()

	t := &table{}
	jobs := []struct {
		name string
		run  func(t *table, bare *floor) error
	}{
		{"purchase", b.purchases}, {"kept", b.kept}, {"replicas", b.replicas}, {"requests", b.requests}, {"polls", b.polls}, {"code", b.code}, {"pages", b.pages}, {"dashboard", b.dashboard},
	}
	only := os.Getenv("BENCH")
	for _, job := range jobs {
		if only == "" || strings.Contains(only, job.name) {
			if err := job.run(t, bare); err != nil {
				return fmt.Errorf("%s: %w", job.name, err)
			}
		}
	}

	t.print()
	return nil
}

// purchases are whole ones beside the bare requests that one needs.
func (b bench) purchases(t *table, bare *floor) error {
	s, err := b.newSite(1, 0)
	if err != nil {
		return err
	}
	defer s.stop()

	pages, err := s.pageSizes()
	if err != nil {
		return err
	}

	var resident int64
	ours, floor, err := inTurn(func() (cost, error) {
		c, err := s.purchase()
		resident = max(resident, s.replicas[0].resident())
		return c, err
	}, func() (cost, error) {
		n, _ := purchaseLoad() // as many at once as share their commits
		return measure(bare, n, func() error { return atOnce(n, 64, func(n int) error { return bare.buy(n, pages) }) })
	})
	if err != nil {
		return err
	}

	_, rate := purchaseLoad()
	t.add(row{fmt.Sprintf("whole purchase, %.0f a second: CPU", rate), ms(ours.cpu), ms(floor.cpu), ratio(ours.cpu, floor.cpu), "≤ 4"})
	t.add(row{"resident under that load", mb(resident), "", "", "≤ 100 MB"})
	return nil
}

// purchaseLoad is how many purchases one measurement makes, and how many a second.
func purchaseLoad() (n int, perSecond float64) {
	return number("BENCH_PURCHASES", 1200) / rounds, float64(number("BENCH_RATE", 60))
}

// purchase measures whole purchases.
func (s *site) purchase() (cost, error) {
	n, rate := purchaseLoad()
	return measure(s, n, func() error {
		return atRate(n, rate, func(int) error { return (&buyer{site: s, merchant: busyMerchant}).buy() })
	})
}

// pageSizes are the bytes of the pages of a purchase, as they are sent.
func (s *site) pageSizes() ([]int, error) {
	b := &buyer{site: s, merchant: quietMerchant}
	if err := b.create(); err != nil {
		return nil, err
	}

	choice, err := b.open()
	if err != nil {
		return nil, err
	}
	if err := b.choose(); err != nil {
		return nil, err
	}
	code, err := b.open()
	return []int{len(choice.body), len(code.body)}, err
}

// kept is a whole purchase on a database that has kept BENCH_KEPT sessions, beside
// an empty one.
func (b bench) kept(t *table, _ *floor) error {
	sessions := number("BENCH_KEPT", 0)
	if sessions == 0 {
		return nil
	}

	full, err := b.newSite(1, sessions)
	if err != nil {
		return err
	}
	defer full.stop()

	empty, err := b.newSite(1, 0)
	if err != nil {
		return err
	}
	defer empty.stop()

	ours, floor, err := inTurn(full.purchase, empty.purchase)
	if err != nil {
		return err
	}
	t.add(row{fmt.Sprintf("whole purchase on %d sessions, beside an empty database: CPU", sessions), ms(ours.cpu), ms(floor.cpu), ratio(ours.cpu, floor.cpu), "≤ 1.15"})
	return nil
}

// replicas are three beside one, which only PostgreSQL allows.
func (b bench) replicas(t *table, _ *floor) error {
	if b.server == nil {
		return nil
	}

	three, err := b.newSite(3, 0)
	if err != nil {
		return err
	}
	defer three.stop()

	one, err := b.newSite(1, 0)
	if err != nil {
		return err
	}
	defer one.stop()

	ours, floor, err := inTurn(three.purchase, one.purchase)
	if err != nil {
		return err
	}
	t.add(row{"whole purchase, three replicas beside one: CPU", ms(ours.cpu), ms(floor.cpu), ratio(ours.cpu, floor.cpu), ""})
	return nil
}

// requests are the requests of a purchase one by one, each of another session, while
// nothing happens behind them.
func (b bench) requests(t *table, bare *floor) error {
	s, err := b.newSite(1, 0)
	if err != nil {
		return err
	}
	defer s.stop()

	// Each kind of request is made once for each buyer, in as many parts as there
	// are rounds.
	n := number("BENCH_SESSIONS", 1500) / rounds
	buyers := make([]*buyer, n*rounds)
	for i := range buyers {
		buyers[i] = &buyer{site: s, merchant: quietMerchant}
	}
	each := func(callers int, do func(b *buyer) error) func() (cost, error) {
		var done int
		return func() (cost, error) {
			part := buyers[done : done+n]
			done += n
			return measure(s, n, func() error { return atOnce(n, callers, func(i int) error { return do(part[i]) }) })
		}
	}
	beside := func(callers int, do func(n int) error) func() (cost, error) {
		many := 10 * n // processor time is counted in hundredths of a second
		return func() (cost, error) {
			return measure(bare, many, func() error { return atOnce(many, callers, do) })
		}
	}

	const creators, others = 64, 8
	size := len(order()) + 450 // what a session has, and its body for a repeated request
	ours, floor, err := inTurn(each(creators, (*buyer).create), beside(creators, func(int) error { return bare.keep(size) }))
	if err != nil {
		return err
	}
	goal := "≥ 0.5"
	if b.server != nil {
		goal = "≥ 0.4"
	}
	t.add(row{"durable creates at 64 connections: each", ms(ours.elapsed), ms(floor.elapsed), ratio(floor.elapsed, ours.elapsed), goal})
	t.add(row{"the same: CPU", ms(ours.cpu), ms(floor.cpu), ratio(floor.cpu, ours.cpu), ""})

	ours, _, err = inTurn(each(others, (*buyer).choose), beside(others, bare.ping))
	if err != nil {
		return err
	}
	t.add(row{"the request that starts a KHQR payment: CPU", ms(ours.cpu), "", "", "≤ 0.8 ms"})

	var bytes atomic.Int64
	first := func(b *buyer) error {
		page, err := b.open()
		if err != nil {
			return err
		}
		bytes.Store(int64(len(page.body)))
		return b.read(page)
	}
	ours, floor, err = inTurn(each(others, first), beside(others, func(int) error { return bare.page(int(bytes.Load())) }))
	if err != nil {
		return err
	}
	t.add(row{fmt.Sprintf("first view of a code's page, %.1f kB compressed: CPU", float64(bytes.Load())/1000), ms(ours.cpu), ms(floor.cpu), ratio(floor.cpu, ours.cpu), "≤ 1 ms, ≥ 0.25"})
	return nil
}

// polls are those of pages that nothing happens to, each of another session. The pages
// offer methods: once one is chosen, a poll also has the payment queried.
func (b bench) polls(t *table, bare *floor) error {
	s, err := b.newSite(1, 0)
	if err != nil {
		return err
	}
	defer s.stop()

	const callers = 8
	buyers := make([]*buyer, number("BENCH_SESSIONS", 1500)/rounds)
	err = atOnce(len(buyers), callers, func(i int) error {
		buyers[i] = &buyer{site: s, merchant: quietMerchant}
		return buyers[i].begin()
	})
	if err != nil {
		return err
	}

	n := 20 * len(buyers) // processor time is counted in hundredths of a second
	ask := func(i int) error { return buyers[i%len(buyers)].ask(http.StatusNoContent, http.StatusOK) }
	ours := func() (cost, error) { return measure(s, n, func() error { return atOnce(n, callers, ask) }) }
	beside := func(do func(n int) error) func() (cost, error) {
		return func() (cost, error) { return measure(bare, n, func() error { return atOnce(n, callers, do) }) }
	}

	of, floor, err := inTurn(ours, beside(bare.ping))
	if err != nil {
		return err
	}
	t.add(row{"poll, beside a bare ping: CPU", ms(of.cpu), ms(floor.cpu), ratio(floor.cpu, of.cpu), "≥ 0.7"})

	of, floor, err = inTurn(ours, beside(bare.find))
	if err != nil {
		return err
	}
	t.add(row{"poll, beside one SELECT: CPU", ms(of.cpu), ms(floor.cpu), ratio(floor.cpu, of.cpu), "≥ 0.8"})
	return nil
}

// code draws the QR code of a payment, each of another one.
func (b bench) code(t *table, _ *floor) error {
	const codes = 300
	text := func(n int) string {
		return fmt.Sprintf("00020101021229210017rieltime_demo@devb520459995303840540425.05802KH5910Bench Shop6010Phnom Penh62120108B-%06d63041D9A", n)
	}
	begun := time.Now()
	for n := range codes {
		if _, err := templates.QRSVG(text(n)); err != nil {
			return err
		}
	}
	t.add(row{"a QR code drawn, one at a time", ms(time.Since(begun) / codes), "", "", "≤ 0.3 ms"})
	return nil
}
