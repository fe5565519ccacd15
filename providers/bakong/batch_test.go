package bakong_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"rieltime/checkout"
	"rieltime/providers/bakong/bakongsim"
)

func (h *harness) queryAll(payments ...checkout.Payment) []checkout.Answer {
	return h.provider.QueryPayments(context.Background(), h.account(), payments)
}

func (h *harness) withLists() *harness {
	h.settings["use_lists"] = true
	return h
}

func TestListsAreBehindTheirSetting(t *testing.T) {
	h := newHarness(t)
	if size := h.provider.BatchSize(h.account()); size != 1 {
		t.Errorf("without use_lists: %d", size)
	}
	if size := h.withLists().provider.BatchSize(h.account()); size != 50 {
		t.Errorf("with use_lists: %d", size)
	}
}

func TestListAnswersInTheOrderOfThePayments(t *testing.T) {
	h := newHarness(t).withLists()
	payments := make([]checkout.Payment, 50)
	for i := range payments {
		payments[i] = h.create(usd(int64(100 + i)))
	}
	payments[7].ProviderID = ""
	paid := h.pay(bakongsim.Payment{MD5: payments[42].ProviderID})
	h.pay(bakongsim.Payment{MD5: payments[3].ProviderID, Fail: true})
	answers := h.queryAll(payments...)
	for i, answer := range answers {
		want := checkout.VerdictPending
		switch i {
		case 3:
			want = checkout.VerdictFailed
		case 42:
			want = checkout.VerdictPaid
		}
		if answer.Verdict != want {
			t.Errorf("payment %d: %+v, want %q", i, answer, want)
		}
	}
	proof := answers[42].Proof
	if proof == nil || proof.TransactionID != paid.Hash || proof.Amount != usd(142) || proof.Reference != payments[42].Reference {
		t.Errorf("proof %+v", proof)
	}
	if list, single := h.requestCount("check_transaction_by_md5_list"), h.requestCount("check_transaction_by_md5"); list != 1 || single != 0 {
		t.Errorf("%d list questions and %d single ones", list, single)
	}
}

func TestListItemsAreMatchedByMD5(t *testing.T) {
	h := newHarness(t).withLists()
	a, b, c, d := h.create(usd(100)), h.create(usd(200)), h.create(usd(300)), h.create(usd(400))
	body := fmt.Sprintf(`{"responseCode":0,"data":[
		{"md5":%q,"status":"FAILED","data":null},
		{"md5":%q,"status":"NOT_FOUND"},
		{"md5":"someone else's","status":"FAILED"},
		{"md5":%q,"status":"FAILED"},{"md5":%q,"status":"NOT_FOUND"}]}`,
		d.ProviderID, strings.ToUpper(a.ProviderID), c.ProviderID, c.ProviderID)
	h.control("POST", "faults", fault(200, body), nil)
	answers := h.queryAll(a, b, c, d)
	for i, want := range []checkout.Verdict{checkout.VerdictPending, checkout.VerdictUnknown, checkout.VerdictUnknown, checkout.VerdictFailed} {
		if answers[i].Verdict != want || (want == checkout.VerdictUnknown) != (answers[i].Cause != nil) {
			t.Errorf("payment %d: %+v, want %q", i, answers[i], want)
		}
	}
}

func TestListStatuses(t *testing.T) {
	for status, want := range map[string]checkout.Verdict{
		`"NOT_FOUND"`: checkout.VerdictPending, `"not_found"`: checkout.VerdictPending, `"FAILED"`: checkout.VerdictFailed,
		`"STATIC_QR"`: checkout.VerdictUnknown, `"NEW"`: checkout.VerdictUnknown, `null`: checkout.VerdictUnknown, `5`: checkout.VerdictUnknown, `{}`: checkout.VerdictUnknown,
	} {
		h := newHarness(t).withLists()
		payment := h.create(usd(100))
		h.control("POST", "faults", fault(200, fmt.Sprintf(`{"responseCode":0,"data":[{"md5":%q,"status":%s}]}`, payment.ProviderID, status)), nil)
		if answer := h.queryAll(payment)[0]; answer.Verdict != want {
			t.Errorf("%s: %+v, want %q", status, answer, want)
		}
	}
}

func TestListSuccessWithoutDataIsQueriedAlone(t *testing.T) {
	for _, data := range []string{`null`, `{}`, `{"hash":"ab"}`, `{"hash":"ab","toAccountId":"a@b","currency":"USD","amount":"x"}`, `[]`, `"yes"`} {
		h := newHarness(t).withLists()
		payment := h.create(usd(100))
		h.pay(bakongsim.Payment{MD5: payment.ProviderID})
		body, err := json.Marshal(map[string]any{
			"kind": "status", "status": 200, "path": "md5_list",
			"body": fmt.Sprintf(`{"responseCode":0,"data":[{"md5":%q,"status":"SUCCESS","data":%s}]}`, payment.ProviderID, data),
		})
		if err != nil {
			t.Fatal(err)
		}
		h.control("POST", "faults", string(body), nil)
		answer := h.queryAll(payment)[0]
		if answer.Verdict != checkout.VerdictProcessing || !answer.QueryAlone || answer.Proof != nil || h.requestCount("check_transaction_by_md5") != 0 {
			t.Errorf("data %s: %+v", data, answer)
		}
	}
}

func TestListWithoutAnswerLeavesPaymentsUnknown(t *testing.T) {
	for name, c := range map[string]struct {
		fault string
		pause time.Duration
	}{
		"too many":    {fault(429, ``), 0},
		"broken":      {fault(500, ``), 0},
		"refused":     {fault(403, ``), 0},
		"not found":   {fault(200, notFound), 0},
		"failed":      {fault(200, `{"responseCode":1,"errorCode":3}`), 0},
		"token":       {fault(401, ``), 0},
		"no list":     {fault(200, `{"responseCode":0,"data":{"md5":"x"}}`), 0},
		"nonsense":    {fault(200, `{`), 0},
		"cut":         {`{"kind":"reset"}`, 0},
		"daily limit": {fault(200, `{"responseCode":1,"errorCode":17,"responseMessage":"Daily request limit of 100 exceeded"}`), 0},
	} {
		h := newHarness(t).withLists()
		a, b := h.create(usd(100)), h.create(usd(200))
		h.control("POST", "faults", c.fault, nil)
		for i, answer := range h.queryAll(a, b) {
			if answer.Verdict != checkout.VerdictUnknown || answer.Cause == nil {
				t.Errorf("%s: payment %d: %+v", name, i, answer)
			}
			if c.pause == 0 && !answer.PauseUntil.IsZero() || c.pause > 0 && !answer.PauseUntil.Equal(start.Add(c.pause)) {
				t.Errorf("%s: pause until %v", name, answer.PauseUntil)
			}
			if (name == "daily limit") != (answer.DailyLimit == 100) {
				t.Errorf("%s: a daily limit of %d", name, answer.DailyLimit)
			}
		}
	}
}

func TestRefusedListsAreLeftAloneForAWhile(t *testing.T) {
	h := newHarness(t).withLists()
	payment := h.create(usd(100))
	h.control("POST", "faults", `{"kind":"status","status":403,"body":"<html>","path":"_list"}`, nil)
	h.queryAll(payment)
	if size := h.provider.BatchSize(h.account()); size != 1 {
		t.Errorf("after a refusal: %d", size)
	}
	if !strings.Contains(h.log.String(), "use_lists") {
		t.Error("nothing was logged")
	}
	if answer := h.query(payment); answer.Verdict != checkout.VerdictPending {
		t.Errorf("single question: %+v", answer)
	}
	h.clock.Add(10 * time.Minute)
	if size := h.provider.BatchSize(h.account()); size != 50 {
		t.Errorf("ten minutes later: %d", size)
	}
}
