package checkout

import (
	"context"
	"log/slog"
	"slices"
	"time"
)

// Config is what a Service is made of. All fields are required but those that
// say otherwise, Now and Log.
type Config struct {
	Store     Store
	Links     LinkStore     // needed for payment links only
	Endpoints EndpointStore // needed for webhook endpoints only
	Providers []Provider
	Addresses Addresses // needed unless nobody is given an address
	Now       func() time.Time
	Log       *slog.Logger

	Observe func(Observation) // called for what happens, for counting; not needed
}

// Service is what handlers and commands call.
type Service struct {
	store     Store
	links     LinkStore
	endpoints EndpointStore
	providers map[string]Provider
	order     []string
	addresses Addresses
	now       func() time.Time
	log       *slog.Logger

	due     chan struct{}
	observe func(Observation)
}

// CallTimeout bounds a provider's call that goes on after the buyer has left.
const CallTimeout = 30 * time.Second

// NewService wires the domain to its ports.
func NewService(config Config) *Service {
	s := &Service{
		store: config.Store, links: config.Links, endpoints: config.Endpoints, addresses: config.Addresses, now: config.Now, log: config.Log,
		providers: map[string]Provider{}, due: make(chan struct{}, 1),
	}

	s.observe = config.Observe
	if s.now == nil {
		s.now = time.Now
	}

	clock := s.now
	s.now = func() time.Time { return clock().UTC().Truncate(time.Millisecond) } // as precise as the store
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}

	for _, provider := range config.Providers {
		s.providers[provider.Name()] = provider
		s.order = append(s.order, provider.Name())
	}

	return s
}

// Now is the service's clock.
func (s *Service) Now() time.Time { return s.now() }

// SessionURL is the address of a session's page.
func (s *Service) SessionURL(sessionID string) string { return s.addresses.SessionURL(sessionID) }

// update is Store.Update with the events' bodies written from the purchase as
// the change left it.
func (s *Service) update(ctx context.Context, sessionID string, change func(*Purchase) error) (Purchase, error) {
	purchase, err := s.store.Update(ctx, sessionID, s.withEvents(change))
	return s.updated(ctx, purchase, err)
}

// updateFrom is the same with Store.UpdateFrom.
func (s *Service) updateFrom(ctx context.Context, loaded Purchase, change func(*Purchase) error) (Purchase, error) {
	purchase, err := s.store.UpdateFrom(ctx, loaded, s.withEvents(change))
	return s.updated(ctx, purchase, err)
}

func (s *Service) withEvents(change func(*Purchase) error) func(*Purchase) error {
	return func(p *Purchase) error {
		if err := change(p); err != nil {
			return err
		}
		p.releaseUse(s.now())
		return p.writeEvents(s.SessionURL(p.Session.ID))
	}
}

func (s *Service) updated(ctx context.Context, purchase Purchase, err error) (Purchase, error) {
	if err == nil && len(purchase.events) > 0 {
		s.logEvents(ctx, purchase)
		s.observeEvents(purchase)
	}
	return purchase, err
}

func (s *Service) logEvents(ctx context.Context, p Purchase) {
	for _, event := range p.events {
		s.LogFor(ctx).Info("event", "type", event.Type, "event", event.ID, "session", ShortSession(event.SessionID), "payment", event.PaymentID)
	}
}

// ProviderNames are the names of all providers, in the order that buyers see them.
func (s *Service) ProviderNames() []string { return slices.Clone(s.order) }

// Provider returns the provider of a name; nil when there is none.
func (s *Service) Provider(name string) Provider { return s.providers[name] }

// ProviderInfo describes the provider of a name; one that is not served by its
// name alone.
func (s *Service) ProviderInfo(name string) ProviderInfo {
	if provider := s.providers[name]; provider != nil {
		return provider.Info()
	}
	return ProviderInfo{Name: name}
}

// PersonalFields are those of all providers; see ProviderInfo.
func (s *Service) PersonalFields() (fields []string) {
	for _, name := range s.order {
		fields = append(fields, s.providers[name].Info().PersonalFields...)
	}
	return fields
}

// KnowsHashes reports whether a provider finds transactions by their hashes.
func (s *Service) KnowsHashes(provider string) bool {
	_, can := s.providers[provider].(HashChecker)
	return can
}

func (s *Service) providerOf(ctx context.Context, payment Payment) (Provider, Account, error) {
	provider, ok := s.providers[payment.Provider]
	if !ok {
		return nil, Account{}, ErrMethodUnavailable
	}
	account, err := s.store.Account(ctx, payment.AccountID)
	return provider, account, err
}

// BudgetOf returns what a provider allows for an account.
func BudgetOf(provider Provider, account Account) Budget {
	if budgeted, ok := provider.(Budgeted); ok {
		return budgeted.Budget(account)
	}
	return Budget{}
}
