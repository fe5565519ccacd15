package cmd

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"rieltime/checkout"
	"rieltime/internal/cambodia"
	"rieltime/providers/bakong/bakongsim"
	"rieltime/providers/kess/kesssim"
)

// reconcileHarness is a merchant with one payment at the KESS simulator, started today.
type reconcileHarness struct {
	*testing.T
	data    dataFlags
	sim     string
	payment checkout.Payment
}

func newReconcileHarness(t *testing.T) *reconcileHarness {
	t.Helper()
	sim, err := kesssim.New(kesssim.Options{})
	if err != nil {
		t.Fatal(err)
	}

	server := httptest.NewServer(sim.Handler())
	t.Cleanup(func() { server.Close(); sim.Close() })
	h := &reconcileHarness{T: t, sim: server.URL, data: dataFlags{databaseFlags: databaseFlags{Data: t.TempDir()}, Key: checkout.Secret(base64.StdEncoding.EncodeToString(newKey()))}}
	app := h.open()
	defer func() { _ = app.store.Close() }()

	session, err := app.service.CreateSession(t.Context(), "klaing", checkout.ModeTest, checkout.SessionParams{
		Amount: "2.50", Currency: "USD", Reference: "A-1", SuccessURL: "https://shop.example/ok", CancelURL: "https://shop.example/cart",
	})
	if err != nil {
		t.Fatal(err)
	}

	purchase, err := app.service.StartPayment(t.Context(), session.ID, checkout.StartParams{Method: "kess", Device: checkout.DeviceDesktop})
	if err != nil {
		t.Fatal(err)
	}

	h.payment = *purchase.Latest()
	return h
}

// open returns an app over the harness's database, in which the merchant has its account.
func (h *reconcileHarness) open() *app {
	h.Helper()
	app, err := h.data.open(h.Context(), "https://pay.example", slog.New(slog.DiscardHandler))
	if err != nil {
		h.Fatal(err)
	}

	spec, err := json.Marshal(map[string]any{
		"id": "klaing", "name": "Coffee Klaing", "return_hosts": []string{"shop.example"},
		"test": map[string]any{"providers": map[string]any{"kess": map[string]any{
			"base_url": h.sim, "client_id": kesssim.DemoClientID, "client_secret": kesssim.DemoClientSecret, "username": kesssim.DemoUsername,
			"password": kesssim.DemoPassword, "seller_code": kesssim.DemoSellerCode, "api_secret_key": kesssim.DemoAPISecretKey, "sign_type": "MD5",
		}}},
	})
	if err != nil {
		h.Fatal(err)
	}
	if _, err := app.applyMerchant(h.Context(), spec); err != nil {
		h.Fatal(err)
	}
	return app
}

// payAtKESS has KESS receive the payment's money without telling us.
func (h *reconcileHarness) payAtKESS() {
	h.Helper()
	order := fmt.Sprintf(`{"reference":%q,"status":"SUCCESS"}`, h.payment.Reference)
	answer, err := http.Post(h.sim+"/control/orders", "application/json", strings.NewReader(order))
	if err != nil || answer.StatusCode != http.StatusNoContent {
		h.Fatalf("the simulator responded %v (%v)", answer, err)
	}
	_ = answer.Body.Close()
}

func (h *reconcileHarness) reconcile() (string, error) {
	h.Helper()
	var out bytes.Buffer
	command := reconcileCommand{dataFlags: h.data, Provider: "kess", Day: cambodia.DayOf(time.Now()).String(), Wait: 20 * time.Second}
	err := command.Run(h.Context(), &out, slog.New(slog.DiscardHandler))
	return out.String(), err
}

func TestReconciliationFindsNoDifference(t *testing.T) {
	h := newReconcileHarness(t)
	if out, err := h.reconcile(); err != nil || !strings.Contains(out, `"matched": 1`) {
		t.Errorf("%s (%v)", out, err)
	}
}

// KESS has received money of which we have no proof: its list proves nothing, but a query
// about the payment does.
func TestReconciliationRecordsMoneyThatAQueryProves(t *testing.T) {
	h := newReconcileHarness(t)
	h.payAtKESS()
	out, err := h.reconcile()
	if err != nil || !strings.Contains(out, `"matched": 1`) || strings.Contains(out, `"found": []`) || strings.Contains(out, `""`) {
		t.Errorf("%s (%v)", out, err)
	}

	app := h.open()
	defer func() { _ = app.store.Close() }()
	purchase, err := app.service.Purchase(t.Context(), h.payment.SessionID)
	if err != nil {
		t.Fatal(err)
	}
	if payment := purchase.Payment(h.payment.ID); payment.Proof == nil || payment.Proof.Source != checkout.SourceQuery || purchase.Session.Status != checkout.SessionComplete {
		t.Errorf("session %s, payment %+v", purchase.Session.Status, payment)
	}
}

// An older backup was restored: KESS has money of a session that is gone.
func TestReconciliationFindsMoneyOfSessionsThatAreGone(t *testing.T) {
	h := newReconcileHarness(t)
	h.payAtKESS()
	h.data.Data = t.TempDir()
	app := h.open()
	out, err := h.reconcile()
	if !errors.Is(err, errReconcileDiffers) || !strings.Contains(out, `"provider_reference": "`+h.payment.Reference+`"`) || strings.Contains(out, `"extra": []`) {
		t.Errorf("%s (%v)", out, err)
	}

	count, _, openErr := app.store.OpenReports(t.Context(), "klaing", checkout.ModeTest, time.Time{})
	if err := errors.Join(openErr, app.store.Close()); err != nil || count != 1 {
		t.Errorf("%d reports need attention (%v)", count, err)
	}
}

func TestReconciliationNeedsADate(t *testing.T) {
	command := reconcileCommand{Day: "yesterday"}
	if err := command.Run(t.Context(), &bytes.Buffer{}, slog.New(slog.DiscardHandler)); err == nil {
		t.Error("yesterday is not a day")
	}
}

// Bakong is asked about a payment without money, and not again a moment later, when it does
// not answer any more: its daily allowance is the buyers'.
func TestReconciliationAsksNothingTwiceInTenMinutes(t *testing.T) {
	sim, err := bakongsim.New(bakongsim.Options{})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(sim.Handler())
	t.Cleanup(func() { server.Close(); sim.Close() })

	data := dataFlags{databaseFlags: databaseFlags{Data: t.TempDir()}, Key: checkout.Secret(base64.StdEncoding.EncodeToString(newKey()))}
	app, err := data.open(t.Context(), "https://pay.example", slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	settings := map[string]any{"base_url": server.URL, "account": bakongsim.DemoAccount, "merchant_name": "Klaing", "token": bakongsim.DemoToken}
	spec, err := json.Marshal(map[string]any{
		"id": "klaing", "name": "Coffee Klaing", "return_hosts": []string{"shop.example"}, "test": map[string]any{"providers": map[string]any{"bakong": settings}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := app.applyMerchant(t.Context(), spec); err != nil {
		t.Fatal(err)
	}
	session, err := app.service.CreateSession(t.Context(), "klaing", checkout.ModeTest, checkout.SessionParams{
		Amount: "2.50", Currency: "USD", Reference: "A-1", SuccessURL: "https://shop.example/ok", CancelURL: "https://shop.example/cart",
	})
	if err != nil {
		t.Fatal(err)
	}
	_, err = app.service.StartPayment(t.Context(), session.ID, checkout.StartParams{Method: "khqr", Device: checkout.DeviceDesktop})
	if err := errors.Join(err, app.store.Close()); err != nil {
		t.Fatal(err)
	}

	for _, wait := range []time.Duration{20 * time.Second, 0} {
		var out bytes.Buffer
		command := reconcileCommand{dataFlags: data, Day: cambodia.DayOf(time.Now()).String(), Wait: wait}
		if err := command.Run(t.Context(), &out, slog.New(slog.DiscardHandler)); err != nil || !strings.Contains(out.String(), `"matched": 1`) || !strings.Contains(out.String(), `"unanswered": 0`) {
			t.Errorf("%s (%v)", out.String(), err)
		}
		server.Close()
	}
}
