package providertest

import (
	"bytes"
	"testing"

	"rieltime/checkout"
)

var callbackTests = tests{
	"names its payment":             namesItsPayment,
	"says the same when repeated":   saysTheSameWhenRepeated,
	"order does not matter":         orderDoesNotMatter,
	"a forged one is refused":       forgedIsRefused,
	"another merchant's likewise":   strangersIsRefused,
	"nonsense is refused":           nonsenseIsRefused,
	"a changed byte proves no more": changedByteProvesNoMore,
	"a return by hand proves none":  returnByHandProvesNothing,
}

func (h *Harness) read(account checkout.Account, message checkout.Message) (checkout.Callback, error) {
	return h.Provider.(checkout.CallbackReader).ReadCallback(account, message)
}

// readGenuine is a genuine message about a paid payment, read.
func (h *Harness) readGenuine(t *testing.T, payment checkout.Payment) (checkout.Message, checkout.Callback) {
	t.Helper()
	message := h.GenuineMessage(payment)
	callback, err := h.read(h.Account, message)
	if err != nil {
		t.Fatalf("a genuine message: %v", err)
	}
	return message, callback
}

func (h *Harness) wantAbout(t *testing.T, callback checkout.Callback, payment checkout.Payment) {
	t.Helper()
	if callback.Reference != payment.Reference {
		t.Errorf("a message about %s names %s", payment.Reference, callback.Reference)
	}

	if !h.CallbackProves {
		if callback.Answer != nil {
			t.Errorf("answer %+v, want none", callback.Answer)
		}
		return
	}

	if callback.Answer == nil {
		t.Fatal("no answer, want proof")
	}

	h.wantProof(t, *callback.Answer, payment, payment.Amount)
}

func namesItsPayment(t *testing.T, h *Harness) {
	payment := h.create(t)
	h.Pay(payment)
	_, callback := h.readGenuine(t, payment)
	h.wantAbout(t, callback, payment)
}

func saysTheSameWhenRepeated(t *testing.T, h *Harness) {
	payment := h.create(t)
	h.Pay(payment)
	message, first := h.readGenuine(t, payment)
	second, err := h.read(h.Account, message)
	if err != nil {
		t.Fatal(err)
	}

	h.wantAbout(t, second, payment)
	if h.CallbackProves && first.Answer.Proof.TransactionID != second.Answer.Proof.TransactionID {
		t.Errorf("a repeated message is of another transaction")
	}
}

func orderDoesNotMatter(t *testing.T, h *Harness) {
	first, second := h.create(t), h.create(t)
	h.Pay(first)
	h.Pay(second)
	early, late := h.GenuineMessage(first), h.GenuineMessage(second)
	for _, each := range []struct {
		message checkout.Message
		payment checkout.Payment
	}{{late, second}, {early, first}} {
		callback, err := h.read(h.Account, each.message)
		if err != nil {
			t.Fatal(err)
		}
		h.wantAbout(t, callback, each.payment)
	}
}

func (h *Harness) wantRefused(t *testing.T, account checkout.Account, message checkout.Message) {
	t.Helper()
	callback, err := h.read(account, message)
	if err == nil {
		t.Errorf("%q is read as %+v, want it refused", message.Body, callback)
		return
	}
	h.checkShown(t, err.Error())
}

func forgedIsRefused(t *testing.T, h *Harness) {
	payment := h.create(t)
	h.Pay(payment)
	h.wantRefused(t, h.Account, h.ForgedMessage(payment))
}

func strangersIsRefused(t *testing.T, h *Harness) {
	payment := h.create(t)
	h.Pay(payment)
	h.wantRefused(t, h.OtherAccount, h.GenuineMessage(payment))
}

func nonsenseIsRefused(t *testing.T, h *Harness) {
	for _, contentType := range []string{"application/json", "application/x-www-form-urlencoded", "text/plain", ""} {
		for _, body := range []string{"", "{}", "{", "[]", "null", "a=b", "%zz", "\x00\xff", `{"a":{"b":[]}}`} {
			h.wantRefused(t, h.Account, checkout.Message{Method: "POST", ContentType: contentType, Body: []byte(body)})
		}
	}
}

// changedByteProvesNoMore changes each byte of a genuine message. It is refused,
// or what it proves is the same: a byte outside the signature.
func changedByteProvesNoMore(t *testing.T, h *Harness) {
	payment := h.create(t)
	h.Pay(payment)
	message, _ := h.readGenuine(t, payment)
	genuine := message.Body
	for i := range genuine {
		message.Body = bytes.Clone(genuine)
		message.Body[i] ^= 1
		callback, err := h.read(h.Account, message)
		if err != nil || callback.Answer == nil {
			continue
		}

		if !h.CallbackProves {
			t.Fatalf("%q is read with answer %+v", message.Body, callback.Answer)
		}

		h.wantAbout(t, callback, payment)
	}
}

// returnByHandProvesNothing opens the return address with everything that the
// genuine message says.
func returnByHandProvesNothing(t *testing.T, h *Harness) {
	payment := h.create(t)
	h.Pay(payment)
	message, _ := h.readGenuine(t, payment)
	query := map[string][]string{
		"status": {"success"}, "success": {"1"}, "out_trade_no": {payment.Reference}, "reference": {payment.Reference},
		"bayo_status": {"00"}, "bayo_orderid": {payment.Reference},
	}

	opened := checkout.Message{Method: "GET", Query: query, Body: message.Body, Return: true}
	if callback, err := h.read(h.Account, opened); err == nil && callback.Answer != nil {
		t.Errorf("answer %+v from an address opened by hand", callback.Answer)
	}
}

var proofTests = tests{
	"another amount is visible":    otherAmountIsProved,
	"a failure is reported as one": failureIsReported,
	"each payment has its proof":   eachPaymentHasItsProof,
}

func otherAmountIsProved(t *testing.T, h *Harness) {
	for _, amount := range h.OtherAmounts {
		payment := h.create(t)
		h.PayOther(payment, amount)
		_, callback := h.readGenuine(t, payment)
		h.wantProof(t, *callback.Answer, payment, amount)
	}
}

func failureIsReported(t *testing.T, h *Harness) {
	payment := h.create(t)
	h.Fail(payment)
	_, callback := h.readGenuine(t, payment)
	answer := callback.Answer
	if answer == nil || answer.Verdict != checkout.VerdictFailed || answer.Proof != nil || answer.Code == "" || answer.Reason == "" {
		t.Errorf("answer %+v, want failed with its reasons", answer)
	}
}

func eachPaymentHasItsProof(t *testing.T, h *Harness) {
	seen := map[string]string{}
	for range 3 {
		payment := h.create(t)
		h.Pay(payment)
		_, callback := h.readGenuine(t, payment)
		id := callback.Answer.Proof.TransactionID
		if other, twice := seen[id]; twice {
			t.Errorf("%s and %s share transaction %s", other, payment.Reference, id)
		}

		seen[id] = payment.Reference
	}
}
