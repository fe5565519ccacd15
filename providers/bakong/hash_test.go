package bakong_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"rieltime/checkout"
	"rieltime/providers/bakong/bakongsim"
)

func (h *harness) checkHash(payment checkout.Payment, hash string) checkout.Answer {
	return h.provider.CheckHash(context.Background(), h.account(), payment, hash)
}

func TestHashOffTheReceiptIsProof(t *testing.T) {
	for name, amount := range map[string]checkout.Money{"dollars": usd(1050), "riel": khr(41000)} {
		h := newHarness(t)
		payment := h.create(amount)
		made := h.pay(bakongsim.Payment{MD5: payment.ProviderID})
		for _, hash := range []string{made.Hash, made.ShortHash(), " " + strings.ToUpper(made.ShortHash()) + "\n", strings.ToUpper(made.Hash)} {
			answer := h.checkHash(payment, hash)
			if answer.Verdict != checkout.VerdictPaid || answer.Proof.TransactionID != made.Hash || answer.Proof.Source != "hash" ||
				answer.Proof.Amount != amount || answer.Proof.Reference != payment.Reference {
				t.Errorf("%s, %q: %+v", name, hash, answer)
			}
		}
	}
}

func TestHashOfAnotherTransactionIsUnknown(t *testing.T) {
	for name, other := range map[string]bakongsim.Payment{
		"another amount":   {Amount: "2.00"},
		"another currency": {Amount: "1", Currency: "KHR"},
		"another payee":    {To: "someone@devb"},
		"made before":      {CreatedMs: start.Add(-3 * time.Minute).UnixMilli()},
		"failed":           {Fail: true},
	} {
		h := newHarness(t)
		payment := h.create(usd(100))
		other.MD5 = payment.ProviderID
		made := h.pay(other)
		for _, hash := range []string{made.Hash, made.ShortHash()} {
			if answer := h.checkHash(payment, hash); answer.Verdict != checkout.VerdictPending || answer.Proof != nil {
				t.Errorf("%s, %q: %+v", name, hash, answer)
			}
		}
	}
}

func TestClockOfBakongMayBeALittleBehind(t *testing.T) {
	h := newHarness(t)
	payment := h.create(usd(100))
	made := h.pay(bakongsim.Payment{MD5: payment.ProviderID, CreatedMs: start.Add(-time.Minute).UnixMilli()})
	if answer := h.checkHash(payment, made.Hash); answer.Verdict != checkout.VerdictPaid {
		t.Errorf("answer %+v", answer)
	}
}

func TestAnswerAboutAnotherHashIsUnknown(t *testing.T) {
	h := newHarness(t)
	payment := h.create(usd(100))
	h.control("POST", "faults", fault(200,
		`{"responseCode":0,"data":{"hash":"ffff","toAccountId":"rieltime_demo@devb","currency":"USD","amount":1}}`), nil)
	if answer := h.checkHash(payment, "8465d722"); answer.Verdict != checkout.VerdictPending {
		t.Errorf("answer %+v", answer)
	}
}

func TestTextThatIsNoHashIsNotQueried(t *testing.T) {
	h := newHarness(t)
	payment := h.create(usd(100))
	for _, text := range []string{"", "8465d72", "8465d7222", "8465d72g", strings.Repeat("g", 64), strings.Repeat("a", 65), "8465 d72"} {
		if answer := h.checkHash(payment, text); answer.Verdict != checkout.VerdictPending || answer.Reason == "" {
			t.Errorf("%q: %+v", text, answer)
		}
	}
	if count := h.requestCount("check_transaction_by_short_hash") + h.requestCount("check_transaction_by_hash"); count != 0 {
		t.Errorf("asked %d times", count)
	}
}

func TestHashThatCannotBeCheckedIsUnknown(t *testing.T) {
	for name, c := range map[string]string{
		"broken": fault(500, ``), "refused": fault(403, ``), "too many": fault(429, ``), "nonsense": fault(200, `{`),
		"cut": `{"kind":"reset"}`, "never answers": `{"kind":"timeout"}`, "token": fault(401, ``),
		"daily limit": fault(200, `{"responseCode":1,"errorCode":17}`),
	} {
		for _, hash := range []string{"8465d722", strings.Repeat("a", 64)} {
			h := newHarness(t)
			payment := h.create(usd(100))
			h.control("POST", "faults", c, nil)
			if answer := h.checkHash(payment, hash); answer.Verdict != checkout.VerdictUnknown || answer.Cause == nil {
				t.Errorf("%s, %d digits: %+v", name, len(hash), answer)
			}
		}
	}
}
