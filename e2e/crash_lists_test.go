//go:build e2e

package e2e

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// listRow is a row of any list.
type listRow struct {
	ID        string    `json:"id"`
	CreatedAt time.Time `json:"created_at"`
	Sequence  int64     `json:"sequence"`
	Session   string    `json:"session"`
	Reference string    `json:"reference"`
	Shop      string    `json:"merchant_reference"`
}

// readLists reads every list of the merchant API with every filter, each to its
// end, again and again until the misbehaving is over.
func (w *crashHarness) readLists() {
	w.stopped.Go(func() {
		reader := w.newBuyer(0)
		reader.dice = w.plan.dice(listDice)
		for round := 0; !w.pause(200 * time.Millisecond); round++ {
			for _, path := range w.everyList(reader) {
				if !reader.readToTheEnd(path, round%2 == 1) {
					return
				}
			}
			w.count("rounds of all lists with all filters")
		}
	})
}

// everyList is each list of the API with each of its filters.
func (w *crashHarness) everyList(s *crashBuyer) (paths []string) {
	add := func(path, filter string, values ...string) {
		for _, value := range values {
			paths = append(paths, path+"?"+filter+"="+url.QueryEscape(value))
		}
	}

	ago := []string{time.Now().Add(-time.Minute).UTC().Format(time.RFC3339)}
	session, reference := w.anySession()
	add("/v1/checkout/sessions", "status", "open", "complete", "expired", "canceled")
	add("/v1/payments", "status", "created", "requires_action", "processing", "succeeded", "failed", "expired", "canceled")
	add("/v1/payments", "review", "open")
	if session != "" {
		add("/v1/checkout/sessions", "reference", reference)
		add("/v1/payments", "merchant_reference", reference)
		add("/v1/payments", "session", session)
		add("/v1/refunds", "session", session)
	}

	for _, path := range []string{"/v1/checkout/sessions", "/v1/payments", "/v1/refunds"} {
		paths = append(paths, path)
		add(path, "created_from", ago...)
		add(path, "created_to", ago...)
	}

	add("/v1/payment_links", "active", "true", "false")
	paths = append(paths, "/v1/payment_links", "/v1/webhook_endpoints", "/v1/events")
	add("/v1/events", "type", "checkout.session.completed", "checkout.session.expired", "checkout.session.canceled",
		"payment.succeeded", "payment.failed", "payment.late", "payment.duplicate", "payment.mismatch",
		"payment.unknown", "payment.cleared", "payment.claimed", "payment.contested", "refund.succeeded", "events.digest", "webhook.test")
	for _, endpoint := range s.firstPage("/v1/webhook_endpoints?limit=100") {
		deliveries := "/v1/webhook_endpoints/" + endpoint.ID + "/deliveries"
		paths = append(paths, deliveries)
		add(deliveries, "status", "pending", "delivered", "failed")
	}

	return paths
}

// anySession is one that the merchant was given.
func (w *crashHarness) anySession() (id, reference string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for id, want := range w.created {
		return id, want.reference
	}
	return "", ""
}

func (s *crashBuyer) firstPage(path string) []listRow {
	page, _, _ := s.listPage(path)
	return page
}

// listPage reads one page, also past kills; over is that the test ends.
func (s *crashBuyer) listPage(path string) (rows []listRow, more, over bool) {
	for {
		status, text := s.api(http.MethodGet, path, "")
		var page struct {
			Data    []listRow `json:"data"`
			HasMore bool      `json:"has_more"`
		}

		switch {
		case status == http.StatusOK && json.Unmarshal(text, &page) == nil:
			s.count("pages of lists")
			return page.Data, page.HasMore, false
		case status != 0 && status < 500 && status != http.StatusTooManyRequests:
			s.t.Errorf("GET %s: %d %s", path, status, text)
			return nil, false, true
		case s.pause(100 * time.Millisecond):
			return nil, false, true
		}
	}
}

// readToTheEnd reads a list page by page. No row may come twice or out of
// order, and each must be one that was asked for.
func (s *crashBuyer) readToTheEnd(path string, small bool) bool {
	limit := "100"
	if small {
		limit = strconv.Itoa(7 + s.dice.IntN(40))
	}

	address, err := url.Parse(path)
	if err != nil {
		s.t.Error(err)
		return false
	}

	query := address.Query()
	query.Set("limit", limit)
	feed := address.Path == "/v1/events"
	seen := map[string]bool{}
	var last *listRow
	for {
		rows, more, over := s.listPage(address.Path + "?" + query.Encode())
		if over {
			return false
		}

		for i := range rows {
			row := &rows[i]
			if seen[row.ID] {
				s.t.Errorf("%s lists %s twice", path, row.ID)
			}

			seen[row.ID] = true
			if last != nil && (feed && row.Sequence <= last.Sequence || !feed && row.CreatedAt.After(last.CreatedAt)) {
				s.t.Errorf("%s lists %s of %s, %d after %s of %s, %d", path, row.ID, row.CreatedAt, row.Sequence, last.ID, last.CreatedAt, last.Sequence)
			}

			s.wantFiltered(path, query, *row)
			last = row
		}

		if !more {
			return true
		}

		if len(rows) == 0 {
			s.t.Errorf("%s has an empty page with more behind it", path)
			return false
		}

		if feed {
			query.Set("after_sequence", strconv.FormatInt(last.Sequence, 10))
		} else {
			query.Set("starting_after", last.ID)
		}
	}
}

// wantFiltered holds a row to the filters whose values do not change.
func (s *crashBuyer) wantFiltered(path string, query url.Values, row listRow) {
	for filter, has := range map[string]string{"session": row.Session, "reference": row.Reference, "merchant_reference": row.Shop} {
		if query.Has(filter) && query.Get(filter) != has {
			s.t.Errorf("%s lists %s with %q", path, row.ID, has)
		}
	}
}
