package cmd

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"rieltime/checkout"
	"rieltime/webhooks/outbound"
)

func TestRateIsReadFromJSONAndCSV(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		source     checkout.RateAddress
		body, want string // empty want: an error
	}{
		"number":          {checkout.RateAddress{Value: "rates.0.sell"}, `{"rates":[{"sell":4050.50}]}`, "4050.50"},
		"text":            {checkout.RateAddress{Value: "USD"}, `{"USD":" 4050 "}`, "4050"},
		"with a time":     {checkout.RateAddress{Value: "sell", Time: "day"}, `{"sell":"4050","day":"2026-01-02"}`, "4050 at 2026-01-01T17:00:00Z"},
		"no such path":    {checkout.RateAddress{Value: "rates.1.sell"}, `{"rates":[{"sell":4050}]}`, ""},
		"not a number":    {checkout.RateAddress{Value: "sell"}, `{"sell":{"value":4050}}`, ""},
		"nothing":         {checkout.RateAddress{Value: "sell"}, `{"sell":null}`, ""},
		"no JSON":         {checkout.RateAddress{Value: "sell"}, `<html>`, ""},
		"an unclear time": {checkout.RateAddress{Value: "sell", Time: "day"}, `{"sell":"4050","day":"2 January"}`, ""},
		"csv":             {checkout.RateAddress{Format: checkout.RatesCSV, Value: "Sell", Time: "Day"}, "day,sell\n2026-01-02,4060\n2026-01-01,4050\n", "4060 at 2026-01-01T17:00:00Z"},
		"csv of nothing":  {checkout.RateAddress{Format: checkout.RatesCSV, Value: "sell", Time: "day"}, "day,sell\n", ""},
		"another column":  {checkout.RateAddress{Format: checkout.RatesCSV, Value: "buy", Time: "day"}, "day,sell\n2026-01-02,4060\n", ""},
	} {
		read := readRateJSON
		if test.source.Format == checkout.RatesCSV {
			read = readLastRate
		}
		got, at, err := read([]byte(test.body), test.source)
		if !at.IsZero() {
			got += " at " + at.UTC().Format("2006-01-02T15:04:05Z07:00")
		}
		if (err == nil) != (test.want != "") || err == nil && got != test.want {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
}

func TestFetchIsBounded(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/large":
			fmt.Fprint(w, strings.Repeat(" ", maxRateAnswer), "4050")
		case "/moved":
			http.Redirect(w, r, "/", http.StatusFound)
		case "/gone":
			w.WriteHeader(http.StatusNotFound)
		}
	}))
	defer server.Close()

	inside := outbound.NewClient(fetchTimeout, true)
	for _, path := range []string{"/large", "/moved", "/gone"} {
		if body, err := fetchAnswer(t.Context(), inside, server.URL+path); err == nil {
			t.Errorf("%s is taken: %d bytes", path, len(body))
		}
	}
	if _, err := fetchAnswer(t.Context(), outbound.NewClient(fetchTimeout, false), server.URL); err == nil || !strings.Contains(err.Error(), "public internet") {
		t.Errorf("an address inside: %v", err)
	}
}

func TestRatesAreFetched(t *testing.T) {
	h := newReconcileHarness(t)
	app, err := h.data.open(t.Context(), "https://pay.example", slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = app.store.Close() }()
	app.allowPrivate = true

	answer := `{"sell":4050}`
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, answer) }))
	defer server.Close()
	stored, err := app.store.MerchantSettings(t.Context(), "klaing")
	if err != nil {
		t.Fatal(err)
	}
	spec := stored.Spec()
	spec.Exchange.Fetch = checkout.RateAddress{URL: server.URL, Value: "sell"}
	if _, err := app.service.ApplyMerchant(t.Context(), app.store, spec); err != nil {
		t.Fatal(err)
	}

	last := func() checkout.Rate {
		rate, err := app.store.LastRate(t.Context(), checkout.Rate{MerchantID: "klaing", Mode: checkout.ModeTest, Base: checkout.USD, Quote: checkout.KHR})
		if err != nil {
			t.Fatal(err)
		}
		return rate
	}
	if err := app.fetchRates(t.Context(), time.Now()); err != nil || last().Value != "4050" || last().Source != checkout.RateFetched || last().FarOff {
		t.Errorf("fetched %+v, %v", last(), err)
	}

	answer = `{"sell":405}`
	if err := app.fetchRates(t.Context(), time.Now()); err != nil || last().Value != "405" || !last().FarOff {
		t.Errorf("far off: %+v, %v", last(), err)
	}
	if trouble, _, err := app.service.RateTrouble(t.Context(), "klaing", checkout.ModeTest); err != nil || trouble != checkout.RateFarOff {
		t.Errorf("the dashboard is told %q, %v", trouble, err)
	}

	answer = `{"sell":"soon"}`
	if err := app.fetchRates(t.Context(), time.Now()); err == nil {
		t.Error("nonsense is no error")
	}
}
