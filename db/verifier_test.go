package db_test

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"rieltime/checkout"
	"rieltime/checkout/verifier"
	"rieltime/db"
)

// take asks for the next question to the account at a time.
func take(t *testing.T, store *db.Store, at time.Time, size int) (ids string) {
	t.Helper()
	payments, err := store.LeaseDue(t.Context(), question(at, size))
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range payments {
		ids += strings.TrimPrefix(p.ID, "pay_")
	}
	return ids
}

func question(at time.Time, size int) verifier.Batch {
	return verifier.Batch{
		AccountID: "acct_1", Now: at, Lease: at.Add(time.Minute), ViewedSince: at.Add(-15 * time.Second),
		MadeBefore: at, QueriedBefore: at, Size: size,
		Spend: func(quota *verifier.Quota, _ []checkout.Payment) bool { quota.Queries++; return true },
	}
}

func quotaOf(t *testing.T, store *db.Store) (quota verifier.Quota) {
	t.Helper()
	if err := store.UpdateQuota(t.Context(), "acct_1", func(q *verifier.Quota) { quota = *q }); err != nil {
		t.Fatal(err)
	}
	return quota
}

func TestDuePaymentIsLeasedOnce(t *testing.T) {
	store := open(t)
	apply(t, store, "")
	insert(t, store, session("cs_1"), payment("pay_1", "cs_1"))
	due := start.Add(3 * time.Second)
	for _, c := range []struct {
		when, want string
		at         time.Time
	}{
		{"before it is due", "", start},
		{"when it is due", "1", due},
		{"while it is leased", "", due.Add(time.Second)},
		{"after the lease", "1", due.Add(2 * time.Minute)},
	} {
		if got := take(t, store, c.at, 10); got != c.want {
			t.Errorf("%s: took %q, want %q", c.when, got, c.want)
		}
	}
	if _, err := store.Update(t.Context(), "cs_1", func(p *checkout.Purchase) error {
		p.RecordAnswer("pay_1", checkout.Answer{Verdict: checkout.VerdictPending}, due)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if got := take(t, store, due.Add(10*time.Second), 10); got != "1" {
		t.Errorf("after the answer gave the lease back: took %q", got)
	}
	if got := quotaOf(t, store).Queries; got != 3 {
		t.Errorf("%d questions counted for 3", got)
	}
}

func TestRefusedQuestionLeavesNothing(t *testing.T) {
	store := open(t)
	apply(t, store, "")
	insert(t, store, session("cs_1"), payment("pay_1", "cs_1"))
	at := start.Add(time.Minute)
	refused := question(at, 10)
	refused.Spend = func(quota *verifier.Quota, _ []checkout.Payment) bool { quota.Queries = 99; return false }
	if payments, err := store.LeaseDue(t.Context(), refused); err != nil || len(payments) != 0 {
		t.Errorf("%v, %v", payments, err)
	}
	if got := quotaOf(t, store).Queries; got != 0 {
		t.Errorf("%d questions counted", got)
	}
	if got := take(t, store, at, 10); got != "1" {
		t.Errorf("then took %q", got)
	}
}

func TestQuestionsGoToTheMostUrgentFirst(t *testing.T) {
	store := open(t)
	apply(t, store, "")
	now := start.Add(time.Hour)
	for id, alter := range map[string]func(*checkout.Payment){
		"a": func(p *checkout.Payment) { p.ReportedPaidAt, p.CreatedAt = now, now.Add(-5*time.Second) },
		"b": func(p *checkout.Payment) { p.CreatedAt = now.Add(-3 * time.Minute) }, // watched, the oldest
		"c": func(p *checkout.Payment) { p.CreatedAt = now.Add(-time.Minute) },     // watched
		"d": func(p *checkout.Payment) { // watched, asked about before, but not for longer
			p.CreatedAt, p.CheckedAt = now.Add(-time.Minute), now.Add(-50*time.Second)
		},
		"D": func(p *checkout.Payment) { // watched, older, asked about since
			p.CreatedAt, p.CheckedAt = now.Add(-4*time.Minute), now.Add(-40*time.Second)
		},
		"e": func(p *checkout.Payment) { p.CreatedAt = now.Add(-time.Minute) }, // open, the newest
		"f": func(p *checkout.Payment) { p.CreatedAt = now.Add(-2 * time.Minute) },
		"g": func(p *checkout.Payment) { // closed, not asked about since
			p.ClosedAt, p.CheckedAt = now.Add(-10*time.Minute), now.Add(-11*time.Minute)
			p.Status = checkout.PaymentExpired
		},
		"h": func(p *checkout.Payment) { // closed and asked about since; the claim is answered
			p.ClosedAt, p.CheckedAt = now.Add(-10*time.Minute), now.Add(-5*time.Minute)
			p.ReportedPaidAt = now.Add(-6 * time.Minute)
			p.Status = checkout.PaymentExpired
		},
		"x": func(p *checkout.Payment) { p.CreatedAt = now.Add(-5 * time.Second) },                             // too new
		"y": func(p *checkout.Payment) { p.ReportedPaidAt, p.CheckedAt = now, now.Add(-10*time.Second) },       // asked just now
		"z": func(p *checkout.Payment) { p.ReportedPaidAt, p.NextCheckAt = now, now.Add(10*time.Millisecond) }, // not due
	} {
		p := payment("pay_"+id, "cs_"+id)
		alter(&p)
		insert(t, store, session("cs_"+id), p)
	}
	if err := store.MarkViewed(t.Context(), []string{"pay_b", "pay_c", "pay_d", "pay_D"}, now, 2*time.Second); err != nil {
		t.Fatal(err)
	}
	q := question(now, 3)
	q.MadeBefore, q.QueriedBefore = now.Add(-20*time.Second), now.Add(-30*time.Second)
	var order []string
	for {
		payments, err := store.LeaseDue(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		if len(payments) == 0 {
			break
		}
		var ids string
		for _, p := range payments {
			ids += strings.TrimPrefix(p.ID, "pay_")
		}
		order = append(order, ids)
	}
	if got := strings.Join(order, " "); got != "abc dDe fgh" {
		t.Errorf("asked in the order %s", got)
	}
}

func TestQuestionsGoToTheMostUrgentOfManyFirst(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "rieltime.db")
	store := openAt(t, path, make([]byte, db.KeySize))
	apply(t, store, "")
	insert(t, store, session("cs_1"), payment("pay_1", "cs_1"))
	now := start.Add(24 * time.Hour)
	makeDue(t, path, 1200, 12_000, now)
	execute(t, path, "UPDATE payments SET claimed_at = watched_at WHERE ordinal % 165 = 0") // and looked at too
	q := question(now, 50)
	q.MadeBefore, q.QueriedBefore = now.Add(-time.Hour), now.Add(-65*time.Second)
	looking := q.ViewedSince.UnixMilli()
	rows, err := raw(t, path).Query(`SELECT id FROM payments WHERE next_check_at > 0 AND next_check_at <= ? AND (created_at <= ? OR claimed_at > checked_at) AND checked_at <= ?
		ORDER BY claimed_at > checked_at DESC, watched_at > ? DESC, closed_at = 0 DESC, checked_at > closed_at,
			CASE WHEN watched_at > ? THEN checked_at ELSE 0 END, CASE WHEN watched_at > ? THEN created_at ELSE -created_at END`,
		now.UnixMilli(), q.MadeBefore.UnixMilli(), q.QueriedBefore.UnixMilli(), looking, looking, looking)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var want, got []string
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			t.Fatal(err)
		}
		want = append(want, id)
	}
	for more := true; more; {
		payments, err := store.LeaseDue(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range payments {
			got = append(got, p.ID)
		}
		more = len(payments) > 0
	}
	if len(want) < 700 || !slices.Equal(got, want) {
		t.Errorf("asked about %d in another order than the %d that are due", len(got), len(want))
	}
}

func TestDueAccountsAreThoseThatMayBeQueried(t *testing.T) {
	t.Parallel()
	store := open(t)
	apply(t, store, "")
	at := start.Add(time.Minute)
	accounts := func() []verifier.DueAccount {
		t.Helper()
		accounts, err := store.DueAccounts(t.Context(), at, at.Add(-15*time.Second))
		if err != nil {
			t.Fatal(err)
		}
		return accounts
	}
	if got := accounts(); len(got) != 0 {
		t.Errorf("with no payment: %+v", got)
	}
	insert(t, store, session("cs_1"), payment("pay_1", "cs_1"))
	if got := accounts(); len(got) != 1 || got[0].Quota.AccountID != "acct_1" || got[0].ReportedPaid || !got[0].ViewedAt.IsZero() {
		t.Errorf("with a payment due: %+v", got)
	}
	if err := store.MarkViewed(t.Context(), []string{"pay_1"}, at, time.Second); err != nil {
		t.Fatal(err)
	}
	if got := accounts(); len(got) != 1 || !got[0].ViewedAt.Equal(start) || got[0].ReportedPaid {
		t.Errorf("with a buyer looking: %+v", got)
	}
	if _, err := store.Update(t.Context(), "cs_1", func(p *checkout.Purchase) error { p.ReportPaid("pay_1", at); return nil }); err != nil {
		t.Fatal(err)
	}
	if got := accounts(); len(got) != 1 || !got[0].ReportedPaid {
		t.Errorf("with a claim: %+v", got)
	}
	for name, change := range map[string]func(*verifier.Quota){
		"paused": func(quota *verifier.Quota) { quota.PausedUntil = at.Add(time.Millisecond) },
		"rate":   func(quota *verifier.Quota) { quota.NextAt = at.Add(time.Millisecond) },
	} {
		if err := store.UpdateQuota(t.Context(), "acct_1", change); err != nil {
			t.Fatal(err)
		}
		if got := accounts(); len(got) != 0 {
			t.Errorf("%s: %+v", name, got)
		}
		if err := store.UpdateQuota(t.Context(), "acct_1", func(quota *verifier.Quota) { quota.PausedUntil, quota.NextAt = at, at }); err != nil {
			t.Fatal(err)
		}
	}
	take(t, store, at, 1)
	if got := accounts(); len(got) != 0 {
		t.Errorf("with the only payment leased: %+v", got)
	}
}

func TestQuotaIsKeptUntilSettingsAreAppliedAgain(t *testing.T) {
	store := open(t)
	apply(t, store, "")
	want := verifier.Quota{
		QueryUsage: checkout.QueryUsage{
			AccountID: "acct_1", PausedUntil: start.Add(time.Hour), Day: start.Add(-time.Hour),
			Queries: 3, ReserveQueries: 2, LearnedLimit: 100,
		},
		NextAt: start.Add(time.Second), InHand: 1.25, CountedAt: start.Add(time.Minute),
	}
	if err := store.UpdateQuota(t.Context(), "acct_1", func(quota *verifier.Quota) { *quota = want }); err != nil {
		t.Fatal(err)
	}
	if got := quotaOf(t, store); got != want {
		t.Errorf("kept %+v, want %+v", got, want)
	}
	apply(t, store, "")
	want.PausedUntil, want.LearnedLimit = time.Time{}, 0
	if got := quotaOf(t, store); got != want {
		t.Errorf("after applying settings %+v, want %+v", got, want)
	}
}

func TestKeptWaitingAreThoseDueForLong(t *testing.T) {
	t.Parallel()
	store := open(t)
	apply(t, store, "")
	for id, alter := range map[string]func(*checkout.Payment){
		"waits":   func(*checkout.Payment) {},
		"told":    func(p *checkout.Payment) { p.Delayed = true },
		"not due": func(p *checkout.Payment) { p.NextCheckAt = start.Add(time.Hour) },
		"over":    func(p *checkout.Payment) { p.NextCheckAt = time.Time{} },
	} {
		p := payment("pay_"+id, "cs_"+id)
		alter(&p)
		insert(t, store, session("cs_"+id), p)
	}
	all := []string{"pay_waits", "pay_told", "pay_not due", "pay_over"}
	list := func(before time.Time, ids ...string) (found string) {
		t.Helper()
		payments, err := store.Delayed(t.Context(), ids, before, 10)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range payments {
			found += p.ID + " "
		}
		return found
	}
	if got := list(start.Add(time.Second), all...); got != "" {
		t.Errorf("before it was due: %s", got)
	}
	if got := list(start.Add(2*time.Second), all...); got != "pay_waits " {
		t.Errorf("waiting: %s", got)
	}
	insert(t, store, session("cs_too"), payment("pay_too", "cs_too"))
	if payments, err := store.Delayed(t.Context(), append(all, "pay_too"), start.Add(2*time.Second), 1); err != nil || len(payments) != 1 {
		t.Errorf("limited to one: %d, %v", len(payments), err)
	}
	if got := list(start.Add(2*time.Second)) + list(start.Add(2*time.Second), "pay_told"); got != "" {
		t.Errorf("nobody looks: %s", got)
	}
	take(t, store, start.Add(3*time.Second), 10)
	if got := list(start.Add(4*time.Second), all...); got != "" {
		t.Errorf("while it is asked about: %s", got)
	}
}

func TestWatchBringsTheNextQuestionForward(t *testing.T) {
	t.Parallel()
	store := open(t)
	apply(t, store, "")
	asked := start.Add(10 * time.Second)
	for id, alter := range map[string]func(*checkout.Payment){
		"slow": func(p *checkout.Payment) { p.CheckedAt, p.NextCheckAt = asked, asked.Add(30*time.Second) },
		"soon": func(p *checkout.Payment) { p.CheckedAt, p.NextCheckAt = asked, asked.Add(time.Second) },
		"doubtful": func(p *checkout.Payment) {
			p.CheckedAt, p.NextCheckAt, p.Doubtful = asked, asked.Add(30*time.Second), true
		},
		"never asked": func(p *checkout.Payment) { p.NextCheckAt = asked.Add(30 * time.Second) },
		"over":        func(p *checkout.Payment) { p.CheckedAt, p.NextCheckAt = asked, time.Time{} },
	} {
		p := payment("pay_"+id, "cs_"+id)
		alter(&p)
		insert(t, store, session("cs_"+id), p)
	}
	now := asked.Add(4 * time.Second)
	if err := store.MarkViewed(t.Context(), []string{"pay_slow", "pay_soon", "pay_doubtful", "pay_never asked", "pay_over"}, now, 5*time.Second); err != nil {
		t.Fatal(err)
	}
	for id, want := range map[string]time.Time{
		"slow": asked.Add(5 * time.Second), "soon": asked.Add(time.Second), "doubtful": asked.Add(30 * time.Second),
		"never asked": asked.Add(30 * time.Second), "over": {},
	} {
		got, err := store.Payment(t.Context(), "pay_"+id)
		if err != nil || !got.NextCheckAt.Equal(want) || got.WatchedAt.Equal(now) != (id != "over") {
			t.Errorf("%s: next at %v, want %v; watched at %v, %v", id, got.NextCheckAt, want, got.WatchedAt, err)
		}
	}
}

func TestOverdueAreSessionsInWhichSomethingRanOut(t *testing.T) {
	t.Parallel()
	store := open(t)
	apply(t, store, "")
	ends := start.Add(30 * time.Minute)
	closed := func(p *checkout.Payment) { p.Status, p.ClosedAt = checkout.PaymentExpired, start.Add(5*time.Minute) }
	for id, alter := range map[string]func(*checkout.Payment){
		"waits":   closed, // for an answer about its payment
		"silent":  func(p *checkout.Payment) { closed(p); p.NextCheckAt = time.Time{} },
		"offered": func(p *checkout.Payment) { p.ExpiresAt = ends.Add(-time.Minute) },
		"later":   func(p *checkout.Payment) { p.ExpiresAt = ends.Add(time.Hour) },
	} {
		s, p := session("cs_"+id), payment("pay_"+id, "cs_"+id)
		alter(&p)
		if id == "later" {
			s.ExpiresAt = ends.Add(time.Hour)
		}
		insert(t, store, s, p)
	}
	insert(t, store, session("cs_empty"))
	for _, c := range []struct {
		at   time.Time
		want string
	}{
		{ends.Add(-2 * time.Minute), ""},
		{ends.Add(-time.Minute), "cs_offered"},
		{ends, "cs_empty cs_offered cs_silent"},
		{ends.Add(2 * time.Minute), "cs_empty cs_offered cs_silent cs_waits"},
	} {
		ids, err := store.Overdue(t.Context(), c.at, c.at.Add(-2*time.Minute), 10)
		if err != nil {
			t.Fatal(err)
		}
		slices.Sort(ids)
		if got := strings.Join(ids, " "); got != c.want {
			t.Errorf("at %v: %s, want %s", c.at, got, c.want)
		}
	}
	if ids, err := store.Overdue(t.Context(), ends, ends, 2); err != nil || len(ids) != 2 {
		t.Errorf("limited to two: %v, %v", ids, err)
	}
}

// A statement has at most 32,766 variables; pages are not counted.
func TestAnyNumberOfPagesMayBeOpen(t *testing.T) {
	t.Parallel()
	store := open(t)
	apply(t, store, "")
	insert(t, store, session("cs_1"), payment("pay_1", "cs_1"))
	ids := make([]string, 33_000)
	for i := range ids {
		ids[i] = fmt.Sprintf("pay_of_another_%d", i)
	}
	ids[len(ids)-1] = "pay_1"
	now := start.Add(time.Minute)
	if err := store.MarkViewed(t.Context(), ids, now, time.Second); err != nil {
		t.Fatal(err)
	}
	if p, err := store.Payment(t.Context(), "pay_1"); err != nil || !p.WatchedAt.Equal(now) {
		t.Errorf("looked at at %v, %v", p.WatchedAt, err)
	}
	if payments, err := store.Delayed(t.Context(), ids, now.Add(24*time.Hour), 10); err != nil || len(payments) != 1 {
		t.Errorf("%d kept waiting, %v", len(payments), err)
	}
}
