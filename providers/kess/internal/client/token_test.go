package client

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"rieltime/checkout"
)

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
	if !errors.Is(err, Failed(CodeUnauthenticated)) {
		t.Errorf("%v, want UNAUTHENTICATED", err)
	}
	if after := fake.grants["password"] + fake.grants["refresh_token"]; after != before+1 {
		t.Errorf("%d renewals, want one", after-before)
	}
}

// KESS writes errors inside HTTP 200 too: a token that ended is renewed
// whichever way it is reported, and so is one whose refresh token ended.
func TestExpiredTokenIsRenewedHoweverThatIsReported(t *testing.T) {
	for name, answer := range map[string]string{
		"flat":   `{"success":false,"code":"UNAUTHENTICATED","message":"Unauthenticated."}`,
		"nested": `{"success":false,"error":{"code":"UNAUTHENTICATED","message":"Unauthenticated."}}`,
		"number": `{"error":{"code":401}}`,
	} {
		t.Run(name, func(t *testing.T) {
			fake := newFakeKESS(t, ok)
			fake.ended = answer
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
