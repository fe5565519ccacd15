package db_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"rieltime/checkout"
	"rieltime/checkout/checkouttest"
	"rieltime/checkout/verifier"
	"rieltime/db"
)

func TestManyWritersOpenOneSessionPerReference(t *testing.T) {
	r := newReplicas(t)
	for range 5 {
		params := checkouttest.SessionParams()
		var ids [writers]string
		r.atOnce(func(writer int, _ *db.Store, process checkouttest.Process) error {
			session, err := process.CreateSession(t.Context(), "klaing", checkout.ModeTest, params)
			ids[writer] = session.ID
			return err
		})
		wantOne(t, ids[:])
		sessions, _, err := r.stores[0].ListSessions(t.Context(), "klaing", checkout.ModeTest,
			checkout.SessionQuery{Reference: params.Reference, ListPart: checkout.ListPart{Limit: 10}})
		if err != nil || len(sessions) != 1 {
			t.Errorf("%d sessions, %v", len(sessions), err)
		}
	}
}

func TestManyWritersOpenOneSessionPerVisitorOfALink(t *testing.T) {
	r := newReplicas(t)
	link, err := r.processes[0].CreateLink(t.Context(), "klaing", checkout.ModeTest, checkout.LinkParams{
		Amount: "10.00", Currency: "USD", Description: "Concert", SuccessURL: "https://shop.example/thanks",
	})
	if err != nil {
		t.Fatal(err)
	}

	var ids [writers]string
	r.atOnce(func(writer int, _ *db.Store, process checkouttest.Process) error {
		session, err := process.OpenLink(t.Context(), link.ID, checkout.LinkChoice{Visitor: "the same"})
		ids[writer] = session.ID
		return err
	})
	wantOne(t, ids[:])
}

// Requests with one key and one body that differ in what they would make: only the
// lock of the key holds them.
func TestManyWritersMakeOneObjectPerIdempotencyKey(t *testing.T) {
	r := newReplicas(t)
	request := checkout.IdempotentRequest{MerchantID: "klaing", Mode: checkout.ModeTest, Key: "k", Operation: "POST /v1/checkout/sessions", ContentHash: "h"}
	made := r.atOnce(func(writer int, store *db.Store, _ checkouttest.Process) error {
		_, err := store.InsertSession(t.Context(), session(fmt.Sprint("cs_", writer)), request, checkout.Addresses{})
		if before := (*checkout.AlreadyCarriedOut)(nil); errors.As(err, &before) {
			return errReplayed
		}
		return err
	}, errReplayed)
	if made != 1 {
		t.Errorf("%d sessions were made", made)
	}
}

var errReplayed = errors.New("answered as before")

func TestManyWritersLeaseAnIdempotencyKeyOnce(t *testing.T) {
	r := newReplicas(t)
	request := checkout.IdempotentRequest{MerchantID: "klaing", Mode: checkout.ModeTest, Key: "k", Operation: "POST /v1/refunds", ContentHash: "h"}
	leased := r.atOnce(func(_ int, store *db.Store, _ checkouttest.Process) error {
		_, err := store.LeaseIdempotency(t.Context(), request, start.Add(time.Minute))
		return err
	}, checkout.ErrIdempotencyInFlight)
	if leased != 1 {
		t.Errorf("%d callers lease one request", leased)
	}
}

func TestManyWritersMakeNoMoreWebhookEndpointsThanAllowed(t *testing.T) {
	r := newReplicas(t)
	made := r.atOnce(func(writer int, store *db.Store, _ checkouttest.Process) error {
		_, err := store.InsertEndpoint(t.Context(), checkout.WebhookEndpoint{
			ID: fmt.Sprint("we_", writer), MerchantID: "klaing", Mode: checkout.ModeTest, URL: "https://shop.example/hook",
			Secret: "whsec_c2VjcmV0", Events: []checkout.EventType{checkout.EveryEvent}, CreatedAt: start,
		})
		return err
	}, checkout.ErrEndpointsTooMany)
	if want := checkout.MaxEndpoints - 1; made != want { // one is of the merchant's file
		t.Errorf("%d endpoints were made, want %d", made, want)
	}
}

// Each rotation of a secret replaces the one before it, while attempts to deliver
// are recorded and the merchant's file is applied: none of them writes an older
// secret back.
func TestSecretsThatManyWritersRotateReplaceEachOther(t *testing.T) {
	r := newReplicas(t)
	endpoints, _, err := r.stores[0].ListEndpoints(t.Context(), "klaing", checkout.ModeTest, checkout.ListPart{Limit: 10})
	if err != nil || len(endpoints) != 1 {
		t.Fatal(endpoints, err)
	}
	r.paid("tx")
	deliveries, _, err := r.stores[0].ListDeliveries(t.Context(), checkout.DeliveryQuery{EndpointID: endpoints[0].ID, ListPart: checkout.ListPart{Limit: 10}})
	if err != nil || len(deliveries) == 0 {
		t.Fatal(deliveries, err)
	}

	var rotated [writers]checkout.WebhookEndpoint
	r.atOnce(func(writer int, store *db.Store, process checkouttest.Process) (err error) {
		switch {
		case writer%4 == 3:
			r.apply("klaing")
		case writer%2 == 0:
			rotated[writer], err = process.RotateSecret(t.Context(), endpoints[0].ID, nil)
		default:
			_, err = store.RecordAttempt(t.Context(), checkout.DeliveryAttempt{DeliveryID: deliveries[0].ID, At: start, Status: 500, Delivered: writer%8 == 1, NextAt: start.Add(time.Hour)})
		}
		return err
	})

	after, err := r.stores[0].Endpoint(t.Context(), endpoints[0].ID)
	if err != nil {
		t.Fatal(err)
	}
	before, last := map[checkout.Secret]bool{}, 0
	for writer := 0; writer < writers; writer += 2 {
		e := rotated[writer]
		if before[e.PreviousSecret] {
			t.Errorf("two rotations replaced the same secret")
		}
		before[e.PreviousSecret] = true
		if e.Secret == after.Secret {
			last++
		}
	}
	if !before[endpoints[0].Secret] || before[after.Secret] || last != 1 {
		t.Error("the rotations make no chain from the first secret to the last")
	}
}

// Keys that replace one key leave it the shortest of the times given to it.
func TestKeysThatManyWritersRotateEndTheOldOneAtTheEarliest(t *testing.T) {
	r := newReplicas(t)
	_, old := checkout.NewAPIKey("klaing", checkout.ModeTest, start)
	if err := r.stores[0].InsertKey(t.Context(), old, "", time.Time{}); err != nil {
		t.Fatal(err)
	}
	r.atOnce(func(writer int, store *db.Store, _ checkouttest.Process) error {
		_, key := checkout.NewAPIKey("klaing", checkout.ModeTest, start)
		return store.InsertKey(t.Context(), key, old.ID, start.Add(time.Duration(writers-writer)*time.Hour))
	})

	ended, err := r.stores[0].Key(t.Context(), old.ID)
	if err != nil || !ended.ExpiresAt.Equal(start.Add(time.Hour)) {
		t.Errorf("the old key ends at %v, %v", ended.ExpiresAt, err)
	}
	keys, err := r.stores[0].Keys(t.Context(), "klaing")
	if err != nil || len(keys) != writers+2 { // one is of the merchant's file
		t.Errorf("%d keys, %v", len(keys), err)
	}
}

// A new merchant that many apply gets one key and one secret, each shown to one of
// them.
func TestManyWritersApplyOneMerchant(t *testing.T) {
	r := newReplicas(t)
	spec, err := checkout.ParseMerchantSpec([]byte(`{"id":"krama","name":"Krama","return_hosts":["shop.example"],
		"test":{"providers":{"bank":{}},"webhook_url":"https://shop.example/hook"}}`))
	if err != nil {
		t.Fatal(err)
	}
	var applied [writers]checkout.AppliedMode
	r.atOnce(func(writer int, store *db.Store, process checkouttest.Process) error {
		modes, err := process.ApplyMerchant(t.Context(), store, spec)
		if err == nil {
			applied[writer] = modes.Modes[0]
		}
		return err
	})

	keys, secrets, accounts := 0, 0, make([]string, writers)
	for i, mode := range applied {
		if accounts[i] = mode.Accounts["bank"]; mode.APIKey != "" {
			keys++
		}
		if mode.WebhookSecret != "" {
			secrets++
		}
	}
	wantOne(t, accounts)
	if keys != 1 || secrets != 1 {
		t.Errorf("%d keys and %d secrets were made", keys, secrets)
	}
}

func TestQueryQuotaOfManyWritersIsSpentOnce(t *testing.T) {
	const most = 40
	r := newReplicas(t)
	account := r.accountOf("klaing")
	for range writers {
		r.opened("klaing")
	}

	errSpent := errors.New("nothing is left")
	at := start.Add(time.Hour)
	leased := [writers][]checkout.Payment{}
	queries := r.atOnce(func(writer int, store *db.Store, _ checkouttest.Process) (err error) {
		batch := question(at, 1)
		batch.AccountID = account.ID
		batch.Spend = func(quota *verifier.Quota, _ []checkout.Payment) bool {
			quota.Queries++
			return quota.Queries <= most
		}
		leased[writer], err = store.LeaseDue(t.Context(), batch)
		if err == nil && len(leased[writer]) == 0 {
			return errSpent
		}
		return err
	}, errSpent)

	var quota verifier.Quota
	if err := r.stores[0].UpdateQuota(t.Context(), account.ID, func(q *verifier.Quota) { quota = *q }); err != nil {
		t.Fatal(err)
	}
	if queries != most || quota.Queries != most {
		t.Errorf("%d queries, counted %d, allowed %d", queries, quota.Queries, most)
	}

	seen := map[string]bool{}
	for _, payments := range leased {
		for _, payment := range payments {
			if seen[payment.ID] {
				t.Errorf("%s is leased twice", payment.ID)
			}
			seen[payment.ID] = true
		}
	}

	r.atOnce(func(_ int, store *db.Store, _ checkouttest.Process) error {
		return store.UpdateQuota(t.Context(), account.ID, func(q *verifier.Quota) { q.ReserveQueries++ })
	})
	if err := r.stores[0].UpdateQuota(t.Context(), account.ID, func(q *verifier.Quota) { quota = *q }); err != nil || quota.ReserveQueries != writers {
		t.Errorf("%d of %d changes of a quota were kept, %v", quota.ReserveQueries, writers, err)
	}
}

func TestManyWritersLookUpNoMoreHashesThanAllowed(t *testing.T) {
	const most = 20
	r := newReplicas(t)
	account := r.accountOf("klaing")
	var sessions [writers]string
	for i := range sessions {
		sessions[i] = r.opened("klaing").Session.ID
	}

	errBound := errors.New("too many")
	allowed := r.atOnce(func(writer int, store *db.Store, _ checkouttest.Process) error {
		allowance, err := store.AllowHashLookup(t.Context(), verifier.HashLookup{
			AccountID: account.ID, SessionID: sessions[writer], Address: fmt.Sprint("address ", writer), At: start, Day: start,
			Count: 1, PerSession: 5, PerHour: 5, PerMinute: most, PerDay: 1000,
		})
		if err == nil && allowance == verifier.HashNotNow {
			return errBound
		}
		return err
	}, errBound)
	if allowed != most {
		t.Errorf("%d look-ups were allowed, want %d", allowed, most)
	}
}

// What is kept for one address, because the account allows no look-up now, is bounded also
// where it comes to many sessions at once.
func TestClaimsOfAnAddressAreBoundedAtOnce(t *testing.T) {
	r := newReplicas(t)
	const most = 6
	account := r.accountOf("klaing")
	var sessions [writers]string
	for i := range sessions {
		sessions[i] = r.opened("klaing").Session.ID
	}

	errBound := errors.New("too many")
	kept := r.atOnce(func(writer int, store *db.Store, _ checkouttest.Process) error {
		allowance, err := store.AllowHashLookup(t.Context(), verifier.HashLookup{
			AccountID: account.ID, SessionID: sessions[writer], Address: "192.0.2.1", At: start, Day: start,
			Paused: true, Count: 1, PerSession: 3, PerHour: most, PerMinute: 1000, PerDay: 1000,
		})
		if err == nil && allowance == verifier.HashTooOften {
			return errBound
		}
		return err
	}, errBound)
	if kept != most {
		t.Errorf("%d claims may be kept, want %d", kept, most)
	}
}

func wantOne(t *testing.T, ids []string) {
	t.Helper()
	for _, id := range ids {
		if id != ids[0] || id == "" {
			t.Fatalf("more than one: %q and %q", ids[0], id)
		}
	}
}
