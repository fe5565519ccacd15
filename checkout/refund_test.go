package checkout_test

import (
	"errors"
	"testing"
	"time"

	"rieltime/checkout"
)

func refundable(minor int64) checkout.Purchase {
	proof := checkout.Proof{Amount: checkout.Money{Minor: minor, Currency: checkout.KHR}}
	return checkout.Purchase{Payments: []checkout.Payment{{ID: "pay_1", Amount: checkout.Money{Minor: 500, Currency: checkout.USD}, Proof: &proof}}}
}

func TestRefundsAreOfTheMoneyThatCame(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	p := refundable(41000)
	if err := p.RequestRefund("re_1", checkout.RefundParams{Payment: "pay_1", Amount: "1.50", Reason: "x"}, now); err == nil {
		t.Error("riel with decimals were taken")
	}
	if err := p.RequestRefund("re_1", checkout.RefundParams{Payment: "pay_1", Amount: "1000", Reason: "x"}, now); err != nil {
		t.Fatal(err)
	}
	if err := p.RequestRefund("re_1", checkout.RefundParams{Payment: "pay_1", Amount: "1000", Reason: "x"}, now); err != nil || len(p.Refunds) != 1 {
		t.Errorf("the same id again: %v, %d refunds", err, len(p.Refunds))
	}
	if err := p.RequestRefund("re_2", checkout.RefundParams{Payment: "pay_1", Reason: "x"}, now); err != nil || p.Refunds[1].Amount.String() != "40000 KHR" {
		t.Errorf("what is left: %v, %+v", err, p.Refunds)
	}
	if err := p.RequestRefund("re_3", checkout.RefundParams{Payment: "pay_1", Amount: "1", Reason: "x"}, now); !errors.Is(err, checkout.ErrRefundTooLarge) {
		t.Errorf("beyond: %v", err)
	}
	p.RecordRefundAnswer("re_2", checkout.RefundAnswer{Verdict: checkout.VerdictFailed}, now)
	if left := p.Payments[0].Refundable(); left.String() != "40000 KHR" {
		t.Errorf("after one failed %s are left", left)
	}
	p.RecordRefundAnswer("re_2", checkout.RefundAnswer{Verdict: checkout.VerdictPaid}, now)
	if got := p.Refund("re_2").Status; got != checkout.RefundFailed {
		t.Errorf("a failed refund became %s", got)
	}
}

func TestPendingRefundsAreQueriedEverMoreRarely(t *testing.T) {
	t.Parallel()
	made := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	refund := checkout.Refund{CreatedAt: made}
	for _, test := range []struct{ age, want time.Duration }{
		{0, 35 * time.Second}, {20 * time.Second, 15 * time.Second}, {35 * time.Second, 15 * time.Second},
		{4 * time.Minute, time.Minute}, {15 * 24 * time.Hour, 6 * time.Hour},
	} {
		if got := refund.NextQueryAfter(made.Add(test.age)); got != test.want {
			t.Errorf("after %v: in %v, want %v", test.age, got, test.want)
		}
	}
}

// A refund that counted as never received turns out to have been made, after
// its amount was given back another way: the merchant is told once, however
// often the provider says so.
func TestMoneyReturnedTwiceIsReportedOnce(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	p := refundable(41000)
	if err := p.RequestRefund("re_1", checkout.RefundParams{Payment: "pay_1", Reason: "x"}, now); err != nil {
		t.Fatal(err)
	}
	p.RecordRefundAnswer("re_1", checkout.RefundAnswer{Verdict: checkout.VerdictClosed}, now)
	p.RecordRefundAnswer("re_1", checkout.RefundAnswer{Verdict: checkout.VerdictClosed}, now.Add(time.Hour))
	if got := p.Refund("re_1").Status; got != checkout.RefundFailed {
		t.Fatalf("a refund that was never received is %s", got)
	}
	if err := p.RequestRefund("re_2", checkout.RefundParams{Payment: "pay_1", Reason: "x", ByHand: &checkout.ByHand{By: "Bopha"}}, now); err != nil {
		t.Fatal(err)
	}
	events := 0
	for i := range 3 {
		before := len(p.Events())
		p.RecordRefundAnswer("re_1", checkout.RefundAnswer{Verdict: checkout.VerdictPaid}, now.Add(2*time.Hour+time.Duration(i)*time.Minute))
		events += len(p.Events()) - before
	}
	if events != 1 || p.Refund("re_1").UnresolvedAt.IsZero() {
		t.Errorf("reported %d times, unresolved at %s", events, p.Refund("re_1").UnresolvedAt)
	}
}
