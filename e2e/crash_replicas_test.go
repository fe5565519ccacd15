//go:build e2e

package e2e

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// replicas are several checkouts on one PostgreSQL database, each with a network of
// its own to the database, behind a load balancer.
type replicas struct {
	*crashHarness
	servers  *postgresPair
	pooler   *pooler
	balancer *balancer
	all      []*process
	links    [][]*cuttableLink // of each replica, to each server or to the pooler
	slowest  time.Duration     // from a promotion until the service takes orders
}

const replicaCount = 3

// backAfterPromotion is how long after a promotion orders are taken again, at most.
const backAfterPromotion = 10 * time.Second

// TestCrashOfReplicas kills replicas, the primary database server and the pooler, and
// cuts the network between them, while buyers pay as in TestCrash. One replica's
// clock is ten minutes ahead in the long form. In the end the same books are
// compared, row by row.
func TestCrashOfReplicas(t *testing.T) {
	t.Parallel()
	p := planOf(t)
	p.settle = max(p.settle, 5*time.Minute) // the jobs of a killed replica may wait for four
	t.Logf("CRASH_SEED=%d CRASH_KILLS=%d CRASH_SESSIONS=%d", p.seed, p.kills, p.sessions)
	w := newReplicas(t, p, clockAhead(t, p))

	begun := time.Now()
	w.misbehave()
	w.readLists()
	w.shopAndKill(w.disturb)
	w.stopMisbehaving()
	shopped := time.Since(begun)

	w.wantNothingWrong(w.settle())
	w.passDay()
	w.dayPassed = true
	final := w.settle()
	t.Logf("shopped for %.0f s, all known %.0f s later; orders were taken %.1f s after a promotion at the latest\n%s",
		shopped.Seconds(), (time.Since(begun) - shopped).Seconds(), w.slowest.Seconds(), w.figures(final))
	w.wantNothingWrong(final)

	for _, replica := range w.all {
		replica.Stop()
	}
	t.Logf("rieltime check:\n%s", w.command("check"))
	if t.Failed() {
		t.Logf("repeat with CRASH_SEED=%d CRASH_KILLS=%d CRASH_SESSIONS=%d", p.seed, p.kills, p.sessions)
	}
}

// newReplicas starts replicas, of whose programs some may be others than the binary
// under test.
func newReplicas(t *testing.T, p crashConfig, program func(n int) string) *replicas {
	t.Helper()
	w := &replicas{servers: newPostgresPair(t), balancer: newBalancer(t)}
	w.pooler = newPooler(t, w.servers)
	w.crashHarness = prepareCrash(t, p, w.balancer.url)
	w.openDatabase = w.servers.open

	log, err := os.Create(filepath.Join(t.TempDir(), "serve.log"))
	if err != nil {
		t.Fatal(err)
	}

	direct := w.env
	for n := range replicaCount {
		replica := &process{t: t, output: log, program: program(n)}
		address := freeAddress(t)
		replica.ready = "http://" + address + "/readyz"
		replica.args = []string{"serve", "--listen", address, "--proxies", "127.0.0.1/32", "--allow-private-webhooks"}
		replica.env = append(direct[:len(direct):len(direct)], "RIELTIME_DATA="+t.TempDir(), "RIELTIME_DATABASE="+w.databaseOf(n))
		w.all = append(w.all, replica)
		w.balancer.add(address)
	}

	// Commands go to whichever server takes writes.
	w.env = append(w.env, "RIELTIME_DATABASE="+databaseURL(w.servers.primary.address, w.servers.standby.address))
	t.Cleanup(func() { w.cleanUp(log) })

	// All start at once on a database that none of them has made yet.
	for _, replica := range w.all {
		replica.Launch()
	}
	for _, replica := range w.all {
		replica.WaitReady()
	}
	w.applyMerchant()
	return w
}

// cleanUp leaves no process behind, and keeps the log of a failed test.
func (w *replicas) cleanUp(log *os.File) {
	for _, replica := range w.all {
		if replica.exited != nil && !closed(replica.exited) {
			replica.Kill()
		}
	}

	_ = log.Close()
	if !w.t.Failed() {
		return
	}
	if content, err := os.ReadFile(log.Name()); err == nil {
		w.t.Logf("kept: %s", saveArtifact(w.t, filepath.Base(log.Name()), content))
	}
}

// databaseOf makes a replica's links and returns the URL of the database over them.
// The last replica goes through the pooler, the others know both servers.
func (w *replicas) databaseOf(n int) string {
	targets := []string{w.servers.primary.address, w.servers.standby.address}
	if n == replicaCount-1 {
		targets = []string{w.pooler.address}
	}

	var links []*cuttableLink
	var addresses []string
	for _, target := range targets {
		link := newLink(w.t, target)
		links, addresses = append(links, link), append(addresses, link.address())
	}
	w.links = append(w.links, links)
	return databaseURL(addresses...)
}

func databaseURL(addresses ...string) string {
	url := "postgres://" + postgresUser + "@" + strings.Join(addresses, ",") + "/" + postgresDatabase + "?sslmode=disable"
	if len(addresses) > 1 {
		url += "&target_session_attrs=read-write"
	}
	return url
}

// clockAhead has the second replica's clock be ahead, in the long form: a program
// with another clock takes long to build.
func clockAhead(t *testing.T, p crashConfig) func(n int) string {
	return func(n int) string {
		if n != 1 || p.sessions < longForm {
			return ""
		}
		return programAhead(t, 10*time.Minute)
	}
}

// disturb does one of the things that happen to replicas.
func (w *replicas) disturb(kill int, dice *rand.Rand) {
	n := dice.IntN(replicaCount)
	switch kill % 6 {
	case 0:
		w.killReplicas(dice, w.all[n])
	case 1:
		w.failOver()
	case 2:
		w.cut(dice, w.links[n])
	case 3:
		w.pooler.restart()
		w.count("kills of the pooler")
	case 4:
		w.killReplicas(dice, w.all[n], w.all[(n+1)%replicaCount])
	case 5:
		providers := []string{"bakong", "baray", "kess", "bayopay"}
		w.apply(w.merchantFile(providers[kill/6%len(providers)]))
		w.count("providers taken out of the file")
		w.killReplicas(dice, w.all[n])
		w.apply(w.merchantFile(""))
	}
}

// killReplicas kills some, and starts them again after a while.
func (w *replicas) killReplicas(dice *rand.Rand, some ...*process) {
	for _, replica := range some {
		replica.Kill()
		w.count("kills of replicas")
	}

	time.Sleep(time.Duration(dice.IntN(1500)) * time.Millisecond)
	for _, replica := range some {
		replica.Launch()
	}
	for _, replica := range some {
		replica.WaitReady()
	}
}

// failOver kills the primary, promotes the standby and measures when orders are
// taken again. Then the server that was killed becomes the standby.
func (w *replicas) failOver() {
	promoted := w.servers.failOver()
	w.pooler.restart()
	w.count("kills of the primary")
	for !w.takesOrders() {
		if time.Since(promoted) > startDeadline {
			w.t.Fatalf("%v after the promotion no replica takes orders", startDeadline)
		}
		time.Sleep(pollInterval)
	}

	took := time.Since(promoted)
	w.slowest = max(w.slowest, took)
	if took > backAfterPromotion {
		w.t.Errorf("orders were taken %v after the promotion, want at most %v", took, backAfterPromotion)
	}

	w.servers.follow()
}

// takesOrders reports whether a replica answers that it can write.
func (w *replicas) takesOrders() bool {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()

	for _, replica := range w.all {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, replica.ready, nil)
		if err != nil {
			w.t.Fatal(err)
		}
		answer, err := w.http.Do(request)
		if err != nil {
			continue
		}
		_ = answer.Body.Close()
		if answer.StatusCode == http.StatusOK {
			return true
		}
	}

	return false
}

// cut takes a replica's network to the database away for a while: bytes stay where
// they are, and in the end all connections break.
func (w *replicas) cut(dice *rand.Rand, links []*cuttableLink) {
	for _, link := range links {
		link.stall()
	}

	time.Sleep(time.Duration(1000+dice.IntN(3000)) * time.Millisecond)
	for _, link := range links {
		if dice.IntN(2) == 0 {
			link.reset()
		}
		link.resume()
	}
	w.count("cuts of a replica's network")
}

// passDay has a day pass in which no replica runs.
func (w *replicas) passDay() {
	for _, replica := range w.all {
		replica.Stop()
	}

	w.age(25 * time.Hour)
	for _, replica := range w.all {
		replica.Launch()
	}
	for _, replica := range w.all {
		replica.WaitReady()
	}
}

// programAhead builds the program with a clock that is ahead of the machine's: Go's
// own clock is replaced for this one build.
func programAhead(t *testing.T, ahead time.Duration) string {
	t.Helper()
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		t.Fatal(err)
	}

	source := filepath.Join(strings.TrimSpace(string(root)), "src", "time", "time.go")
	content, err := os.ReadFile(source)
	if err != nil {
		t.Fatal(err)
	}

	const reads = "func Now() Time {\n\tsec, nsec, mono := runtimeNow()\n"
	if strings.Count(string(content), reads) != 1 {
		t.Fatal("Go's time.Now is not as this test knows it")
	}

	folder := t.TempDir()
	shifted := filepath.Join(folder, "time.go")
	text := strings.Replace(string(content), reads, fmt.Sprintf("%s\tsec += %d\n", reads, int(ahead.Seconds())), 1)
	overlay := fmt.Sprintf(`{"Replace": {%q: %q}}`, source, shifted)
	program := filepath.Join(folder, "rieltime-ahead")
	for name, content := range map[string]string{shifted: text, filepath.Join(folder, "overlay.json"): overlay} {
		if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}

	build := exec.Command("go", "build", "-overlay", filepath.Join(folder, "overlay.json"), "-o", program, "..")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	return program
}
