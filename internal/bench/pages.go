package main

import (
	"cmp"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"time"
)

// pages are BENCH_PAGES open pages that poll as often as they are asked to, each of
// another session, through as many connections as a proxy keeps. They were opened evenly
// over some minutes, as those of a busy shop are: the older ones poll less often. They begin to
// poll one after the other, and are measured when all do.
func (b bench) pages(t *table, _ *floor) error {
	const (
		opening = 32               // at a time
		since   = 10 * time.Minute // the oldest page
		warming = 15 * time.Second // until all poll
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

	polls := pollsOf(open, since, warming, warming+lasting)
	s.http = &lines{}
	first := slices.IndexFunc(polls, func(p poll) bool { return p.at >= warming })
	if _, err := takePolls(polls[:first], 0); err != nil {
		return err
	}

	before, begun := s.cpu(), time.Now()
	took, err := takePolls(polls[first:], warming)
	if err != nil {
		return err
	}

	share := 100 * float64(s.cpu()-before) / float64(time.Since(begun))
	t.add(row{fmt.Sprintf("%d open pages, %.0f polls a second: resident", len(open), float64(len(took))/lasting.Seconds()), mb(s.replicas[0].resident()), "", "", "≤ 250 MB for 20,000"})
	t.add(row{fmt.Sprintf("the same: p99 (%.0f %% of a processor)", share), ms(took[len(took)*99/100]), "", "", "≤ 50 ms"})
	return nil
}

// pollsOf returns the polls of open pages in their order, until a time. The oldest page was
// opened since ago, and all poll from warming on.
func pollsOf(open []*buyer, since, warming, until time.Duration) (polls []poll) {
	for n, page := range open {
		every := page.age(time.Duration(n) * since / time.Duration(len(open)))
		for at := time.Duration(n) * warming / time.Duration(len(open)); at < until; at += every {
			polls = append(polls, poll{at, page})
		}
	}
	slices.SortFunc(polls, func(a, b poll) int { return cmp.Compare(a.at, b.at) })
	return polls
}

// takePolls makes polls, each so long after from as it is due, and returns how long each
// took, the shortest first.
func takePolls(polls []poll, from time.Duration) ([]time.Duration, error) {
	took := make([]time.Duration, len(polls))
	err := atTimes(len(polls), func(n int) time.Duration { return polls[n].at - from }, func(n int) error {
		begun := time.Now()
		err := polls[n].page.follow()
		took[n] = time.Since(begun)
		return err
	})
	slices.Sort(took)
	return took, err
}

// poll is one of a page, so long after the first of all.
type poll struct {
	at   time.Duration
	page *buyer
}

// age makes a page one that was opened a while ago, and returns how often it polls: what
// its server has told it stands in the address of its polls.
func (b *buyer) age(by time.Duration) (every time.Duration) {
	at, _ := url.Parse(b.poll)
	query := at.Query()
	seconds := 2
	if by >= 3*time.Minute { // see handlers/internal/pace
		seconds = 5
	}
	query.Set("from", strconv.FormatInt(time.Now().Add(-by).Unix(), 10))
	query.Set("s", strconv.Itoa(seconds))
	at.RawQuery = query.Encode()
	b.poll = at.String()
	return time.Duration(seconds) * time.Second
}
