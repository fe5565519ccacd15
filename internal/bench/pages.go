package main

import (
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"
)

// pages are BENCH_PAGES open pages that poll as often as they are asked to, each of
// another session, through as many connections as a proxy keeps.
func (b bench) pages(t *table, _ *floor) error {
	const (
		opening = 32               // at a time
		every   = 2 * time.Second  // what a new page is given
		lasting = 20 * time.Second // long enough for ten polls of each
	)

	s, err := b.newSite(1, 0)
	if err != nil {
		return err
	}
	defer s.stop()

	open := make([]*buyer, number("BENCH_PAGES", 1000))
	err = atOnce(len(open), opening, func(n int) error {
		open[n] = &buyer{site: s, merchant: quietMerchant}
		return open[n].show()
	})
	if err != nil {
		return err
	}

	var mu sync.Mutex
	var took []time.Duration
	before, begun := s.cpu(), time.Now()
	polls := int(lasting/every) * len(open)
	err = atRate(polls, float64(len(open))/every.Seconds(), func(n int) error {
		begun := time.Now()
		err := open[n%len(open)].ask(http.StatusNoContent, http.StatusOK)
		mu.Lock()
		defer mu.Unlock()
		took = append(took, time.Since(begun))
		return err
	})
	if err != nil {
		return err
	}

	slices.Sort(took)
	share := 100 * float64(s.cpu()-before) / float64(time.Since(begun))
	t.add(row{fmt.Sprintf("%d open pages polling: resident", len(open)), mb(s.replicas[0].resident()), "", "", "≤ 250 MB for 20,000"})
	t.add(row{fmt.Sprintf("the same: p99 (%.0f %% of a processor)", share), ms(took[len(took)*99/100]), "", "", "≤ 50 ms"})
	return nil
}
