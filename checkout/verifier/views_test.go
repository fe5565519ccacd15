package verifier_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"rieltime/checkout"
	"rieltime/checkout/checkouttest"
)

// viewStore is a store that notes which views are stored, and refuses them while it fails.
// While it panics it changes no purchase.
type viewStore struct {
	*checkouttest.Memory
	stored        []string
	fails, panics bool
}

func (s *viewStore) MarkViewed(ctx context.Context, ids []string, now time.Time, pace time.Duration) error {
	if s.fails {
		return errors.New("the store is busy")
	}
	s.stored = append(s.stored, ids...)
	return s.Memory.MarkViewed(ctx, ids, now, pace)
}

func (s *viewStore) Update(ctx context.Context, sessionID string, change func(*checkout.Purchase) error) (checkout.Purchase, error) {
	if s.panics {
		panic("a fault")
	}
	return s.Memory.Update(ctx, sessionID, change)
}

// newViewHarness is a shop in memory whose process stores views in a viewStore.
func newViewHarness(t *testing.T) (*memoryHarness, *viewStore) {
	t.Helper()
	h := newMemoryHarness(t, checkout.Budget{})
	s := &viewStore{Memory: h.Store}
	h.Process = h.processOver(s)
	return h, s
}

// processOver is another process of the shop.
func (h *memoryHarness) processOver(store checkout.Store) checkouttest.Process {
	return checkouttest.NewProcess(checkout.Config{Store: store, Providers: []checkout.Provider{h.Provider}, Now: h.Clock})
}

// A page polls every 2, 5 or 15 seconds.
func TestViewsAreStoredSeldomButPaymentsStayViewed(t *testing.T) {
	t.Parallel()
	for every, most := range map[int]int{2: 8, 5: 6, 15: 4} {
		h, store := newViewHarness(t)
		p := h.Open()
		for second := range 60 {
			if second%every == 0 {
				h.MarkViewed(p.Latest().ID)
			}
			h.Pass(time.Second)
			if since := h.Clock().Sub(h.Latest(p).WatchedAt); since >= checkout.ViewedFor {
				t.Errorf("polled every %d s: after %d s the last view is %s old", every, second, since)
			}
		}
		if n := len(store.stored); n > most {
			t.Errorf("polled every %d s: %d views stored in a minute, want at most %d", every, n, most)
		}
	}
}

func TestFirstViewAfterAPauseIsStoredAtOnce(t *testing.T) {
	t.Parallel()
	h, store := newViewHarness(t)
	p := h.Open()
	h.PassSeconds(1, p)
	h.PassSeconds(100)
	if before := h.Latest(p); before.NextCheckAt.Sub(before.CheckedAt) <= checkout.SlowViewedPace {
		t.Fatalf("queried every %s although nobody looks", before.NextCheckAt.Sub(before.CheckedAt))
	}
	h.PassSeconds(1, p)
	if len(store.stored) != 2 {
		t.Errorf("stored %v", store.stored)
	}
	if after := h.Latest(p); after.NextCheckAt.Sub(after.CheckedAt) > checkout.SlowViewedPace {
		t.Errorf("queried every %s while its buyer looks", after.NextCheckAt.Sub(after.CheckedAt))
	}
}

func TestViewThatCouldNotBeStoredIsStoredAtTheNextTick(t *testing.T) {
	t.Parallel()
	h, store := newViewHarness(t)
	p := h.Open()
	store.fails = true
	h.MarkViewed(p.Latest().ID)
	if err := h.Tick(t.Context()); err == nil {
		t.Fatal("no error")
	}
	store.fails = false
	h.PassSeconds(1)
	if want := []string{p.Latest().ID}; !slices.Equal(store.stored, want) {
		t.Errorf("stored %v, want %v", store.stored, want)
	}
}

func TestViewsAreStoredThoughTheClockWasSetBack(t *testing.T) {
	t.Parallel()
	h, store := newViewHarness(t)
	p := h.Open()
	h.PassSeconds(1, p)
	h.Move(-time.Hour)
	h.PassSeconds(1, p)
	if len(store.stored) != 2 {
		t.Errorf("stored %v", store.stored)
	}
}

// Pages whose polls reach one replica after the other are viewed at each.
func TestPaymentStaysViewedWhenItsPollsChangeReplicas(t *testing.T) {
	t.Parallel()
	h := newMemoryHarness(t, checkout.Budget{})
	replicas := []checkouttest.Process{h.processOver(h.Store), h.processOver(h.Store), h.processOver(h.Store)}
	p := h.Open()
	for second := range 120 {
		if second%5 == 0 {
			replicas[second/5%3].MarkViewed(p.Latest().ID)
		}
		h.Move(time.Second)
		for _, replica := range replicas {
			if err := replica.Tick(t.Context()); err != nil {
				t.Fatal(err)
			}
			replica.Wait()
		}
		if since := h.Clock().Sub(h.Latest(p).WatchedAt); since >= checkout.ViewedFor {
			t.Fatalf("after %d s the last view is %s old", second, since)
		}
	}
}

// Each mark changes a page: those of many come over some ticks.
func TestManyDelayedPaymentsAreMarkedOverSomeTicks(t *testing.T) {
	t.Parallel()
	h := newMemoryHarness(t, hundred)
	h.exhaust()
	var all []checkout.Purchase
	for range 250 {
		all = append(all, h.Open())
	}
	h.PassSeconds(60)
	marked := func() (n int) {
		for _, p := range all {
			if h.Latest(p).Delayed {
				n++
			}
		}
		return n
	}
	h.PassSeconds(1, all...)
	if n := marked(); n == 0 || n == len(all) {
		t.Errorf("%d of %d marked in one tick", n, len(all))
	}
	h.PassSeconds(29, all...)
	if n := marked(); n != len(all) {
		t.Errorf("%d of %d marked after half a minute", n, len(all))
	}
}

func TestPanicWhileAPaymentIsMarkedIsContained(t *testing.T) {
	t.Parallel()
	h, store := newViewHarness(t)
	h.Provider.Limits = hundred
	h.exhaust()
	p := h.Open()
	h.PassSeconds(60)
	store.panics = true
	h.MarkViewed(p.Latest().ID)
	var fault *checkout.PanicError
	if err := h.Tick(t.Context()); !errors.As(err, &fault) {
		t.Errorf("%v, want a contained panic", err)
	}
}
