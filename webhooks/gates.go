package webhooks

import (
	"sync"
	"time"

	"rieltime/checkout"
)

// How many deliveries to one endpoint are under way at once: few, so that a
// slow endpoint never takes all hands; more to one that has just been quick; of
// one that fails, a single one.
const (
	atOnce        = 4
	atOnceQuick   = 32
	atOnceFailing = 1
	busy          = 64          // deliveries under way in all, half of the hands, from which quick ones get no more than others
	quick         = time.Second // the last answer came within it
	shortestTurn  = 50 * time.Millisecond
	longestWait   = 5 * time.Minute
)

// gates let deliveries through by their endpoint and address.
type gates struct {
	mu       sync.Mutex
	gates    map[string]*gate
	inFlight int // at all of them
}

// gate is one endpoint's. Who is turned away gets a turn after those turned
// away before, so that nobody asks much more often than there are turns.
type gate struct {
	inFlight  int
	turn      time.Duration // how long the last delivery took
	booked    time.Time     // when the last turn given out is
	heldUntil time.Time     // the endpoint asked to wait
}

func gateOf(d checkout.Delivery) string { return d.EndpointID + " " + d.URL }

// enter lets a delivery go, which must leave then, or says how long to wait.
func (g *gates) enter(d checkout.Delivery, now time.Time) (wait time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()

	if g.gates == nil {
		g.gates = map[string]*gate{}
	}

	one := g.gates[gateOf(d)]
	if one == nil {
		one = &gate{}
		g.gates[gateOf(d)] = one
	}

	if now.Before(one.heldUntil) {
		return one.heldUntil.Sub(now)
	}

	most := one.most(d)
	if g.inFlight >= busy {
		most = min(most, atOnce)
	}

	if one.inFlight < most {
		one.inFlight++
		g.inFlight++
		return 0
	}

	if one.booked.Before(now) {
		one.booked = now
	}

	one.booked = one.booked.Add(max(one.turn, shortestTurn) / time.Duration(most))
	return min(one.booked.Sub(now)+shortestTurn, longestWait)
}

// most is how many of a delivery's kind may be under way.
func (g *gate) most(d checkout.Delivery) int {
	switch {
	case !d.FailingSince.IsZero():
		return atOnceFailing
	case g.turn > 0 && g.turn < quick:
		return atOnceQuick
	}
	return atOnce
}

// leave ends a delivery that was let go. The endpoint gets nothing for as long
// as it asked.
func (g *gates) leave(d checkout.Delivery, took, hold time.Duration, now time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()

	one := g.gates[gateOf(d)]
	one.inFlight--
	g.inFlight--
	one.turn = took
	if until := now.Add(hold); hold > 0 && until.After(one.heldUntil) {
		one.heldUntil = until
	}

	if one.inFlight == 0 && !now.Before(one.heldUntil) && !now.Before(one.booked) {
		delete(g.gates, gateOf(d))
	}
}
