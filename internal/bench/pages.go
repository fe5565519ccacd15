package main

import (
	"cmp"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"sync"
	"time"
)

// pages are BENCH_PAGES open pages that poll as often as they are asked to, each of
// another session, through as many connections as a proxy keeps. They were opened evenly
// over some minutes, as those of a busy shop are: the older ones poll less often.
func (b bench) pages(t *table, _ *floor) error {
	const (
		opening = 32               // at a time
		since   = 10 * time.Minute // the oldest page
		lasting = 20 * time.Second // long enough for ten polls of a new page
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

	var polls []poll
	for n, page := range open {
		every := page.age(time.Duration(n) * since / time.Duration(len(open)))
		for at := time.Duration(n) * every / time.Duration(len(open)); at < lasting; at += every {
			polls = append(polls, poll{at, page})
		}
	}
	slices.SortFunc(polls, func(a, b poll) int { return cmp.Compare(a.at, b.at) })

	var mu sync.Mutex
	var took []time.Duration
	before, begun := s.cpu(), time.Now()
	err = atRate(len(polls), float64(len(polls))/lasting.Seconds(), func(n int) error {
		begun := time.Now()
		err := polls[n].page.follow()
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
	t.add(row{fmt.Sprintf("%d open pages, %.0f polls a second: resident", len(open), float64(len(polls))/lasting.Seconds()), mb(s.replicas[0].resident()), "", "", "≤ 250 MB for 20,000"})
	t.add(row{fmt.Sprintf("the same: p99 (%.0f %% of a processor)", share), ms(took[len(took)*99/100]), "", "", "≤ 50 ms"})
	return nil
}

// poll is one of a page, so long after the first.
type poll struct {
	at   time.Duration
	page *buyer
}

// age makes a page one that was opened a while ago, and returns how often it polls: what
// its server has told it stands in the address of its polls.
func (b *buyer) age(by time.Duration) (every time.Duration) {
	at, _ := url.Parse(b.poll)
	query := at.Query()
	from, _ := strconv.ParseInt(query.Get("from"), 10, 64)
	seconds := 2
	if by >= 3*time.Minute { // see handlers/internal/pace
		seconds = 5
	}
	query.Set("from", strconv.FormatInt(from-int64(by.Seconds()), 10))
	query.Set("s", strconv.Itoa(seconds))
	at.RawQuery = query.Encode()
	b.poll = at.String()
	return time.Duration(seconds) * time.Second
}
