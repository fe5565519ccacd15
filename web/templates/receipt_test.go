package templates

import (
	"reflect"
	"strings"
	"testing"
)

func receiptExample(status ReceiptState) ReceiptView {
	return ReceiptView{
		Page: Page{Lang: "en", Path: "/r/token"}, Status: status, Merchant: Merchant{Name: "Tuk Tuk Cafe"}, Amount: "$12.50",
		Reference: "INV-1", CheckedAt: "14:05:09", Address: "https://pay.example/", Receipt: exampleReceipt("en"),
		Links: ReceiptLinks{Here: "/r/token", Other: "/r/token?cashier=1"},
	}
}

func TestOnlyPaidReadsPaid(t *testing.T) {
	for status, want := range map[ReceiptState]string{
		ReceiptPaid: "PAID", ReceiptDuplicate: "PAID", ReceiptRefunded: "PAID BACK", ReceiptReview: "NOT PAID", ReceiptChecking: "NOT PAID", ReceiptUnpaid: "NOT PAID", "": "NOT PAID",
	} {
		doc := parse(t, ReceiptPage(receiptExample(status)))
		if got := doc.Find(".verdict h1").Text(); got != want {
			t.Errorf("%q reads %q, want %q", status, got, want)
		}

		if got := doc.Find(".verdict.yes").Length() == 1; got != (want == "PAID") {
			t.Errorf("%q is green: %v", status, got)
		}
	}
}

func TestCashierSeesTheAnswerLarge(t *testing.T) {
	r := receiptExample(ReceiptPaid)
	r.Cashier = true
	doc := parse(t, ReceiptPage(r))
	want(t, doc, ".verdict.large", 1)
	want(t, doc, ".live, [data-print]", 0)
	for _, text := range []string{"$12.50", "INV-1", "14:05:09", "8465d722", "https://pay.example/"} {
		if !strings.Contains(doc.Text(), text) {
			t.Errorf("the cashier does not see %s", text)
		}
	}
}

func TestFinalAnswerIsNotQueriedAgain(t *testing.T) {
	r := receiptExample(ReceiptChecking)
	want(t, parse(t, ReceiptPage(r)), "[hx-get]", 0)
	r.PollSeconds = 5
	want(t, parse(t, ReceiptPage(r)), `#checkout[hx-get="/r/token"][hx-select="#checkout"]`, 1)
}

func TestLivePageCannotBeInjectedInto(t *testing.T) {
	r := receiptExample(ReceiptPaid)
	poison(reflect.ValueOf(&r).Elem(), `"><script id=x>alert(1)</script>`)
	want(t, parse(t, ReceiptPage(r)), "#x, script:not([src])", 0)
}

func TestAge(t *testing.T) {
	for minutes, want := range map[int]string{-1: "", 0: "0 min ago", 59: "59 min ago", 60: "1 h ago", 24*60 - 1: "23 h ago", 24 * 60: ""} {
		if got := Age("en", minutes); got != want {
			t.Errorf("%d minutes: %q, want %q", minutes, got, want)
		}
	}
}

func TestGalleryNamesEveryPageOnce(t *testing.T) {
	seen := map[string]bool{}
	for _, s := range Gallery("en") {
		if seen[s.Name] {
			t.Errorf("%s is there twice", s.Name)
		}
		seen[s.Name] = true
	}

	for _, state := range allStates {
		if !seen[string(state)] {
			t.Errorf("%s is not shown", state)
		}
	}
}
