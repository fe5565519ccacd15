package db_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"rieltime/checkout"
	"rieltime/db"
)

// raw opens the file beside the store.
func raw(t testing.TB, path string) *sql.DB {
	t.Helper()
	file, err := sql.Open("sqlite", "file:"+path+"?_pragma=busy_timeout(5000)")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = file.Close() })
	return file
}

func execute(t testing.TB, path, statement string, args ...any) {
	t.Helper()
	if _, err := raw(t, path).Exec(statement, args...); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

func proofOf(p checkout.Payment) checkout.Proof {
	return checkout.Proof{Provider: p.Provider, Source: "query", Reference: p.Reference, Payee: p.Payees[0], Amount: p.Amount,
		TransactionID: "tx " + p.ID, PaidAt: start, SeenAt: start,
		Raw: []byte(`{"fromAccountId":"dara@aclb","amount":10.00,"data":{"customer":{"phone":"012345678"},"name":"Sok Dara"},"hash":"h"}`)}
}

// paid stores a session with one payment that completed it.
func paid(t testing.TB, store *db.Store, id string) {
	t.Helper()
	p := payment("pay_"+id, "cs_"+id)
	p.NextAction = checkout.NextAction{Kind: checkout.ActionFormPost, URL: "https://bayo.example", Fields: []checkout.FormField{{Name: "bayo_name", Value: "Sok Dara"}}}
	insert(t, store, session("cs_"+id), p)
	_, err := store.Update(t.Context(), "cs_"+id, func(purchase *checkout.Purchase) error {
		purchase.Settle(p.ID, proofOf(p), start)
		for i, event := range purchase.Events() {
			purchase.Events()[i].Body = fmt.Appendf(nil, `{"id":%q,"type":%q,"data":{"object":{"customer":{"name":"Sok Dara"},"line_items":[{"name":"Iced coffee","quantity":2}],"amount":"10.00"}}}`, event.ID, event.Type)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestBackupWhileServingIsWhole(t *testing.T) {
	path := filepath.Join(t.TempDir(), "rieltime.db")
	store := openAt(t, path, make([]byte, db.KeySize))
	apply(t, store, "https://shop.example/hook")
	ctx, stop := context.WithCancel(t.Context())
	var writers sync.WaitGroup
	for w := range 4 {
		writers.Go(func() {
			for i := 0; ctx.Err() == nil; i++ {
				if _, err := store.InsertSession(context.Background(), session(fmt.Sprintf("cs_%d_%d", w, i)), checkout.IdempotentRequest{}, checkout.Addresses{}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	insert(t, store, session("cs_before"))
	copied := filepath.Join(t.TempDir(), "backup.db")
	err := db.Backup(t.Context(), path, copied)
	stop()
	writers.Wait()
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(copied); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	if err := db.Backup(t.Context(), path, copied); !errors.Is(err, db.ErrExists) {
		t.Errorf("overwrote a backup: %v", err)
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(copied), ".rieltime*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	for _, finding := range check(t, copied) {
		t.Errorf("in the copy: %+v", finding)
	}
	restored := filepath.Join(t.TempDir(), "data", "rieltime.db")
	if _, err := db.Restore(t.Context(), copied, restored, false); err != nil {
		t.Fatal(err)
	}
	again := openAt(t, restored, make([]byte, db.KeySize))
	if _, err := again.Purchase(t.Context(), "cs_before"); err != nil {
		t.Error(err)
	}
	trail, err := again.AuditTrail(t.Context(), db.AuditQuery{Limit: 10})
	if err != nil || len(trail) != 1 || trail[0].Action != "database.restore" {
		t.Errorf("trail %+v, %v", trail, err)
	}
}

func TestRestoreRefusesWhatWouldLoseData(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	path, copied := filepath.Join(folder, "rieltime.db"), filepath.Join(folder, "backup.db")
	store, err := db.Open(t.Context(), db.Options{Path: path, Key: make([]byte, db.KeySize)})
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Backup(t.Context(), path, copied); err != nil {
		t.Fatal(err)
	}
	apply(t, store, "")
	if _, err := db.Restore(t.Context(), copied, path, false); !errors.Is(err, db.ErrExists) {
		t.Errorf("without force: %v", err)
	}
	if _, err := db.Restore(t.Context(), copied, path, true); !errors.Is(err, db.ErrInUse) {
		t.Errorf("while it is open: %v", err)
	}
	if _, err := store.Merchant(t.Context(), "klaing"); err != nil {
		t.Errorf("the refused restore did harm: %v", err)
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	kept, err := db.Restore(t.Context(), copied, path, true)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := openAt(t, path, make([]byte, db.KeySize)).Merchant(t.Context(), "klaing"); !errors.Is(err, checkout.ErrNotFound) {
		t.Errorf("not the backup: %v", err)
	}
	if _, err := openAt(t, kept, make([]byte, db.KeySize)).Merchant(t.Context(), "klaing"); err != nil {
		t.Errorf("the database before was not kept: %v", err)
	}
}

func TestRestoreRefusesBrokenCopies(t *testing.T) {
	folder := t.TempDir()
	path, copied := filepath.Join(folder, "rieltime.db"), filepath.Join(folder, "backup.db")
	store := openAt(t, path, make([]byte, db.KeySize))
	apply(t, store, "")
	if err := db.Backup(t.Context(), path, copied); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(copied)
	if err != nil {
		t.Fatal(err)
	}
	foreign := filepath.Join(folder, "foreign.db")
	execute(t, foreign, "CREATE TABLE sessions (id TEXT)")
	for name, broken := range map[string][]byte{
		"cut": content[:len(content)/2], "text": []byte("not a database"), "empty": nil,
		"scribbled": append(bytes.Clone(content[:4096]), bytes.Repeat([]byte{0xff}, len(content)-4096)...),
		"foreign":   must(os.ReadFile(foreign)),
	} {
		file := filepath.Join(folder, name)
		if err := os.WriteFile(file, broken, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := db.Restore(t.Context(), file, filepath.Join(folder, name+"-restored.db"), false); err == nil {
			t.Errorf("%s: restored", name)
		}
		if _, err := os.Stat(filepath.Join(folder, name+"-restored.db")); err == nil {
			t.Errorf("%s: left a database", name)
		}
	}
}

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

// check are the violations of a database.
func check(t testing.TB, path string) (broken []db.Finding) {
	t.Helper()
	findings, err := db.Check(t.Context(), db.Options{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	for _, finding := range findings {
		if finding.Broken > 0 {
			broken = append(broken, finding)
		}
	}
	return broken
}

// refundRow makes a refund of pay_1 and counts it there.
func refundRow(amount, currency string) string {
	return `UPDATE payments SET refunded = ` + amount + ` WHERE id = 'pay_1';
		INSERT INTO refunds (id, payment_id, session_id, merchant_id, mode, provider, reference, amount, currency,
			reason, by_hand, asked_by, created_at, status, transaction_id, failure_code, raw, closed_at) SELECT 're_1', id, session_id, merchant_id, mode, provider, '', ` + amount + `, '` + currency + `',
			'', '', '', created_at, 'succeeded', '', '', '', created_at FROM payments WHERE id = 'pay_1'`
}

// soundDatabase is the file of one with a paid and an open session.
func soundDatabase(t *testing.T) []byte {
	t.Helper()
	path, copied := filepath.Join(t.TempDir(), "rieltime.db"), filepath.Join(t.TempDir(), "sound.db")
	store := openAt(t, path, make([]byte, db.KeySize))
	apply(t, store, "https://shop.example/hook")
	execute(t, path, "UPDATE webhook_endpoints SET created_at = created_at - 1")
	paid(t, store, "1")
	insert(t, store, session("cs_2"), payment("pay_2", "cs_2"))
	if err := db.Backup(t.Context(), path, copied); err != nil {
		t.Fatal(err)
	}
	return must(os.ReadFile(copied))
}

func TestCheckFindsWhatIsBroken(t *testing.T) {
	t.Parallel()
	sound := soundDatabase(t)
	for _, test := range []struct{ damage, found string }{
		{"", ""},
		{"UPDATE payments SET proof = '' WHERE id = 'pay_1'", "a succeeded payment has its proof"},
		{"UPDATE payments SET amount = 7 WHERE id = 'pay_1'", "a payment's amount is its session's, or what that is at the session's rate"},
		{"UPDATE payments SET rate = '4050' WHERE id = 'pay_1'", "a payment's amount is its session's, or what that is at the session's rate"},
		{"UPDATE payments SET proof = json_set(proof, '$.minor', 7) WHERE id = 'pay_1'", "a succeeded payment's proof is over its amount, to its payee"},
		{"UPDATE payments SET payees = '[]' WHERE id = 'pay_1'", "a succeeded payment's proof is over its amount, to its payee"},
		{"UPDATE payments SET status = 'failed' WHERE id = 'pay_1'", "money that does not fit, or that nothing shows to be for its session, is under review"},
		{"UPDATE payments SET transaction_id = 'x' WHERE id = 'pay_1'", "a proof's transaction is the payment's, unless another has it"},
		{"UPDATE sessions SET payment_id = '' WHERE id = 'cs_1'", "a complete session has the one payment that completed it"},
		{"UPDATE payments SET status = 'succeeded', proof = '{}', transaction_id = 'y', session_id = 'cs_1', ordinal = 1 WHERE id = 'pay_2'", "no second payment completes a session"},
		{"UPDATE sessions SET status = 'open' WHERE id = 'cs_1'", "a session that is not complete has no completing payment"},
		{"UPDATE sessions SET closed_at = 0 WHERE id = 'cs_1'", "a session has a closing time when it is closed"},
		{"UPDATE payments SET closed_at = 5 WHERE id = 'pay_2'", "a payment has a closing time when it is closed"},
		{"UPDATE payments SET session_id = 'cs_1', ordinal = 1 WHERE id = 'pay_2'", "a complete session offers no payment"},
		{"UPDATE payments SET ordinal = 3 WHERE id = 'pay_1'", "payments are numbered in order"},
		{"UPDATE sessions SET latest_payment = '' WHERE id = 'cs_1'", "a session knows its latest attempt"},
		{"UPDATE payments SET mode = 'live' WHERE id = 'pay_1'", "test and live, and merchants, are kept apart"},
		{"UPDATE webhook_endpoints SET mode = 'live'", "a delivery's endpoint is of its event's merchant and mode"},
		{"UPDATE events SET merchant_id = 'other'", "an event is of its session's merchant and mode"},
		{"PRAGMA foreign_keys = OFF; DELETE FROM events WHERE type = 'checkout.session.completed'", "a closed session has its event, once"},
		{"PRAGMA foreign_keys = OFF; DELETE FROM events WHERE type = 'payment.succeeded'", "a payment that completed has its event, once, before its session's"},
		{"UPDATE payments SET review = 'late' WHERE id = 'pay_1'", "money under review has its event, once"},
		{"UPDATE events SET body = '{}'", "an event's body is the event's"},
		{"UPDATE deliveries SET status = 'delivered'", "a delivered delivery was taken by its endpoint"},
		{"DELETE FROM deliveries", "every event has a delivery to each endpoint that hears it"},
		{"UPDATE events SET sequence = sequence + 1 WHERE sequence = 2", "a feed's events are numbered from 1 without a gap, up to its counter"},
		{"UPDATE event_feeds SET last_sequence = last_sequence + 1", "a feed's events are numbered from 1 without a gap, up to its counter"},
		{"DELETE FROM event_feeds", "a feed's events are numbered from 1 without a gap, up to its counter"},
		{"INSERT INTO event_digests SELECT merchant_id, mode, '2026-01-02', 2, 2, id FROM events LIMIT 1", "a feed's digests follow one another, each with its event"},
		{"INSERT INTO event_digests SELECT merchant_id, mode, '2026-01-02', 1, 1, id FROM events LIMIT 1", "a feed's digests follow one another, each with its event"},
		{"UPDATE events SET created_at = 5 WHERE sequence = 2", "events are numbered as time went"},
		{"UPDATE sessions SET expires_at = 5 WHERE id = 'cs_2'", "no open session is long overdue"},
		{"UPDATE takings SET taken = taken + 1", "takings are the sum of payments and refunds"},
		{"UPDATE takings SET day = day + 1; UPDATE payments SET recorded_at = 0", "a payment with a proof has the time at which that was recorded"},
		{"UPDATE payments SET refunded = 5 WHERE id = 'pay_1'", "refunds add up, and to no more than was paid"},
		{refundRow("5000", "USD"), "refunds add up, and to no more than was paid"},
		{refundRow("5", "KHR"), "a refund is of its payment's money"},
		{"PRAGMA foreign_keys = OFF; DELETE FROM merchants", "no row without its parent"},
	} {
		path := filepath.Join(t.TempDir(), "rieltime.db")
		if err := os.WriteFile(path, sound, 0o600); err != nil {
			t.Fatal(err)
		}
		if test.damage != "" {
			execute(t, path, test.damage)
		}
		broken := check(t, path)
		if found := slices.ContainsFunc(broken, func(f db.Finding) bool { return f.Check == test.found && len(f.Examples) > 0 }); found != (test.damage != "") {
			t.Errorf("%s: %+v, want %q", test.damage, broken, test.found)
		}
		if test.damage == "" && len(broken) > 0 {
			t.Errorf("a sound database: %+v", broken)
		}
	}
}

func TestRekeySealsEverythingAgain(t *testing.T) {
	path := filepath.Join(t.TempDir(), "rieltime.db")
	oldKey, newKey := make([]byte, db.KeySize), bytes.Repeat([]byte{7}, db.KeySize)
	store := openAt(t, path, oldKey)
	apply(t, store, "https://shop.example/hook")
	for i := range 150 { // more than one batch
		if err := store.Put(t.Context(), "acct_1", fmt.Sprint("token", i), "vault-token"); err != nil {
			t.Fatal(err)
		}
	}
	both, err := db.Open(t.Context(), db.Options{Path: path, Key: newKey, OldKeys: [][]byte{oldKey}})
	if err != nil {
		t.Fatal(err)
	}
	ctx := checkout.WithActor(t.Context(), "cli:rekey")
	if n, err := both.Rekey(ctx); err != nil || n != 152 {
		t.Errorf("%d sealed again, %v, want 152", n, err)
	}
	if n, err := both.Rekey(ctx); err != nil || n != 0 {
		t.Errorf("%d sealed a second time, %v", n, err)
	}
	if err := both.Close(); err != nil {
		t.Fatal(err)
	}
	after := openAt(t, path, newKey)
	if token, err := after.Get(t.Context(), "acct_1", "token149"); err != nil || token.Reveal() != "vault-token" {
		t.Errorf("%q, %v", token.Reveal(), err)
	}
	if finding, err := after.CheckSecrets(t.Context()); err != nil || finding.Broken != 0 {
		t.Errorf("%+v, %v", finding, err)
	}
	if finding, err := store.CheckSecrets(t.Context()); err != nil || finding.Broken != 152 {
		t.Errorf("with the old key: %+v, %v", finding, err)
	}
	if trail, err := after.AuditTrail(t.Context(), db.AuditQuery{Actor: "cli:rekey", Limit: 10}); err != nil || len(trail) != 2 {
		t.Errorf("%+v, %v", trail, err)
	}
}

func TestForgettingBlanksWhatIsPersonal(t *testing.T) {
	path := filepath.Join(t.TempDir(), "rieltime.db")
	store := openAt(t, path, make([]byte, db.KeySize))
	apply(t, store, "https://shop.example/hook")
	paid(t, store, "1")
	insert(t, store, session("cs_2"), payment("pay_2", "cs_2")) // still open
	execute(t, path, `UPDATE events SET body = json_set(body, '$.data.object.metadata', json('{"table":"4"}'))`)
	insertLink(t, store, link("link_1", 0))
	execute(t, path, "UPDATE sessions SET link_id = 'link_1' WHERE id = 'cs_1'")
	execute(t, path, `UPDATE payments SET state = '{"customer":"customer-7","save":true}',
		proof = json_set(proof, '$.raw.card_info', json('{"holder_name":"SOK DARA","scheme":"VISA"}')) WHERE id = 'pay_1'`)
	if n, err := store.Forget(t.Context(), start); err != nil || n != 0 {
		t.Errorf("too early: %d, %v", n, err)
	}
	if n, err := store.Forget(t.Context(), start.Add(time.Second), "fromaccountid"); err != nil || n != 1 {
		t.Fatalf("%d, %v, want 1", n, err)
	}
	if n, err := store.Forget(t.Context(), start.Add(time.Second)); err != nil || n != 0 {
		t.Errorf("again: %d, %v", n, err)
	}
	got, err := store.Purchase(t.Context(), "cs_1")
	if err != nil {
		t.Fatal(err)
	}
	if got.Session.Customer != (checkout.Customer{}) || got.Session.Metadata != nil || len(got.Payments[0].NextAction.Fields) != 0 {
		t.Errorf("%+v %+v", got.Session.Customer, got.Payments[0].NextAction)
	}
	proof := got.Payments[0].Proof
	if state := string(got.Payments[0].State); state != `{"customer":null,"save":true}` {
		t.Errorf("state %s", state)
	}
	if want := `{"amount":10.00,"card_info":{"holder_name":null,"scheme":"VISA"},"data":{"customer":{"phone":null},"name":null},"fromAccountId":null,"hash":"h"}`; string(proof.Raw) != want {
		t.Errorf("raw proof %s, want %s", proof.Raw, want)
	}
	if proof.Amount.Minor != 1000 || proof.TransactionID != "tx pay_1" || proof.Payee != "klaing@devb" {
		t.Errorf("proof %+v", proof)
	}
	var bodies string
	if err := raw(t, path).QueryRow("SELECT group_concat(body) FROM events").Scan(&bodies); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(bodies, "Sok Dara") || !strings.Contains(bodies, "Iced coffee") || !strings.Contains(bodies, `"customer":{"name":null}`) || !strings.Contains(bodies, `"metadata":{}`) {
		t.Error(bodies)
	}
	open, err := store.Purchase(t.Context(), "cs_2")
	if err != nil || open.Session.Customer.Name != "Sok Dara" {
		t.Errorf("%+v, %v", open.Session.Customer, err)
	}
	execute(t, path, "UPDATE sessions SET link_id = ''")
	for _, finding := range check(t, path) {
		t.Errorf("%+v", finding)
	}
}

func TestQueueForgetsWhenItStarts(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "rieltime.db")
	later := func() time.Time { return start.Add(48 * time.Hour) }
	store, err := db.Open(t.Context(), db.Options{Path: path, Key: make([]byte, db.KeySize), Now: later})
	if err != nil {
		t.Fatal(err)
	}
	apply(t, store, "")
	paid(t, store, "1")
	if err := store.QueueAlive(t.Context()); err == nil {
		t.Error("a queue that was not started lives")
	}
	stop, err := store.StartQueue(context.Background(), db.Jobs{
		Deliver:        func(context.Context, string) (time.Duration, error) { return 0, nil },
		RetainPersonal: 24 * time.Hour,
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := store.QueueAlive(t.Context()); err != nil {
		t.Error(err)
	}
	eventually(t, "the personal data is forgotten and told", func() bool {
		trail, err := store.AuditTrail(t.Context(), db.AuditQuery{Actor: "job:forget_personal_data", Limit: 1})
		return err == nil && len(trail) == 1
	})
	if err := stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := store.QueueAlive(t.Context()); err == nil {
		t.Error("a stopped queue lives")
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestAuditTrailNamesTheActorAndCannotBeChanged(t *testing.T) {
	path := filepath.Join(t.TempDir(), "rieltime.db")
	store := openAt(t, path, make([]byte, db.KeySize))
	apply(t, store, "") // nobody is named: nothing to tell
	insert(t, store, session("cs_1"))
	refused := errors.New("refused")
	ctx := checkout.WithActor(t.Context(), "key_1")
	if _, err := store.Update(ctx, "cs_1", func(p *checkout.Purchase) error { return errors.Join(p.ExpireNow(start), refused) }); !errors.Is(err, refused) {
		t.Fatal(err)
	}
	if _, err := store.Update(ctx, "cs_1", func(p *checkout.Purchase) error { return p.ExpireNow(start) }); err != nil {
		t.Fatal(err)
	}
	if err := store.Audit(checkout.WithActor(t.Context(), "cli:backup"), "database.backup", "", map[string]any{"file": "b.db"}); err != nil {
		t.Fatal(err)
	}
	all, err := store.AuditTrail(t.Context(), db.AuditQuery{Limit: 10})
	if err != nil || len(all) != 2 {
		t.Fatalf("%+v, %v", all, err)
	}
	if e := all[0]; e.Actor != "key_1" || e.Action != "session.expired" || e.Object != "cs_1" || !e.At.Equal(start) {
		t.Errorf("%+v", e)
	}
	if newest, err := store.AuditTrail(t.Context(), db.AuditQuery{Limit: 1}); err != nil || len(newest) != 1 || string(newest[0].Detail) != `{"file":"b.db"}` {
		t.Errorf("%+v, %v", newest, err)
	}
	for query, want := range map[db.AuditQuery]int{{Actor: "key_1"}: 1, {Object: "cs_1"}: 1, {Object: "cs_2"}: 0, {After: all[0].Sequence}: 1} {
		query.Limit = 10
		if some, err := store.AuditTrail(t.Context(), query); err != nil || len(some) != want {
			t.Errorf("%+v: %d, %v, want %d", query, len(some), err, want)
		}
	}
	for _, change := range []string{"UPDATE audit SET actor = 'nobody'", "DELETE FROM audit"} {
		if _, err := raw(t, path).Exec(change); err == nil || !strings.Contains(err.Error(), "append-only") {
			t.Errorf("%s: %v", change, err)
		}
	}
}

func TestNewerDatabaseIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "rieltime.db")
	openAt(t, path, make([]byte, db.KeySize))
	execute(t, path, "INSERT INTO schema_versions (version_id, is_applied) VALUES (99999, 1)")
	if store, err := db.Open(t.Context(), db.Options{Path: path, Key: make([]byte, db.KeySize)}); err == nil || !strings.Contains(err.Error(), "newer") {
		t.Errorf("%v", err)
		_ = store.Close()
	}
}

func TestEverySealedColumnIsRekeyed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "rieltime.db")
	openAt(t, path, make([]byte, db.KeySize))
	rows, err := raw(t, path).Query(`SELECT t.name || '.' || c.name FROM sqlite_master t, pragma_table_info(t.name) c
		WHERE t.type = 'table' AND c.name LIKE '%\_sealed' ESCAPE '\' ORDER BY 1`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var columns []string
	for rows.Next() {
		var column string
		if err := rows.Scan(&column); err != nil {
			t.Fatal(err)
		}
		columns = append(columns, column)
	}
	known := db.SealedColumns()
	slices.Sort(known)
	if !slices.Equal(columns, known) {
		t.Errorf("sealed columns %v, rekeyed %v", columns, known)
	}
}
