package bakong_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"rieltime/checkout"
	"rieltime/providers/bakong/bakongsim"
)

// fault makes a protocol answer of this body and status.
func fault(status int, body string) string {
	raw, err := json.Marshal(map[string]any{"kind": "status", "status": status, "body": body, "path": "check_transaction"})
	if err != nil {
		panic(err)
	}
	return string(raw)
}

const notFound = `{"data":null,"errorCode":1,"responseCode":1,"responseMessage":"Transaction could not be found. Please check and try again."}`

// Every answer that is no plain yes or no is "don't know", even where its body
// pretends to know.
func TestQueryThreeAnswers(t *testing.T) {
	full := `"hash":"8465d722d7d5065f2886f0a474a4d34dc6a7855355b611836f7b6111228893e9","fromAccountId":"a@b","toAccountId":"rieltime_demo@devb"`
	found := func(rest string) string {
		return `{"responseCode":0,"responseMessage":"Getting transaction successfully.","data":{` + full + rest + `}}`
	}
	for name, c := range map[string]struct {
		fault string
		want  checkout.Verdict
		pause time.Duration // from now
	}{
		"success":                    {fault(200, found(`,"currency":"USD","amount":1.0`)), checkout.VerdictPaid, 0},
		"success, amount as text":    {fault(200, found(`,"currency":"USD","amount":"1.00"`)), checkout.VerdictPaid, 0},
		"success, codes as text":     {fault(200, strings.Replace(found(`,"currency":"usd","amount":1`), `"responseCode":0`, `"responseCode":"0"`, 1)), checkout.VerdictPaid, 0},
		"success, unknown fields":    {fault(200, found(`,"currency":"USD","amount":1.0,"trackingStatus":{"a":1},"new":[1]`)), checkout.VerdictPaid, 0},
		"not found":                  {fault(200, notFound), checkout.VerdictPending, 0},
		"not found, HTTP 404":        {fault(404, notFound), checkout.VerdictPending, 0},
		"failed":                     {fault(200, `{"responseCode":1,"errorCode":3,"responseMessage":"Transaction failed.","data":null}`), checkout.VerdictFailed, 0},
		"failed, by code 1":          {fault(200, `{"responseCode":1,"errorCode":1,"responseMessage":"Transaction failed.","data":null}`), checkout.VerdictFailed, 0},
		"failed, by message":         {fault(200, `{"responseCode":1,"errorCode":null,"responseMessage":"Transaction failed.","data":null}`), checkout.VerdictFailed, 0},
		"authentication failed":      {fault(200, `{"responseCode":1,"errorCode":null,"responseMessage":"Authentication failed"}`), checkout.VerdictUnknown, 0},
		"static":                     {fault(200, `{"responseCode":1,"errorCode":2}`), checkout.VerdictUnknown, 0},
		"missing fields":             {fault(400, `{"responseCode":1,"errorCode":5}`), checkout.VerdictUnknown, 0},
		"unauthorized, code 6":       {fault(200, `{"responseCode":1,"errorCode":6}`), checkout.VerdictUnknown, 0},
		"unauthorized, HTTP 401":     {fault(401, notFound), checkout.VerdictUnknown, 0},
		"cannot connect":             {fault(500, `{"responseCode":1,"errorCode":9}`), checkout.VerdictUnknown, 0},
		"unheard code":               {fault(200, `{"responseCode":1,"errorCode":99}`), checkout.VerdictUnknown, 0},
		"forbidden":                  {fault(403, notFound), checkout.VerdictUnknown, 0},
		"forbidden says failed":      {fault(403, `{"responseCode":1,"errorCode":3}`), checkout.VerdictUnknown, 0},
		"too many":                   {fault(429, notFound), checkout.VerdictUnknown, 0},
		"broken says failed":         {fault(502, `{"responseCode":1,"errorCode":3}`), checkout.VerdictUnknown, 0},
		"broken":                     {fault(500, notFound), checkout.VerdictUnknown, 0},
		"not found, no envelope":     {fault(404, `<html>404</html>`), checkout.VerdictUnknown, 0},
		"empty":                      {fault(200, ``), checkout.VerdictUnknown, 0},
		"no JSON":                    {fault(200, `<html>`), checkout.VerdictUnknown, 0},
		"half JSON":                  {fault(200, `{"responseCode":0,"data":{`), checkout.VerdictUnknown, 0},
		"no response code":           {fault(200, `{"data":{`+full+`,"currency":"USD","amount":1}}`), checkout.VerdictUnknown, 0},
		"success that has an error":  {fault(200, `{"responseCode":0,"errorCode":1,"data":{`+full+`,"currency":"USD","amount":1}}`), checkout.VerdictUnknown, 0},
		"success without data":       {fault(200, `{"responseCode":0,"errorCode":null,"data":null}`), checkout.VerdictUnknown, 0},
		"success with data a list":   {fault(200, `{"responseCode":0,"data":[]}`), checkout.VerdictUnknown, 0},
		"success, no amount":         {fault(200, found(`,"currency":"USD"`)), checkout.VerdictUnknown, 0},
		"success, amount a word":     {fault(200, found(`,"currency":"USD","amount":"one"`)), checkout.VerdictUnknown, 0},
		"success, amount negative":   {fault(200, found(`,"currency":"USD","amount":-1.0`)), checkout.VerdictUnknown, 0},
		"success, part of a cent":    {fault(200, found(`,"currency":"USD","amount":1.001`)), checkout.VerdictUnknown, 0},
		"success, part of a riel":    {fault(200, found(`,"currency":"KHR","amount":1.5`)), checkout.VerdictUnknown, 0},
		"success, no currency":       {fault(200, found(`,"amount":1.0`)), checkout.VerdictUnknown, 0},
		"success, foreign currency":  {fault(200, found(`,"currency":"THB","amount":1.0`)), checkout.VerdictUnknown, 0},
		"success, no hash":           {fault(200, `{"responseCode":0,"data":{"toAccountId":"a@b","currency":"USD","amount":1}}`), checkout.VerdictUnknown, 0},
		"success, no receiver":       {fault(200, `{"responseCode":0,"data":{"hash":"84","currency":"USD","amount":1}}`), checkout.VerdictUnknown, 0},
		"success with HTTP 500":      {fault(500, found(`,"currency":"USD","amount":1.0`)), checkout.VerdictUnknown, 0},
		"success behind a redirect":  {fault(302, found(`,"currency":"USD","amount":1.0`)), checkout.VerdictUnknown, 0},
		"connection cut":             {`{"kind":"reset"}`, checkout.VerdictUnknown, 0},
		"never answers":              {`{"kind":"timeout"}`, checkout.VerdictUnknown, 0},
		"answers too late":           {`{"kind":"delay","delay_ms":400}`, checkout.VerdictUnknown, 0},
		"answers late, but in time":  {`{"kind":"delay","delay_ms":20}`, checkout.VerdictPending, 0},
		"works, but answer is lost":  {`{"kind":"reset","after":true}`, checkout.VerdictUnknown, 0},
		"larger than any answer may": {fault(200, found(`,"currency":"USD","amount":1.0,"x":"`+strings.Repeat("x", 1<<20)+`"`)), checkout.VerdictUnknown, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHarness(t)
			payment := h.create(usd(100))
			if len(c.fault) > 1<<16 {
				h.settings["base_url"] = bodyServer(t, c.fault)
			} else {
				h.control("POST", "faults", c.fault, nil)
			}
			answer := h.query(payment)
			if answer.Verdict != c.want {
				t.Fatalf("%+v, want %q", answer, c.want)
			}
			if (answer.Verdict == checkout.VerdictUnknown) != (answer.Cause != nil) || (answer.Verdict == checkout.VerdictPaid) != (answer.Proof != nil) {
				t.Errorf("cause %v, proof %v", answer.Cause, answer.Proof)
			}
			if c.pause == 0 && !answer.PauseUntil.IsZero() || c.pause > 0 && !answer.PauseUntil.Equal(start.Add(c.pause)) {
				t.Errorf("pause until %v, want %v from now", answer.PauseUntil, c.pause)
			}
		})
	}
}

func TestFailedPaymentHasAReason(t *testing.T) {
	h := newHarness(t)
	payment := h.create(usd(100))
	h.control("POST", "decline", fmt.Sprintf(`{"md5":%q}`, payment.ProviderID), nil)
	if answer := h.query(payment); answer.Verdict != checkout.VerdictFailed || answer.Code != "declined" || answer.Reason == "" {
		t.Errorf("answer %+v", answer)
	}
	h.pay(bakongsim.Payment{MD5: payment.ProviderID})
	if answer := h.query(payment); answer.Verdict != checkout.VerdictPaid {
		t.Errorf("after paying all the same: %+v", answer)
	}
}

func TestTooManyRequestsPausesForRetryAfter(t *testing.T) {
	h := newHarness(t)
	payment := h.create(usd(100))
	h.control("POST", "faults", `{"kind":"status","status":429,"header":{"Retry-After":"7"}}`, nil)
	if answer := h.query(payment); !answer.PauseUntil.Equal(start.Add(7 * time.Second)) {
		t.Errorf("pause until %v", answer.PauseUntil)
	}
}

func TestDailyLimitIsLearntFromTheMessage(t *testing.T) {
	for message, want := range map[string]int{
		"Daily request limit of 100 exceeded": 100, "daily LIMIT of 5": 5, "Daily limit exceeded": 0, "": 0,
		"limit of 99999999999": 0, "limit of 10k": 0, "limit of -5": 0,
	} {
		h := newHarness(t)
		payment := h.create(usd(100))
		h.control("POST", "faults", fault(200, `{"responseCode":1,"errorCode":17,"responseMessage":"`+message+`"}`), nil)
		if answer := h.query(payment); answer.Verdict != checkout.VerdictUnknown || answer.DailyLimit != want {
			t.Errorf("%q: %+v, want a limit of %d", message, answer, want)
		}
	}
}

func TestDailyLimitIsReportedAndEndsAtMidnightInCambodia(t *testing.T) {
	for _, c := range []struct{ now, until time.Time }{
		{time.Date(2026, 3, 2, 3, 0, 0, 0, time.UTC), time.Date(2026, 3, 2, 17, 0, 0, 0, time.UTC)},
		{time.Date(2026, 3, 2, 16, 59, 59, 0, time.UTC), time.Date(2026, 3, 2, 17, 0, 0, 0, time.UTC)},
		{time.Date(2026, 3, 2, 17, 0, 0, 0, time.UTC), time.Date(2026, 3, 3, 17, 0, 0, 0, time.UTC)},
		{time.Date(2026, 12, 31, 18, 0, 0, 0, time.UTC), time.Date(2027, 1, 1, 17, 0, 0, 0, time.UTC)},
	} {
		h := newHarness(t)
		h.clock.Add(c.now.Sub(start))
		payment := h.create(usd(100))
		h.control("POST", "limits", `{"daily":1}`, nil)
		if answer := h.query(payment); answer.Verdict != checkout.VerdictPending {
			t.Fatalf("first question: %+v", answer)
		}
		answer := h.query(payment)
		if answer.Verdict != checkout.VerdictUnknown || !answer.LimitReached || !answer.PauseUntil.IsZero() || answer.Cause == nil {
			t.Errorf("at %v: %+v, want that the limit is reached", c.now, answer)
		}
		h.clock.Add(c.until.Sub(c.now))
		if answer := h.query(payment); answer.Verdict != checkout.VerdictPending {
			t.Errorf("the day after: %+v", answer)
		}
	}
}

func TestWrongAmountAndPayeeAreReportedAsReceived(t *testing.T) {
	for name, c := range map[string]struct {
		paid   bakongsim.Payment
		amount checkout.Money
		payee  string
	}{
		"amount":   {bakongsim.Payment{Amount: "0.50"}, usd(50), bakongsim.DemoAccount},
		"currency": {bakongsim.Payment{Amount: "1", Currency: "KHR"}, khr(1), bakongsim.DemoAccount},
		"payee":    {bakongsim.Payment{To: "thief@devb"}, usd(100), "thief@devb"},
	} {
		h := newHarness(t)
		payment := h.create(usd(100))
		c.paid.MD5 = payment.ProviderID
		h.pay(c.paid)
		answer := h.query(payment)
		if answer.Verdict != checkout.VerdictPaid || answer.Proof.Amount != c.amount || answer.Proof.Payee != c.payee {
			t.Errorf("%s: %+v", name, answer)
		}
	}
}

func TestProofHasTheTimeOfTheTransfer(t *testing.T) {
	data := `{"responseCode":0,"data":{"hash":"ab","toAccountId":"a@b","currency":"USD","amount":1%s}}`
	for dates, want := range map[string]time.Time{
		``: {},
		`,"createdDateMs":1772420400000,"acknowledgedDateMs":1772420460000`: time.UnixMilli(1772420400000),
		`,"createdDateMs":1772420400000.0`:                                  time.UnixMilli(1772420400000),
		`,"createdDateMs":1.7724204E12`:                                     time.UnixMilli(1772420400000),
		`,"createdDateMs":"1772420400000"`:                                  time.UnixMilli(1772420400000),
		`,"createdDateMs":null,"acknowledgedDateMs":1772420460000`:          time.UnixMilli(1772420460000),
		`,"createdDateMs":"yesterday"`:                                      {},
		`,"createdDateMs":-1`:                                               {},
		`,"createdDateMs":1e300`:                                            {},
		`,"createdDateMs":{"ms":1}`:                                         {},
	} {
		h := newHarness(t)
		payment := h.create(usd(100))
		h.control("POST", "faults", fault(200, fmt.Sprintf(data, dates)), nil)
		answer := h.query(payment)
		if answer.Verdict != checkout.VerdictPaid || !answer.Proof.PaidAt.Equal(want) {
			t.Errorf("%s: %+v, want paid at %v", dates, answer, want)
		}
	}
}

func TestPaymentWithoutCodeIsNotQueried(t *testing.T) {
	h := newHarness(t)
	if answer := h.query(h.newPayment(usd(100))); answer.Verdict != checkout.VerdictPending {
		t.Errorf("answer %+v", answer)
	}
	if count := h.requestCount("check_transaction_by_md5"); count != 0 {
		t.Errorf("asked %d times", count)
	}
}
