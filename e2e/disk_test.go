//go:build e2e

package e2e

import (
	"bytes"
	"database/sql"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	_ "modernc.org/sqlite"
)

// quiet is a world without faults, with more in its environment.
func quiet(t *testing.T, env ...string) *crashHarness {
	w := newCrashHarness(t, crashConfig{seed: 1, buyers: 4, settle: time.Minute}, env...)
	w.hooks.behave()
	return w
}

// problem is why the API refuses.
type problem struct {
	Code   string `json:"code"`
	Detail string `json:"detail"`
}

// mustRefuse wants the answer of a checkout that cannot write: 503 with a code
// and when to try again, in words that are safe to show.
func (s *crashBuyer) mustRefuse(code string) {
	s.t.Helper()
	request, err := http.NewRequest(http.MethodPost, s.baseURL+"/v1/checkout/sessions", bytes.NewReader(s.order()))
	if err != nil {
		s.t.Fatal(err)
	}

	request.Header.Set("Authorization", "Bearer "+s.key)
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Idempotency-Key", s.want.reference)
	answer, err := s.http.Do(request)
	if err != nil {
		s.t.Fatal(err)
	}

	defer answer.Body.Close()

	var p problem
	err = json.NewDecoder(answer.Body).Decode(&p)
	if err != nil || answer.StatusCode != http.StatusServiceUnavailable || p.Code != code || answer.Header.Get("Retry-After") == "" {
		s.t.Errorf("%d %+v %v, Retry-After %q, want 503 %s", answer.StatusCode, p, err, answer.Header.Get("Retry-After"), code)
	}
}

// sessions makes as many as n, each by a shopper of its own.
func (w *crashHarness) sessions(from, n int) (made []*crashBuyer) {
	for i := range n {
		s := w.newBuyer(from + i)
		if !s.create() {
			w.t.FailNow()
		}
		made = append(made, s)
	}
	return made
}

// wantConsistent wants the rows to be as they must be, once all is known.
func (w *crashHarness) wantConsistent() {
	w.t.Helper()
	for _, fault := range w.settle().wrong {
		w.t.Error(fault)
	}
}

// limitFiles bounds how large a file the checkout may write, as a disk does that
// is full; 0 is no bound.
func (w *crashHarness) limitFiles(bytes int64) {
	w.t.Helper()
	soft := "unlimited"
	if bytes > 0 {
		soft = fmt.Sprint(bytes)
	}
	out, err := exec.Command("prlimit", "--pid", fmt.Sprint(w.checkout.cmd.Process.Pid), "--fsize="+soft+":unlimited").CombinedOutput()
	if err != nil {
		w.t.Fatalf("prlimit: %v\n%s", err, out)
	}
}

func TestNothingIsLostWhenTheDiskIsFull(t *testing.T) {
	t.Parallel()
	w := quiet(t)
	before := w.sessions(0, 20)
	size := int64(0)
	for _, name := range []string{"rieltime.db", "rieltime.db-wal"} {
		info, err := os.Stat(filepath.Join(w.dataDir, name))
		if err != nil {
			t.Fatal(err)
		}
		size = max(size, info.Size())
	}

	w.limitFiles(size)
	n := 1000 // until the log has no room left between its beginning and the bound
	for full := false; !full && n < 3000; n++ {
		s := w.newBuyer(n)
		status, _ := s.api(http.MethodPost, "/v1/checkout/sessions", s.want.reference, s.order()...)
		if full = status != http.StatusCreated; !full {
			s.create() // the same again: the session is noted
		}
	}

	late := w.newBuyer(n)
	late.mustRefuse("storage_full")
	if status, _ := late.api(http.MethodGet, "/v1/checkout/sessions/"+before[0].session, ""); status != http.StatusOK {
		t.Errorf("a session cannot be read: %d", status)
	}

	before[0].openPage()
	if v := late.browse(http.MethodGet, w.baseURL+"/readyz", nil); v == nil || v.status != http.StatusServiceUnavailable {
		t.Errorf("readyz answers %+v, want 503", v)
	}

	w.limitFiles(0)
	late.create()
	before[1].buy()
	w.newBuyer(n - 1).create()
	w.wantConsistent()
}

func TestNothingIsLostWhileAnotherProcessLocksTheDatabase(t *testing.T) {
	t.Parallel()
	w := quiet(t)
	before := w.sessions(0, 5)
	other, err := sql.Open("sqlite", "file:"+filepath.Join(w.dataDir, "rieltime.db")+"?_txlock=immediate&_pragma=busy_timeout(10000)")
	if err != nil {
		t.Fatal(err)
	}

	defer other.Close()

	lock, err := other.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}

	begun := time.Now()
	late := w.newBuyer(10)
	late.mustRefuse("database_busy")
	t.Logf("refused after %v", time.Since(begun).Round(100*time.Millisecond))
	before[0].openPage()
	if err := lock.Rollback(); err != nil {
		t.Fatal(err)
	}

	late.create()
	before[1].buy()
	w.wantConsistent()
}
