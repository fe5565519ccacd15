package client

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rieltime/checkout"
	"rieltime/providers/wire"
)

var noon = time.Date(2026, 3, 2, 5, 0, 0, 0, time.UTC)

const hash = "8465d722d7d5065f2886f0a474a4d34dc6a7855355b611836f7b6111228893e9"

// client asks a server that answers as told.
func client(t *testing.T, serve http.HandlerFunc) Client {
	t.Helper()
	server := httptest.NewServer(serve)
	t.Cleanup(server.Close)
	return Client{Wire: wire.New(0), BaseURL: server.URL + "/", Token: "the-token", Now: func() time.Time { return noon }}
}

func answering(t *testing.T, status int, body string) Client {
	t.Helper()
	return client(t, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	})
}

func fixture(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(text))
}

// calls makes each call and shows what came of it.
var calls = map[string]struct {
	make func(Client) (any, error)
	want string
}{
	"request_token": {func(c Client) (any, error) {
		return "", c.RequestToken(context.Background(), Registration{"shop@example.kh", "Shop", "Till"})
	}, ""},
	"verify": {func(c Client) (any, error) {
		token, err := c.Verify(context.Background(), "12345678901234567890")
		return token.Reveal(), err
	}, "<jwt-token>"},
	"renew_token": {func(c Client) (any, error) {
		token, err := c.RenewToken(context.Background(), "shop@example.kh")
		return token.Reveal(), err
	}, "<jwt-token>"},
	"generate_deeplink_by_qr": {func(c Client) (any, error) {
		return c.DeepLink(context.Background(), "00020101", &SourceInfo{"https://example.com/icon.svg", "YourApp", "yourapp://payment-result"})
	}, "https://bakongsit.page.link/abc"},
	"check_transaction_by_md5": {func(c Client) (any, error) {
		return orError(c.CheckMD5(context.Background(), "d60f3db96913029a2af979a1662c1e72"))
	}, hash + " payer@bank merchant@bank USD 1.0"},
	"check_transaction_by_hash": {func(c Client) (any, error) {
		return orError(c.CheckHash(context.Background(), hash))
	}, hash + " payer@bank merchant@bank USD 1.0"},
	"check_transaction_by_short_hash": {func(c Client) (any, error) {
		return orError(c.CheckShortHash(context.Background(), hash[:8], checkout.Money{Minor: 100, Currency: checkout.USD}))
	}, hash + " payer@bank merchant@bank USD 1.0"},
	"check_transaction_by_external_ref": {func(c Client) (any, error) {
		return orError(c.CheckExternalRef(context.Background(), "100FT38906478429"))
	}, hash + " payer@bank merchant@bank USD 1.0"},
	"check_transaction_by_instruction_ref": {func(c Client) (any, error) {
		return orError(c.CheckInstructionRef(context.Background(), "00001234"))
	}, hash + " payer@bank merchant@bank USD 1.0"},
	"check_transaction_by_md5_list": {func(c Client) (any, error) {
		return listedText(c.CheckMD5List(context.Background(), []string{"d60f3db96913029a2af979a1662c1e72", "0dbe08d3829a8b6b59844e51aa38a4e2"}))
	}, "0dbe08d3829a8b6b59844e51aa38a4e2 NOT_FOUND false,d60f3db96913029a2af979a1662c1e72 SUCCESS true,"},
	"check_transaction_by_hash_list": {func(c Client) (any, error) {
		return listedText(c.CheckHashList(context.Background(), []string{hash}))
	}, hash + " FAILED false,"},
	"check_bakong_account": {func(c Client) (any, error) {
		return "", c.CheckAccount(context.Background(), "user@bank")
	}, ""},
}

func orError(t Transaction, err error) (any, error) {
	return fmt.Sprint(t.Hash, " ", t.FromAccountID, " ", t.ToAccountID, " ", t.Currency, " ", t.Amount), err
}

func listedText(items []Listed, err error) (any, error) {
	text := ""
	for _, item := range items {
		text += fmt.Sprint(item.Key, " ", item.Status, " ", item.Transaction != nil, ",")
	}
	return text, err
}

func TestCallsSendAndReadTheDocumentedForm(t *testing.T) {
	for endpoint, call := range calls {
		t.Run(endpoint, func(t *testing.T) {
			c := client(t, func(w http.ResponseWriter, r *http.Request) {
				body, _ := io.ReadAll(r.Body)
				if want := fixture(t, endpoint+".request"); r.Method != "POST" || r.URL.Path != "/v1/"+endpoint || string(body) != want {
					t.Errorf("%s %s %s, want %s", r.Method, r.URL, body, want)
				}
				wantToken := ""
				if strings.HasPrefix(endpoint, "check_") {
					wantToken = "Bearer the-token"
				}
				if got := r.Header.Get("Authorization"); got != wantToken {
					t.Errorf("Authorization %q, want %q", got, wantToken)
				}
				_, _ = io.WriteString(w, fixture(t, endpoint+".response"))
			})
			got, err := call.make(c)
			if err != nil || got != call.want {
				t.Errorf("%v %v, want %v", got, err, call.want)
			}
		})
	}
}

func TestEveryFixtureIsUsedAndHoldsNoToken(t *testing.T) {
	files, err := filepath.Glob("testdata/*.json")
	if err != nil || len(files) != 2*len(calls) {
		t.Errorf("%d fixtures for %d calls, %v", len(files), len(calls), err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil || strings.Contains(string(text), "eyJ") {
			t.Errorf("%s holds a token, %v", file, err)
		}
	}
}

var allCodes = []ErrorCode{
	CodeNotFound, CodeStaticQR, CodeTransactionFailed, CodeDeepLinkProvider, CodeMissingFields, CodeUnauthorized, CodeEmailServerDown,
	CodeEmailRegistered, CodeCannotConnect, CodeNotRegistered, CodeAccountNotFound, CodeAccountInvalid, CodeDailyLimit,
}

func TestListsBoundTheirLength(t *testing.T) {
	c := client(t, func(http.ResponseWriter, *http.Request) { t.Error("the list was sent") })
	for _, n := range []int{0, MaxList + 1} {
		if _, err := c.CheckMD5List(context.Background(), make([]string, n)); err == nil {
			t.Errorf("%d md5s were taken", n)
		}
		if _, err := c.CheckHashList(context.Background(), make([]string, n)); err == nil {
			t.Errorf("%d hashes were taken", n)
		}
	}
}

func TestLongMessagesAreCut(t *testing.T) {
	_, err := answering(t, 200, `{"responseCode":1,"errorCode":9,"responseMessage":"`+strings.Repeat("x", 5000)+`"}`).CheckMD5(context.Background(), "x")
	if err == nil || len(err.Error()) > 400 {
		t.Errorf("error of %d bytes", len(err.Error()))
	}
}

func FuzzAnswer(f *testing.F) {
	files, err := filepath.Glob("testdata/*.response.json")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(200, text)
	}
	f.Fuzz(func(t *testing.T, status int, body []byte) {
		c := Client{Now: func() time.Time { return noon }}
		data, err := c.open(wire.Response{Status: status, Body: body}, true)
		if err == nil && status != 200 {
			t.Errorf("status %d taken for success", status)
		}
		if err != nil && data != nil {
			t.Error("data beside an error")
		}
	})
}
