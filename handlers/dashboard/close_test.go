package dashboard_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"rieltime/checkout"
	"rieltime/checkout/users"
	"rieltime/internal/cambodia"
)

func TestCloseSaysOfWhatDayAndByWhom(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.refund(h.pay(), "2.50")
	h.payLate()
	day := cambodia.DayOf(h.Clock())
	b := h.as(users.RoleAccountant)
	doc := b.page(start + "/close?lang=en")
	wantTexts(t, doc, "main > .facts dd", "Coffee Klaing Test", "Tuesday, 14 April 2026", "14 April 2026, 12:01", "accountant@klaing.example")
	wantTexts(t, doc, "main > .attention", "The day is not over yet: these figures still change.")
	wantTexts(t, doc, "tbody:not(.sum) tr > *", "Bank · KHQR", "1", "$10.00", "1", "$2.50", "$7.50")
	wantTexts(t, doc, "tbody.sum tr > *", "Sum", "1", "$10.00", "1", "$2.50", "$7.50")
	wantTexts(t, doc, "section dd", "$10.00 × 1", "$20.00")

	h.Move(24 * time.Hour)
	b = h.as(users.RoleAccountant) // signed in again
	doc = b.page(start + "/close?lang=en&day=" + day.String())
	if doc.Find("main > .attention").Length() > 0 || !strings.Contains(doc.Find("main").Text(), "do not change any more") {
		t.Error("a day that is over is not final")
	}
	wantTexts(t, doc, "section dd", "$10.00 × 1", "$20.00")
	for _, odd := range []string{"2026-02-30", "x", "9999-01-01"} {
		if got, _ := b.page(start + "/close?day=" + odd).Find("#day").Attr("value"); got != (day + 1).String() {
			t.Errorf("the close of %q is of %s", odd, got)
		}
	}
}

// On whatever happened: each day's close is the sum of its rows, what was received is the
// money of the payments that its list shows, and of a day that is over nothing changes.
func TestCloseAddsUpWithItsPayments(t *testing.T) {
	t.Parallel()
	for seed := range uint64(3) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			h := newHarness(t)
			random := rand.New(rand.NewPCG(seed, 2))
			first := cambodia.DayOf(h.Clock())
			var payments []checkout.Payment
			pages := map[cambodia.Day]string{}
			for range 60 {
				payments = append(payments, h.anything(random, payments)...)
				today := cambodia.DayOf(h.Clock())
				h.Move(time.Duration(random.Int64N(int64(4 * time.Hour))))
				for ; today < cambodia.DayOf(h.Clock()); today++ {
					pages[today] = h.closeTables(today)
				}
			}

			b := h.as(users.RoleAccountant)
			for day := first; day < cambodia.DayOf(h.Clock()); day++ {
				if now := h.closeTables(day); now != pages[day] {
					t.Errorf("the close of %s was %q and is %q", day, pages[day], now)
				}
				h.wantCloseAddsUp(b, day)
			}
		})
	}
}

// anything has something happen to new or earlier payments, and returns the new ones.
func (h *harness) anything(random *rand.Rand, payments []checkout.Payment) []checkout.Payment {
	h.T.Helper()
	kind := random.IntN(6)
	switch {
	case kind < 2 || len(payments) == 0:
		return []checkout.Payment{h.pay()}
	case kind == 2:
		return []checkout.Payment{h.payLate()}
	}

	ctx, payment := h.T.Context(), payments[random.IntN(len(payments))]
	if kind < 5 { // an error is a rule that does not allow it
		_, _ = h.Refund(ctx, "klaing", checkout.ModeTest, checkout.RefundParams{
			Payment: payment.ID, Amount: fmt.Sprintf("%d.50", random.IntN(9)), Reason: "Sold out", ByHand: &checkout.ByHand{By: "Sophea"},
		})
		return nil
	}
	_, _ = h.DecideReview(ctx, payment, checkout.ReviewDecision{Decision: []checkout.Decision{checkout.DecisionAccept, checkout.DecisionRefunded}[random.IntN(2)], By: "usr_1"})
	return nil
}

// closeTables are the figures of a day's close.
func (h *harness) closeTables(day cambodia.Day) string {
	h.T.Helper()
	doc := h.as(users.RoleAccountant).page(start + "/close?lang=en&day=" + day.String())
	return strings.Join(texts(doc, "main section td, main section dd"), " ")
}

func (h *harness) wantCloseAddsUp(b *browser, day cambodia.Day) {
	h.T.Helper()
	doc := b.page(start + "/close?lang=en&day=" + day.String())
	var rows, sum [3]int64
	for i, column := range []int{3, 5, 6} { // taken, refunded, net
		cell := fmt.Sprintf(" tr > :nth-child(%d)", column)
		rows[i], sum[i] = cents(h, doc, "tbody:not(.sum)"+cell), cents(h, doc, "tbody.sum"+cell)
	}
	if rows != sum || sum[0]-sum[1] != sum[2] {
		h.T.Errorf("the close of %s has rows %v and the sum %v", day, rows, sum)
	}

	list := b.page(start + "/close/payments?lang=en&day=" + day.String())
	if got, want := cents(h, doc, "section dd:last-child"), cents(h, list, "tbody td:last-child"); got != want {
		h.T.Errorf("%s: received %d by its close, %d by its payments", day, got, want)
	}
}

// cents adds up amounts in dollars.
func cents(h *harness, doc *goquery.Document, selector string) (sum int64) {
	h.T.Helper()
	for _, text := range texts(doc, selector) {
		minor, err := strconv.ParseInt(strings.NewReplacer("$", "", ",", "", ".", "").Replace(text), 10, 64)
		if err != nil {
			h.T.Fatalf("%q is no amount: %v", text, err)
		}
		sum += minor
	}
	return sum
}

func TestPaymentsOfACloseAreReadInPages(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	for range 103 {
		h.pay()
	}
	b := h.as(users.RoleOwner)
	first := b.page(start + "/close/payments?lang=en")
	older, _ := first.Find(".actions a:nth-child(2)").Attr("href")
	second := b.page(older)
	if got := []int{first.Find("tbody tr").Length(), second.Find("tbody tr").Length(), second.Find(".actions a").Length()}; got[0] != 100 || got[1] != 3 || got[2] != 1 {
		t.Errorf("rows and links: %v", got)
	}
	for _, odd := range []string{"x", "5", "5.<script>", "-5.pay_1", "99999999999999999999.pay_1"} {
		if w := b.get(start + "/close/payments?after=" + odd); w.Code == http.StatusInternalServerError {
			t.Errorf("after %q: %d", odd, w.Code)
		}
	}
}
