package cmd

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	client "rieltime/clients/go"
)

func TestClockOfTheDemoExpiresASession(t *testing.T) {
	args := []string{"demo", "--data", t.TempDir(), "--no-autopilot", "--control", "127.0.0.1:0"}
	for _, flag := range []string{"listen", "shop", "bakong-sim", "baray-sim", "kess-sim", "bayopay-sim", "telegram-sim"} {
		args = append(args, "--"+flag, "127.0.0.1:0")
	}
	out, _ := startCommand(t, args...)
	url, control := out.waitForLine(t, `checkout +(http\S+)`), out.waitForLine(t, `control +(http\S+)`)
	out.waitForLine(t, "Buy something")

	api := client.New(url, demoKey(t, args[2]))
	session, err := api.CreateSession(t.Context(), client.SessionCreate{
		Amount: "1.00", Currency: "USD", Reference: "R", ExpiresIn: 300, SuccessURL: "http://127.0.0.1/", CancelURL: "http://127.0.0.1/",
	})
	if err != nil {
		t.Fatal(err)
	}

	answer, err := http.Post(control+"/control/clock", "application/json", strings.NewReader(`{"advance_ms":301000}`))
	if err != nil {
		t.Fatal(err)
	}
	_ = answer.Body.Close()
	for end := time.Now().Add(30 * time.Second); session.Status != "expired"; time.Sleep(50 * time.Millisecond) {
		if session, err = api.GetSession(t.Context(), session.ID); err != nil || time.Now().After(end) {
			t.Fatalf("%s, %v", session.Status, err)
		}
	}
}

func TestClockMovesForwardOnly(t *testing.T) {
	clock := &movableClock{}
	for body, want := range map[string]int{
		`{"advance_ms":60000}`: 200, `{}`: 200, `{"advance_ms":-1}`: 400, `{"advance_ms":1e18}`: 400, `{"advance":1}`: 400, `x`: 400,
	} {
		w := httptest.NewRecorder()
		clock.handler().ServeHTTP(w, httptest.NewRequest("POST", "/control/clock", strings.NewReader(body)))
		if w.Code != want {
			t.Errorf("%s = %d, want %d", body, w.Code, want)
		}
	}
	if ahead := time.Duration(clock.ahead.Load()); ahead != time.Minute {
		t.Errorf("the clock is ahead by %v, want a minute", ahead)
	}
}
