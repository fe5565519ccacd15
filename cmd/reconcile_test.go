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
	"rieltime/providers/kess/kesssim"
)

// kessDay is a merchant with one payment at a KESS simulator today.
type kessDay struct {
	*testing.T
	data    dataFlags
	sim     string
	payment checkout.Payment
}

func newKESSDay(t *testing.T) *kessDay {
	t.Helper()
	sim, err := kesssim.New(kesssim.Options{})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(sim.Handler())
	t.Cleanup(func() { server.Close(); sim.Close() })
	d := &kessDay{T: t, sim: server.URL, data: dataFlags{Data: t.TempDir(), Key: checkout.Secret(base64.StdEncoding.EncodeToString(newKey()))}}
	app, err := d.data.open(t.Context(), "https://pay.example", slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = app.store.Close() }()
	spec, err := json.Marshal(map[string]any{
		"id": "klaing", "name": "Coffee Klaing", "return_hosts": []string{"shop.example"},
		"test": map[string]any{"providers": map[string]any{"kess": map[string]any{
			"base_url": d.sim, "client_id": kesssim.DemoClientID, "client_secret": kesssim.DemoClientSecret, "username": kesssim.DemoUsername,
			"password": kesssim.DemoPassword, "seller_code": kesssim.DemoSellerCode, "api_secret_key": kesssim.DemoAPISecretKey, "sign_type": "MD5",
		}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := app.applyMerchant(t.Context(), spec); err != nil {
		t.Fatal(err)
	}
	session, err := app.service.CreateSession(t.Context(), "klaing", checkout.ModeTest, checkout.SessionParams{
		Amount: "2.50", Currency: "USD", Reference: "A-1", SuccessURL: "https://shop.example/ok", CancelURL: "https://shop.example/cart",
	}, checkout.IdempotentRequest{})
	if err != nil {
		t.Fatal(err)
	}
	purchase, err := app.service.StartPayment(t.Context(), session.ID, checkout.StartParams{Method: "kess", Device: checkout.DeviceDesktop})
	if err != nil {
		t.Fatal(err)
	}
	d.payment = *purchase.Latest()
	return d
}

func (d *kessDay) reconcile() (string, error) {
	d.Helper()
	var out bytes.Buffer
	command := reconcileCommand{dataFlags: d.data, provider: "kess", Day: time.Now().In(cambodia.Zone).Format(time.DateOnly)}
	err := command.Run(d.Context(), &out, slog.New(slog.DiscardHandler))
	return out.String(), err
}

func TestReconciliationFindsNothingToTell(t *testing.T) {
	d := newKESSDay(t)
	if out, err := d.reconcile(); err != nil || !strings.Contains(out, `"matched": 1`) {
		t.Errorf("%s (%v)", out, err)
	}
}

// KESS knows of money that we have not heard of.
func TestReconciliationTellsWhatDiffers(t *testing.T) {
	d := newKESSDay(t)
	order := fmt.Sprintf(`{"reference":%q,"status":"SUCCESS"}`, d.payment.Reference)
	answer, err := http.Post(d.sim+"/control/orders", "application/json", strings.NewReader(order))
	if err != nil || answer.StatusCode != http.StatusNoContent {
		t.Fatalf("the simulator says %v (%v)", answer, err)
	}
	_ = answer.Body.Close()
	out, err := d.reconcile()
	if !errors.Is(err, errReconcileDiffers) || !strings.Contains(out, `"provider_reference": "`+d.payment.Reference+`"`) || !strings.Contains(out, `"paid"`) ||
		!strings.Contains(out, `"transaction_id": null`) || strings.Contains(out, `""`) {
		t.Errorf("%s (%v)", out, err)
	}
}

func TestReconciliationAsksForADay(t *testing.T) {
	command := reconcileCommand{provider: "kess", Day: "yesterday"}
	if err := command.Run(t.Context(), &bytes.Buffer{}, slog.New(slog.DiscardHandler)); err == nil {
		t.Error("yesterday is not a day")
	}
}
