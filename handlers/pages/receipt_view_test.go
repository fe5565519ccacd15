package pages

import (
	"strings"
	"testing"
	"time"

	"rieltime/checkout"
	"rieltime/web/templates"
)

func refunded(minor int64) func(*checkout.Payment) {
	return func(p *checkout.Payment) { p.Refunded = minor }
}

func TestReceiptShowsRefunds(t *testing.T) {
	t.Parallel()
	p := ended(purchaseOf(attempt(status(checkout.PaymentSucceeded, ""), money("", 250), refunded(100))), checkout.SessionComplete, 0)
	if got := receiptOf(p, p.Payments[0], pageRequest{lang: "en"}).Refunded; got != "$1.00" {
		t.Errorf("given back %q", got)
	}
}

func TestLiveStatus(t *testing.T) {
	t.Parallel()
	succeeded := status(checkout.PaymentSucceeded, "")
	for name, test := range map[string]struct {
		p    checkout.Purchase
		want templates.ReceiptState
		asks bool
	}{
		"nothing begun":     {purchaseOf(), templates.ReceiptUnpaid, true},
		"code":              {purchaseOf(attempt()), templates.ReceiptChecking, true},
		"paid":              {ended(purchaseOf(attempt(succeeded, money("", 250))), checkout.SessionComplete, 0), templates.ReceiptPaid, false},
		"given back":        {ended(purchaseOf(attempt(succeeded, money("", 250), refunded(250))), checkout.SessionComplete, 0), templates.ReceiptRefunded, false},
		"partly given back": {ended(purchaseOf(attempt(succeeded, money("", 250), refunded(100))), checkout.SessionComplete, 0), templates.ReceiptPaid, false},
		"paid twice":        {ended(purchaseOf(attempt(succeeded, money("", 250)), attempt(succeeded, money(checkout.ReviewDuplicate, 250))), checkout.SessionComplete, 0), templates.ReceiptDuplicate, false},
		"late":              {ended(purchaseOf(attempt(succeeded, money(checkout.ReviewLate, 250))), checkout.SessionExpired, 0), templates.ReceiptReview, false},
		"wrong amount":      {purchaseOf(attempt(money(checkout.ReviewMismatch, 100))), templates.ReceiptReview, true},
		"expired":           {ended(purchaseOf(attempt(status(checkout.PaymentExpired, "expired"))), checkout.SessionExpired, time.Minute), templates.ReceiptUnpaid, false},
		"expired, in doubt": {ended(purchaseOf(attempt(status(checkout.PaymentExpired, "expired"), doubtful)), checkout.SessionExpired, time.Minute), templates.ReceiptChecking, true},
		"canceled":          {ended(purchaseOf(attempt(status(checkout.PaymentCanceled, "canceled"))), checkout.SessionCanceled, time.Minute), templates.ReceiptUnpaid, false},
	} {
		got := receiptView(test.p, pageRequest{provider: served.ProviderInfo, knowsHashes: served.KnowsHashes, now: noon, lang: "en"}, "/r/x", false)
		if got.Status != test.want || (got.PollSeconds > 0) != test.asks {
			t.Errorf("%s: %s, asks again after %d s; want %s", name, got.Status, got.PollSeconds, test.want)
		}
	}
}

func TestSealedTextOpensOnlyWhereItWasSealed(t *testing.T) {
	t.Parallel()
	key := []byte(strings.Repeat("k", 32))
	receipts, again, logos := newSealer(key, "receipts"), newSealer(key, "receipts"), newSealer(key, "logos")
	token := receipts.seal("cs_1")
	if text, ok := again.open(token); !ok || text != "cs_1" || again.seal("cs_1") != token {
		t.Errorf("%q opens as %q", token, text)
	}

	if strings.Contains(token, "cs_1") || receipts.seal("cs_2")[:16] == token[:16] {
		t.Errorf("%q", token)
	}

	if _, ok := logos.open(token); ok {
		t.Error("a receipt's token names a logo")
	}

	for i := range token {
		for _, letter := range []string{"A", "B"} {
			forged := token[:i] + letter + token[i+1:]
			if _, ok := receipts.open(forged); ok && forged != token {
				t.Errorf("%q opens too", forged)
			}
		}
	}

	for _, text := range []string{"", "x", token + "A", token[1:], "é"} {
		if _, ok := receipts.open(text); ok {
			t.Errorf("%q opens", text)
		}
	}
}
