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

// town runs the day: two replicas over one store.
type town struct {
	t        *testing.T
	now      time.Time
	bank     *bank
	store    *checkouttest.Memory
	replicas [2]checkouttest.Process
	buyers   []*buyer
	delayed  map[string]bool // payments whose buyers were told that it takes longer
}

func newTown(t *testing.T, perDay, lists int) *town {
	w := &town{t: t, now: checkouttest.Midnight, delayed: map[string]bool{}, buyers: street(rand.New(rand.NewPCG(1, 2)))}
	clock := func() time.Time { return w.now }
	w.bank = &bank{t: t, clock: clock, lists: lists, perDay: perDay, buyers: map[string]*buyer{}, inFlight: map[string]bool{}, asked: map[int]int{}}
	w.store = checkouttest.NewMemory()
	for i := range w.replicas {
		w.replicas[i] = checkouttest.NewProcess(checkout.Config{Store: w.store, Providers: []checkout.Provider{w.bank}, Now: clock})
	}
	return w
}

func (w *town) run() {
	var here []*buyer
	coming := w.buyers
	for ; w.now.Before(checkouttest.Midnight.Add(simulated)); w.now = w.now.Add(time.Second) {
		for len(coming) > 0 && !coming[0].comes.After(w.now) {
			w.enter(coming[0])
			here = append(here, coming[0])
			coming = coming[1:]
		}
		here = slices.DeleteFunc(here, w.gone)
		if second := w.now.Second(); second%10 == 0 || second%2 == 0 && len(here) > 0 {
			w.tick()
		}
	}
}

// tick has the replicas look, if there is anything to do: now the one, now both
// at once.
func (w *town) tick() {
	if !w.store.Busy(w.now) {
		return
	}
	awake := w.replicas[1:]
	if w.now.Second()%10 == 0 {
		awake = w.replicas[:]
	}
	var group sync.WaitGroup
	for _, replica := range awake {
		group.Go(func() {
			if err := replica.Tick(w.t.Context()); err != nil {
				w.t.Error(err)
			}
			replica.Wait()
		})
	}
	group.Wait()
}

func (w *town) enter(b *buyer) {
	request := checkouttest.SessionParams()
	session, err := w.replicas[0].CreateSession(w.t.Context(), "klaing", checkout.ModeTest, request, checkout.IdempotentRequest{})
	if err != nil {
		w.t.Fatal(err)
	}
	p, err := w.replicas[0].StartPayment(w.t.Context(), session.ID, checkout.StartParams{Method: "khqr"})
	if err != nil {
		w.t.Fatal(err)
	}
	b.session, b.reference = session.ID, p.Latest().Reference
	w.bank.mu.Lock()
	defer w.bank.mu.Unlock()
	w.bank.buyers[b.reference] = b
}

// gone has a buyer do what it is time for, and reports whether that was all.
func (w *town) gone(b *buyer) bool {
	if w.now.After(b.leaves) && w.now.After(b.claims) {
		return true
	}
	away := w.now.After(b.awayFrom) && w.now.Before(b.awayTo)
	if age := w.now.Sub(b.comes); away || age%pollEvery != 0 && !w.now.Equal(b.claims) {
		return false
	}
	p, err := w.replicas[1].Purchase(w.t.Context(), b.session)
	if err != nil {
		w.t.Fatal(err)
	}
	if p.Session.Status == checkout.SessionComplete {
		return true
	}
	w.delayed[b.reference] = w.delayed[b.reference] || p.Latest().Delayed
	w.replicas[1].MarkViewed(p.Latest().ID)
	if w.now.Equal(b.claims) {
		hash := ""
		if b.hash {
			hash = "tx-" + b.reference
		}
		if _, err := w.replicas[0].ReportPaid(w.t.Context(), b.session, verifier.PaidParams{Hash: hash, Address: b.session}); err != nil && !errors.Is(err, verifier.ErrHashTooOften) {
			w.t.Fatal(err)
		}
	}
	return false
}

// figures are what the day cost and brought.
type figures struct {
	questions          map[int]int
	paid, found, today int // today: of those found, by the end of the day
	late               int
	waits              []time.Duration
	delayed            int
}

func (w *town) count() (f figures) {
	f.questions = w.bank.asked
	seen := map[string]bool{}
	for _, b := range w.buyers {
		p, err := w.store.Purchase(w.t.Context(), b.session)
		if err != nil {
			w.t.Fatal(err)
		}
		payment := moneyOf(p)
		w.judge(b, p, seen)
		if w.delayed[b.reference] {
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

// judge checks that a payment succeeded by its own money or not at all.
func (w *town) judge(b *buyer, p checkout.Purchase, seen map[string]bool) {
	payment := moneyOf(p)
	succeeded := payment.Status == checkout.PaymentSucceeded
	complete := p.Session.Status == checkout.SessionComplete
	inTime := !b.pays.After(p.Session.ExpiresAt)
	switch {
	case succeeded != (payment.Proof != nil):
		w.t.Errorf("%s: payment %s with proof %v", b.session, payment.Status, payment.Proof)
	case !succeeded && complete, succeeded && complete != inTime, succeeded && inTime != (payment.Review == checkout.ReviewNone):
		w.t.Errorf("%s: session %s, payment %s, review %q, paid at %v", b.session, p.Session.Status, payment.Status, payment.Review, b.pays)
	case succeeded && (b.pays.IsZero() || payment.Proof.SeenAt.Before(b.pays) || payment.Proof.TransactionID != "tx-"+b.reference || seen[payment.Proof.TransactionID]):
		w.t.Errorf("%s: settled wrongly by %+v, paid at %v", b.session, payment.Proof, b.pays)
	}
	if payment.Proof != nil {
		seen[payment.Proof.TransactionID] = true
	}
}

func (f figures) log(t *testing.T) {
	all := 0
	for _, n := range f.questions {
		all += n
	}
	of := func(part float64) time.Duration { return f.waits[int(part*float64(len(f.waits)-1))].Round(time.Second) }
	t.Logf("payments                        %6d, paid %d", payments, f.paid)
	t.Logf("queries in all                %6d, on the day %d, on the next %d", all, f.questions[0], f.questions[1])
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
			town := newTown(t, scenario.perDay, scenario.lists)
			town.run()
			f := town.count()
			f.log(t)
			if scenario.all && f.found != f.paid {
				t.Errorf("%d of %d paid payments were not found", f.paid-f.found, f.paid)
			}
			if events := town.store.Events; events[checkout.EventPaymentLate] != f.late || events[checkout.EventSessionCompleted] != f.found-f.late {
				t.Errorf("%d found, %d of them late, but events are %v", f.found, f.late, events)
			}
		})
	}
}
