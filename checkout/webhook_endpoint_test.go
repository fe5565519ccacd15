package checkout_test

import (
	"testing"
	"time"

	"rieltime/checkout"
)

func TestFailuresSwitchAnEndpointOffAfterDays(t *testing.T) {
	t.Parallel()
	start := time.Date(2026, 4, 14, 5, 0, 0, 0, time.UTC)
	after := func(d time.Duration) checkout.DeliveryAttempt { return checkout.DeliveryAttempt{At: start.Add(d)} }
	gone := checkout.DeliveryAttempt{At: start, Gone: true}
	taken := after(50 * time.Hour)
	taken.Delivered = true
	for name, test := range map[string]struct {
		attempts []checkout.DeliveryAttempt
		disabled checkout.DisabledReason
		since    time.Time
	}{
		"a failure":             {[]checkout.DeliveryAttempt{after(0)}, "", start},
		"almost three days":     {[]checkout.DeliveryAttempt{after(0), after(time.Hour), after(72*time.Hour - 1)}, "", start},
		"three days":            {[]checkout.DeliveryAttempt{after(0), after(72 * time.Hour)}, checkout.DisabledFailing, start},
		"an event taken":        {[]checkout.DeliveryAttempt{after(0), taken}, "", time.Time{}},
		"taken in between":      {[]checkout.DeliveryAttempt{after(0), taken, after(73 * time.Hour)}, "", start.Add(73 * time.Hour)},
		"gone":                  {[]checkout.DeliveryAttempt{gone}, checkout.DisabledGone, start},
		"failing after it went": {[]checkout.DeliveryAttempt{gone, after(80 * time.Hour)}, checkout.DisabledGone, start},
	} {
		var e checkout.WebhookEndpoint
		for _, attempt := range test.attempts {
			e.RecordAttempt(attempt)
		}
		if e.Disabled != test.disabled || !e.FailingSince.Equal(test.since) {
			t.Errorf("%s: disabled %q, failing since %v", name, e.Disabled, e.FailingSince)
		}
	}
}

func TestEndpointReceivesWhatItsFilterNames(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		events []checkout.EventType
		kind   checkout.EventType
		want   bool
	}{
		{[]checkout.EventType{checkout.EveryEvent}, checkout.EventPaymentLate, true},
		{[]checkout.EventType{checkout.EveryEvent}, "payment.of_tomorrow", true},
		{[]checkout.EventType{checkout.EventPaymentLate}, checkout.EventPaymentLate, true},
		{[]checkout.EventType{checkout.EventPaymentLate}, checkout.EventPaymentFailed, false},
		{[]checkout.EventType{checkout.EveryEvent, checkout.EventWebhookTest}, checkout.EventWebhookTest, false},
	} {
		e := checkout.WebhookEndpoint{Events: test.events}
		if e.Subscribes(test.kind) != test.want {
			t.Errorf("%v hears %s: %v", test.events, test.kind, !test.want)
		}
	}
}

func TestApplyingAMerchantLeavesOtherEndpointsAlone(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	other := "https://shop.example/other"
	made, err := h.CreateEndpoint(t.Context(), "klaing", checkout.ModeTest, checkout.EndpointParams{URL: &other})
	if err != nil {
		t.Fatal(err)
	}
	for _, address := range []string{"https://shop.example/one", "https://shop.example/one", "https://shop.example/two", ""} {
		spec, err := checkout.ParseMerchantSpec([]byte(`{"id":"klaing","name":"Coffee Klaing","return_hosts":["shop.example"],"test":{"webhook_url":"` + address + `"}}`))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := h.ApplyMerchant(t.Context(), h.Store, spec); err != nil {
			t.Fatal(err)
		}
		endpoints, _, err := h.Store.ListEndpoints(t.Context(), "klaing", checkout.ModeTest, checkout.ListPart{Limit: 10})
		if err != nil || len(endpoints) != 2 {
			t.Fatalf("%d endpoints, %v", len(endpoints), err)
		}
		for _, endpoint := range endpoints {
			if endpoint.ID == made.ID {
				if endpoint.URL != other || endpoint.Disabled != "" {
					t.Errorf("applying %q changed %+v", address, endpoint)
				}
			} else if (endpoint.Disabled != "") != (address == "") || (address != "" && endpoint.URL != address) {
				t.Errorf("applying %q gave %+v", address, endpoint)
			}
		}
	}
}
