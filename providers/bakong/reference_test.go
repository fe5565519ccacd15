package bakong_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"rieltime/checkout"
	"rieltime/providers/bakong/bakongsim"
)

func (h *harness) withReferences() *harness {
	h.settings["reference_lookups"] = true
	return h
}

func (h *harness) checkReference(payment checkout.Payment, kind, text string) checkout.Answer {
	return h.provider.CheckReference(context.Background(), h.account(), payment, checkout.Reference{Kind: kind, Text: text})
}

func (h *harness) kinds() string {
	kinds, allowed := h.provider.ReferenceKinds(h.account())
	return fmt.Sprint(strings.Join(kinds, " "), " ", allowed)
}

func TestReferencesAreLookedUpByTheSettingOnly(t *testing.T) {
	h := newHarness(t)
	if got := h.kinds(); got != " false" {
		t.Errorf("by default: %q", got)
	}
	if got := h.withReferences().kinds(); got != "externalRef instructionRef true" {
		t.Errorf("with reference_lookups: %q", got)
	}
}

func TestReferenceOffTheReceiptIsProof(t *testing.T) {
	for name, amount := range map[string]checkout.Money{"dollars": usd(1050), "riel": khr(41000)} {
		h := newHarness(t).withReferences()
		payment := h.create(amount)
		made := h.pay(bakongsim.Payment{MD5: payment.ProviderID, InstructionRef: "INS-00017"})
		for kind, text := range map[string]string{"externalRef": made.ExternalRef(), "instructionRef": "INS-00017"} {
			answer := h.checkReference(payment, kind, text)
			if answer.Verdict != checkout.VerdictPaid || answer.Proof.TransactionID != made.Hash || answer.Proof.Source != checkout.SourceHash ||
				answer.Proof.Amount != amount || answer.Proof.Reference != payment.Reference {
				t.Errorf("%s, %s: %+v", name, kind, answer)
			}
		}
		if answer := h.checkReference(payment, "externalRef", "100FT00000000"); answer.Verdict != checkout.VerdictPending || answer.Proof != nil {
			t.Errorf("%s, unknown: %+v", name, answer)
		}
	}
}

func TestReferenceOfAnotherTransactionIsUnknown(t *testing.T) {
	for name, other := range map[string]bakongsim.Payment{
		"another amount":   {Amount: "2.00"},
		"another currency": {Amount: "1", Currency: "KHR"},
		"another payee":    {To: "someone@devb"},
		"made before":      {CreatedMs: start.Add(-3 * time.Minute).UnixMilli()},
		"failed":           {Fail: true},
	} {
		h := newHarness(t).withReferences()
		payment := h.create(usd(100))
		other.MD5 = payment.ProviderID
		made := h.pay(other)
		if answer := h.checkReference(payment, "externalRef", made.ExternalRef()); answer.Verdict != checkout.VerdictPending || answer.Proof != nil {
			t.Errorf("%s: %+v", name, answer)
		}
	}
}

func TestAnswerAboutAnotherReferenceIsUnknown(t *testing.T) {
	const answered = `{"responseCode":0,"data":{"hash":"ffff","toAccountId":"rieltime_demo@devb","currency":"USD","amount":1%s}}`
	for fields, want := range map[string]checkout.Verdict{
		`,"externalRef":"100FT2"`:                           checkout.VerdictPending,
		`,"externalRef":"100ft1","instructionRef":"IN2"`:    checkout.VerdictPaid,
		`,"externalRef":null`:                               checkout.VerdictPaid, // only the amount, the payee and the time speak for it
		`,"externalRef":"100FT2","instructionRef":"100FT1"`: checkout.VerdictPending,
	} {
		h := newHarness(t).withReferences()
		payment := h.create(usd(100))
		h.control("POST", "faults", fault(200, fmt.Sprintf(answered, fields)), nil)
		if answer := h.checkReference(payment, "externalRef", "100FT1"); answer.Verdict != want {
			t.Errorf("%s: %+v", fields, answer)
		}
	}
}

func TestFormOfReferences(t *testing.T) {
	h := newHarness(t)
	for text, want := range map[string]bool{
		"100FT38906478429": true, "DEV123456ZTH": true, "INS-00017": true, "2026/11/30:17.4": true, strings.Repeat("7", 64): true,
		"": false, "12345": false, "receipt": false, "100FT 38906": false, "-100FT389": false, "100FT389\n": false, "១០០FT389": false,
		"<b>100FT</b>": false, "100FT'--": false, strings.Repeat("7", 65): false,
	} {
		if got := h.provider.IsReference(text); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
}

// An endpoint that is not there and one that is refused are left alone for a while, each
// for itself, and the log tells them apart.
func TestRefusedReferencesAreRemembered(t *testing.T) {
	for status, test := range map[int]struct {
		logged string
		pause  time.Duration
	}{404: {"has no look-up", time.Hour}, 405: {"has no look-up", time.Hour}, 403: {"refuses look-ups", 10 * time.Minute}} {
		h := newHarness(t).withReferences()
		payment := h.create(usd(100))
		h.control("POST", "faults", fmt.Sprintf(`{"kind":"status","status":%d,"body":"<html>","path":"external_ref"}`, status), nil)

		answer := h.checkReference(payment, "externalRef", "100FT38906478429")
		if answer.Verdict != checkout.VerdictUnknown || !errors.Is(answer.Cause, checkout.ErrReferencesRefused) || !answer.PauseUntil.IsZero() {
			t.Errorf("%d: %+v", status, answer)
		}
		if log := h.log.String(); !strings.Contains(log, test.logged) || !strings.Contains(log, "reference_lookups") {
			t.Errorf("%d: the log says %s", status, log)
		}
		if got := h.kinds(); got != "instructionRef true" {
			t.Errorf("%d: then %q", status, got)
		}
		if answer := h.checkHash(payment, "8465d722"); answer.Verdict != checkout.VerdictPending {
			t.Errorf("%d: a hash: %+v", status, answer)
		}

		h.clock.Add(test.pause - time.Second)
		if got := h.kinds(); got != "instructionRef true" {
			t.Errorf("%d: nearly %s later %q", status, test.pause, got)
		}
		h.clock.Add(time.Second)
		if got := h.kinds(); got != "externalRef instructionRef true" {
			t.Errorf("%d: %s later %q", status, test.pause, got)
		}
	}
}

// What is remembered is of one account at one address.
func TestRefusedReferencesAreOfOneAccount(t *testing.T) {
	h := newHarness(t).withReferences()
	h.control("POST", "faults", `{"kind":"status","status":404,"path":"_ref"}`, nil)
	h.checkReference(h.create(usd(100)), "externalRef", "100FT38906478429")
	other := h.account()
	other.ID = "acct_2"
	if kinds, _ := h.provider.ReferenceKinds(other); len(kinds) != 2 {
		t.Errorf("another account: %q", kinds)
	}
	h.settings["base_url"] = "https://bakong.example"
	if got := h.kinds(); got != "externalRef instructionRef true" {
		t.Errorf("at another address: %q", got)
	}
}

func TestReferenceThatCannotBeCheckedIsUnknown(t *testing.T) {
	for name, c := range map[string]string{
		"broken": fault(500, ``), "too many": fault(429, ``), "nonsense": fault(200, `{`), "cut": `{"kind":"reset"}`, "never answers": `{"kind":"timeout"}`,
		"token": fault(401, ``), "daily limit": fault(200, `{"responseCode":1,"errorCode":17}`),
	} {
		h := newHarness(t).withReferences()
		payment := h.create(usd(100))
		h.control("POST", "faults", c, nil)
		answer := h.checkReference(payment, "externalRef", "100FT38906478429")
		if answer.Verdict != checkout.VerdictUnknown || answer.Cause == nil || errors.Is(answer.Cause, checkout.ErrReferencesRefused) || h.kinds() != "externalRef instructionRef true" {
			t.Errorf("%s: %+v, then %q", name, answer, h.kinds())
		}
	}
}

// The check of an account says what buyers cannot do, and tells 404 from 403.
func TestCheckOfAnAccountTriesTheLookUps(t *testing.T) {
	for fault, want := range map[string]string{
		"": "",
		`{"kind":"status","status":404,"path":"external_ref"}`:    "has no look-up by externalRef (HTTP status 404 or the like)",
		`{"kind":"status","status":403,"path":"instruction_ref"}`: "refuses look-ups by instructionRef (HTTP status 403)",
		`{"kind":"status","status":500,"path":"external_ref"}`:    "by externalRef is not known",
	} {
		h := newHarness(t).withReferences()
		if fault != "" {
			h.control("POST", "faults", fault, nil)
		}
		warnings, err := h.provider.CheckAccount(context.Background(), h.account())
		if err != nil || len(warnings) > 1 || !strings.Contains(strings.Join(warnings, ""), want) || want == "" && len(warnings) > 0 {
			t.Errorf("%s: %q, %v", fault, warnings, err)
		}
	}

	h := newHarness(t)
	h.control("POST", "faults", `{"kind":"status","status":404,"path":"_ref"}`, nil)
	if warnings, err := h.provider.CheckAccount(context.Background(), h.account()); err != nil || len(warnings) > 0 || h.requestCount("check_transaction_by_external_ref") > 0 {
		t.Errorf("without the setting: %q, %v", warnings, err)
	}
}

func TestCheckOfAnAccountForgetsWhatWasRefused(t *testing.T) {
	h := newHarness(t).withReferences()
	h.control("POST", "faults", `{"kind":"status","status":404,"path":"_ref"}`, nil)
	if _, err := h.provider.CheckAccount(context.Background(), h.account()); err != nil || h.kinds() != " true" {
		t.Errorf("refused: %q, %v", h.kinds(), err)
	}
	h.control("DELETE", "faults", "", nil)
	if _, err := h.provider.CheckAccount(context.Background(), h.account()); err != nil || h.kinds() != "externalRef instructionRef true" {
		t.Errorf("upgraded: %q, %v", h.kinds(), err)
	}
}
