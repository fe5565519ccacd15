package bakongcmd

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/alecthomas/kong"

	"rieltime/khqr"
	"rieltime/providers/bakong/bakongsim"
	"rieltime/providers/bakong/internal/client"
)

var noon = time.Date(2026, 3, 2, 5, 0, 0, 0, time.UTC)

// harness runs commands against a simulator.
type harness struct {
	*testing.T
	sim    *bakongsim.Simulator
	server *httptest.Server
}

func newHarness(t *testing.T) *harness {
	t.Helper()
	sim, err := bakongsim.New(bakongsim.Options{Now: func() time.Time { return noon }})
	if err != nil {
		t.Fatal(err)
	}
	h := &harness{T: t, sim: sim, server: httptest.NewServer(sim.Handler())}
	t.Cleanup(h.server.Close)
	t.Setenv("RIELTIME_BAKONG_URL", h.server.URL)
	t.Setenv("RIELTIME_BAKONG_TOKEN", bakongsim.DemoToken)
	return h
}

func (h *harness) run(args ...string) (string, error) {
	h.Helper()
	var root struct {
		Bakong Cmd `cmd:""`
	}
	root.Bakong.Now = func() time.Time { return noon }
	parser, err := kong.New(&root, kong.Exit(func(int) {}))
	if err != nil {
		h.Fatal(err)
	}
	parsed, err := parser.Parse(append([]string{"bakong"}, args...))
	if err != nil {
		return "", err
	}
	var out bytes.Buffer
	parsed.BindTo(context.Background(), (*context.Context)(nil))
	parsed.BindTo(&out, (*io.Writer)(nil))
	err = parsed.Run()
	return out.String(), err
}

// must runs a command that succeeds, and reads its JSON.
func (h *harness) must(args ...string) map[string]string {
	h.Helper()
	out, err := h.run(append(args, "--json")...)
	if err != nil {
		h.Fatalf("%v: %v", args, err)
	}
	var fields map[string]string
	if err := json.Unmarshal([]byte(out), &fields); err != nil {
		h.Fatalf("%v: %v in %s", args, err, out)
	}
	return fields
}

func (h *harness) control(method, path, body string) string {
	h.Helper()
	request, err := http.NewRequest(method, h.server.URL+"/control/"+path, strings.NewReader(body))
	if err != nil {
		h.Fatal(err)
	}
	response, err := h.server.Client().Do(request)
	if err != nil {
		h.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode >= 300 {
		h.Fatalf("%s: %d %v", path, response.StatusCode, err)
	}
	return string(text)
}

func code(t *testing.T) string {
	t.Helper()
	c := khqr.Code{Kind: khqr.Individual, Account: bakongsim.DemoAccount, MerchantName: "Shop", Currency: khqr.USD,
		Amount: "10.50", Expires: noon.Add(time.Minute)}
	text, err := c.Encode(noon)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestTokenFromRegistrationToRenewal(t *testing.T) {
	h := newHarness(t)
	h.must("token", "request", "--email", "shop@example.kh", "--organization", "Shop", "--project", "Till")
	var mail map[string]string
	if err := json.Unmarshal([]byte(h.control("GET", "mail", "")), &mail); err != nil {
		t.Fatal(err)
	}
	issued := h.must("token", "verify", "--code", mail["shop@example.kh"])
	if strings.Count(issued["token"], ".") != 2 || issued["days_left"] != "90" || issued["ends"] != "2026-05-31T05:00:00Z" {
		t.Errorf("verify: %v", issued)
	}
	if renewed := h.must("token", "renew", "--email", "shop@example.kh"); renewed["state"] != "valid" || renewed["token"] == "" {
		t.Errorf("renew: %v", renewed)
	}
}

func TestTokenShowNeverShowsTheToken(t *testing.T) {
	h := newHarness(t)
	for token, want := range map[string]string{
		bakongsim.DemoToken:                "valid",
		"e30.eyJleHAiOjE3NzI1MDAwMDB9.cw":  "renew now",
		"e30.eyJleHAiOjE3NzI0Mjc2MDB9.cw":  "ended",
		"e30.eyJuYmYiOjE3NzI0Mjc2MDB9.cw":  "",
		"opaque-token-of-another-kind-abc": "",
	} {
		t.Setenv("RIELTIME_BAKONG_TOKEN", token)
		shown := h.must("token", "show")
		if shown["state"] != want || want == "" && shown["ends"] != "unknown" {
			t.Errorf("%s: %v", token, shown)
		}
		if out, _ := h.run("token", "show"); strings.Contains(out, token) || out == "" {
			t.Errorf("shown: %s", out)
		}
	}
}

func TestAccount(t *testing.T) {
	h := newHarness(t)
	if shown := h.must("account", bakongsim.DemoAccount); shown["state"] != "exists" {
		t.Errorf("%v", shown)
	}
	if _, err := h.run("account", "nobody@devb"); !errors.Is(err, client.CodeAccountNotFound) {
		t.Errorf("unknown account: %v", err)
	}
}

func TestCheckByEachKey(t *testing.T) {
	h := newHarness(t)
	qr := code(t)
	if _, err := h.run("check", "--md5", khqr.MD5(qr)); !errors.Is(err, client.CodeNotFound) {
		t.Errorf("before paying: %v", err)
	}
	made, err := h.sim.Pay(bakongsim.Payment{QR: qr, InstructionRef: "INS-7"})
	if err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{
		{"check", "--external-ref", made.ExternalRef()},
		{"check", "--instruction-ref", "INS-7"},
		{"check", "--md5", strings.ToUpper(khqr.MD5(qr))},
		{"check", "--hash", made.Hash},
		{"check", "--short-hash", made.ShortHash(), "--amount", "10.50"},
	} {
		shown := h.must(args...)
		if shown["hash"] != made.Hash || shown["amount"] != "10.5" || shown["currency"] != "USD" || shown["to"] != bakongsim.DemoAccount ||
			shown["from"] != bakongsim.DemoPayer || shown["paid_at"] != "2026-03-02T05:00:00Z" || shown["state"] != "paid" {
			t.Errorf("%v: %v", args, shown)
		}
	}
	table, err := h.run("check", "--hash", made.Hash)
	if err != nil || !strings.Contains(table, "Amount    10.5\n") {
		t.Errorf("table %q, %v", table, err)
	}
}

func TestSeveralHashesAreCheckedInLists(t *testing.T) {
	h := newHarness(t)
	paid, err := h.sim.Pay(bakongsim.Payment{QR: code(t)})
	if err != nil {
		t.Fatal(err)
	}
	failed, err := h.sim.Pay(bakongsim.Payment{QR: code(t), Fail: true})
	if err != nil {
		t.Fatal(err)
	}
	unknown := strings.Repeat("0", 64)
	args := []string{"check", "--hash", strings.ToUpper(paid.Hash) + "," + unknown, "--hash", failed.Hash}
	want := "[" + paid.Hash + " paid 10.5 USD] [" + unknown + " not found  ] [" + failed.Hash + " failed  ]"

	for _, fault := range []string{"", `{"kind":"status","status":403,"path":"hash_list"}`, `{"kind":"status","status":404,"path":"hash_list"}`} {
		if fault != "" {
			h.control("POST", "faults", fault)
		}
		out, err := h.run(append(args, "--json")...)
		var rows []struct{ Hash, State, Amount, Currency string }
		if err != nil || json.Unmarshal([]byte(out), &rows) != nil {
			t.Fatalf("%s: %v in %s", fault, err, out)
		}
		var got []string
		for _, row := range rows {
			got = append(got, "["+row.Hash+" "+row.State+" "+row.Amount+" "+row.Currency+"]")
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s: %v", fault, got)
		}
		h.control("DELETE", "faults", "")
	}

	table, err := h.run(args...)
	if err != nil || !strings.HasPrefix(table, "Hash ") || strings.Count(table, "\n") != 4 {
		t.Errorf("table %q, %v", table, err)
	}
	h.control("POST", "faults", `{"kind":"status","status":403}`)
	if _, err := h.run(args...); err == nil || !strings.Contains(err.Error(), "in Cambodia") {
		t.Errorf("from abroad: %v", err)
	}
}

func TestCheckWantsOneKeyWithWhatItNeeds(t *testing.T) {
	h := newHarness(t)
	for _, args := range [][]string{
		{"check"},
		{"check", "--md5", "a", "--hash", "b"},
		{"check", "--short-hash", "8465d722"},
		{"check", "--short-hash", "8465d722", "--amount", "1e3"},
		{"check", "--short-hash", "8465d722", "--amount", "1", "--currency", "THB"},
	} {
		if out, err := h.run(args...); err == nil {
			t.Errorf("%v: %s", args, out)
		}
	}
}

func TestDeeplink(t *testing.T) {
	h := newHarness(t)
	t.Setenv("RIELTIME_BAKONG_TOKEN", "")
	for _, args := range [][]string{
		{"deeplink", code(t)},
		{"deeplink", code(t), "--app-name", "Shop", "--app-icon", "https://x.example/i.png", "--callback", "https://x.example"},
	} {
		if shown := h.must(args...); !strings.HasPrefix(shown["link"], h.server.URL+"/app/open/") {
			t.Errorf("%v", shown)
		}
	}
	if _, err := h.run("deeplink", code(t), "--app-name", "Shop"); err == nil {
		t.Error("half a source was taken")
	}
}

func TestChecksWithoutTokenSayWhatToDo(t *testing.T) {
	h := newHarness(t)
	t.Setenv("RIELTIME_BAKONG_TOKEN", "")
	for _, args := range [][]string{{"account", "a@b"}, {"check", "--md5", "a"}, {"token", "show"}} {
		if _, err := h.run(args...); err == nil || !strings.Contains(err.Error(), "RIELTIME_BAKONG_TOKEN") {
			t.Errorf("%v: %v", args, err)
		}
	}
}

func TestRefusalsAreExplained(t *testing.T) {
	h := newHarness(t)
	for fault, want := range map[string]string{
		`{"kind":"status","status":404,"count":1}`:                               "does not offer",
		`{"kind":"status","status":410,"count":1}`:                               "does not offer",
		`{"kind":"status","status":403,"count":1}`:                               "in Cambodia",
		`{"kind":"status","status":429,"count":1}`:                               "too many requests; try again later",
		`{"kind":"status","status":429,"count":1,"header":{"Retry-After":"30"}}`: "too many requests; try again at 2026-03-02T05:00:30Z",
		`{"kind":"status","status":500,"count":1}`:                               "HTTP status 500",
		`{"kind":"malformed","count":1}`:                                         "invalid JSON",
	} {
		for _, args := range [][]string{
			{"token", "request", "--email", "a@b.kh", "--organization", "O", "--project", "P"},
			{"token", "verify", "--code", "12345678901234567890"}, {"token", "renew", "--email", "a@b.kh"},
			{"account", "a@b"}, {"check", "--md5", "a"}, {"deeplink", "x"},
		} {
			h.control("POST", "faults", fault)
			if _, err := h.run(args...); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s, %v: %v, want %q", fault, args, err, want)
			}
		}
	}
}
