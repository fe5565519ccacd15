//go:build e2e

package e2e

import (
	"math/rand/v2"
	"os"
	"testing"
)

// TestRollingUpgrade replaces the replicas of an earlier version one by one, while
// buyers pay: both versions work on one database meanwhile. ROLLING_FROM is the
// program of the earlier version.
func TestRollingUpgrade(t *testing.T) {
	earlier := os.Getenv("ROLLING_FROM")
	if earlier == "" {
		t.Fatal("ROLLING_FROM is not set: use make rolling")
	}

	p := planOf(t)
	p.kills = replicaCount
	w := newReplicas(t, p, func(int) string { return earlier })
	w.readLists()
	w.shopAndKill(func(n int, _ *rand.Rand) {
		w.all[n].Stop()
		w.all[n].program = "" // the binary under test
		w.all[n].Launch()
		w.all[n].WaitReady()
		w.count("replicas upgraded")
	})
	w.stopMisbehaving()

	final := w.settle()
	t.Log(w.figures(final))
	w.wantNothingWrong(final)
	for _, replica := range w.all {
		replica.Stop()
	}
	t.Logf("rieltime check:\n%s", w.command("check"))
}
