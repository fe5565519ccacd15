package dashboard_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"rieltime/checkout"
	"rieltime/checkout/checkouttest"
	"rieltime/checkout/users"
)

const start = "/dashboard/test/klaing"

// pay makes a session of 10 USD and settles its payment.
func (h *harness) pay() checkout.Payment {
	h.T.Helper()
	p := h.Open()
	return h.settle(*p.Latest())
}

func (h *harness) settle(payment checkout.Payment) checkout.Payment {
	h.T.Helper()
	answer := checkout.Answer{Verdict: checkout.VerdictPaid, Proof: checkouttest.Proof(payment, "tx-"+payment.ID, h.Clock())}
	if err := h.Apply(h.T.Context(), payment, answer); err != nil {
		h.T.Fatal(err)
	}
	return payment
}

// payLate settles a payment whose session has expired.
func (h *harness) payLate() checkout.Payment {
	h.T.Helper()
	p := h.Open()
	if _, err := h.ExpireSession(h.T.Context(), p.Session.ID); err != nil {
		h.T.Fatal(err)
	}
	h.Move(time.Minute)
	return h.settle(*p.Latest())
}

func (h *harness) refund(payment checkout.Payment, amount string) {
	h.T.Helper()
	_, err := h.Refund(h.T.Context(), payment.MerchantID, payment.Mode, checkout.RefundParams{Payment: payment.ID, Amount: amount, Reason: "Sold out", ByHand: &checkout.ByHand{By: "Sophea"}})
	if err != nil {
		h.T.Fatal(err)
	}
}

// texts are those of a page's elements, with single spaces.
func texts(doc *goquery.Document, selector string) (found []string) {
	doc.Find(selector).Each(func(_ int, element *goquery.Selection) {
		found = append(found, strings.Join(strings.Fields(element.Text()), " "))
	})
	return found
}

func wantTexts(t *testing.T, doc *goquery.Document, selector string, want ...string) {
	t.Helper()
	if got := texts(doc, selector); strings.Join(got, "|") != strings.Join(want, "|") {
		t.Errorf("%s: %q, want %q", selector, got, want)
	}
}

func TestTodayShowsWhatWasTaken(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.pay()
	h.Move(7 * 24 * time.Hour)
	h.pay()
	h.refund(h.pay(), "2.50")
	h.payLate()

	doc := h.as(users.RoleAccountant).page(start + "?lang=en")
	wantTexts(t, doc, ".takings .sum", "$20.00 × 2")
	wantTexts(t, doc, ".takings dd", "$2.50 × 1", "$17.50", "$10.00 × 1")
	wantTexts(t, doc, ".takings tbody tr > *", "Bank · KHQR", "$20.00 × 2", "$10.00 × 1")

	address, _ := doc.Find(".takings .sum a").Attr("href")
	if want := start + "/payments?currency=USD&paid=2026-04-21&status=taken"; address != want {
		t.Errorf("the sum leads to %s, want %s", address, want)
	}
	if rows := h.as(users.RoleAccountant).page(address).Find("table.rows tbody tr").Length(); rows != 2 {
		t.Errorf("the list behind the sum has %d payments", rows)
	}
	if refresh, _ := doc.Find("#today").Attr("hx-trigger"); refresh != "every 30s" {
		t.Errorf("refreshes %q", refresh)
	}
}

func TestTodayBeginsWithWhatNeedsSomebody(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	doc := h.as(users.RoleOwner).page(start + "?lang=en")
	wantTexts(t, doc, "#today > section:first-child .notice", "Nothing needs you now.")
	wantTexts(t, doc, "#today > section:nth-child(2) .lead", "Nothing was paid today yet.")

	h.payLate()
	h.payLate()
	h.Provider.Refuse = checkout.NotStarted(http.ErrServerClosed)
	for range 3 {
		h.Open()
	}
	for role, links := range map[users.Role]int{users.RoleOwner: 2, users.RoleManager: 2, users.RoleAccountant: 1} { // an accountant sees no settings
		doc := h.as(role).page(start + "?lang=en")
		wantTexts(t, doc, ".attention .notice", "2 payments came late", "Bank cannot be reached: the last payments could not be started")
		if got := doc.Find(".attention a").Length(); got != links {
			t.Errorf("%s: %d links, want %d", role, got, links)
		}
	}
}

func TestTodayIsForItsModeAndMerchantOnly(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.pay()
	h.payLate()
	doc := h.as(users.RoleOwner).page("/dashboard/live/klaing")
	if doc.Find(".takings, .attention").Length() > 0 {
		t.Errorf("live mode shows %s", doc.Find("#today").Text())
	}

	krama := h.createUser("owner@krama.example", map[string]users.Role{"krama": users.RoleOwner})
	if doc := h.signIn(krama).page("/dashboard/test/krama"); doc.Find(".takings, .attention").Length() > 0 {
		t.Errorf("another merchant sees %s", doc.Find("#today").Text())
	}
}

func TestStartOfWhoSeesNoMoneyIsAnotherPage(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.pay()
	for _, role := range []users.Role{users.RoleCashier, users.RoleDeveloper} {
		w := h.as(role).get(start)
		if location := w.Header().Get("Location"); w.Code != http.StatusSeeOther || !strings.HasPrefix(location, start+"/") {
			t.Errorf("%s: %d to %q", role, w.Code, location)
		}
	}
}

func TestRefundsThatFailedAreListedBehindTheirCount(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	payment := h.pay()
	_, err := h.Store.Update(t.Context(), payment.SessionID, func(p *checkout.Purchase) error {
		if err := p.RequestRefund("re_1", checkout.RefundParams{Payment: payment.ID, Amount: "2.50", Reason: "<b>Sold out</b>"}, h.Clock()); err != nil {
			return err
		}
		p.RecordRefundRefused("re_1", h.Clock())
		for i, event := range p.Events() {
			p.Events()[i].Body = fmt.Appendf(nil, `{"id":%q,"type":%q}`, event.ID, event.Type)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}

	b := h.as(users.RoleAccountant)
	item := b.page(start + "?lang=en").Find(".attention a")
	address, _ := item.Attr("href")
	doc := b.page(address + "?lang=en")
	if item.Text() != "1 refund failed in the last two weeks" || doc.Find("tbody tr").Length() != 1 {
		t.Errorf("%q leads to %s", item.Text(), doc.Find("main").Text())
	}
	wantTexts(t, doc, "tbody td:nth-child(n+3)", "<b>Sold out</b>", "Failed", "$2.50")
}
