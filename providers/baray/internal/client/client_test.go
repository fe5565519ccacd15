package client

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"rieltime/providers/wire"
)

const (
	testSK = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
	testIV = "8ODQwLCgkIBwYFBAMCAQAA=="

	testIntent = "itn-01234567-89ab-cdef-0123-456789abcdef"
	testOrg    = "org-01234567-89ab-cdef-0123-456789abcdef"
	testOrder  = "R0123456789ABCDEFGHZ"
)

func fixture(t *testing.T, name string) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// recorded is a server that answers one way and remembers what it was sent.
type recorded struct {
	path, key string
	body      []byte
}

func serve(t *testing.T, status int, answer []byte) (*Client, *recorded) {
	t.Helper()
	seen := &recorded{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen.path, seen.key = r.Method+" "+r.URL.Path, r.Header.Get("x-api-key")
		seen.body, _ = io.ReadAll(r.Body)
		w.WriteHeader(status)
		_, _ = w.Write(answer)
	}))

	t.Cleanup(server.Close)
	key, err := NewKey(testSK, testIV)
	if err != nil {
		t.Fatal(err)
	}

	return &Client{Wire: wire.New(0), BaseURL: server.URL, APIKey: "bry_test", Key: key}, seen
}

func sameJSON(t *testing.T, got, want []byte) {
	t.Helper()
	var g, w any
	for text, out := range map[*[]byte]*any{&got: &g, &want: &w} {
		decoder := json.NewDecoder(bytes.NewReader(*text))
		decoder.UseNumber()
		if err := decoder.Decode(out); err != nil {
			t.Fatalf("%s: %v", *text, err)
		}
	}

	if !reflect.DeepEqual(g, w) {
		t.Errorf("sent %s, want %s", got, want)
	}
}

func testOrderOf() Order {
	return Order{
		Amount: "10.00", Currency: "USD", OrderID: testOrder,
		OrderDetails:     &OrderDetails{Items: []Item{{Name: "Coffee", Price: "10.00"}}},
		CustomSuccessURL: "https://pay.example/return/baray/pay_1",
	}
}

func TestPaySendsTheEncryptedOrder(t *testing.T) {
	client, seen := serve(t, http.StatusOK, fixture(t, "pay_200.json"))
	if _, err := client.Pay(t.Context(), testOrderOf()); err != nil {
		t.Fatal(err)
	}

	if seen.path != "POST /pay" || seen.key != "bry_test" {
		t.Errorf("called %s with key %q, want POST /pay with the API key", seen.path, seen.key)
	}

	var body map[string]string
	if err := json.Unmarshal(seen.body, &body); err != nil || len(body) != 1 {
		t.Fatalf("body %s, want data alone", seen.body)
	}

	plain, err := client.Key.Decrypt(body["data"])
	if err != nil {
		t.Fatal(err)
	}

	sameJSON(t, plain, fixture(t, "pay_request.json"))
}

func TestPayReadsEveryShapeOfTheIntent(t *testing.T) {
	for _, name := range []string{"pay_200.json", "pay_200_id.json", "pay_200_data.json"} {
		client, _ := serve(t, http.StatusOK, fixture(t, name))
		got, err := client.Pay(t.Context(), testOrderOf())
		want := Intent{
			ID: testIntent, OrgID: testOrg, OrderID: testOrder,
			Amount: "10.00", Currency: "USD", Target: "PRODUCTION",
		}
		if err != nil || got != want {
			t.Errorf("%s: Pay = %+v, %v, want %+v", name, got, err, want)
		}
	}
}

func TestChecksSendTheirRequests(t *testing.T) {
	client, seen := serve(t, http.StatusOK, fixture(t, "check_200.json"))
	for path, tc := range map[string]struct {
		request string
		call    func() (Status, error)
	}{
		"POST /payments/check/intent": {"check_intent_request.json", func() (Status, error) {
			return client.CheckIntent(t.Context(), testIntent)
		}},
		"POST /payments/check/order": {"check_order_request.json", func() (Status, error) {
			return client.CheckOrder(t.Context(), testOrg, testOrder)
		}},
	} {
		status, err := tc.call()
		if err != nil || status.Text != "success" {
			t.Errorf("%s = %q, %v, want success", path, status.Text, err)
		}

		if seen.path != path || seen.key != "bry_test" {
			t.Errorf("called %s with key %q, want %s with the API key", seen.path, seen.key, path)
		}

		sameJSON(t, seen.body, fixture(t, tc.request))
		sameJSON(t, status.Raw, fixture(t, "check_200.json"))
	}
}

func TestNonsenseIsNoAnswer(t *testing.T) {
	for _, body := range []string{``, `<html>`, `{"status":`, `{}`, `{"status":""}`, `{"status":true}`, `[]`, `null`} {
		client, _ := serve(t, http.StatusOK, []byte(body))
		if status, err := client.CheckIntent(t.Context(), testIntent); err == nil {
			t.Errorf("%q is read as status %q, want an error", body, status.Text)
		}
	}
}
