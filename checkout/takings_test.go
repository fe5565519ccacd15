package checkout_test

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"testing"
	"time"

	"rieltime/checkout"
	"rieltime/checkout/checkouttest"
	"rieltime/internal/cambodia"
)

// takings returns those of klaing's days up to one, by a part.
func (h *harness) takings(from, to cambodia.Day, by checkout.TakingsPart) []checkout.Takings {
	h.T.Helper()
	takings, err := h.Store.Takings(h.T.Context(), "klaing", checkout.ModeTest, checkout.TakingsQuery{From: from, To: to, By: by})
	if err != nil {
		h.T.Fatal(err)
	}
	return takings
}

// today returns the day's takings in USD.
func (h *harness) today() (sum checkout.Takings) {
	h.T.Helper()
	day := cambodia.DayOf(h.Clock())
	for _, t := range h.takings(day, day, checkout.TakingsByDay) {
		sum = sum.Add(t)
	}
	return checkout.Takings{Taken: sum.Taken, InReview: sum.InReview, Refunded: sum.Refunded}
}

func (h *harness) wantToday(taken, review, refunded checkout.Sum) {
	h.T.Helper()
	want := checkout.Takings{Taken: taken, InReview: review, Refunded: refunded}
	if got := h.today(); got != want {
		h.T.Errorf("takings of %s: %+v, want %+v", cambodia.DayOf(h.Clock()), got, want)
	}
}

// payNow settles a payment of 10 USD.
func (h *harness) payNow(payment checkout.Payment) checkout.Payment {
	h.T.Helper()
	answer := checkout.Answer{Verdict: checkout.VerdictPaid, Proof: checkouttest.Proof(payment, "tx-"+payment.ID, h.Clock())}
	if err := h.Apply(h.T.Context(), payment, answer); err != nil {
		h.T.Fatal(err)
	}
	stored, err := h.Store.Payment(h.T.Context(), payment.ID)
	if err != nil {
		h.T.Fatal(err)
	}
	return stored
}

// open makes a session of 10 USD and starts a payment.
func (h *harness) open() checkout.Payment {
	h.T.Helper()
	p := h.Open()
	return *p.Latest()
}

// payLate settles a payment whose session had expired.
func (h *harness) payLate() checkout.Payment {
	h.T.Helper()
	p := h.Open()
	if _, err := h.ExpireSession(h.T.Context(), p.Session.ID); err != nil {
		h.T.Fatal(err)
	}
	h.Move(time.Minute)
	return h.payNow(*p.Latest())
}

func (h *harness) refundByHand(payment checkout.Payment, amount string) error {
	_, err := h.Refund(h.T.Context(), "klaing", checkout.ModeTest, checkout.RefundParams{
		Payment: payment.ID, Amount: amount, Reason: "Sold out", ByHand: &checkout.ByHand{By: "Sophea"},
	})
	return err
}

func TestTakingsCountOnTheDayOfTheRecord(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	paid := h.payNow(h.open())
	late, second := h.payLate(), h.payLate()
	h.wantToday(checkout.Sum{Minor: 1000, Count: 1}, checkout.Sum{Minor: 2000, Count: 2}, checkout.Sum{})

	h.Move(24 * time.Hour)
	if err := h.refundByHand(paid, "2.50"); err != nil {
		t.Fatal(err)
	}
	h.wantToday(checkout.Sum{}, checkout.Sum{}, checkout.Sum{Minor: 250, Count: 1})

	h.Move(24 * time.Hour)
	if err := h.decide(late, checkout.DecisionAccept); err != nil {
		t.Fatal(err)
	}
	h.wantToday(checkout.Sum{Minor: 1000, Count: 1}, checkout.Sum{Minor: -1000, Count: -1}, checkout.Sum{})

	h.Move(24 * time.Hour)
	if err := h.refundByHand(second, "4.00"); err != nil { // while it waits
		t.Fatal(err)
	}
	h.wantToday(checkout.Sum{Minor: 400}, checkout.Sum{Minor: -400}, checkout.Sum{Minor: 400, Count: 1})
	if err := h.decide(second, checkout.DecisionRefunded); err != nil { // the rest
		t.Fatal(err)
	}
	h.wantToday(checkout.Sum{Minor: 1000, Count: 1}, checkout.Sum{Minor: -1000, Count: -1}, checkout.Sum{Minor: 1000, Count: 2})

	h.Move(24 * time.Hour)
	failed := checkout.Answer{Verdict: checkout.VerdictFailed, Transaction: paid.Proof.TransactionID}
	if err := h.Apply(t.Context(), paid, failed); err != nil { // its proof is withdrawn
		t.Fatal(err)
	}
	h.wantToday(checkout.Sum{Minor: -750, Count: -1}, checkout.Sum{Minor: 750, Count: 1}, checkout.Sum{})
	if err := h.decide(paid, checkout.DecisionRefuse); err != nil { // what was given back is lost
		t.Fatal(err)
	}
	h.wantToday(checkout.Sum{Minor: -750, Count: -1}, checkout.Sum{}, checkout.Sum{})
}

func TestTakingsAreOfTheHourInCambodia(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	open := h.open()
	h.Move(12*time.Hour - time.Millisecond) // from noon to the end of the day
	p := h.payLate()                        // a minute past midnight
	h.Move(-time.Minute)
	h.payNow(open)

	day := cambodia.DayOf(p.CreatedAt)
	before, after := h.takings(day, day, checkout.TakingsByHour), h.takings(day+1, day+1, checkout.TakingsByHour)
	if len(before) != 1 || before[0].Hour != 23 || len(after) != 1 || after[0].Hour != 0 || after[0].InReview.Minor != 1000 {
		t.Errorf("takings by hour: %+v, then %+v", before, after)
	}
	byMethod := h.takings(day, day+1, checkout.TakingsByMethod)
	if len(byMethod) != 1 || byMethod[0].Method != "khqr" || byMethod[0].Provider != "bank" || byMethod[0].InReview.Count != 2 {
		t.Errorf("takings by method: %+v", byMethod)
	}
}

// Whatever happens later, the takings of a day that is over stay as they were, and all
// days together are what the payments and refunds say.
func TestTakingsOfADayThatIsOverNeverChange(t *testing.T) {
	t.Parallel()
	for seed := range uint64(4) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			h := newHarness(t)
			first := cambodia.DayOf(h.Clock())
			random := rand.New(rand.NewPCG(seed, 1))
			var payments []string
			closed := map[cambodia.Day][]checkout.Takings{}
			for range 80 {
				payments = append(payments, h.anything(random, payments)...)
				today := cambodia.DayOf(h.Clock())
				for day, was := range closed {
					if now := h.takings(day, day, checkout.TakingsByMethod); !reflect.DeepEqual(now, was) {
						t.Fatalf("the takings of %s were %+v and are %+v", day, was, now)
					}
				}

				h.Move(time.Duration(random.Int64N(int64(5 * time.Hour))))
				for ; today < cambodia.DayOf(h.Clock()); today++ {
					closed[today] = h.takings(today, today, checkout.TakingsByMethod)
				}
			}

			h.wantAllTakings(first, payments)
		})
	}
}

// anything has something happen to new or earlier payments, and returns the new ones.
func (h *harness) anything(random *rand.Rand, payments []string) (more []string) {
	h.T.Helper()
	switch kind := random.IntN(8); {
	case len(payments) == 0 || kind < 2:
		return []string{h.payNow(h.open()).ID}
	case kind == 2:
		return []string{h.payLate().ID}
	case kind == 3: // twice
		p := h.Open()
		first := *p.Latest()
		h.payNow(*h.Latest(h.Start(p.Session.ID)))
		return []string{h.payNow(first).ID, h.Latest(p).ID}
	}

	payment, err := h.Store.Payment(h.T.Context(), payments[random.IntN(len(payments))])
	if err != nil {
		h.T.Fatal(err)
	}

	switch random.IntN(4) { // errors are rules that do not allow it
	case 0:
		_ = h.refundByHand(payment, fmt.Sprintf("%d.00", 1+random.IntN(10)))
	case 1:
		_ = h.Apply(h.T.Context(), payment, checkout.Answer{Verdict: checkout.VerdictFailed, Transaction: payment.Proof.TransactionID})
	default:
		_ = h.decide(payment, []checkout.Decision{checkout.DecisionAccept, checkout.DecisionRefunded, checkout.DecisionRefuse}[random.IntN(3)])
	}
	return nil
}

// wantAllTakings wants the takings since a day to be what payments and refunds say: all
// money that came, but for what was refused, is taken or under review.
func (h *harness) wantAllTakings(first cambodia.Day, payments []string) {
	h.T.Helper()
	var came, refunded int64
	for _, id := range payments {
		payment, err := h.Store.Payment(h.T.Context(), id)
		if err != nil {
			h.T.Fatal(err)
		}

		refunded += payment.Refunded
		if payment.Decision != nil && payment.Decision.Decision == checkout.DecisionRefuse {
			came += payment.Refunded
		} else {
			came += payment.Proof.Amount.Minor
		}
	}

	var sum checkout.Takings
	for _, t := range h.takings(first, cambodia.DayOf(h.Clock()), checkout.TakingsByDay) {
		sum = sum.Add(t)
	}
	if sum.Taken.Minor+sum.InReview.Minor != came || sum.Refunded.Minor != refunded {
		h.T.Errorf("takings %+v, want %d of money and %d of refunds", sum, came, refunded)
	}
}
