package verifier_test

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"rieltime/checkout"
	"rieltime/checkout/checkouttest"
	"rieltime/checkout/verifier"
	"rieltime/db"
)

func TestQueriesInFlightAreBoundedAndTickDoesNotWait(t *testing.T) {
	t.Parallel()
	h := newMemoryHarness(t, checkout.Budget{})
	h.Provider.Hold, h.Provider.Held = make(chan struct{}), make(chan struct{}, 100)
	for range 40 {
		h.Open()
	}
	for range 3 {
		h.Move(3 * time.Second)
		if err := h.Tick(t.Context()); err != nil { // returns though nothing is answered
			t.Fatal(err)
		}
	}
	for range 16 {
		<-h.Provider.Held
	}
	close(h.Provider.Hold)
	h.Wait()
	if n := h.Provider.Queries(); n != 16 {
		t.Errorf("%d queries at once", n)
	}
}

// leasingStore counts how often the next query to an account was looked for.
type leasingStore struct {
	*checkouttest.Memory
	leases int
}

func (s *leasingStore) LeaseDue(ctx context.Context, batch verifier.Batch) ([]checkout.Payment, error) {
	s.leases++
	return s.Memory.LeaseDue(ctx, batch)
}

func TestAfterAQueryTheNextIsNotLookedForBeforeTheRateAllowsIt(t *testing.T) {
	t.Parallel()
	h := newMemoryHarness(t, checkout.Budget{PerSecond: 1})
	store := &leasingStore{Memory: h.Store}
	h.Process = checkouttest.NewProcess(checkout.Config{Store: store, Providers: []checkout.Provider{h.Provider}, Now: h.Clock})
	for range 3 {
		h.Open()
	}
	h.Move(3 * time.Second)
	h.PassSeconds(3)
	if n := h.Provider.Queries(); n != 3 || store.leases != 3 {
		t.Errorf("%d queries, and looked for %d times", n, store.leases)
	}
}

// slowStore is a store whose leases take a while, each once the query before is answered.
type slowStore struct {
	*db.Store
	h *checkouttest.Harness
}

func (s slowStore) LeaseDue(ctx context.Context, batch verifier.Batch) ([]checkout.Payment, error) {
	s.h.Wait()
	s.h.Move(10 * time.Millisecond)
	return s.Store.LeaseDue(ctx, batch)
}

// limitedFor is a provider that allows one merchant some queries a second, and others any.
type limitedFor struct {
	*checkouttest.Provider
	merchant  string
	perSecond float64
}

func (p limitedFor) Budget(account checkout.Account) checkout.Budget {
	if account.MerchantID == p.merchant {
		return checkout.Budget{PerSecond: p.perSecond}
	}
	return checkout.Budget{}
}

// An account is queried as fast as its rate allows, also while others have more to query than
// a tick has time for.
func TestBusyAccountsLeaveOthersTheirRate(t *testing.T) {
	t.Parallel()
	h := checkouttest.New(t)
	h.Process = checkouttest.NewProcess(checkout.Config{
		Store: slowStore{h.Store, h}, Links: h.Store, Endpoints: h.Store, Providers: []checkout.Provider{limitedFor{h.Provider, "klaing", 20}}, Now: h.Clock,
	})
	h.ApplyFile(`{"id":"krama","name":"Krama House","return_hosts":["shop.example"],"test":{"providers":{"bank":{}}}}`)
	for range 60 {
		h.OpenAt("krama")
	}
	var limited []checkout.Purchase
	for range 10 {
		limited = append(limited, h.Open())
	}

	begun := h.Clock()
	h.Pass(3 * time.Second)
	took, queried := h.Clock().Sub(begun)-3*time.Second, 0
	for _, p := range limited {
		queried += h.Provider.QueriesAbout(p.Latest().ID)
	}
	if queried < 5 {
		t.Errorf("%d queries in a tick of %s, with %d of another merchant's", queried, took, h.Provider.Queries()-queried)
	}
}

func TestRunWaitsForQueriesInFlight(t *testing.T) {
	t.Parallel()
	h := newMemoryHarness(t, checkout.Budget{})
	h.Provider.Hold, h.Provider.Held = make(chan struct{}), make(chan struct{}, 100)
	p := h.Open()
	h.Provider.SetAnswer(*p.Latest(), checkout.Answer{Verdict: checkout.VerdictPaid, Proof: checkouttest.Proof(*p.Latest(), "tx", h.Clock())})
	h.Move(3 * time.Second)
	ctx, stop := context.WithCancel(t.Context())
	stopped := make(chan struct{})
	go func() {
		h.Run(ctx)
		close(stopped)
	}()
	<-h.Provider.Held
	stop()
	select {
	case <-stopped:
		t.Error("stopped with a query under way")
	default:
	}
	close(h.Provider.Hold)
	<-stopped
	if got := h.Reload(p); got.Session.Status != checkout.SessionComplete {
		t.Errorf("the answer was not recorded: session %s", got.Session.Status)
	}
}

func TestPaidInAListWithoutProofIsQueriedAlone(t *testing.T) {
	t.Parallel()
	h := newMemoryHarness(t, checkout.Budget{})
	h.Provider.ListSize = 50
	var all []checkout.Purchase
	for range 3 {
		all = append(all, h.Open())
	}
	h.Provider.SetAnswer(*all[1].Latest(), checkout.Answer{Verdict: checkout.VerdictProcessing, QueryAlone: true})
	h.PassSeconds(3)
	if want := []int{3, 1}; !slices.Equal(h.Provider.Sizes, want) {
		t.Errorf("queries of %v, want %v", h.Provider.Sizes, want)
	}
	if got := h.Reload(all[1]); got.Session.Status != checkout.SessionComplete {
		t.Errorf("session %s", got.Session.Status)
	}
	if got := h.Store.Quota.Queries; got != 2 {
		t.Errorf("%d queries counted for two", got)
	}
}

func TestPaidInAListWithoutProofWaitsForTheBudget(t *testing.T) {
	t.Parallel()
	h := newMemoryHarness(t, checkout.Budget{PerSecond: 0.1})
	h.Provider.ListSize = 50
	p := h.Open()
	h.Open()
	h.Provider.SetAnswer(*p.Latest(), checkout.Answer{Verdict: checkout.VerdictProcessing, QueryAlone: true})
	h.PassSeconds(3)
	if got := h.Reload(p); got.Latest().Status != checkout.PaymentProcessing || got.Latest().NextCheckAt.IsZero() || !slices.Equal(h.Provider.Sizes, []int{2}) {
		t.Errorf("payment %s, next at %v, queries of %v", got.Latest().Status, got.Latest().NextCheckAt, h.Provider.Sizes)
	}
}

// meeting is a store in which updates wait for each other.
type meeting struct {
	*checkouttest.Memory
	missing sync.WaitGroup
}

func (m *meeting) Update(ctx context.Context, id string, change func(*checkout.Purchase) error) (checkout.Purchase, error) {
	m.missing.Done()
	m.missing.Wait()
	return m.Memory.Update(ctx, id, change)
}

func TestAnswersOfAListAreRecordedTogether(t *testing.T) {
	t.Parallel()
	h := newMemoryHarness(t, checkout.Budget{})
	h.Provider.ListSize = 50
	const payments = 3
	for range payments {
		h.Open()
	}
	store := &meeting{Memory: h.Store}
	store.missing.Add(payments)
	service := checkouttest.NewProcess(checkout.Config{Store: store, Providers: []checkout.Provider{h.Provider}, Now: h.Clock})
	h.Move(3 * time.Second)
	if err := service.Tick(t.Context()); err != nil {
		t.Fatal(err)
	}
	recorded := make(chan struct{})
	go func() {
		service.Wait()
		close(recorded)
	}()
	select {
	case <-recorded:
	case <-time.After(10 * time.Second):
		t.Fatal("one answer waits for another to be recorded")
	}
}
