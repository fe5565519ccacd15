package db_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"rieltime/checkout"
	"rieltime/checkout/notices"
	"rieltime/checkout/statements"
	"rieltime/checkout/users"
	"rieltime/checkout/verifier"
	"rieltime/db"
	"rieltime/db/dbtest"
)

// newFile returns the options of a file that does not exist yet.
func newFile(t testing.TB) db.Options {
	return dbtest.File(t, filepath.Join(t.TempDir(), "rieltime.db"))
}

// copiesBetween runs a test for each pair of engines that there are.
func copiesBetween(t *testing.T, test func(t *testing.T, source, target func(testing.TB) db.Options)) {
	run := func(name string, source, target func(testing.TB) db.Options) {
		t.Run(name, func(t *testing.T) {
			t.Parallel() // they wait for the queue, and for disks
			test(t, source, target)
		})
	}

	run("files", newFile, newFile)
	if os.Getenv(dbtest.ServerVariable) == "" {
		return
	}
	run("to a server", newFile, dbtest.Fresh)
	run("from a server", dbtest.Fresh, newFile)
}

// pool opens a database without its store.
func pool(t testing.TB, options db.Options) *sql.DB {
	t.Helper()
	if options.URL == "" {
		return raw(t, options.Path)
	}
	server, err := sql.Open("pgx", options.URL)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	return server
}

func executeIn(t testing.TB, options db.Options, statement string) {
	t.Helper()
	if _, err := pool(t, options).Exec(statement); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

// insertStatement imports a bank's statement of klaing's account and keeps its columns.
func insertStatement(t *testing.T, store *db.Store) {
	t.Helper()
	accounts, err := store.Accounts(t.Context(), "klaing", checkout.ModeTest)
	if err != nil || len(accounts) == 0 {
		t.Fatal(accounts, err)
	}
	b := &bank{t, store, accounts[0], statements.NewService(store, func(string) checkout.ProviderInfo { return checkout.ProviderInfo{} }, store.Now)}
	b.importRows("DAY,100FT1,សុខា,,10.00,USD")
	if err := store.SaveBankMap(t.Context(), b.account.ID, statements.Map{Columns: map[statements.Field]string{statements.FieldAmount: "Credit"}}); err != nil {
		t.Fatal(err)
	}
}

// insertUser adds a user of klaing's who is signed in.
func insertUser(t *testing.T, store *db.Store) {
	t.Helper()
	owner := users.User{ID: "usr_1", Email: "owner@klaing.example", Name: "សុខា", CreatedAt: start}
	role := users.Membership{UserID: owner.ID, MerchantID: "klaing", Role: users.RoleOwner, CreatedAt: start}
	if err := store.InsertUser(t.Context(), owner, []users.Membership{role}); err != nil {
		t.Fatal(err)
	}
	link := users.Link{ID: "lnk_1", Kind: users.LinkInvitation, Email: "dara@klaing.example", MerchantID: "klaing", Role: users.RoleCashier, CreatedAt: start, ExpiresAt: start.Add(users.LinkLife)}
	if err := store.InsertUserLink(t.Context(), link, "cd34"); err != nil {
		t.Fatal(err)
	}
	signIn := users.SignIn{ID: "sin_1", UserID: owner.ID, TokenHash: "ab12", Method: users.MethodPassword, CreatedAt: start, AuthenticatedAt: start, SeenAt: start}
	if err := store.InsertSignIn(t.Context(), signIn); err != nil {
		t.Fatal(err)
	}
	err := errors.Join(
		store.InsertLogo(t.Context(), "klaing", "hash", []byte{0, 0xff}),
		store.InsertPasskey(t.Context(), passkey("pky_1", owner.ID), 2),
		store.SetCodeApp(t.Context(), users.CodeApp{UserID: owner.ID, Secret: "GEZDGNBVGY3TQOJQ", CreatedAt: start}),
		store.SetRecoveryCodes(t.Context(), owner.ID, []string{"cd34"}, start),
	)
	if err != nil {
		t.Fatal(err)
	}
	insertChat(t, store, "klaing")
	if taken, err := store.TakeUpdate(t.Context(), notices.Bot{ID: 4200}, 100); err != nil || !taken {
		t.Fatal(taken, err)
	}
	linkPerson(t, store)
	view := users.SavedView{ID: "view_1", MerchantID: "klaing", UserID: owner.ID, Name: "យឺត", Query: "status=late", Shared: true, CreatedAt: start}
	if err := store.InsertSavedView(t.Context(), view); err != nil {
		t.Fatal(err)
	}
}

func copyDatabase(t testing.TB, from, to db.Options) (db.CopyReport, error) {
	t.Helper()
	return db.Copy(t.Context(), from, to, func(db.CopyProgress) {})
}

func mustCopy(t testing.TB, from, to db.Options) db.CopyReport {
	t.Helper()
	report, err := copyDatabase(t, from, to)
	if err != nil {
		t.Fatal(err)
	}
	return report
}

// inEveryTable fills a new database by the store's own calls.
func inEveryTable(t *testing.T, options db.Options) {
	t.Helper()
	now := start.AddDate(0, -3, 0)
	store, err := db.Open(t.Context(), db.Options{Path: options.Path, URL: options.URL, Key: options.Key, Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	}()

	for _, now = range []time.Time{now, start} { // months, then the end of the first
		if err := store.Retain(t.Context(), db.Retention{Attempts: 31 * 24 * time.Hour}); err != nil {
			t.Fatal(err)
		}
	}

	apply(t, store, "https://shop.example/hook")
	ctx := checkout.WithActor(t.Context(), "cli:test")
	key, kept := checkout.NewAPIKey("klaing", checkout.ModeTest, start)
	endpoint := checkout.WebhookEndpoint{ID: "we_1", MerchantID: "klaing", Mode: checkout.ModeTest, URL: "https://shop.example/hook",
		Secret: "whsec_c2VjcmV0", Events: []checkout.EventType{checkout.EveryEvent}, CreatedAt: start}
	_, err = store.ApplyMerchant(ctx, checkout.MerchantSetup{
		Merchant: checkout.Merchant{ID: "klaing", Name: "Coffee Klaing ☕\n\"quoted\"", ReturnHosts: []string{"shop.example"}, LatePayments: checkout.LateReview},
		Modes: []checkout.ModeSetup{{Mode: checkout.ModeTest, KeyText: key, Key: kept, Endpoint: endpoint, Accounts: []checkout.Account{
			{ID: "acct_1", MerchantID: "klaing", Mode: checkout.ModeTest, Provider: "bakong", Settings: []byte(`{"token":"another-token"}`)},
		}}}, At: start,
	})
	if err != nil {
		t.Fatal(err)
	}
	insertUser(t, store)
	if err := store.Put(ctx, "acct_1", "token", "secret"); err != nil {
		t.Fatal(err)
	}
	if _, held, err := store.Lease(ctx, "acct_1", "token", time.Minute); err != nil || !held {
		t.Fatal(held, err)
	}

	insertStatement(t, store)
	if err := store.SaveReport(ctx, reportOf("acct_1", "tx1", start)); err != nil {
		t.Fatal(err)
	}
	insertRate(t, store, "rate_1", "4050")
	if err := store.InsertDayClose(ctx, closeOf("acct_1", checkout.DayFigures{})); err != nil {
		t.Fatal(err)
	}
	if err := store.InsertShift(ctx, openedShift("usr_1")); err != nil {
		t.Fatal(err)
	}
	insertLink(t, store, link("pl_1", 3))
	insert(t, store, linkSession("cs_link", "pl_1"))
	for i := range 5 {
		paid(t, store, fmt.Sprint("paid", i))
	}
	_, err = store.Update(ctx, "cs_paid1", func(p *checkout.Purchase) error {
		return p.RequestRefund("re_1", checkout.RefundParams{Payment: "pay_paid1", Amount: "0.10", Reason: "x", RequestedBy: "key_1"}, start)
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := store.DigestEvents(ctx, start); err != nil {
		t.Fatal(err)
	}

	sent, _, err := store.ListDeliveries(ctx, checkout.DeliveryQuery{EndpointID: "we_1", ListPart: checkout.ListPart{Limit: 1}})
	if err != nil || len(sent) != 1 {
		t.Fatal(sent, err)
	}
	if _, err := store.RecordAttempt(ctx, checkout.DeliveryAttempt{DeliveryID: sent[0].ID, At: start, Status: 200, Delivered: true}); err != nil {
		t.Fatal(err)
	}
	request, err := store.LeaseIdempotency(ctx, idempotentRequest("k"), start.Add(time.Minute))
	if err != nil {
		t.Fatal(err)
	}
	if err := store.KeepResult(ctx, request, checkout.RequestResult{Effect: checkout.EffectChanged, Body: []byte(`{"secret":"whsec_plain"}`)}); err != nil {
		t.Fatal(err)
	}
	allowance, err := store.AllowHashLookup(ctx, verifier.HashLookup{AccountID: "acct_1", SessionID: "cs_link", Address: "a", Count: 1,
		At: start, Day: start, PerSession: 5, PerHour: 5, PerMinute: 5, PerDay: 5})
	if err != nil || allowance != verifier.HashAllowed {
		t.Fatal(allowance, err)
	}
	if err := store.LeaveRedelivery(ctx, endpoint, start.AddDate(0, -1, 0), start); err != nil {
		t.Fatal(err)
	}
	insertAddressee(t, store)
	if err := store.InsertChatSale(ctx, chatSale("cs_paid1")); err != nil {
		t.Fatal(err)
	}
}

// rowsOfManyBatches adds more rows than one batch has, of which many share a key.
func rowsOfManyBatches(t testing.TB, options db.Options) {
	t.Helper()
	const numbers = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2500) SELECT "
	executeIn(t, options, "INSERT INTO audit (at, actor, action, object) "+numbers+"i, 'a', 'b', 'c' FROM n")
	executeIn(t, options, "INSERT INTO delivery_attempts (delivery_id, at, status, answer, took_ms) "+numbers+"min(d.id), 7 + i / 900, 500, '', 1 FROM n, deliveries d GROUP BY i")
}

func TestEveryTableIsCopiedOrLeftOnPurpose(t *testing.T) {
	if names, err := db.TablesWithoutPlace(t.Context(), open(t)); err != nil || len(names) > 0 {
		t.Errorf("%v are in neither list of db.Copy, or are not there: %v", names, err)
	}
}

func TestDatabaseIsTheSameAfterCopiesThereAndBack(t *testing.T) {
	t.Parallel()
	copiesBetween(t, func(t *testing.T, source, target func(testing.TB) db.Options) {
		from, to, back := source(t), target(t), source(t)
		inEveryTable(t, from)
		rowsOfManyBatches(t, from)
		there := mustCopy(t, from, to)
		again := mustCopy(t, to, back)
		if !slices.Equal(there.Tables, again.Tables) {
			t.Errorf("there:\n%v\nback:\n%v", there.Tables, again.Tables)
		}
		for _, table := range there.Tables {
			if table.Rows == 0 {
				t.Errorf("the test copied nothing of %s", table.Name)
			}
		}

		var jobs int
		if err := pool(t, back).QueryRow("SELECT count(*) FROM river_job WHERE kind = 'redeliver'").Scan(&jobs); err != nil || jobs != 1 {
			t.Errorf("%d redeliveries went along, want 1 (%v)", jobs, err)
		}

		store := openWith(t, to)
		if secret, err := store.Get(t.Context(), "acct_1", "token"); err != nil || secret.Reveal() != "secret" {
			t.Errorf("the secret does not open: %v", err)
		}
		var before int64
		if err := pool(t, to).QueryRow("SELECT max(sequence) FROM audit").Scan(&before); err != nil {
			t.Fatal(err)
		}
		if err := store.Audit(checkout.WithActor(t.Context(), "cli:test"), "test", "", nil); err != nil {
			t.Errorf("the audit trail does not go on: %v", err)
		}
		var after int64
		err := pool(t, to).QueryRow("SELECT max(sequence) FROM audit").Scan(&after)
		if err != nil || after <= before || after > before+2 { // a try that PostgreSQL undoes uses a number up
			t.Errorf("after %d came %d, %v", before, after, err)
		}
	})
}

func TestDueWorkOfACopyIsQueuedAgain(t *testing.T) {
	t.Parallel()
	copiesBetween(t, func(t *testing.T, source, target func(testing.TB) db.Options) {
		from, to := source(t), target(t)
		inEveryTable(t, from)
		mustCopy(t, from, to)
		to.Now = func() time.Time { return start.Add(time.Hour) }
		store, err := db.Open(t.Context(), to)
		if err != nil {
			t.Fatal(err)
		}
		defer store.Close()

		delivered, refunds := &deliveries{store: store}, &refundAsker{}
		stop, err := store.StartQueue(context.WithoutCancel(t.Context()), db.Jobs{Deliver: delivered.deliver, CheckRefund: refunds.check})
		if err != nil {
			t.Fatal(err)
		}
		defer func() {
			if err := stop(context.WithoutCancel(t.Context())); err != nil {
				t.Error(err)
			}
		}()
		var pending int
		if err := pool(t, from).QueryRow("SELECT count(*) FROM deliveries WHERE status = 'pending'").Scan(&pending); err != nil || pending < 5 {
			t.Fatal(pending, err)
		}
		eventually(t, "every delivery and the refund", func() bool { return delivered.count() >= pending && refunds.times() == 1 })
	})
}

func TestInterruptedCopyGoesOn(t *testing.T) {
	t.Parallel()
	copiesBetween(t, func(t *testing.T, source, target func(testing.TB) db.Options) {
		from, to := source(t), target(t)
		inEveryTable(t, from)
		rowsOfManyBatches(t, from)
		copied := map[string]int64{}
		for interrupted := 0; ; {
			ctx, cancel := context.WithCancel(t.Context())
			batches := 0
			_, err := db.Copy(ctx, from, to, func(p db.CopyProgress) {
				if p.Step != "copy" || p.Done == copied[p.Table] {
					return
				}
				if p.Done < copied[p.Table] {
					t.Errorf("%s begins again at %d, had %d", p.Table, p.Done, copied[p.Table])
				}
				copied[p.Table] = p.Done
				if batches++; batches == 8 {
					cancel()
				}
			})
			cancel()
			if err == nil {
				if interrupted < 2 {
					t.Errorf("the copy was interrupted only %d times", interrupted)
				}
				break
			}
			if !errors.Is(err, context.Canceled) {
				t.Fatal(err)
			}

			if interrupted++; interrupted > 1 {
				continue
			}
			for _, access := range []db.Access{db.CreateAndMigrate, db.Existing, db.ReadOnly} {
				unfinished := to
				unfinished.Access = access
				if _, err := db.Open(t.Context(), unfinished); !errors.Is(err, db.ErrUnfinishedCopy) || !strings.Contains(err.Error(), "rieltime db copy again") {
					t.Fatalf("an unfinished copy was opened: %v", err)
				}
			}
			if _, err := copyDatabase(t, to, newFile(t)); !errors.Is(err, db.ErrUnfinishedCopy) {
				t.Fatalf("an unfinished copy was copied: %v", err)
			}
		}
		openWith(t, to)
	})
}

// interrupt begins a copy and stops it when it has copied all rows.
func interrupt(t *testing.T, from, to db.Options) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	_, err := db.Copy(ctx, from, to, func(p db.CopyProgress) {
		if p.Step == "compare" {
			cancel()
		}
	})
	if !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
}

func TestSourceThatChangedSinceIsNoticed(t *testing.T) {
	t.Parallel()
	copiesBetween(t, func(t *testing.T, source, target func(testing.TB) db.Options) {
		from, to := source(t), target(t)
		inEveryTable(t, from)
		interrupt(t, from, to)
		executeIn(t, from, "UPDATE payments SET checked_at = checked_at + 1 WHERE id = 'pay_paid0'")
		if _, err := copyDatabase(t, from, to); err == nil || !strings.Contains(err.Error(), "the table payments has changed") {
			t.Errorf("went on with other rows: %v", err)
		}
		other := newFile(t)
		openWith(t, other)
		if _, err := copyDatabase(t, other, newFile(t)); !errors.Is(err, db.ErrInUse) {
			t.Errorf("copied while it is used: %v", err)
		}
	})
}

func TestChangedCopyIsNoticed(t *testing.T) {
	t.Parallel()
	copiesBetween(t, func(t *testing.T, source, target func(testing.TB) db.Options) {
		from, to := source(t), target(t)
		inEveryTable(t, from)
		interrupt(t, from, to)
		executeIn(t, to, "UPDATE sessions SET description = description || ' ' WHERE id = 'cs_paid0'")
		executeIn(t, to, "DELETE FROM delivery_attempts")
		_, err := copyDatabase(t, from, to)
		if err == nil || !strings.Contains(err.Error(), "sessions has other values, delivery_attempts has 0 rows instead of 1") {
			t.Errorf("said to be alike: %v", err)
		}
		if _, err := db.Open(t.Context(), to); !errors.Is(err, db.ErrUnfinishedCopy) {
			t.Errorf("and is used: %v", err)
		}
	})
}

func TestCopyWantsAnEmptyTargetThatNothingUses(t *testing.T) {
	t.Parallel()
	copiesBetween(t, func(t *testing.T, source, target func(testing.TB) db.Options) {
		from, to, used := source(t), target(t), target(t)
		inEveryTable(t, from)
		apply(t, openWith(t, used), "")
		if _, err := copyDatabase(t, from, used); !errors.Is(err, db.ErrInUse) {
			t.Errorf("copied to a database in use: %v", err)
		}
		inEveryTable(t, to)
		if _, err := copyDatabase(t, from, to); !errors.Is(err, db.ErrNotEmpty) || !strings.Contains(err.Error(), "merchants, provider_accounts") {
			t.Errorf("copied over other rows: %v", err)
		}
		if _, err := copyDatabase(t, from, from); !errors.Is(err, db.ErrInUse) {
			t.Errorf("copied to itself: %v", err)
		}
	})
}

// What is copied stays closed for as long as the copy runs.
func TestNothingServesDuringACopy(t *testing.T) {
	t.Parallel()
	copiesBetween(t, func(t *testing.T, source, target func(testing.TB) db.Options) {
		from, to := source(t), target(t)
		inEveryTable(t, from)
		tried := false
		_, err := db.Copy(t.Context(), from, to, func(p db.CopyProgress) {
			if tried || p.Step != "compare" {
				return
			}
			tried = true
			for _, options := range []db.Options{from, to} {
				ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
				if _, err := db.Open(ctx, options); !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("opened while it is copied: %v", err)
				}
				cancel()
			}
			if from.URL != "" {
				if _, err := pool(t, from).Exec("SET lock_timeout = 50; UPDATE merchants SET name = ''"); err == nil {
					t.Error("the source was changed while it is copied")
				}
			}
		})
		if err != nil || !tried {
			t.Error(tried, err)
		}
	})
}
