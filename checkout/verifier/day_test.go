package verifier_test

import (
	"errors"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"rieltime/checkout"
	"rieltime/checkout/checkouttest"
	"rieltime/checkout/verifier"
)

const (
	payments    = 5000
	simulated   = 48 * time.Hour // the day, and one more to find what it left
	pollEvery   = 5 * time.Second
	codeLife    = 5 * time.Minute
	sessionLife = 30 * time.Minute
)

// simulation runs the day: two replicas over one store.
type simulation struct {
	t        *testing.T
	now      time.Time
	bank     *bank
	store    *checkouttest.Memory
	replicas [2]checkouttest.Process
	buyers   []*buyer
	delayed  map[string]bool // payments whose buyers were told that it takes longer
}

func newSimulation(t *testing.T, perDay, lists int) *simulation {
	s := &simulation{t: t, now: checkouttest.Midnight, delayed: map[string]bool{}, buyers: buyersOfTheDay(rand.New(rand.NewPCG(1, 2)))}
	clock := func() time.Time { return s.now }
	s.bank = &bank{t: t, clock: clock, lists: lists, perDay: perDay, buyers: map[string]*buyer{}, inFlight: map[string]bool{}, queries: map[int]int{}}
	s.store = checkouttest.NewMemory()
	for i := range s.replicas {
		s.replicas[i] = checkouttest.NewProcess(checkout.Config{Store: s.store, Providers: []checkout.Provider{s.bank}, Now: clock})
	}
	return s
}

func (s *simulation) run() {
	var here []*buyer
	coming := s.buyers
	for ; s.now.Before(checkouttest.Midnight.Add(simulated)); s.now = s.now.Add(time.Second) {
		for len(coming) > 0 && !coming[0].arrives.After(s.now) {
			s.arrive(coming[0])
			here = append(here, coming[0])
			coming = coming[1:]
		}
		here = slices.DeleteFunc(here, s.act)
		if second := s.now.Second(); second%10 == 0 || second%2 == 0 && len(here) > 0 {
			s.tick()
		}
	}
}

// tick has the replicas tick when something is due: one of them, every 10 seconds both
// at once.
func (s *simulation) tick() {
	if !s.store.Busy(s.now) {
		return
	}
	awake := s.replicas[1:]
	if s.now.Second()%10 == 0 {
		awake = s.replicas[:]
	}
	var group sync.WaitGroup
	for _, replica := range awake {
		group.Go(func() {
			if err := replica.Tick(s.t.Context()); err != nil {
				s.t.Error(err)
			}
			replica.Wait()
		})
	}
	group.Wait()
}

func (s *simulation) arrive(b *buyer) {
	request := checkouttest.SessionParams()
	session, err := s.replicas[0].CreateSession(s.t.Context(), "klaing", checkout.ModeTest, request)
	if err != nil {
		s.t.Fatal(err)
	}
	p, err := s.replicas[0].StartPayment(s.t.Context(), session.ID, checkout.StartParams{Method: "khqr"})
	if err != nil {
		s.t.Fatal(err)
	}
	b.session, b.reference = session.ID, p.Latest().Reference
	s.bank.mu.Lock()
	defer s.bank.mu.Unlock()
	s.bank.buyers[b.reference] = b
}

// act has a buyer do what it is time for, and reports whether that was all.
func (s *simulation) act(b *buyer) bool {
	if s.now.After(b.leaves) && s.now.After(b.reports) {
		return true
	}
	away := s.now.After(b.awayFrom) && s.now.Before(b.awayTo)
	if age := s.now.Sub(b.arrives); away || age%pollEvery != 0 && !s.now.Equal(b.reports) {
		return false
	}
	p, err := s.replicas[1].Purchase(s.t.Context(), b.session)
	if err != nil {
		s.t.Fatal(err)
	}
	if p.Session.Status == checkout.SessionComplete {
		return true
	}
	s.delayed[b.reference] = s.delayed[b.reference] || p.Latest().Delayed
	s.replicas[1].MarkViewed(p.Latest().ID)
	if s.now.Equal(b.reports) {
		hash := ""
		if b.hash {
			hash = "tx-" + b.reference
		}
		if _, err := s.replicas[0].ReportPaid(s.t.Context(), b.session, verifier.PaidParams{Hash: hash, Address: b.session}); err != nil && !errors.Is(err, verifier.ErrHashTooOften) {
			s.t.Fatal(err)
		}
	}
	return false
}

// results are what the day cost and brought.
type results struct {
	queries            map[int]int
	paid, found, today int // today: of those found, by the end of the day
	late               int
	waits              []time.Duration
	delayed            int
}

func (s *simulation) results() (f results) {
	f.queries = s.bank.queries
	seen := map[string]bool{}
	for _, b := range s.buyers {
		p, err := s.store.Purchase(s.t.Context(), b.session)
		if err != nil {
			s.t.Fatal(err)
		}
		payment := moneyOf(p)
		s.checkOutcome(b, p, seen)
		if s.delayed[b.reference] {
			f.delayed++
		}
		if b.pays.IsZero() {
			continue
		}
		f.paid++
		if payment.Proof == nil {
			continue
		}
		f.found++
		if payment.Review == checkout.ReviewLate {
			f.late++
		}
		if payment.Proof.SeenAt.Before(checkouttest.Midnight.Add(24 * time.Hour)) {
			f.today++
		}
		f.waits = append(f.waits, payment.Proof.SeenAt.Sub(b.pays))
	}
	slices.Sort(f.waits)
	return f
}

// moneyOf is the payment with the money of a purchase's only attempt, which may
// have been found by its hash first.
func moneyOf(p checkout.Purchase) *checkout.Payment {
	for i, payment := range p.Payments {
		if payment.Status == checkout.PaymentSucceeded {
			return &p.Payments[i]
		}
	}
	return p.Latest()
}

// checkOutcome checks that a payment succeeded by its own money or not at all.
func (s *simulation) checkOutcome(b *buyer, p checkout.Purchase, seen map[string]bool) {
	payment := moneyOf(p)
	succeeded := payment.Status == checkout.PaymentSucceeded
	complete := p.Session.Status == checkout.SessionComplete
	inTime := !b.pays.After(p.Session.ExpiresAt)
	switch {
	case succeeded != (payment.Proof != nil):
		s.t.Errorf("%s: payment %s with proof %v", b.session, payment.Status, payment.Proof)
	case !succeeded && complete, succeeded && complete != inTime, succeeded && inTime != (payment.Review == checkout.ReviewNone):
		s.t.Errorf("%s: session %s, payment %s, review %q, paid at %v", b.session, p.Session.Status, payment.Status, payment.Review, b.pays)
	case succeeded && (b.pays.IsZero() || payment.Proof.SeenAt.Before(b.pays) || payment.Proof.TransactionID != "tx-"+b.reference || seen[payment.Proof.TransactionID]):
		s.t.Errorf("%s: settled wrongly by %+v, paid at %v", b.session, payment.Proof, b.pays)
	}
	if payment.Proof != nil {
		seen[payment.Proof.TransactionID] = true
	}
}

func (f results) log(t *testing.T) {
	all := 0
	for _, n := range f.queries {
		all += n
	}
	of := func(part float64) time.Duration { return f.waits[int(part*float64(len(f.waits)-1))].Round(time.Second) }
	t.Logf("payments                        %6d, paid %d", payments, f.paid)
	t.Logf("queries in all                %6d, on the day %d, on the next %d", all, f.queries[0], f.queries[1])
	t.Logf("queries per paid session      %6.2f", float64(all)/float64(f.paid))
	t.Logf("time to confirmation, median    %6v, p95 %v", of(0.5), of(0.95))
	t.Logf("confirmed by the end of the day %6.1f %%, a day later %.1f %%", 100*float64(f.today)/float64(f.paid), 100*float64(f.found)/float64(f.paid))
	t.Logf("paid late, under review         %6d", f.late)
	t.Logf("buyers told of a delay          %6d", f.delayed)
}

func TestDayOfFiveThousandPayments(t *testing.T) {
	for _, scenario := range []struct {
		name          string
		perDay, lists int
		all           bool // every paid payment is found
	}{
		{"no allowance", 0, 1, true},
		{"100 a day with lists of 50", 100, 50, true},
		{"100 a day without lists", 100, 1, false},
	} {
		t.Run(scenario.name, func(t *testing.T) {
			t.Parallel()
			s := newSimulation(t, scenario.perDay, scenario.lists)
			s.run()
			f := s.results()
			f.log(t)
			if scenario.all && f.found != f.paid {
				t.Errorf("%d of %d paid payments were not found", f.paid-f.found, f.paid)
			}
			if events := s.store.Events; events[checkout.EventPaymentLate] != f.late || events[checkout.EventSessionCompleted] != f.found-f.late {
				t.Errorf("%d found, %d of them late, but events are %v", f.found, f.late, events)
			}
		})
	}
}
