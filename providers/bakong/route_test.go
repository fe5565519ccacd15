package bakong_test

import (
	"context"
	"crypto/tls"
	"log/slog"
	"net"
	"net/url"
	"strings"
	"testing"
	"time"

	"rieltime/checkout"
	"rieltime/providers/bakong/bakongsim"
	"rieltime/providers/bakong/internal/relay"
)

// relayed has the harness's account call through a relay of its own, whose keys are
// returned as the setting has them.
func (h *harness) relayed() (identity string) {
	h.Helper()
	server, caller, err := relay.NewKeys("127.0.0.1", time.Now())
	if err != nil {
		h.Fatal(err)
	}
	config, err := relay.ServerTLS(server)
	if err != nil {
		h.Fatal(err)
	}
	upstream, err := url.Parse(h.server.URL)
	if err != nil {
		h.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		h.Fatal(err)
	}

	ctx, stop := context.WithCancel(h.Context())
	done := make(chan struct{})
	log := slog.New(slog.DiscardHandler)
	go func() {
		defer close(done)
		_ = relay.Serve(ctx, tls.NewListener(listener, config), relay.New(relay.Options{Upstream: upstream, PerSecond: 100, Log: log}), log)
	}()
	h.Cleanup(func() { stop(); <-done })
	h.settings["upstream"], h.settings["upstream_identity"] = "https://"+listener.Addr().String(), relay.Line(caller)
	return relay.Line(caller)
}

func TestProofThroughARelaySaysSo(t *testing.T) {
	h := newHarness(t)
	h.relayed()
	amount := checkout.Money{Minor: 1000, Currency: checkout.USD}
	payment := h.create(amount)
	if answer := h.query(payment); answer.Verdict != checkout.VerdictPending {
		t.Fatalf("before it is paid: %+v", answer)
	}
	h.pay(bakongsim.Payment{QR: payment.NextAction.QRCode})
	answer := h.query(payment)
	if answer.Verdict != checkout.VerdictPaid || answer.Proof.Amount != amount || !strings.Contains(string(answer.Proof.Raw), `"byRelay":"127.0.0.1:`) {
		t.Errorf("%+v", answer)
	}
	if warnings, err := h.provider.CheckAccount(t.Context(), h.account()); err != nil || len(warnings) != 0 {
		t.Errorf("%v %v", warnings, err)
	}
}

// A relay with other keys is somebody else's: what it says is not known.
func TestRelayOfSomebodyElseIsNotBelieved(t *testing.T) {
	h := newHarness(t)
	h.relayed()
	payment := h.create(checkout.Money{Minor: 1000, Currency: checkout.USD})
	_, stranger, err := relay.NewKeys("127.0.0.1", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	h.settings["upstream_identity"] = relay.Line(stranger)
	h.pay(bakongsim.Payment{QR: payment.NextAction.QRCode})
	if answer := h.query(payment); answer.Verdict != checkout.VerdictUnknown {
		t.Errorf("%+v", answer)
	}
}

func TestRelayWithoutKeysIsAWarning(t *testing.T) {
	h := newHarness(t)
	h.settings["upstream"] = h.server.URL
	warnings, err := h.provider.CheckAccount(t.Context(), h.account())
	if err != nil || len(warnings) != 1 || !strings.Contains(warnings[0], "whoever runs it") {
		t.Errorf("%v %v", warnings, err)
	}
	h.settings["upstream_identity"] = "x"
	if err := h.provider.CheckSettings(checkout.ModeTest, h.account().Settings); err == nil {
		t.Error("an identity that is none is taken")
	}
}
