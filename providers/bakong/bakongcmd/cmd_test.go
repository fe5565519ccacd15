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

// terminal runs commands against a simulator.
type terminal struct {
	*testing.T
	sim    *bakongsim.Simulator
	server *httptest.Server
}

func newTerminal(t *testing.T) *terminal {
	t.Helper()
	sim, err := bakongsim.New(bakongsim.Options{Now: func() time.Time { return noon }})
	if err != nil {
		t.Fatal(err)
	}
	term := &terminal{T: t, sim: sim, server: httptest.NewServer(sim.Handler())}
	t.Cleanup(term.server.Close)
	t.Setenv("RIELTIME_BAKONG_URL", term.server.URL)
	t.Setenv("RIELTIME_BAKONG_TOKEN", bakongsim.DemoToken)
	return term
}

func (term *terminal) run(args ...string) (string, error) {
	term.Helper()
	var root struct {
		Bakong Cmd `cmd:""`
	}
	root.Bakong.Now = func() time.Time { return noon }
	parser, err := kong.New(&root, kong.Exit(func(int) {}))
	if err != nil {
		term.Fatal(err)
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
func (term *terminal) must(args ...string) map[string]string {
	term.Helper()
	out, err := term.run(append(args, "--json")...)
	if err != nil {
		term.Fatalf("%v: %v", args, err)
	}
	var fields map[string]string
	if err := json.Unmarshal([]byte(out), &fields); err != nil {
		term.Fatalf("%v: %v in %s", args, err, out)
	}
	return fields
}

func (term *terminal) control(method, path, body string) string {
	term.Helper()
	request, err := http.NewRequest(method, term.server.URL+"/control/"+path, strings.NewReader(body))
	if err != nil {
		term.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		term.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode >= 300 {
		term.Fatalf("%s: %d %v", path, response.StatusCode, err)
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
	term := newTerminal(t)
	term.must("token", "request", "--email", "shop@example.kh", "--organization", "Shop", "--project", "Till")
	var mail map[string]string
	if err := json.Unmarshal([]byte(term.control("GET", "mail", "")), &mail); err != nil {
		t.Fatal(err)
	}
	issued := term.must("token", "verify", "--code", mail["shop@example.kh"])
	if strings.Count(issued["token"], ".") != 2 || issued["days_left"] != "90" || issued["ends"] != "2026-05-31T05:00:00Z" {
		t.Errorf("verify: %v", issued)
	}
	if renewed := term.must("token", "renew", "--email", "shop@example.kh"); renewed["state"] != "valid" || renewed["token"] == "" {
		t.Errorf("renew: %v", renewed)
	}
}

func TestTokenShowNeverShowsTheToken(t *testing.T) {
	term := newTerminal(t)
	for token, want := range map[string]string{
		bakongsim.DemoToken:                "valid",
		"e30.eyJleHAiOjE3NzI1MDAwMDB9.cw":  "to be renewed now",
		"e30.eyJleHAiOjE3NzI0Mjc2MDB9.cw":  "ended",
		"e30.eyJuYmYiOjE3NzI0Mjc2MDB9.cw":  "",
		"opaque-token-of-another-kind-abc": "",
	} {
		t.Setenv("RIELTIME_BAKONG_TOKEN", token)
		shown := term.must("token", "show")
		if shown["state"] != want || want == "" && shown["ends"] != "unknown" {
			t.Errorf("%s: %v", token, shown)
		}
		if out, _ := term.run("token", "show"); strings.Contains(out, token) || out == "" {
			t.Errorf("shown: %s", out)
		}
	}
}

func TestAccount(t *testing.T) {
	term := newTerminal(t)
	if shown := term.must("account", bakongsim.DemoAccount); shown["state"] != "exists" {
		t.Errorf("%v", shown)
	}
	if _, err := term.run("account", "nobody@devb"); !errors.Is(err, client.AccountNotFound) {
		t.Errorf("unknown account: %v", err)
	}
}

func TestCheckByEachKey(t *testing.T) {
	term := newTerminal(t)
	qr := code(t)
	if _, err := term.run("check", "--md5", khqr.MD5(qr)); !errors.Is(err, client.NotFound) {
		t.Errorf("before paying: %v", err)
	}
	made, err := term.sim.Pay(bakongsim.Payment{QR: qr})
	if err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{
		{"check", "--md5", strings.ToUpper(khqr.MD5(qr))},
		{"check", "--hash", made.Hash},
		{"check", "--short-hash", made.ShortHash(), "--amount", "10.50"},
	} {
		shown := term.must(args...)
		if shown["hash"] != made.Hash || shown["amount"] != "10.5" || shown["currency"] != "USD" || shown["to"] != bakongsim.DemoAccount ||
			shown["from"] != bakongsim.DemoPayer || shown["paid_at"] != "2026-03-02T05:00:00Z" || shown["state"] != "paid" {
			t.Errorf("%v: %v", args, shown)
		}
	}
	table, err := term.run("check", "--hash", made.Hash)
	if err != nil || !strings.Contains(table, "Amount    10.5\n") {
		t.Errorf("table %q, %v", table, err)
	}
}

func TestCheckWantsOneKeyWithWhatItNeeds(t *testing.T) {
	term := newTerminal(t)
	for _, args := range [][]string{
		{"check"},
		{"check", "--md5", "a", "--hash", "b"},
		{"check", "--short-hash", "8465d722"},
		{"check", "--short-hash", "8465d722", "--amount", "1e3"},
		{"check", "--short-hash", "8465d722", "--amount", "1", "--currency", "THB"},
	} {
		if out, err := term.run(args...); err == nil {
			t.Errorf("%v: %s", args, out)
		}
	}
}

func TestDeeplink(t *testing.T) {
	term := newTerminal(t)
	t.Setenv("RIELTIME_BAKONG_TOKEN", "")
	for _, args := range [][]string{
		{"deeplink", code(t)},
		{"deeplink", code(t), "--app-name", "Shop", "--app-icon", "https://x.example/i.png", "--callback", "https://x.example"},
	} {
		if shown := term.must(args...); !strings.HasPrefix(shown["link"], term.server.URL+"/app/open/") {
			t.Errorf("%v", shown)
		}
	}
	if _, err := term.run("deeplink", code(t), "--app-name", "Shop"); err == nil {
		t.Error("half a source was taken")
	}
}

func TestChecksWithoutTokenSayWhatToDo(t *testing.T) {
	term := newTerminal(t)
	t.Setenv("RIELTIME_BAKONG_TOKEN", "")
	for _, args := range [][]string{{"account", "a@b"}, {"check", "--md5", "a"}, {"token", "show"}} {
		if _, err := term.run(args...); err == nil || !strings.Contains(err.Error(), "RIELTIME_BAKONG_TOKEN") {
			t.Errorf("%v: %v", args, err)
		}
	}
}

func TestRefusalsAreExplained(t *testing.T) {
	term := newTerminal(t)
	for fault, want := range map[string]string{
		`{"kind":"status","status":404,"count":1}`:                               "does not offer",
		`{"kind":"status","status":410,"count":1}`:                               "does not offer",
		`{"kind":"status","status":403,"count":1}`:                               "in Cambodia",
		`{"kind":"status","status":429,"count":1}`:                               "too many requests: come back in a while",
		`{"kind":"status","status":429,"count":1,"header":{"Retry-After":"30"}}`: "too many requests, come back at 2026-03-02T05:00:30Z",
		`{"kind":"status","status":500,"count":1}`:                               "HTTP status 500",
		`{"kind":"malformed","count":1}`:                                         "not the JSON expected",
	} {
		for _, args := range [][]string{
			{"token", "request", "--email", "a@b.kh", "--organization", "O", "--project", "P"},
			{"token", "verify", "--code", "12345678901234567890"}, {"token", "renew", "--email", "a@b.kh"},
			{"account", "a@b"}, {"check", "--md5", "a"}, {"deeplink", "x"},
		} {
			term.control("POST", "faults", fault)
			if _, err := term.run(args...); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s, %v: %v, want %q", fault, args, err, want)
			}
		}
	}
}
