package client

import (
	"encoding/json"
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

	"rieltime/providers/providertest"
	"rieltime/providers/wire"
)

// fakeKESS answers the gateway with a fixed text and counts logins by grant.
type fakeKESS struct {
	*httptest.Server
	mu       sync.Mutex
	requests []Params
	grants   map[string]int
	answer   func(Params) (int, string)
	expiry   string
	valid    atomic.Pointer[string] // the only access token taken; nil: all
	ended    string                 // what it says with HTTP 200 of a token that ended; empty: HTTP 401

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
	f.requests = append(f.requests, params)
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
			sent := fake.requests[0]
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

func TestSecretsAreNeverLoggedOrShown(t *testing.T) {
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
	if err := fake.client(nil).Call(t.Context(), account, QueryOrder, nil, new(any)); err == nil || len(fake.requests) != 0 {
		t.Errorf("%v and %d calls, want it refused before any", err, len(fake.requests))
	}
}
