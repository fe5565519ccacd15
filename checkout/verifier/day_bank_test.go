package verifier_test

import (
	"context"
	"encoding/json"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"rieltime/checkout"
	"rieltime/checkout/checkouttest"
)

// arrivalsPerHour is how many buyers arrive in each hour of the day.
var arrivalsPerHour = []int{1, 1, 0, 0, 0, 1, 5, 25, 40, 50, 60, 75, 85, 60, 50, 50, 60, 75, 85, 80, 60, 40, 15, 4}

// buyer is what one buyer does, and when.
type buyer struct {
	session, reference string
	arrives, pays      time.Time // pays is zero for one in five
	awayFrom, awayTo   time.Time // in the bank's app, on the same phone
	leaves             time.Time
	reports            time.Time
	hash               bool // types the hash off the receipt
}

// bank is a provider that answers what the buyers have paid.
type bank struct {
	t        *testing.T
	clock    func() time.Time
	lists    int
	perDay   int
	mu       sync.Mutex
	buyers   map[string]*buyer // by reference
	inFlight map[string]bool
	queries  map[int]int // queries by day
}

func (*bank) Name() string { return "bank" }
func (*bank) Info() checkout.ProviderInfo {
	return checkout.ProviderInfo{Name: "Bank", Methods: []string{"khqr"}}
}
func (*bank) CheckSettings(checkout.Mode, json.RawMessage) error { return nil }
func (b *bank) BatchSize(checkout.Account) int                   { return b.lists }
func (b *bank) Budget(checkout.Account) checkout.Budget {
	return checkout.Budget{PerDay: b.perDay}
}

func (*bank) Methods(context.Context, checkout.Account, checkout.Money) ([]checkout.Method, error) {
	return []checkout.Method{{ID: "khqr", Provider: "bank", Kind: checkout.ActionQRCode}}, nil
}

func (*bank) Payees(checkout.Account) ([]string, error) { return []string{"klaing@devb"}, nil }

func (*bank) CreatePayment(_ context.Context, _ checkout.Account, start checkout.Start) (checkout.Created, error) {
	return checkout.Created{
		ProviderID: "md5-" + start.Payment.Reference,
		NextAction: checkout.NextAction{Kind: checkout.ActionQRCode, QRCode: "0002"}, ExpiresAt: start.Payment.CreatedAt.Add(codeLife),
	}, nil
}

func (b *bank) QueryPayment(ctx context.Context, a checkout.Account, p checkout.Payment) checkout.Answer {
	return b.QueryPayments(ctx, a, []checkout.Payment{p})[0]
}

func (b *bank) IsHash(string) bool { return true }

func (b *bank) CheckHash(_ context.Context, _ checkout.Account, p checkout.Payment, hash string) checkout.Answer {
	b.count()
	b.mu.Lock()
	defer b.mu.Unlock()
	if answer := b.answer(p); answer.Verdict == checkout.VerdictPaid && answer.Proof.TransactionID == hash {
		return answer
	}
	return checkout.Answer{Verdict: checkout.VerdictPending}
}

// QueryPayments answers one query, watching that no payment is in two.
func (b *bank) QueryPayments(_ context.Context, _ checkout.Account, payments []checkout.Payment) []checkout.Answer {
	b.count()
	b.mu.Lock()
	for _, p := range payments {
		if b.inFlight[p.ID] {
			b.t.Errorf("payment %s is queried twice at once", p.ID)
		}
		b.inFlight[p.ID] = true
	}
	b.mu.Unlock()
	answers := make([]checkout.Answer, len(payments))
	b.mu.Lock()
	defer b.mu.Unlock()
	for i, p := range payments {
		delete(b.inFlight, p.ID)
		answers[i] = b.answer(p)
	}
	return answers
}

func (b *bank) count() {
	b.mu.Lock()
	defer b.mu.Unlock()
	today := int(b.clock().Sub(checkouttest.Midnight) / (24 * time.Hour))
	b.queries[today]++
	if b.perDay > 0 && b.queries[today] > b.perDay {
		b.t.Errorf("day %d: %d queries", today+1, b.queries[today])
	}
}

func (b *bank) answer(p checkout.Payment) checkout.Answer {
	buyer := b.buyers[p.Reference]
	if buyer.pays.IsZero() || buyer.pays.After(b.clock()) {
		return checkout.Answer{Verdict: checkout.VerdictPending}
	}
	return checkout.Answer{Verdict: checkout.VerdictPaid, Proof: checkouttest.Proof(p, "tx-"+p.Reference, buyer.pays)}
}

// newBuyer makes up a buyer: four in five pay within two minutes, a few of them
// after the code or the session has ended; some pay on the phone that shows the
// page, some say that they have paid when nothing happens.
func newBuyer(r *rand.Rand, comes time.Time) *buyer {
	seconds := func(from, to int) time.Duration { return time.Duration(from+r.IntN(to-from+1)) * time.Second }
	b := &buyer{arrives: comes, leaves: comes.Add(seconds(20, 180))}
	if r.IntN(100) >= 80 {
		return b
	}
	b.pays = comes.Add(seconds(15, 120))
	late := true
	switch dice := r.IntN(1000); {
	case dice < 15:
		b.pays = comes.Add(codeLife + seconds(10, 1200))
	case dice < 30:
		b.pays = comes.Add(sessionLife + seconds(300, 6*3600))
	default:
		late = false
	}
	if !late {
		b.leaves = b.pays.Add(seconds(30, 180))
		if r.IntN(100) < 30 {
			b.awayFrom, b.awayTo = comes.Add(10*time.Second), b.pays.Add(5*time.Second)
		}
		if r.IntN(100) < 10 {
			b.reports = b.pays.Add(seconds(10, 30))
			b.hash = r.IntN(100) < 3
		}
	}
	return b
}

// buyersOfTheDay makes a day's buyers in the order in which they arrive.
func buyersOfTheDay(r *rand.Rand) []*buyer {
	total := 0
	for _, n := range arrivalsPerHour {
		total += n
	}
	buyers := make([]*buyer, payments)
	for i := range buyers {
		at, hour := r.IntN(total), 0
		for at >= arrivalsPerHour[hour] {
			at -= arrivalsPerHour[hour]
			hour++
		}
		buyers[i] = newBuyer(r, checkouttest.Midnight.Add(time.Duration(hour)*time.Hour+time.Duration(r.IntN(3600))*time.Second))
	}
	slices.SortFunc(buyers, func(a, b *buyer) int { return a.arrives.Compare(b.arrives) })
	return buyers
}
