package pages

import (
	"context"
	"sync"
	"time"

	"rieltime/checkout"
)

const (
	maxStarted    = 256 // a purchase is about 5 kB
	maxStartedAge = 5 * time.Second
)

// startedCache keeps purchases from the start of a payment to the next request of its
// buyer, which is for the page, so that this one need not load them again.
type startedCache struct {
	mu        sync.Mutex
	purchases map[string]startedPurchase // by session
}

type startedPurchase struct {
	checkout.Purchase
	until time.Time
}

func newStartedCache() *startedCache {
	return &startedCache{purchases: map[string]startedPurchase{}}
}

func (s *startedCache) put(purchase checkout.Purchase, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for old := range s.purchases {
		if len(s.purchases) < maxStarted {
			break
		}
		delete(s.purchases, old)
	}
	s.purchases[purchase.Session.ID] = startedPurchase{purchase, now.Add(maxStartedAge)}
}

// take removes a purchase and returns it, unless it is too old.
func (s *startedCache) take(sessionID string, now time.Time) (checkout.Purchase, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	started, ok := s.purchases[sessionID]
	delete(s.purchases, sessionID)
	return started.Purchase, ok && now.Before(started.until)
}

// purchase returns a session's purchase: the one that was just started while it has
// not changed, else the stored one.
func (s *Server) purchase(ctx context.Context, sessionID string) (checkout.Purchase, error) {
	if started, ok := s.started.take(sessionID, s.now()); ok {
		if glance, err := s.store.CurrentGlance(ctx, sessionID); err == nil && glance.Version == started.Session.Version {
			return started, nil
		}
	}
	return s.service.Purchase(ctx, sessionID)
}
