package cmd

import (
	"database/sql"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rieltime/checkout"
	"rieltime/checkout/verifier"
	"rieltime/db"
	"rieltime/webhooks/outbound"
)

const unreachableURL = "https://127.0.0.1:1"

func TestDoctorListsWhatIsWrong(t *testing.T) {
	folder, key := newDataFolder(t)
	doctor := func(more ...string) (string, error) {
		return runCommand(t, append([]string{"doctor", "--data", folder, "--key", key, "--time-url", unreachableURL, "--base-url", "https://127.0.0.1:1"}, more...)...)
	}
	out, err := doctor("--allow-private-webhooks")
	if err != nil { // offline, checks are unknown and none fails
		t.Errorf("%v\n%s", err, out)
	}

	for _, want := range []string{"unknown  the clock", "ok       the key opens the database", "ok       the database satisfies its invariants",
		"unknown  bayopay of klaing (test)", "ok       the data folder is private", "→ "} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}

	if strings.Contains(out, "k3y") || strings.Contains(out, key) {
		t.Error("a secret is shown")
	}

	if out, err := doctor("--base-url", "http://pay.example"); err == nil || !strings.Contains(out, "PROBLEM  the address http://pay.example is not https") {
		t.Errorf("%v\n%s", err, out)
	}

	if out, err := doctor("--dashboard-url", "http://dashboard.example"); err == nil || !strings.Contains(out, "PROBLEM  the address http://dashboard.example is not https") || !strings.Contains(out, "RIELTIME_DASHBOARD_URL") {
		t.Errorf("%v\n%s", err, out)
	}

	if out, err := doctor("--key", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="); err == nil || !strings.Contains(out, "PROBLEM  the database cannot be opened") {
		t.Errorf("%v\n%s", err, out)
	}

	if err := os.Chmod(folder, 0o755); err != nil {
		t.Fatal(err)
	}

	if out, err := doctor(); err == nil || !strings.Contains(out, "→ chmod 700 ") {
		t.Errorf("%v\n%s", err, out)
	}

	empty := t.TempDir()
	if out, err := doctor("--data", empty); err == nil || !strings.Contains(out, "PROBLEM  there is no database") {
		t.Errorf("%v\n%s", err, out)
	}

	if left, _ := os.ReadDir(empty); len(left) > 0 {
		t.Errorf("the doctor created %v", left)
	}
}

func TestDoctorComparesTheClock(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/silent" {
			w.Header()["Date"] = nil
		}
	}))

	defer server.Close()

	for off, want := range map[time.Duration]string{0: verdictOK, 10 * time.Second: verdictWarning, -10 * time.Second: verdictWarning, time.Minute: verdictProblem, -time.Hour: verdictProblem} {
		now := func() time.Time { return time.Now().Add(off) }
		if f, online := checkClock(t.Context(), server.Client(), server.URL, now); f.verdict != want || !online {
			t.Errorf("off by %s: %+v, want %s", off, f, want)
		}
	}

	if f, online := checkClock(t.Context(), server.Client(), server.URL+"/silent", time.Now); f.verdict != verdictUnknown || !online {
		t.Errorf("%+v", f)
	}

	if f, online := checkClock(t.Context(), server.Client(), unreachableURL, time.Now); f.verdict != verdictUnknown || online {
		t.Errorf("%+v", f)
	}
}

func TestDoctorChecksPublicAddresses(t *testing.T) {
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/healthz" {
			w.WriteHeader(http.StatusNotFound)
		}
	}))

	defer server.Close()

	for _, test := range []struct {
		address string
		client  *http.Client
		online  bool
		want    string
	}{
		{server.URL, server.Client(), true, verdictOK},
		{server.URL + "/below", server.Client(), true, verdictProblem},
		{server.URL, http.DefaultClient, true, verdictProblem}, // its certificate is not trusted
		{unreachableURL, server.Client(), true, verdictProblem},
		{unreachableURL, server.Client(), false, verdictUnknown},
		{"http://pay.example", server.Client(), true, verdictProblem},
	} {
		if f := checkPublicURL(t.Context(), test.client, test.address, "RIELTIME_BASE_URL", test.online); f.verdict != test.want {
			t.Errorf("%s: %+v, want %s", test.address, f, test.want)
		}
	}
}

func TestDoctorReachesWebhooks(t *testing.T) {
	folder, key := newDataFolder(t)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusMethodNotAllowed) }))
	defer server.Close()

	file := filepath.Join(t.TempDir(), "merchant.yaml")
	if err := os.WriteFile(file, []byte(strings.ReplaceAll(merchantFile, "https://shop.example/hook", server.URL)), 0o600); err != nil {
		t.Fatal(err)
	}

	mustRun(t, "merchant", "apply", file, "--data", folder, "--key", key, "--base-url", "https://pay.example")
	store, err := db.Open(t.Context(), db.Options{Path: filepath.Join(folder, "rieltime.db"), Key: must(keyBytes("key", checkout.Secret(key)))})
	if err != nil {
		t.Fatal(err)
	}

	defer store.Close()

	for allow, want := range map[bool]string{true: verdictOK, false: verdictProblem} {
		found := checkEndpoints(t.Context(), store, outbound.NewClient(doctorTimeout, allow))
		if len(found) != 1 || found[0].verdict != want {
			t.Errorf("private allowed %v: %+v, want %s", allow, found, want)
		}
	}
}

func TestDoctorReportsThatTheDailyAllowanceIsSpent(t *testing.T) {
	folder, key := newDataFolder(t)
	store, err := db.Open(t.Context(), db.Options{Path: filepath.Join(folder, "rieltime.db"), Key: must(keyBytes("key", checkout.Secret(key)))})
	if err != nil {
		t.Fatal(err)
	}

	defer store.Close()

	accounts, err := store.EnabledAccounts(t.Context())
	if err != nil || len(accounts) != 1 {
		t.Fatalf("%v, %v", accounts, err)
	}

	now := time.Now()
	for _, test := range []struct {
		usage checkout.QueryUsage
		want  string
	}{
		{checkout.QueryUsage{Day: now, LearnedLimit: 100, Queries: 30, LimitAnswers: 1, PausedUntil: now.Add(time.Hour)}, "today's limit of 100 queries is reached"},
		{checkout.QueryUsage{Day: now, LearnedLimit: 100, Queries: 100}, "today's allowance of 100 queries is spent"},
		{checkout.QueryUsage{Day: now, PausedUntil: now.Add(time.Hour)}, "the provider asked for a pause"},
		{checkout.QueryUsage{Day: now, LearnedLimit: 100, Queries: 30}, ""},
		{checkout.QueryUsage{Day: now.Add(-48 * time.Hour), LearnedLimit: 100, Queries: 100, LimitAnswers: 3}, ""},
	} {
		err := store.UpdateQuota(t.Context(), accounts[0].ID, func(quota *verifier.Quota) {
			id := quota.AccountID
			quota.QueryUsage = test.usage
			quota.AccountID = id
		})
		if err != nil {
			t.Fatal(err)
		}

		out, _ := runCommand(t, "doctor", "--data", folder, "--key", key, "--time-url", unreachableURL, "--base-url", unreachableURL)
		if warned := strings.Contains(out, "payments wait for confirmation"); warned != (test.want != "") || !strings.Contains(out, test.want) {
			t.Errorf("%+v: no %q in\n%s", test.usage, test.want, out)
		}
	}
}

// TestDoctorFindsADatabaseFromBeforeACurrency has a table as it was made when there were
// dollars and riel only.
func TestDoctorFindsADatabaseFromBeforeACurrency(t *testing.T) {
	folder, key := newDataFolder(t)
	doctor := func() string {
		out, err := runCommand(t, "doctor", "--data", folder, "--key", key, "--time-url", unreachableURL, "--base-url", unreachableURL)
		if err != nil {
			t.Errorf("%v\n%s", err, out)
		}
		return out
	}
	if out := doctor(); strings.Contains(out, "fewer currencies") {
		t.Errorf("a new database:\n%s", out)
	}

	file, err := sql.Open("sqlite", filepath.Join(folder, "rieltime.db"))
	if err != nil {
		t.Fatal(err)
	}
	_, err = file.Exec(`PRAGMA writable_schema = ON; UPDATE sqlite_master SET sql = replace(sql, ', ''MYR'', ''IDR''', '') WHERE name = 'payments'`)
	if err := errors.Join(err, file.Close()); err != nil {
		t.Fatal(err)
	}
	if out := doctor(); !strings.Contains(out, "warning  the database was made when there were fewer currencies") || !strings.Contains(out, "rieltime db copy") {
		t.Errorf("an old database:\n%s", out)
	}
}
