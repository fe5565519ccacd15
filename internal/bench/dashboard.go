package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"
)

// person is one of a merchant's people, signed in to the dashboard.
type person struct {
	*site
	cookie string
	pages  string // the address of the merchant's pages
}

var userLink = regexp.MustCompile(`http://\S+(/dashboard/links/\S+)`)

// signIn invites an owner of the merchant that has kept sessions, who accepts.
func (s *site) signIn() (*person, error) {
	invited, err := s.command("user", "invite", "owner@example.com", "--merchant", busyMerchant, "--role", "owner")
	if err != nil {
		return nil, err
	}
	link := userLink.FindStringSubmatch(invited)
	if link == nil {
		return nil, fmt.Errorf("no link in:\n%s", invited)
	}

	form := url.Values{"name": {"Owner"}, "password": {"a long password of nobody"}}
	r, err := http.NewRequest(http.MethodPost, s.bases[0]+link[1], strings.NewReader(form.Encode()))
	if err != nil {
		return nil, err
	}
	likeBrowser(r)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	answer, err := send(s.http, r, http.StatusSeeOther)
	if err != nil {
		return nil, err
	}

	cookie, _, _ := strings.Cut(answer.header.Get("Set-Cookie"), ";")
	return &person{s, cookie, "/dashboard/test/" + busyMerchant}, nil
}

func (p *person) request(path string) (*http.Request, error) {
	r, err := http.NewRequest(http.MethodGet, p.bases[0]+p.pages+path, nil)
	if err != nil {
		return nil, err
	}
	likeBrowser(r)
	r.Header.Set("Cookie", p.cookie)
	return r, nil
}

// open opens a page.
func (p *person) open(path string) (response, error) {
	r, err := p.request(path)
	if err != nil {
		return response{}, err
	}
	return send(p.http, r, http.StatusOK)
}

// dashboard is what a merchant with BENCH_KEPT sessions does with them: lists, searches
// and exports, and what these take from buyers' polls.
func (b bench) dashboard(t *table, _ *floor) error {
	kept := number("BENCH_KEPT", 0)
	if kept == 0 {
		return nil
	}

	s, err := b.newSite(1, kept)
	if err != nil {
		return err
	}
	defer s.stop()
	owner, err := s.signIn()
	if err != nil {
		return err
	}

	addresses, err := owner.addresses()
	if err != nil {
		return err
	}
	for _, address := range addresses {
		took, err := owner.median(address)
		if err != nil {
			return err
		}
		shown, _ := url.QueryUnescape(cmp.Or(address, "the first page"))
		t.add(row{fmt.Sprintf("%s among %d sessions: median", shown, kept), ms(took), "", "", "≤ 50 ms"})
	}

	if err := owner.measureExports(t, kept); err != nil {
		return err
	}
	return owner.measurePolls(t, addresses)
}

var paymentOf = regexp.MustCompile(`/payments/(pay_[a-z0-9]+)`)

// addresses are the pages that are measured: what is paid and what is rare, recent and
// old, by one word and by all filters.
func (p *person) addresses() ([]string, error) {
	first, err := p.open("/payments")
	if err != nil {
		return nil, err
	}
	text, err := first.text()
	if err != nil {
		return nil, err
	}
	payments := paymentOf.FindAllStringSubmatch(string(text), -1)
	next := regexp.MustCompile(`/payments(\?[^"]*after=[^"]*)"`).FindStringSubmatch(string(text))
	if payments == nil || next == nil {
		return nil, errors.New("the list of payments is empty, or has one page only")
	}

	day := func(ago int) string { return time.Now().AddDate(0, 0, -ago).Format("2006-01-02") }
	search := func(words string) string { return "/payments?" + url.Values{"q": {words}}.Encode() }
	return []string{
		"", "/charts", "/close?day=" + day(1),
		"/payments", "/payments" + strings.ReplaceAll(next[1], "&amp;", "&"), "/payments/" + payments[0][1],
		search(payments[0][1]), search("012345678"), search("dara@example.com"), search("nobody@example.com"), search("amount:2.50"), search("amount:12.50"),
		"/payments?status=succeeded", "/payments?status=late", "/payments?status=expired", "/payments?currency=KHR", "/payments?method=khqr",
		"/payments?from=" + day(40) + "&to=" + day(30), "/payments?paid=" + day(20),
		"/payments?status=succeeded&currency=USD&from=" + day(200) + "&to=" + day(100), search("sok status:expired amount:2.50"),
	}, nil
}

// median is how long a page takes when nobody else asks.
func (p *person) median(path string) (time.Duration, error) {
	const times = 15
	took := make([]time.Duration, times)
	for i := range took {
		begun := time.Now()
		if _, err := p.open(path); err != nil {
			return 0, err
		}
		took[i] = time.Since(begun)
	}
	slices.Sort(took)
	return took[times/2], nil
}

// measureExports downloads all payments as each kind of file.
func (p *person) measureExports(t *table, kept int) error {
	for _, kind := range []string{"csv", "xlsx"} {
		before, begun := p.replicas[0].resident(), time.Now()
		most, size, err := p.download("/payments/export." + kind)
		if err != nil {
			return err
		}
		t.add(row{fmt.Sprintf("%s of %d sessions, %s in %.0f s: memory added", kind, kept, mb(size), time.Since(begun).Seconds()), mb(most - before), "", "", "≤ 50 MB"})
	}
	return nil
}

// download returns the most memory that the server had meanwhile, and the bytes.
func (p *person) download(path string) (most, size int64, err error) {
	r, err := p.request(path)
	if err != nil {
		return 0, 0, err
	}
	done := make(chan struct{})
	var sampling sync.WaitGroup
	sampling.Go(func() {
		for tick := time.Tick(50 * time.Millisecond); ; {
			most = max(most, p.replicas[0].resident())
			select {
			case <-done:
				return
			case <-tick:
			}
		}
	})

	transport := &http.Transport{DisableCompression: true} // with no time-out: a workbook is sent when all of it is known
	defer transport.CloseIdleConnections()
	answer, err := transport.RoundTrip(r)
	if err == nil {
		size, err = io.Copy(io.Discard, answer.Body)
		err = errors.Join(err, answer.Body.Close())
		if err == nil && answer.StatusCode != http.StatusOK {
			err = fmt.Errorf("GET %s: %s", r.URL, answer.Status)
		}
	}
	close(done)
	sampling.Wait()
	return most, size, err
}

// measurePolls compares polls while the owner opens page after page with polls that have
// the server for themselves.
func (p *person) measurePolls(t *table, addresses []string) error {
	const (
		pages     = 200
		perSecond = 100
		lasting   = 10 // seconds
		openEvery = 200 * time.Millisecond
	)

	buyers := make([]*buyer, pages)
	err := atOnce(pages, 8, func(i int) error {
		buyers[i] = &buyer{site: p.site, merchant: quietMerchant}
		return buyers[i].show()
	})
	if err != nil {
		return err
	}

	poll := func() (cost, error) {
		took := make([]time.Duration, perSecond*lasting)
		err := atRate(len(took), perSecond, func(n int) error {
			begun := time.Now()
			err := buyers[n%pages].follow()
			took[n] = time.Since(begun)
			return err
		})
		slices.Sort(took)
		return cost{elapsed: took[len(took)/2]}, err
	}
	beside := func() (of cost, err error) {
		var opened, polled error
		done := make(chan struct{})
		var opening sync.WaitGroup
		opening.Go(func() {
			tick := time.Tick(openEvery)
			for n := 0; opened == nil; n++ {
				select {
				case <-done:
					return
				case <-tick:
					_, opened = p.open(addresses[n%len(addresses)])
				}
			}
		})
		of, polled = poll()
		close(done)
		opening.Wait()
		return of, errors.Join(opened, polled)
	}

	busy, alone, err := inTurn(beside, poll)
	if err != nil {
		return err
	}
	t.add(row{"a poll while five pages of the dashboard are opened a second: median", ms(busy.elapsed), ms(alone.elapsed), ratio(alone.elapsed, busy.elapsed), "about 1"})
	return nil
}
