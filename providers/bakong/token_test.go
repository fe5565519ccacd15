package bakong_test

import (
	"context"
	"encoding/base64"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"rieltime/checkout"
	"rieltime/providers/bakong/bakongsim"
)

const day = 24 * time.Hour

// fakeJWT has an end but no one's signature.
func fakeJWT(ends time.Time) string {
	payload := base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, `{"exp":%d}`, ends.Unix()))
	return "e30." + payload + ".c2ln"
}

// issued gets a token from the simulator that ends in 90 days.
func (w *harness) issued() string {
	w.Helper()
	w.settings["token"], w.settings["email"] = "", bakongsim.DemoEmail
	w.query(w.create(usd(100)))
	kept, err := w.vault.Get(context.Background(), "acct_1", "bakong_token")
	if err != nil {
		w.Fatal(err)
	}
	if err := w.vault.Delete(context.Background(), "acct_1", "bakong_token"); err != nil {
		w.Fatal(err)
	}
	_, token, _ := strings.Cut(kept.Reveal(), " ")
	return token
}

func (w *harness) wantPending(when string) {
	w.Helper()
	if answer := w.query(w.create(usd(100))); answer.Verdict != checkout.VerdictPending {
		w.Errorf("%s: %+v", when, answer)
	}
}

func TestEmailAloneGetsATokenOnce(t *testing.T) {
	w := newWorld(t)
	w.settings["token"], w.settings["email"] = "", bakongsim.DemoEmail
	w.wantPending("first")
	w.wantPending("second")
	if asked := w.asked("renew_token"); asked != 1 {
		t.Errorf("renewed %d times", asked)
	}
}

func TestTokenIsRenewedBeforeItsLastThreeDays(t *testing.T) {
	w := newWorld(t)
	w.settings["token"] = w.issued()
	renewals := w.asked("renew_token")
	w.clock.Add(87*day - time.Minute)
	w.wantPending("more than three days left")
	if asked := w.asked("renew_token"); asked != renewals {
		t.Fatalf("renewed too early")
	}
	w.clock.Add(2 * time.Minute)
	w.wantPending("less than three days left")
	w.clock.Add(80 * day)
	w.wantPending("the old token has ended, the new one serves")
	if asked := w.asked("renew_token"); asked != renewals+1 {
		t.Errorf("renewed %d times", asked-renewals)
	}
}

func TestRenewedTokenIsKeptInTheVaultOnly(t *testing.T) {
	w := newWorld(t)
	w.settings["token"], w.settings["email"] = "", bakongsim.DemoEmail
	w.wantPending("first")
	kept, err := w.vault.Get(context.Background(), "acct_1", "bakong_token")
	_, token, _ := strings.Cut(kept.Reveal(), " ")
	if err != nil || strings.Count(token, ".") != 2 {
		t.Fatalf("kept %q, %v", kept.Reveal(), err)
	}
	if strings.Contains(w.log.String(), token) {
		t.Error("the log shows the token")
	}
}

func TestRenewedTokenServesUntilWhatItWasRenewedByChanges(t *testing.T) {
	w := newWorld(t)
	w.settings["token"], w.settings["email"] = "", bakongsim.DemoEmail
	w.wantPending("first")
	w.settings["merchant_city"] = "Siem Reap"
	w.wantPending("in another city")
	if asked := w.asked("renew_token"); asked != 1 {
		t.Errorf("renewed %d times, want the first time only", asked)
	}
	w.settings["token"] = fakeJWT(start.Add(day)) // about to end, but set later
	w.query(w.create(usd(100)))
	if asked := w.asked("renew_token"); asked != 2 {
		t.Errorf("renewed %d times: the token of other settings was used", asked)
	}
}

func TestOneRenewalAtATime(t *testing.T) {
	w := newWorld(t)
	w.settings["token"], w.settings["email"] = "", bakongsim.DemoEmail
	payment := w.create(usd(100))
	w.control("POST", "faults", `{"kind":"delay","delay_ms":30,"path":"renew_token"}`, nil)
	var all sync.WaitGroup
	for range 10 {
		all.Go(func() {
			if answer := w.query(payment); answer.Verdict != checkout.VerdictPending {
				t.Errorf("answer %+v", answer)
			}
		})
	}
	all.Wait()
	if asked := w.asked("renew_token"); asked != 1 {
		t.Errorf("renewed %d times", asked)
	}
}

func TestOldTokenServesWhileRenewingFails(t *testing.T) {
	for name, c := range map[string]string{
		"broken": `{"kind":"status","status":500,"path":"renew_token"}`, "gone": `{"kind":"status","status":404,"path":"renew_token"}`,
		"cut": `{"kind":"reset","path":"renew_token"}`, "nonsense": `{"kind":"malformed","path":"renew_token"}`,
		"no token":       `{"kind":"malformed","body":"{\"responseCode\":0,\"data\":{}}","path":"renew_token"}`,
		"not registered": `{"kind":"malformed","body":"{\"responseCode\":1,\"errorCode\":10}","path":"renew_token"}`,
	} {
		w := newWorld(t)
		w.settings["token"] = w.issued()
		w.clock.Add(88 * day)
		renewals := w.asked("renew_token")
		w.control("POST", "faults", c, nil)
		w.wantPending(name)
		w.wantPending(name + ", again")
		if asked := w.asked("renew_token"); asked != renewals+1 {
			t.Errorf("%s: tried %d times at once", name, asked-renewals)
		}
		if !strings.Contains(w.log.String(), "cannot be renewed") {
			t.Errorf("%s: nothing was logged", name)
		}
		w.clock.Add(5 * time.Minute)
		w.control("DELETE", "faults", "", nil)
		w.wantPending(name + ", later")
		if asked := w.asked("renew_token"); asked != renewals+2 {
			t.Errorf("%s: not tried again", name)
		}
	}
}

func TestTokenNearItsEndWithoutEmailServesWithAWarning(t *testing.T) {
	w := newWorld(t)
	w.settings["token"] = w.issued()
	delete(w.settings, "email")
	w.clock.Add(88 * day)
	w.wantPending("two days left")
	if log := w.log.String(); !strings.Contains(log, "level=WARN") || !strings.Contains(log, "no email is set") {
		t.Errorf("log %s", log)
	}
}

func TestEndedTokenMeansUnknown(t *testing.T) {
	w := newWorld(t)
	w.settings["token"] = fakeJWT(start.Add(-time.Hour))
	payment := w.create(usd(100))
	for i := range 3 {
		answer := w.query(payment)
		if answer.Verdict != checkout.VerdictUnknown || answer.Cause == nil {
			t.Errorf("answer %+v", answer)
		}
		if i > 0 && !answer.PauseUntil.Equal(start.Add(5*time.Minute)) {
			t.Errorf("question %d pauses until %v", i, answer.PauseUntil)
		}
	}
	if asked := w.asked("check_transaction_by_md5"); asked != 1 {
		t.Errorf("an ended token was tried %d times", asked)
	}
}

func TestRefusedTokenIsRenewed(t *testing.T) {
	w := newWorld(t)
	w.settings["token"], w.settings["email"] = fakeJWT(start.Add(60*day)), bakongsim.DemoEmail
	payment := w.create(usd(100))
	if answer := w.query(payment); answer.Verdict != checkout.VerdictUnknown {
		t.Errorf("refused: %+v", answer)
	}
	w.wantPending("after renewing")
	w.wantPending("and on")
	if asked := w.asked("renew_token"); asked != 1 {
		t.Errorf("renewed %d times", asked)
	}
}

func TestLaterOfTheTwoTokensServes(t *testing.T) {
	w := newWorld(t)
	kept := fakeJWT(start.Add(60 * day))
	if err := w.vault.Put(context.Background(), "acct_1", "bakong_token", checkout.Secret(kept)); err != nil {
		t.Fatal(err)
	}
	w.wantPending("the settings' token ends later")
}

func TestTokenWithoutEndServes(t *testing.T) {
	for _, token := range []string{"opaque", "a.b.c", "e30.bm90IGpzb24.c", "e30.e30.c", "e30.eyJleHAiOiJub3cifQ.c"} {
		w := newWorld(t)
		w.settings["token"] = token
		if answer := w.query(w.create(usd(100))); answer.Verdict != checkout.VerdictUnknown {
			t.Errorf("%s: %+v", token, answer)
		}
		if asked := w.asked("check_transaction_by_md5"); asked != 1 {
			t.Errorf("%s was tried %d times", token, asked)
		}
	}
}

func TestRenewalIsFinishedWhenTheCallerHasGone(t *testing.T) {
	w := newWorld(t)
	w.settings["token"], w.settings["email"] = "", bakongsim.DemoEmail
	gone, leave := context.WithCancel(context.Background())
	leave()
	payment := w.create(usd(100))
	if answer := w.provider.QueryPayment(gone, w.account(), payment); answer.Verdict != checkout.VerdictUnknown {
		t.Errorf("answer %+v", answer)
	}
	if _, err := w.vault.Get(context.Background(), "acct_1", "bakong_token"); err != nil {
		t.Errorf("the new token was lost: %v", err)
	}
}

func TestFailedRenewalWithoutATokenIsTriedAgainSoon(t *testing.T) {
	w := newWorld(t)
	w.settings["token"], w.settings["email"] = fakeJWT(start.Add(-time.Hour)), bakongsim.DemoEmail
	payment := w.create(usd(100))
	w.control("POST", "faults", `{"kind":"status","status":503,"path":"renew_token","count":1}`, nil)
	w.query(payment) // the ended token is tried once
	if answer := w.query(payment); !answer.PauseUntil.Equal(start.Add(5 * time.Second)) {
		t.Errorf("one bare 503 to the renewal pauses until %v", answer.PauseUntil)
	}
	w.clock.Add(5 * time.Second)
	w.wantPending("after renewing")
}
