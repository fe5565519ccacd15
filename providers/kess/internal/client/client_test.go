package client

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"rieltime/checkout"
	"rieltime/providers/providertest"
	"rieltime/providers/wire"
)

// fakeKESS answers the gateway with a fixed text and counts logins by grant.
type fakeKESS struct {
	*httptest.Server
	mu     sync.Mutex
	asked  []Params
	grants map[string]int
	answer func(Params) (int, string)
	expiry string
	valid  atomic.Pointer[string] // the only access token taken; nil: all
	ended  string                 // what it says with HTTP 200 of a token that ended; empty: HTTP 401

	noRefresh bool // no refresh token is taken
	vault     providertest.Vault
	now       time.Time
}

func newFakeKESS(t *testing.T, answer func(Params) (int, string)) *fakeKESS {
	t.Helper()
	f := &fakeKESS{grants: map[string]int{}, answer: answer, expiry: `"1800"`, now: time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)}
	f.Server = httptest.NewServer(f)
	t.Cleanup(f.Close)
	return f
}

func (f *fakeKESS) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	params, _ := ParseJSON(body)
	f.mu.Lock()
	defer f.mu.Unlock()
	if r.URL.Path == "/oauth/token" {
		f.grants[params.Text("grant_type")]++
		if params.Text("grant_type") == "refresh_token" && (f.noRefresh || params.Text("refresh_token") == "spent") {
			f.refuse(w)
			return
		}
		fmt.Fprintf(w, `{"token_type":"Bearer","expires_in":%s,"access_token":"access-%d","refresh_token":"refresh"}`,
			f.expiry, f.grants["password"]+f.grants["refresh_token"])
		return
	}
	if only := f.valid.Load(); only != nil && r.Header.Get("Authorization") != "Bearer "+*only {
		f.refuse(w)
		return
	}
	f.asked = append(f.asked, params)
	status, text := f.answer(params)
	w.WriteHeader(status)
	_, _ = io.WriteString(w, text)
}

func (f *fakeKESS) refuse(w http.ResponseWriter) {
	if f.ended == "" {
		w.WriteHeader(http.StatusUnauthorized)
	}
	_, _ = io.WriteString(w, f.ended)
}

func (f *fakeKESS) account() Account {
	return Account{
		ID: "acct_1", BaseURL: f.URL, ClientID: "client", ClientSecret: "client-secret", Username: "user", Password: "pass-word",
		SellerCode: "CU12-34567890", APISecretKey: "signing-key", SignType: MD5,
	}
}

func (f *fakeKESS) client(log *slog.Logger) *Client {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return New(wire.New(2*time.Second), &f.vault, func() time.Time { return f.now }, log)
}

func ok(Params) (int, string) { return 200, `{"success":true,"data":{"a":1}}` }

type documented struct {
	Service string
	Request Params
	Data    json.RawMessage
}

func TestEveryServiceOfTheDocumentAnswers(t *testing.T) {
	for _, d := range readVectors[documented](t, "../../catalog/samples.jsonl") {
		t.Run(d.Service, func(t *testing.T) {
			fake := newFakeKESS(t, func(Params) (int, string) {
				return 200, fmt.Sprintf(`{"success":true,"data":%s,"sign":"{SIGNATURE}","sign_type":"MD5"}`, d.Data)
			})
			delete(d.Request, "seller_code")
			var data json.RawMessage
			if err := fake.client(nil).Call(t.Context(), fake.account(), Prefix+d.Service, d.Request, &data); err != nil {
				t.Fatal(err)
			}
			if string(data) != string(d.Data) {
				t.Errorf("data %s, want %s", data, d.Data)
			}
			sent := fake.asked[0]
			if err := sent.Verify("signing-key"); err != nil {
				t.Errorf("the request's sign: %v", err)
			}
			for name, want := range map[string]string{"service": Prefix + d.Service, "seller_code": "CU12-34567890", "sign_type": MD5} {
				if sent.Text(name) != want {
					t.Errorf("%s is %q, want %q", name, sent.Text(name), want)
				}
			}
		})
	}
}

func TestDocumentedErrorsAreTold(t *testing.T) {
	for status, code := range Statuses {
		fake := newFakeKESS(t, func(Params) (int, string) {
			return status, fmt.Sprintf(`{"success":false,"code":%q,"message":"why"}`, code)
		})
		err := fake.client(nil).Call(t.Context(), fake.account(), QueryOrder, nil, new(any))
		if !errors.Is(err, Failed(code)) {
			t.Errorf("%d: %v, want %s", status, err, code)
		}
		for name, body := range map[string]string{
			"code":                    fmt.Sprintf(`{"success":false,"code":%q}`, code),
			"number":                  fmt.Sprintf(`{"success":"false","status_code":%d}`, status),
			"error_code":              fmt.Sprintf(`{"success":0,"error_code":%q}`, code),
			"code number":             fmt.Sprintf(`{"success":false,"code":"%d"}`, status),
			"an object":               fmt.Sprintf(`{"success":false,"error":{"code":%q,"message":"why"}}`, code),
			"an object's number":      fmt.Sprintf(`{"success":false,"data":null,"error":{"status_code":%d}}`, status),
			"an object alone":         fmt.Sprintf(`{"error":{"code":%d}}`, status),
			"an object beside a code": fmt.Sprintf(`{"success":false,"code":200,"error":{"error_code":%q}}`, code),
			"an object as success":    fmt.Sprintf(`{"success":true,"data":null,"error":{"code":%q}}`, code),
			"a bare error":            fmt.Sprintf(`{"success":false,"error":%q}`, code),
		} {
			fake := newFakeKESS(t, func(Params) (int, string) { return 200, body })
			err := fake.client(nil).Call(t.Context(), fake.account(), QueryOrder, nil, new(any))
			if !errors.Is(err, Failed(code)) {
				t.Errorf("200 with %s: %v, want %s", name, err, code)
			}
		}
	}
}

func TestReasonOfANestedErrorIsTold(t *testing.T) {
	for name, body := range map[string]string{
		"message": `{"success":false,"error":{"code":"VALIDATION_ERROR","message":"total_amount is too small"}}`,
		"errors":  `{"success":false,"error":{"code":"VALIDATION_ERROR","errors":{"total_amount":["is too small"]}}}`,
		"text":    `{"success":false,"error":"total_amount is too small"}`,
	} {
		fake := newFakeKESS(t, func(Params) (int, string) { return 200, body })
		err := fake.client(nil).Call(t.Context(), fake.account(), QueryOrder, nil, new(any))
		var told *Error
		if !errors.As(err, &told) || !strings.Contains(told.Message, "is too small") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestPageOfAnotherServerIsNoDocumentedError(t *testing.T) {
	for status, code := range Statuses {
		fake := newFakeKESS(t, func(Params) (int, string) { return status, "<html>" })
		err := fake.client(nil).Call(t.Context(), fake.account(), QueryOrder, nil, new(any))
		if errors.Is(err, Failed(code)) != (code == Unauthenticated) {
			t.Errorf("%d: %v", status, err)
		}
	}
}

func TestNonsenseIsNoAnswer(t *testing.T) {
	for _, body := range []string{"", "null", "[]", "<html>", `{"data":{}}`, `{"success":"perhaps","data":{}}`, `{"success":true}`,
		`{"success":true,"data":null}`, `{"success":true,"data":"text"}`} {
		fake := newFakeKESS(t, func(Params) (int, string) { return 200, body })
		var order Order
		err := fake.client(nil).Call(t.Context(), fake.account(), QueryOrder, nil, &order)
		var no *Error
		if err == nil || errors.As(err, &no) {
			t.Errorf("%q: %v, want an error that is not KESS's no", body, err)
		}
	}
}

func TestTimeToComeBackIsNotMadeUp(t *testing.T) {
	fake := newFakeKESS(t, func(Params) (int, string) { return 429, `{}` })
	err := fake.client(nil).Call(t.Context(), fake.account(), QueryOrder, nil, new(any))
	var no *Error
	if !errors.As(err, &no) || no.Code != "HTTP_429" || !no.RetryAt.IsZero() {
		t.Errorf("%+v, want HTTP_429 without a time, as none was told", err)
	}
}

func call(t *testing.T, f *fakeKESS, c *Client) {
	t.Helper()
	if err := c.Call(t.Context(), f.account(), QueryOrder, nil, new(any)); err != nil {
		t.Fatal(err)
	}
}

func TestOneLoginServesReplicasUntilItsEnd(t *testing.T) {
	fake := newFakeKESS(t, ok)
	first, second := fake.client(nil), fake.client(nil)
	call(t, fake, first)
	call(t, fake, second)
	fake.now = fake.now.Add(30*time.Minute - tokenMargin - time.Second)
	call(t, fake, first)
	if fake.grants["password"] != 1 || fake.grants["refresh_token"] != 0 {
		t.Errorf("grants %v, want one login", fake.grants)
	}
}

func TestTokenNearItsEndIsRefreshedElseLoggedInAgain(t *testing.T) {
	fake := newFakeKESS(t, ok)
	client := fake.client(nil)
	call(t, fake, client)
	fake.now = fake.now.Add(30 * time.Minute)
	call(t, fake, client)
	if fake.grants["password"] != 1 || fake.grants["refresh_token"] != 1 {
		t.Errorf("after the token's end: %v, want one refresh", fake.grants)
	}
	fake.now = fake.now.Add(46 * time.Minute)
	call(t, fake, client)
	if fake.grants["password"] != 2 || fake.grants["refresh_token"] != 1 {
		t.Errorf("after the refresh token's end: %v, want a login", fake.grants)
	}
}

func TestRefusedRefreshLogsIn(t *testing.T) {
	fake := newFakeKESS(t, ok)
	client := fake.client(nil)
	text, err := json.Marshal(token{Owner: fake.account().owner(), Access: "old", Refresh: "spent", Expires: fake.now})
	if err != nil {
		t.Fatal(err)
	}
	if err := fake.vault.Put(t.Context(), "acct_1", tokenName, checkout.Secret(text)); err != nil {
		t.Fatal(err)
	}
	call(t, fake, client)
	if fake.grants["refresh_token"] != 1 || fake.grants["password"] != 1 {
		t.Errorf("grants %v, want a refresh and a login", fake.grants)
	}
}

func TestConcurrentCallersRenewOnce(t *testing.T) {
	fake := newFakeKESS(t, ok)
	client := fake.client(nil)
	var group sync.WaitGroup
	for range 20 {
		group.Go(func() {
			if err := client.Call(context.Background(), fake.account(), QueryOrder, nil, new(any)); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if fake.grants["password"] != 1 {
		t.Errorf("%d logins, want one", fake.grants["password"])
	}
}

func TestRejectedTokenIsRenewedOnceOnly(t *testing.T) {
	fake := newFakeKESS(t, ok)
	client := fake.client(nil)
	call(t, fake, client)
	second := "access-2"
	fake.valid.Store(&second)
	call(t, fake, client)
	never := "none"
	fake.valid.Store(&never)
	before := fake.grants["password"] + fake.grants["refresh_token"]
	err := client.Call(t.Context(), fake.account(), QueryOrder, nil, new(any))
	if !errors.Is(err, Failed(Unauthenticated)) {
		t.Errorf("%v, want UNAUTHENTICATED", err)
	}
	if after := fake.grants["password"] + fake.grants["refresh_token"]; after != before+1 {
		t.Errorf("%d renewals, want one", after-before)
	}
}

// KESS writes errors inside HTTP 200 too: a token that ended is renewed
// whichever way it is told, and so is one whose refresh token ended.
func TestTokenThatEndedIsRenewedHoweverThatIsTold(t *testing.T) {
	for name, told := range map[string]string{
		"flat":   `{"success":false,"code":"UNAUTHENTICATED","message":"Unauthenticated."}`,
		"nested": `{"success":false,"error":{"code":"UNAUTHENTICATED","message":"Unauthenticated."}}`,
		"number": `{"error":{"code":401}}`,
	} {
		t.Run(name, func(t *testing.T) {
			fake := newFakeKESS(t, ok)
			fake.ended = told
			client := fake.client(nil)
			call(t, fake, client)
			second := "access-3" // the refresh is refused, the login gives the third
			fake.valid.Store(&second)
			fake.noRefresh = true
			call(t, fake, client)
			if fake.grants["refresh_token"] != 1 || fake.grants["password"] != 2 {
				t.Errorf("grants %v, want a refresh and a login", fake.grants)
			}
		})
	}
}

func TestChangedCredentialsDropTheToken(t *testing.T) {
	fake := newFakeKESS(t, ok)
	client := fake.client(nil)
	call(t, fake, client)
	changed := fake.account()
	changed.Password = "other"
	if err := client.Call(t.Context(), changed, QueryOrder, nil, new(any)); err != nil {
		t.Fatal(err)
	}
	if fake.grants["password"] != 2 {
		t.Errorf("%d logins, want a new one", fake.grants["password"])
	}
}

func TestLoginWithoutATokenIsNoLogin(t *testing.T) {
	for _, expiry := range []string{`1800,"token_type":"mac"`, `1800,"access_token":""`} {
		fake := newFakeKESS(t, ok)
		fake.expiry = expiry
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, `{"token_type":"Bearer","expires_in":1800}`)
		}))
		t.Cleanup(server.Close)
		account := fake.account()
		account.BaseURL = server.URL
		if err := fake.client(nil).Call(t.Context(), account, QueryOrder, nil, new(any)); err == nil {
			t.Error("a login without a token worked")
		}
	}
}

func TestSecretsAreNeverLoggedOrTold(t *testing.T) {
	var log strings.Builder
	fake := newFakeKESS(t, func(Params) (int, string) { return 422, `{"message":"no"}` })
	client := fake.client(slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})))
	err := client.Call(t.Context(), fake.account(), QueryOrder, Params{"out_trade_no": "A"}, new(any))
	text := log.String() + fmt.Sprintf("%v %+v", err, fake.account())
	for _, secret := range []string{"client-secret", "pass-word", "signing-key", "access-1", "refresh"} {
		if strings.Contains(text, secret) {
			t.Errorf("%q is told in %s", secret, text)
		}
	}
	if !strings.Contains(log.String(), "KESS call") {
		t.Error("nothing was logged")
	}
}

func TestUnknownSignTypeIsNeverSent(t *testing.T) {
	fake := newFakeKESS(t, ok)
	account := fake.account()
	account.SignType = "md5"
	if err := fake.client(nil).Call(t.Context(), account, QueryOrder, nil, new(any)); err == nil || len(fake.asked) != 0 {
		t.Errorf("%v and %d calls, want it refused before any", err, len(fake.asked))
	}
}
