package cmd

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"rieltime/checkout"
	"rieltime/db"
	"rieltime/internal/cambodia"
)

// demoHistory starts a demo with a history and ends it again.
func demoHistory(t *testing.T, data string) {
	t.Helper()
	args := []string{"demo", "--history", "--data", data}
	for _, flag := range []string{"listen", "shop", "bakong-sim", "baray-sim", "kess-sim", "bayopay-sim", "telegram-sim"} {
		args = append(args, "--"+flag, "127.0.0.1:0")
	}
	out, stop := startCommand(t, args...)
	out.waitForLine(t, "Buy something")
	stop()
}

// openDemo opens the database of a demo.
func openDemo(t *testing.T, data string) *db.Store {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(data, "demo-secrets.json"))
	if err != nil {
		t.Fatal(err)
	}

	var secrets demoSecrets
	if err := json.Unmarshal(text, &secrets); err != nil {
		t.Fatal(err)
	}
	store, err := dataFlags{databaseFlags: databaseFlags{Data: data}, Key: checkout.Secret(secrets.Key)}.openStore(t.Context(), db.ReadOnly, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	return store
}

// allPayments are those of the demo's merchant.
func allPayments(t *testing.T, store *db.Store) []checkout.Payment {
	t.Helper()
	payments, more, err := store.ListPayments(t.Context(), demoMerchant, checkout.ModeTest, checkout.PaymentQuery{ListPart: checkout.ListPart{Limit: 5000}})
	if err != nil || more {
		t.Fatal(more, err)
	}
	return payments
}

func TestDemoHistoryIsOfThePastAndMadeOnce(t *testing.T) {
	data := t.TempDir()
	demoHistory(t, data)
	mustRun(t, "check", "--data", data)

	store := openDemo(t, data)
	payments := allPayments(t, store)
	if len(payments) < 400 {
		t.Fatalf("%d payments", len(payments))
	}

	open := map[checkout.Review]int{}
	methods, currencies, hours := map[string]int{}, map[checkout.Currency]int{}, map[int]int{}
	for _, p := range payments {
		if !p.NextCheckAt.IsZero() || !p.UnansweredSince.IsZero() || !p.Status.Closed() {
			t.Errorf("%s is %s and still queried", p.ID, p.Status)
		}
		if p.Review != checkout.ReviewNone && p.Decision == nil {
			open[p.Review]++
		}
		methods[p.Method]++
		currencies[p.Amount.Currency]++
		hours[p.CreatedAt.In(cambodia.Zone).Hour()]++
	}

	if want := map[checkout.Review]int{checkout.ReviewLate: 1, checkout.ReviewDuplicate: 1}; !reflect.DeepEqual(open, want) {
		t.Errorf("open reviews: %v, want %v", open, want)
	}
	if len(methods) < 5 || len(currencies) != 2 || hours[7] < 2*hours[11] {
		t.Errorf("methods %v, currencies %v, hours %v", methods, currencies, hours)
	}

	endpoints, _, err := store.ListEndpoints(t.Context(), demoMerchant, checkout.ModeTest, checkout.ListPart{Limit: 1})
	if err != nil {
		t.Fatal(err)
	}
	pending, _, err := store.ListDeliveries(t.Context(), checkout.DeliveryQuery{ListPart: checkout.ListPart{Limit: 10}, EndpointID: endpoints[0].ID, Status: checkout.DeliveryPending})
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range pending { // the digest of yesterday's events may be under way
		if d.EventType != checkout.EventEventsDigest {
			t.Errorf("a %s waits to be sent", d.EventType)
		}
	}

	demoHistory(t, data)
	if after := len(allPayments(t, store)); after != len(payments) {
		t.Errorf("%d payments after the second start, %d after the first", after, len(payments))
	}
}

func TestHistoryIsTheSameEachTime(t *testing.T) {
	methods := []checkout.Method{{ID: "a", Kind: checkout.ActionQRCode}, {ID: "b"}}
	now := time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)
	none := func(checkout.Method) bool { return false }
	first, second := planHistory(now, methods, none), planHistory(now, methods, none)
	if !reflect.DeepEqual(first, second) {
		t.Error("two plans differ")
	}

	days := map[time.Weekday]int{}
	for _, p := range first {
		days[p.at.In(cambodia.Zone).Weekday()]++
	}
	if days[time.Sunday] >= days[time.Saturday] {
		t.Errorf("purchases by weekday: %v", days)
	}
}
