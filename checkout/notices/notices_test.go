package notices_test

import (
	"testing"
	"time"

	"rieltime/checkout"
	"rieltime/checkout/notices"
	"rieltime/internal/cambodia"
)

var noon = time.Date(2026, 4, 14, 5, 0, 0, 0, time.UTC)

func TestMorePaymentsMakeLongerPauses(t *testing.T) {
	for payments, want := range map[int]time.Duration{1: 3500 * time.Millisecond, 10: 10 * time.Second, 500: 15 * time.Second} {
		if got := (notices.Progress{Failures: 3}).Sent(notices.Group, payments, noon); got.Waits(noon) != want || got.Failures != 0 {
			t.Errorf("after %d payments %+v", payments, got)
		}
	}
	if got := (notices.Progress{}).Sent(notices.Private, 1, noon).Waits(noon); got != 1500*time.Millisecond {
		t.Errorf("a person waits %v", got)
	}
}

func TestFailuresWaitLongerUpToABound(t *testing.T) {
	var p notices.Progress
	for i, want := range []time.Duration{2 * time.Second, 4 * time.Second, 8 * time.Second} {
		if p = p.Failed(0, noon); p.Waits(noon) != want {
			t.Errorf("failure %d waits %v", i, p.Waits(noon))
		}
	}
	p.Failures = 1000
	if p = p.Failed(0, noon); p.Waits(noon) != 10*time.Minute {
		t.Errorf("the longest wait is %v", p.Waits(noon))
	}
	if p = p.Failed(40*time.Second, noon); p.Waits(noon) != 40*time.Second {
		t.Errorf("asked to wait 40 s, waits %v", p.Waits(noon))
	}
	if wait := p.Waits(noon.Add(-24 * time.Hour)); wait != 0 {
		t.Errorf("after the clock was set back waits %v", wait)
	}
}

func TestDayIsToldWhenItIsOver(t *testing.T) {
	p := notices.Progress{ToldDay: cambodia.DayOf(noon) - 1}
	midnight := (cambodia.DayOf(noon) + 1).Begin()
	for at, want := range map[time.Time]bool{noon: false, midnight: false, midnight.Add(time.Minute): true} {
		day, due := p.DueDay(at)
		if due != want || due && day != cambodia.DayOf(noon) {
			t.Errorf("at %v %v, %v", at, day, due)
		}
	}
}

func TestEventsAreRead(t *testing.T) {
	event := func(object string) checkout.Event {
		return checkout.Event{Type: checkout.EventPaymentMismatch, Body: []byte(`{"data":{"object":` + object + `}}`)}
	}
	item, err := notices.ReadItem(event(`{"id":"pay_1","amount":"10.00","currency":"USD","merchant_reference":"A-1","proof":{"amount":"41000","currency":"KHR"}}`))
	if err != nil || item.Asked != (checkout.Money{Minor: 1000, Currency: checkout.USD}) || item.Amount != (checkout.Money{Minor: 41000, Currency: checkout.KHR}) || item.Reference != "A-1" || !item.Attention() {
		t.Errorf("%+v, %v", item, err)
	}
	if refund, err := notices.ReadItem(event(`{"id":"re_1","payment":"pay_2","amount":"1.50","currency":"USD"}`)); err != nil || refund.PaymentID != "pay_2" || refund.Amount.Minor != 150 {
		t.Errorf("%+v, %v", refund, err)
	}
	if _, err := notices.ReadItem(event(`{"amount":"many"}`)); err == nil {
		t.Error("an event without an amount is read")
	}
}
