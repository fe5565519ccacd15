package cmd

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"rieltime/checkout"
	"rieltime/internal/cambodia"
)

const (
	historyDays  = 28
	historySeed  = 1
	untilNow     = 40 * time.Minute // before which the history ends: nothing of it is open any more
	orderNumbers = 1001             // the first order's number
)

// failingRefund is the reason of a refund that fails.
const failingRefund = "Wrong size"

// ending is what became of a session.
type ending int

const (
	endPaid ending = iota
	endExpired
	endCanceled
)

// pastPurchase is a purchase of the demo's history. Its times count from its beginning.
type pastPurchase struct {
	at       time.Time
	order    int
	item     pastItem
	quantity int
	customer checkout.Customer
	attempts []pastAttempt
	end      ending
	ended    time.Duration // when its session was closed, unless it was paid

	refund       time.Duration // 0: none; of the last attempt
	refundAmount string        // empty: all
	refundReason string

	decided        time.Duration // when its review was decided about; 0: never
	decidedAttempt int
	decision       checkout.Decision
}

// pastAttempt is one attempt to pay.
type pastAttempt struct {
	method      checkout.Method
	after       time.Duration
	answered    time.Duration // when its provider's answer came; 0: none came
	failure     string        // a reason key; empty: it was paid
	transaction string
}

// pastItem is what is sold, at which hours of the day.
type pastItem struct {
	name     string
	amount   int64 // the smallest unit
	currency checkout.Currency
	hours    [24]int // how often it is sold then, relative to others
}

func (i pastItem) price(quantity int) string {
	return checkout.Money{Minor: i.amount * int64(quantity), Currency: i.currency}.Decimal()
}

// Coffee and noodles are for the morning, the market for the evening.
var pastItems = []pastItem{
	{"Iced coffee", 150, checkout.USD, [24]int{6: 6, 7: 14, 8: 12, 9: 7, 10: 3, 11: 2, 12: 4, 13: 5, 14: 4, 15: 4, 16: 3, 17: 2, 18: 1}},
	{"Num banh chok", 6000, checkout.KHR, [24]int{6: 5, 7: 9, 8: 6, 9: 2, 11: 4, 12: 5, 17: 3, 18: 5, 19: 3}},
	{"Krama scarf", 1000, checkout.USD, [24]int{9: 1, 10: 1, 14: 1, 15: 1, 16: 2, 17: 4, 18: 6, 19: 7, 20: 4, 21: 1}},
	{"Tuk-tuk tour", 41000, checkout.KHR, [24]int{8: 1, 9: 1, 15: 1, 16: 2, 17: 3, 18: 2}},
}

var pastCustomers = []checkout.Customer{
	{Name: "Sok Dara", Email: "dara@example.com", Phone: "+855 12 345 678"},
	{Name: "Chan Sreymom", Email: "sreymom@example.com", Phone: "+855 17 222 333"},
	{Name: "Kim Vuthy", Email: "vuthy@example.com", Phone: "+855 96 555 0101"},
	{Name: "Ly Bopha", Email: "bopha@example.com", Phone: "+855 10 987 654"},
	{Name: "Anna Schmidt", Email: "anna@example.com", Phone: "+49 151 2345678"},
}

// busyness is how many purchases begin on a day of the week.
var busyness = map[time.Weekday]int{
	time.Sunday: 10, time.Monday: 20, time.Tuesday: 19, time.Wednesday: 21, time.Thursday: 22, time.Friday: 28, time.Saturday: 30,
}

// planHistory returns the purchases of the last weeks, the same for the same time and
// methods.
func planHistory(now time.Time, methods []checkout.Method, refundable func(checkout.Method) bool) []pastPurchase {
	p := &planner{random: rand.New(rand.NewPCG(historySeed, historySeed)), methods: methods, refundable: refundable}
	today := cambodia.Midnight(now)
	var times []time.Time
	for day := today.AddDate(0, 0, -historyDays); !day.After(today); day = day.AddDate(0, 0, 1) {
		for range busyness[day.In(cambodia.Zone).Weekday()] + p.random.IntN(5) {
			times = append(times, p.timeOn(day))
		}
	}

	slices.SortFunc(times, time.Time.Compare)
	var purchases []pastPurchase
	for i, at := range times {
		if at.Before(now.Add(-untilNow)) {
			purchases = append(purchases, p.purchase(at, orderNumbers+i))
		}
	}

	p.addSpecial(purchases, now)
	return purchases
}

// planner draws purchases.
type planner struct {
	random     *rand.Rand
	methods    []checkout.Method
	refundable func(checkout.Method) bool
}

// timeOn draws a time of a day, at hours as busy as its items say.
func (p *planner) timeOn(day time.Time) time.Time {
	var hours [24]int
	for _, item := range pastItems {
		for hour, weight := range item.hours {
			hours[hour] += weight
		}
	}

	hour := p.draw(hours[:])
	return day.Add(time.Duration(hour)*time.Hour + time.Duration(p.random.IntN(3_600_000))*time.Millisecond)
}

// draw returns an index, each as often as its weight says.
func (p *planner) draw(weights []int) int {
	sum := 0
	for _, weight := range weights {
		sum += weight
	}

	left := p.random.IntN(sum)
	for i, weight := range weights {
		if left -= weight; left < 0 {
			return i
		}
	}
	return 0
}

// method draws one: of each provider the first is chosen most, and of all providers the
// first.
func (p *planner) method() checkout.Method {
	weights := make([]int, len(p.methods))
	for i := range p.methods {
		weights[i] = max(2, 40-15*i)
	}
	return p.methods[p.draw(weights)]
}

func (p *planner) seconds(from, to int) time.Duration {
	return time.Duration(from*1000+p.random.IntN((to-from)*1000)) * time.Millisecond
}

func (p *planner) purchase(at time.Time, order int) pastPurchase {
	weights := make([]int, len(pastItems))
	for i, item := range pastItems {
		weights[i] = item.hours[at.In(cambodia.Zone).Hour()]
	}

	made := pastPurchase{
		at: at, order: order, item: pastItems[p.draw(weights)], quantity: 1 + p.draw([]int{70, 20, 7, 3}),
		customer: pastCustomers[p.random.IntN(len(pastCustomers))],
	}
	switch p.draw([]int{83, 5, 3, 6, 3}) {
	case 0:
		made.attempts = []pastAttempt{p.paid(p.seconds(5, 40))}
	case 1: // refused at first
		made.attempts = []pastAttempt{p.failed(p.seconds(5, 30)), p.paid(p.seconds(120, 200))}
	case 2:
		made.attempts = []pastAttempt{p.failed(p.seconds(5, 30))}
		made.end, made.ended = endCanceled, p.seconds(120, 300)
	case 3: // left
		if p.random.IntN(3) > 0 {
			made.attempts = []pastAttempt{{method: p.method(), after: p.seconds(5, 60)}}
		}
		made.end, made.ended = endExpired, checkout.DefaultSessionLife+time.Minute
	case 4:
		made.attempts = []pastAttempt{{method: p.method(), after: p.seconds(5, 60)}}
		made.end, made.ended = endCanceled, p.seconds(90, 400)
	}

	if made.end == endPaid && p.random.IntN(60) == 0 {
		made.refund, made.refundReason = time.Hour+p.seconds(0, 3600), "Sold out"
	}

	return made
}

// paid is an attempt whose money came within minutes, as quickly as people pay that way.
func (p *planner) paid(after time.Duration) pastAttempt {
	method := p.method()
	wait := p.seconds(9, 45)
	if method.Kind != checkout.ActionQRCode {
		wait = p.seconds(25, 120)
	}
	if p.random.IntN(12) == 0 {
		wait += p.seconds(60, 300)
	}
	return pastAttempt{method: method, after: after, answered: after + wait, transaction: p.transaction()}
}

func (p *planner) failed(after time.Duration) pastAttempt {
	return pastAttempt{method: p.method(), after: after, answered: after + p.seconds(20, 80), failure: []string{"declined", "insufficient_funds"}[p.random.IntN(2)]}
}

func (p *planner) transaction() string {
	id := make([]byte, 32)
	for i := range id {
		id[i] = byte(p.random.Uint32())
	}
	return hex.EncodeToString(id)
}

// addSpecial makes some purchases ones that need or needed the merchant's attention, and
// returns money of others. They are among those of certain days ago.
func (p *planner) addSpecial(purchases []pastPurchase, now time.Time) {
	for _, special := range []struct {
		daysAgo int
		change  func(*pastPurchase)
	}{
		{1, func(made *pastPurchase) { p.payLate(made) }},
		{2, func(made *pastPurchase) { p.payTwice(made) }},
		{9, func(made *pastPurchase) {
			p.payLate(made)
			made.decided, made.decision = 6*time.Hour, checkout.DecisionAccept
		}},
		{16, func(made *pastPurchase) {
			p.payTwice(made)
			made.decided, made.decision = 5*time.Hour, checkout.DecisionRefunded
		}},
		{3, func(made *pastPurchase) {
			if at := slices.IndexFunc(p.methods, p.refundable); at >= 0 {
				made.attempts[0].method = p.methods[at]
			}
			made.refund, made.refundReason = 2*time.Hour, failingRefund
		}},
		{5, func(made *pastPurchase) {
			made.quantity, made.refund, made.refundAmount, made.refundReason = 2, 3*time.Hour, made.item.price(1), "One came back"
		}},
	} {
		day := cambodia.Midnight(now).AddDate(0, 0, -special.daysAgo)
		at := slices.IndexFunc(purchases, func(made pastPurchase) bool {
			morning := !made.at.Before(day) && made.at.Before(day.Add(15*time.Hour))
			return morning && made.end == endPaid && made.refund == 0 && len(made.attempts) == 1
		})
		if at >= 0 {
			special.change(&purchases[at])
		}
	}
}

// payLate lets the money come after the session's end.
func (p *planner) payLate(made *pastPurchase) {
	made.end, made.ended = endExpired, checkout.DefaultSessionLife+time.Minute
	made.attempts[0].answered = made.ended + 45*time.Minute
}

// payTwice lets the money of two attempts come.
func (p *planner) payTwice(made *pastPurchase) {
	second := p.paid(3 * time.Minute)
	made.attempts = append(made.attempts, second)
	made.attempts[0].answered = second.answered + time.Minute
	made.decidedAttempt = 0
}

// params is what the shop asked for.
func (p pastPurchase) params(shop string) checkout.SessionParams {
	return checkout.SessionParams{
		Amount: p.item.price(p.quantity), Currency: string(p.item.currency), Reference: fmt.Sprintf("order-%d", p.order),
		Description: p.item.name, Customer: p.customer,
		LineItems:  []checkout.LineItemParams{{Name: p.item.name, Quantity: &p.quantity, Amount: p.item.price(1)}},
		SuccessURL: shop + "/thanks", CancelURL: shop + "/",
	}
}

// answer is what the provider answered about an attempt.
func (a pastAttempt) answer(payment checkout.Payment, now time.Time) checkout.Answer {
	if a.failure != "" {
		return checkout.Answer{Verdict: checkout.VerdictFailed, Code: a.failure}
	}

	raw, _ := json.Marshal(map[string]string{ // texts always encode
		"status": "SUCCESS", "transaction_id": a.transaction, "amount": payment.Amount.Decimal(), "currency": string(payment.Amount.Currency),
	})
	return checkout.Answer{Verdict: checkout.VerdictPaid, Proof: &checkout.Proof{
		Provider: payment.Provider, Source: checkout.SourceQuery, Reference: payment.Reference, Payee: payment.Payees[0], Amount: payment.Amount,
		TransactionID: a.transaction, PaidAt: now.Add(-2 * time.Second).Truncate(time.Second), Raw: raw,
	}}
}
