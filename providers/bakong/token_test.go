package bakong_test

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
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

// issueToken returns a token from the simulator that ends in 90 days.
func (h *harness) issueToken() string {
	h.Helper()
	h.settings["token"], h.settings["email"] = "", bakongsim.DemoEmail
	h.query(h.create(usd(100)))
	kept, err := h.vault.Get(context.Background(), "acct_1", "bakong_token")
	if err != nil {
		h.Fatal(err)
	}
	if err := h.vault.Delete(context.Background(), "acct_1", "bakong_token"); err != nil {
		h.Fatal(err)
	}
	_, token, _ := strings.Cut(kept.Reveal(), " ")
	return token
}

func (h *harness) wantPending(when string) {
	h.Helper()
	if answer := h.query(h.create(usd(100))); answer.Verdict != checkout.VerdictPending {
		h.Errorf("%s: %+v", when, answer)
	}
}

func TestEmailAloneGetsOneToken(t *testing.T) {
	h := newHarness(t)
	h.settings["token"], h.settings["email"] = "", bakongsim.DemoEmail
	h.wantPending("first")
	h.wantPending("second")
	if count := h.requestCount("renew_token"); count != 1 {
		t.Errorf("renewed %d times", count)
	}
}

func TestTokenIsRenewedBeforeItsLastThreeDays(t *testing.T) {
	h := newHarness(t)
	h.settings["token"] = h.issueToken()
	renewals := h.requestCount("renew_token")
	h.clock.Add(87*day - time.Minute)
	h.wantPending("more than three days left")
	if count := h.requestCount("renew_token"); count != renewals {
		t.Fatalf("renewed too early")
	}
	h.clock.Add(2 * time.Minute)
	h.wantPending("less than three days left")
	h.clock.Add(80 * day)
	h.wantPending("the old token has ended, the new one serves")
	if count := h.requestCount("renew_token"); count != renewals+1 {
		t.Errorf("renewed %d times", count-renewals)
	}
}

func TestRenewedTokenIsKeptInTheVaultOnly(t *testing.T) {
	h := newHarness(t)
	h.settings["token"], h.settings["email"] = "", bakongsim.DemoEmail
	h.wantPending("first")
	kept, err := h.vault.Get(context.Background(), "acct_1", "bakong_token")
	_, token, _ := strings.Cut(kept.Reveal(), " ")
	if err != nil || strings.Count(token, ".") != 2 {
		t.Fatalf("kept %q, %v", kept.Reveal(), err)
	}
	if strings.Contains(h.log.String(), token) {
		t.Error("the log shows the token")
	}
}

func TestRenewedTokenServesUntilWhatItWasRenewedByChanges(t *testing.T) {
	h := newHarness(t)
	h.settings["token"], h.settings["email"] = "", bakongsim.DemoEmail
	h.wantPending("first")
	h.settings["merchant_city"] = "Siem Reap"
	h.wantPending("in another city")
	if count := h.requestCount("renew_token"); count != 1 {
		t.Errorf("renewed %d times, want the first time only", count)
	}
	h.settings["token"] = fakeJWT(start.Add(day)) // about to end, but set later
	h.query(h.create(usd(100)))
	if count := h.requestCount("renew_token"); count != 2 {
		t.Errorf("renewed %d times: the token of other settings was used", count)
	}
}

func TestOneRenewalAtATime(t *testing.T) {
	h := newHarness(t)
	h.settings["token"], h.settings["email"] = "", bakongsim.DemoEmail
	payment := h.create(usd(100))
	h.control("POST", "faults", `{"kind":"delay","delay_ms":30,"path":"renew_token"}`, nil)
	var all sync.WaitGroup
	for range 10 {
		all.Go(func() {
			if answer := h.query(payment); answer.Verdict != checkout.VerdictPending {
				t.Errorf("answer %+v", answer)
			}
		})
	}
	all.Wait()
	if count := h.requestCount("renew_token"); count != 1 {
		t.Errorf("renewed %d times", count)
	}
}

func TestOldTokenServesWhileRenewingFails(t *testing.T) {
	for name, c := range map[string]string{
		"broken": `{"kind":"status","status":500,"path":"renew_token"}`, "gone": `{"kind":"status","status":404,"path":"renew_token"}`,
		"cut": `{"kind":"reset","path":"renew_token"}`, "nonsense": `{"kind":"malformed","path":"renew_token"}`,
		"no token":       `{"kind":"malformed","body":"{\"responseCode\":0,\"data\":{}}","path":"renew_token"}`,
		"not registered": `{"kind":"malformed","body":"{\"responseCode\":1,\"errorCode\":10}","path":"renew_token"}`,
	} {
		h := newHarness(t)
		h.settings["token"] = h.issueToken()
		h.clock.Add(88 * day)
		renewals := h.requestCount("renew_token")
		h.control("POST", "faults", c, nil)
		h.wantPending(name)
		h.wantPending(name + ", again")
		if count := h.requestCount("renew_token"); count != renewals+1 {
			t.Errorf("%s: tried %d times at once", name, count-renewals)
		}
		if !strings.Contains(h.log.String(), "Bakong token renewal failed") {
			t.Errorf("%s: nothing was logged", name)
		}
		h.clock.Add(5 * time.Minute)
		h.control("DELETE", "faults", "", nil)
		h.wantPending(name + ", later")
		if count := h.requestCount("renew_token"); count != renewals+2 {
			t.Errorf("%s: not tried again", name)
		}
	}
}

func TestTokenNearItsEndWithoutEmailServesWithAWarning(t *testing.T) {
	h := newHarness(t)
	h.settings["token"] = h.issueToken()
	delete(h.settings, "email")
	h.clock.Add(88 * day)
	h.wantPending("two days left")
	if log := h.log.String(); !strings.Contains(log, "level=WARN") || !strings.Contains(log, "no email is set") {
		t.Errorf("log %s", log)
	}
}

func TestEndedTokenMeansUnknown(t *testing.T) {
	h := newHarness(t)
	h.settings["token"] = fakeJWT(start.Add(-time.Hour))
	payment := h.create(usd(100))
	for i := range 3 {
		answer := h.query(payment)
		if answer.Verdict != checkout.VerdictUnknown || answer.Cause == nil {
			t.Errorf("answer %+v", answer)
		}
		if i > 0 && !answer.PauseUntil.Equal(start.Add(5*time.Minute)) {
			t.Errorf("question %d pauses until %v", i, answer.PauseUntil)
		}
	}
	if count := h.requestCount("check_transaction_by_md5"); count != 1 {
		t.Errorf("an ended token was tried %d times", count)
	}
}

func TestRefusedTokenIsRenewed(t *testing.T) {
	h := newHarness(t)
	h.settings["token"], h.settings["email"] = fakeJWT(start.Add(60*day)), bakongsim.DemoEmail
	payment := h.create(usd(100))
	if answer := h.query(payment); answer.Verdict != checkout.VerdictUnknown {
		t.Errorf("refused: %+v", answer)
	}
	h.wantPending("after renewing")
	h.wantPending("and on")
	if count := h.requestCount("renew_token"); count != 1 {
		t.Errorf("renewed %d times", count)
	}
}

func TestLaterOfTheTwoTokensServes(t *testing.T) {
	h := newHarness(t)
	owner := sha256.Sum256([]byte(h.server.URL + "\x00\x00" + bakongsim.DemoToken))
	kept := hex.EncodeToString(owner[:]) + " " + fakeJWT(start.Add(60*day))
	if err := h.vault.Put(context.Background(), "acct_1", "bakong_token", checkout.Secret(kept)); err != nil {
		t.Fatal(err)
	}
	h.wantPending("the settings' token ends later")
}

func TestTokenWithoutEndServes(t *testing.T) {
	for _, token := range []string{"opaque", "a.b.c", "e30.bm90IGpzb24.c", "e30.e30.c", "e30.eyJleHAiOiJub3cifQ.c"} {
		h := newHarness(t)
		h.settings["token"] = token
		if answer := h.query(h.create(usd(100))); answer.Verdict != checkout.VerdictUnknown {
			t.Errorf("%s: %+v", token, answer)
		}
		if count := h.requestCount("check_transaction_by_md5"); count != 1 {
			t.Errorf("%s was tried %d times", token, count)
		}
	}
}

func TestRenewalIsFinishedWhenTheCallerHasGone(t *testing.T) {
	h := newHarness(t)
	h.settings["token"], h.settings["email"] = "", bakongsim.DemoEmail
	gone, leave := context.WithCancel(context.Background())
	leave()
	payment := h.create(usd(100))
	if answer := h.provider.QueryPayment(gone, h.account(), payment); answer.Verdict != checkout.VerdictUnknown {
		t.Errorf("answer %+v", answer)
	}
	if _, err := h.vault.Get(context.Background(), "acct_1", "bakong_token"); err != nil {
		t.Errorf("the new token was lost: %v", err)
	}
}

func TestFailedRenewalWithoutATokenIsRetriedSoon(t *testing.T) {
	h := newHarness(t)
	h.settings["token"], h.settings["email"] = fakeJWT(start.Add(-time.Hour)), bakongsim.DemoEmail
	payment := h.create(usd(100))
	h.control("POST", "faults", `{"kind":"status","status":503,"path":"renew_token","count":1}`, nil)
	h.query(payment) // the ended token is tried once
	if answer := h.query(payment); !answer.PauseUntil.Equal(start.Add(5 * time.Second)) {
		t.Errorf("one bare 503 to the renewal pauses until %v", answer.PauseUntil)
	}
	h.clock.Add(5 * time.Second)
	h.wantPending("after renewing")
}
