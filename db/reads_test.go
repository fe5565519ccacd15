package db_test

import (
	"database/sql/driver"
	"encoding/binary"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"modernc.org/libc"
	sqlite3 "modernc.org/sqlite/lib"

	"rieltime/checkout"
	"rieltime/db"
)

// counter runs queries again by SQLite's own interface, which counts the steps
// of its machine: a row that is read and passed over takes some too.
type counter struct {
	*testing.T
	tls  *libc.TLS
	conn uintptr
}

func newCounter(t *testing.T, path string) *counter {
	t.Helper()
	c := &counter{T: t, tls: libc.NewTLS()}
	t.Cleanup(c.tls.Close)
	place := c.tls.Alloc(8)
	defer c.tls.Free(8)
	if rc := sqlite3.Xsqlite3_open_v2(c.tls, c.text(path), place, sqlite3.SQLITE_OPEN_READWRITE, 0); rc != sqlite3.SQLITE_OK {
		t.Fatalf("open: %d", rc)
	}
	c.conn = pointerAt(place)
	t.Cleanup(func() { sqlite3.Xsqlite3_close_v2(c.tls, c.conn) })
	return c
}

// text is a C string, freed with the test.
func (c *counter) text(s string) uintptr {
	c.Helper()
	p, err := libc.CString(s)
	if err != nil {
		c.Fatal(err)
	}
	c.Cleanup(func() { libc.Xfree(c.tls, p) })
	return p
}

// pointerAt is the pointer that a C function has stored.
func pointerAt(place uintptr) uintptr {
	return uintptr(binary.NativeEndian.Uint64(libc.GoBytes(place, 8)))
}

// run reports how many rows a query gives, and the steps that this takes.
func (c *counter) run(query string, args []driver.NamedValue) (rows, steps int) {
	c.Helper()
	place := c.tls.Alloc(8)
	defer c.tls.Free(8)
	if rc := sqlite3.Xsqlite3_prepare_v2(c.tls, c.conn, c.text(query), -1, place, 0); rc != sqlite3.SQLITE_OK {
		c.Fatalf("%s: %d", query, rc)
	}
	statement := pointerAt(place)
	defer sqlite3.Xsqlite3_finalize(c.tls, statement)
	for i, arg := range args {
		at := int32(i + 1)
		switch value := arg.Value.(type) {
		case int64:
			sqlite3.Xsqlite3_bind_int64(c.tls, statement, at, value)
		case bool:
			n := int64(0)
			if value {
				n = 1
			}
			sqlite3.Xsqlite3_bind_int64(c.tls, statement, at, n)
		case string:
			sqlite3.Xsqlite3_bind_text(c.tls, statement, at, c.text(value), -1, 0) // static: freed after the statement
		default:
			c.Fatalf("%s: argument %d is a %T", query, i, value)
		}
	}
	for sqlite3.Xsqlite3_step(c.tls, statement) == sqlite3.SQLITE_ROW {
		rows++
	}
	return rows, int(sqlite3.Xsqlite3_stmt_status(c.tls, statement, sqlite3.SQLITE_STMTSTATUS_VM_STEP, 0))
}

// recorded are the queries of a call, with their arguments.
type recorded struct {
	sync.Mutex
	queries []string
	args    [][]driver.NamedValue
}

func record(t *testing.T, call func() error) *recorded {
	t.Helper()
	var r recorded
	stop := db.RecordQueries(func(query string, args []driver.NamedValue) {
		r.Lock()
		defer r.Unlock()
		r.queries, r.args = append(r.queries, query), append(r.args, args)
	})
	defer stop()
	if err := call(); err != nil {
		t.Error(err)
	}
	return &r
}

// Steps of SQLite's machine. A row of the widest table takes fewer than
// stepsOfARow; to pass a row over takes five at least.
const (
	stepsOfARow   = 100
	stepsOfAQuery = 300
)

// wantLittleRead fails when a query of a call reads more than it returns.
func (c *counter) wantLittleRead(what string, call func() error) {
	c.Helper()
	r := record(c.T, call)
	if len(r.queries) == 0 {
		c.Errorf("%s: asks nothing", what)
	}
	for i, query := range r.queries {
		if !strings.HasPrefix(strings.TrimSpace(query), "SELECT") { // River's inserts answer too
			continue
		}
		rows, steps := c.run(query, r.args[i])
		if steps > stepsOfAQuery+rows*stepsOfARow {
			c.Errorf("%s: %d steps for %d rows: %s", what, steps, rows, oneLine(query))
		}
	}
}

func oneLine(query string) string { return strings.Join(strings.Fields(query), " ") }

// skewed is a filled database in which each filter alone finds many rows, so
// that an index on one of two filters is not enough.
func skewed(t *testing.T) (store *db.Store, path string) {
	t.Helper()
	store, path = filled(t, 4_000)
	for _, statement := range []string{
		"UPDATE sessions SET reference = 'shared' WHERE rowid % 2 = 0",
		"UPDATE payments SET merchant_reference = 'shared' WHERE rowid % 2 = 0",
		"UPDATE deliveries SET status = 'failed' WHERE rowid % 50 = 0",
		"UPDATE deliveries SET status = 'pending' WHERE rowid % 2000 = 0",
		"UPDATE payments SET review = 'late', decision = '' WHERE rowid % 3 = 0",
		"UPDATE payments SET decision = 'accept' WHERE rowid % 7 = 0 AND review <> ''",
	} {
		execute(t, path, statement)
	}
	return store, path
}

func TestListsReadNoMoreThanTheyReturn(t *testing.T) {
	store, path := skewed(t)
	c := newCounter(t, path)
	file := raw(t, path)
	var aSession, aPayment string
	if err := file.QueryRow("SELECT id, payment_id FROM sessions WHERE status = 'complete' AND rowid > 2000 LIMIT 1").Scan(&aSession, &aPayment); err != nil {
		t.Fatal(err)
	}
	dates := []checkout.TimeRange{{}, {From: start.AddDate(0, -6, 0)}, {To: start.AddDate(0, -6, 0)}, {From: start.AddDate(0, -3, 0), To: start.AddDate(0, -2, 0)}}
	references := []string{"", "shared", "order-cs_000000000000000000paid", "unknown"}
	for _, created := range dates {
		for _, part := range []checkout.ListPart{{Limit: 10}, {Limit: 10, StartingAfter: aSession}, {Limit: 10, EndingBefore: aSession}} {
			for _, reference := range references {
				for _, status := range []checkout.SessionStatus{"", checkout.SessionOpen, checkout.SessionComplete, checkout.SessionCanceled} {
					query := checkout.SessionQuery{ListPart: part, Created: created, Reference: reference, Status: status}
					c.wantLittleRead(fmt.Sprintf("sessions %+v", query), func() error {
						_, _, err := store.ListSessions(t.Context(), "klaing", checkout.ModeTest, query)
						return err
					})
				}
			}
		}
		for _, part := range []checkout.ListPart{{Limit: 10}, {Limit: 10, StartingAfter: aPayment}, {Limit: 10, EndingBefore: aPayment}} {
			for _, reference := range references {
				for _, status := range []checkout.PaymentStatus{"", checkout.PaymentProcessing, checkout.PaymentSucceeded, checkout.PaymentCanceled} {
					for _, session := range []string{"", aSession} {
						for _, review := range []bool{false, true} {
							query := checkout.PaymentQuery{ListPart: part, Created: created, MerchantReference: reference, Status: status, SessionID: session, InReview: review}
							c.wantLittleRead(fmt.Sprintf("payments %+v", query), func() error {
								_, _, err := store.ListPayments(t.Context(), "klaing", checkout.ModeTest, query)
								return err
							})
						}
					}
				}
			}
		}
	}
}

func TestOtherListsReadNoMoreThanTheyReturn(t *testing.T) {
	store, path := skewed(t)
	c := newCounter(t, path)
	part := checkout.ListPart{Limit: 10}
	for _, status := range []checkout.DeliveryStatus{"", checkout.DeliveryPending, checkout.DeliveryDelivered, checkout.DeliveryFailed} {
		c.wantLittleRead("deliveries "+string(status), func() error {
			_, _, err := store.ListDeliveries(t.Context(), checkout.DeliveryQuery{ListPart: part, EndpointID: "we_1", Status: status})
			return err
		})
	}
	for _, kind := range append(checkout.EventTypes(), "") {
		for _, after := range []int64{0, 2_000} {
			c.wantLittleRead("events "+string(kind), func() error {
				_, _, err := store.ListEvents(t.Context(), "klaing", checkout.ModeTest, checkout.EventQuery{Limit: 10, AfterSequence: after, Type: kind})
				return err
			})
		}
	}
	c.wantLittleRead("latest events", func() error {
		_, err := store.LatestEvents(t.Context(), "klaing", checkout.ModeTest, 10)
		return err
	})
	for what, query := range map[string]checkout.RefundQuery{
		"all": {ListPart: part}, "of a payment": {ListPart: part, PaymentID: "pay_1"}, "of a session": {ListPart: part, SessionID: "cs_1"},
		"of both": {ListPart: part, PaymentID: "pay_1", SessionID: "cs_1"}, "of a day": {ListPart: part, Created: checkout.TimeRange{From: start, To: start.Add(24 * time.Hour)}},
	} {
		c.wantLittleRead("refunds "+what, func() error {
			_, _, err := store.ListRefunds(t.Context(), "klaing", checkout.ModeTest, query)
			return err
		})
	}
	for _, active := range []bool{true, false} {
		c.wantLittleRead("links", func() error {
			_, _, err := store.ListLinks(t.Context(), "klaing", checkout.ModeTest, checkout.LinkQuery{ListPart: part, Active: &active})
			return err
		})
	}
	for _, query := range []db.AuditQuery{{Limit: 10}, {Limit: 10, Actor: "key_1"}, {Limit: 10, Object: "cs_1"}, {Limit: 10, Actor: "key_1", Object: "cs_1"}} {
		c.wantLittleRead("audit trail", func() error {
			_, err := store.AuditTrail(t.Context(), query)
			return err
		})
	}
}

// What is asked while buyers pay reads the same however much is kept.
func TestWhatBuyersWaitForReadsLittle(t *testing.T) {
	store, path := skewed(t)
	c := newCounter(t, path)
	insert(t, store, session("cs_1"), payment("pay_1", "cs_1"))
	now := start.Add(time.Minute)
	for what, ask := range map[string]func() error{
		"poll":         func() error { _, err := store.Glance(t.Context(), "cs_1"); return err },
		"reload":       func() error { _, err := store.CurrentGlance(t.Context(), "cs_1"); return err },
		"purchase":     func() error { _, err := store.Purchase(t.Context(), "cs_1"); return err },
		"payment":      func() error { _, err := store.Payment(t.Context(), "pay_1"); return err },
		"by reference": func() error { _, err := store.PaymentByReference(t.Context(), "acct_1", "REFpay_1"); return err },
		"overdue":      func() error { _, err := store.Overdue(t.Context(), now, now.Add(-2*time.Minute), 200); return err },
		"due accounts": func() error { _, err := store.DueAccounts(t.Context(), now, now); return err },
		"create": func() error {
			_, err := store.InsertSession(t.Context(), session("cs_2"), checkout.IdempotentRequest{}, checkout.Addresses{})
			return err
		},
		"kept waiting": func() error { _, err := store.Delayed(t.Context(), []string{"pay_1"}, now, 10); return err },
		"recent attempts": func() error {
			_, err := store.RecentAttempts(t.Context(), "klaing", checkout.ModeTest, now.Add(-time.Hour), 20)
			return err
		},
		"settle": func() error {
			_, err := store.Update(t.Context(), "cs_1", func(p *checkout.Purchase) error {
				p.Settle("pay_1", proofOf(p.Payments[0]), now)
				for i, event := range p.Events() {
					p.Events()[i].Body = fmt.Appendf(nil, `{"id":%q,"type":%q}`, event.ID, event.Type)
				}
				return nil
			})
			return err
		},
	} {
		c.wantLittleRead(what, ask)
	}
}
