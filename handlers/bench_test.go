package handlers_test

import (
	"context"
	"database/sql"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/labstack/echo/v4"

	"rieltime/checkout"
	"rieltime/db"
	"rieltime/handlers"
)

// Each benchmark here measures a request beside the least that could answer it:
// a bare echo handler over the same database, both over HTTP on loopback. It runs on
// PostgreSQL too (RIELTIME_TEST_POSTGRES, a server whose fsync is on), where the bare
// rows are inserted over many connections.
// The goals are the design's: a poll at 0.9 of one indexed SELECT, the page with
// its code at half of a static page of its size, creates that arrive together
// at 0.4 of rows that are just committed together.

// unlimited lets a benchmark go as fast as it can.
func unlimited(c *handlers.Config) {
	c.Log = nil
	c.APILimit, c.PayLimit = handlers.Limit{PerSecond: -1}, handlers.Limit{PerSecond: -1}
	c.Guard = handlers.Guard{AddressLimit: handlers.Limit{PerSecond: -1}}
}

func BenchmarkPoll(b *testing.B) {
	h := newHarness(b, unlimited)
	session := h.open()
	h.pay(session, "khqr")
	doc := wantState(b, h.get("/c/"+session), "qr_waiting")
	b.Run("checkout", func(b *testing.B) { load(b, h.e, 1, get(doc.Find("#status").AttrOr("hx-get", ""))) })
	b.Run("bare", func(b *testing.B) {
		read, err := h.bare(b).Prepare("SELECT version, status, latest_payment FROM sessions WHERE id = $1")
		if err != nil {
			b.Fatal(err)
		}

		e := echo.New()
		e.GET("/:session", func(c echo.Context) error {
			var version int
			var status, payment string
			if err := read.QueryRowContext(c.Request().Context(), c.Param("session")).Scan(&version, &status, &payment); err != nil {
				return err
			}
			return c.NoContent(http.StatusNoContent)
		})

		load(b, e, 1, get("/"+session))
	})
}

func BenchmarkPage(b *testing.B) {
	h := newHarness(b, unlimited)
	session := h.open()
	h.pay(session, "khqr")
	b.Run("checkout", func(b *testing.B) { load(b, h.e, 1, get("/c/"+session)) })
	b.Run("bare", func(b *testing.B) {
		page := h.get("/c/" + session).Body.Bytes()
		e := echo.New()
		e.GET("/", func(c echo.Context) error { return c.HTMLBlob(http.StatusOK, page) })
		load(b, e, 1, get("/"))
	})
}

func BenchmarkCreates(b *testing.B) {
	h := newHarness(b, unlimited)
	var n atomic.Int64
	b.Run("checkout", func(b *testing.B) {
		load(b, h.e, 64, func(base string) *http.Request {
			body := strings.Replace(order, "A-1", fmt.Sprintf("B-%d", n.Add(1)), 1) + "}"
			request := httptest.NewRequest(http.MethodPost, base+"/v1/checkout/sessions", strings.NewReader(body))
			request.Header.Set("Content-Type", "application/json")
			request.Header.Set("Authorization", "Bearer "+h.keys["klaing test"])
			return request
		})
	})

	b.Run("bare", func(b *testing.B) {
		commit := h.bareCommit(b)
		e := echo.New()
		e.POST("/", func(c echo.Context) error {
			body, err := io.ReadAll(c.Request().Body)
			if err != nil {
				return err
			}
			if err := commit(string(body)); err != nil {
				return err
			}
			return c.JSONBlob(http.StatusCreated, body)
		})

		load(b, e, 64, func(base string) *http.Request {
			return httptest.NewRequest(http.MethodPost, base+"/", strings.NewReader(order+"}"))
		})
	})
}

// bare is the database, opened as plainly as the checkout opens it.
func (h *harness) bare(b *testing.B) *sql.DB {
	b.Helper()
	driver, address := "sqlite", "file:"+h.database.Path+"?_pragma=busy_timeout(5000)&_pragma=journal_mode(wal)&_pragma=synchronous(full)"
	if h.database.URL != "" {
		driver, address = "pgx", h.database.URL
	}

	file, err := sql.Open(driver, address)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = file.Close() })
	return file
}

// bareCommit stores texts as quickly as the engine can.
func (h *harness) bareCommit(b *testing.B) func(text string) error {
	b.Helper()
	file := h.bare(b)
	if h.database.URL == "" {
		return groupCommit(b, file)
	}

	file.SetMaxOpenConns(64)
	file.SetMaxIdleConns(64)
	if _, err := file.Exec("CREATE TABLE IF NOT EXISTS bare (id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, text TEXT NOT NULL)"); err != nil {
		b.Fatal(err)
	}
	return func(text string) error {
		_, err := file.Exec("INSERT INTO bare (text) VALUES ($1)", text)
		return err
	}
}

// groupCommit stores texts, all that wait in one transaction.
func groupCommit(b *testing.B, file *sql.DB) func(text string) error {
	b.Helper()
	if _, err := file.Exec("CREATE TABLE IF NOT EXISTS bare (id INTEGER PRIMARY KEY, text TEXT NOT NULL)"); err != nil {
		b.Fatal(err)
	}

	type write struct {
		text string
		done chan error
	}

	queue := make(chan write, 256)
	b.Cleanup(func() { close(queue) })
	commit := func(batch []write) error {
		tx, err := file.Begin()
		if err != nil {
			return err
		}

		for _, w := range batch {
			if _, err := tx.Exec("INSERT INTO bare (text) VALUES (?)", w.text); err != nil {
				_ = tx.Rollback()
				return err
			}
		}

		return tx.Commit()
	}

	go func() {
		for first := range queue {
			batch := []write{first}
			for len(queue) > 0 {
				batch = append(batch, <-queue)
			}
			err := commit(batch)
			for _, w := range batch {
				w.done <- err
			}
		}
	}()
	return func(text string) error {
		w := write{text, make(chan error, 1)}
		queue <- w
		return <-w.done
	}
}

func get(path string) func(base string) *http.Request {
	return func(base string) *http.Request { return httptest.NewRequest(http.MethodGet, base+path, nil) }
}

// load sends requests to a server from so many callers at once for each
// processor. Beside the time it reports the processor time of both sides, for
// which other work on the machine does not count.
func load(b *testing.B, handler http.Handler, callers int, next func(base string) *http.Request) {
	b.Helper()
	server := httptest.NewServer(handler)
	defer server.Close()

	transport := &http.Transport{MaxIdleConnsPerHost: 1024, DisableCompression: true}
	defer transport.CloseIdleConnections()

	b.SetParallelism(callers)
	before := processorTime()
	defer func() { b.ReportMetric(float64(processorTime()-before)/float64(b.N), "cpu-ns/op") }()

	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if err := send(transport, next(server.URL)); err != nil {
				b.Error(err)
				return
			}
		}
	})
}

func processorTime() int64 {
	var usage syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &usage) // cannot fail with these arguments
	return usage.Utime.Nano() + usage.Stime.Nano()
}

func send(transport *http.Transport, request *http.Request) error {
	request.RequestURI = ""
	answer, err := transport.RoundTrip(request.WithContext(context.Background()))
	if err != nil {
		return err
	}

	defer answer.Body.Close()

	if _, err := io.Copy(io.Discard, answer.Body); err != nil {
		return err
	}
	if answer.StatusCode/100 != 2 {
		return fmt.Errorf("%s %s: %s", request.Method, request.URL, answer.Status)
	}

	return nil
}

// BenchmarkPurchase is a whole purchase as a shop and its buyer make it, from the
// session's creation to the webhook, in a new database and in one that has kept a
// million sessions. The processor time of an operation should be at most 1.2
// times as much in that one. Sixteen are made at once, so that waiting for the
// next poll costs nothing.
func BenchmarkPurchase(b *testing.B) {
	for _, kept := range []int{0, 1_000_000} {
		h := newHarness(b, unlimited)
		shop := receive(b, nil)
		h.addEndpoint(shop.URL)
		if kept > 0 {
			h.fill(b, kept)
		}

		h.deliverBy(time.Now) // by a clock that goes, endpoints are seen to be quick
		var n atomic.Int64
		b.Run(fmt.Sprintf("kept=%d", kept), func(b *testing.B) {
			webhooks, before := len(shop.hooks()), processorTime()
			b.SetParallelism(16)
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					if err := h.buy(fmt.Sprintf("bench-%d", n.Add(1))); err != nil {
						b.Error(err)
						return
					}
				}
			})

			for len(shop.hooks()) < webhooks+2*b.N && !b.Failed() { // payment.succeeded and checkout.session.completed
				time.Sleep(time.Millisecond)
			}

			b.ReportMetric(float64(processorTime()-before)/float64(b.N), "cpu-ns/op")
		})
	}
}

// buy makes one purchase by the checkout's own pages: creation, page, choice, code,
// three polls, proof, the last poll.
func (h *harness) buy(reference string) error {
	body := strings.Replace(order, "A-1", reference, 1) + "}"
	made := h.call("klaing test", http.MethodPost, "/v1/checkout/sessions", body)
	if made.Code != http.StatusCreated {
		return fmt.Errorf("create: %d %s", made.Code, made.Body)
	}

	session := read[checkout.PublicSession](h.t, made).ID
	if page := h.get("/c/" + session); page.Code != http.StatusOK {
		return fmt.Errorf("page: %d", page.Code)
	}

	payment := h.pay(session, "khqr")
	page, err := goquery.NewDocumentFromReader(h.get("/c/" + session).Body)
	if err != nil {
		return err
	}

	poll := page.Find("#status").AttrOr("hx-get", "")
	for range 3 {
		if answer := h.get(poll); answer.Code != http.StatusNoContent && answer.Code != http.StatusOK {
			return fmt.Errorf("poll: %d", answer.Code)
		}
	}

	h.prove(payment, "transaction-of-"+payment.ID, payment.Amount.Minor)
	if answer := h.get(poll); answer.Code != http.StatusOK {
		return fmt.Errorf("the last poll: %d %s", answer.Code, answer.Body)
	}

	return nil
}

// fill adds copies of a paid and an expired purchase.
func (h *harness) fill(b *testing.B, sessions int) {
	b.Helper()
	paid, expired := h.open(), h.open()
	payment := h.pay(paid, "khqr")
	h.prove(payment, "transaction-of-"+payment.ID, payment.Amount.Minor)
	h.expire(expired)
	begun := time.Now()
	err := h.store.Fill(b.Context(), []db.Original{{SessionID: paid, Share: 4}, {SessionID: expired, Share: 1}}, sessions, func(int) {})
	if err != nil {
		b.Fatal(err)
	}

	b.Logf("filled in %s", time.Since(begun).Round(time.Second))
}
