package webhooks

import (
	"sync"
	"time"

	"rieltime/checkout"
)

// The most deliveries that are in flight to one endpoint: few, so that a slow
// endpoint never occupies all workers; more where the last answer was quick; one
// where deliveries fail.
const (
	atOnce        = 4
	atOnceQuick   = 32
	atOnceFailing = 1
	busy          = 64          // deliveries in flight in total, half of the workers; from then on quick endpoints get no more than others
	quick         = time.Second // the last answer came within it
	shortestTurn  = 50 * time.Millisecond
	longestWait   = 5 * time.Minute
)

// gates bound the deliveries in flight, by endpoint and address.
type gates struct {
	mu       sync.Mutex
	gates    map[string]*gate
	inFlight int // at all of them
}

// gate is the gate of one endpoint. A delivery that must wait gets a turn after
// those that wait already, so that none is retried much more often than there
// are turns.
type gate struct {
	inFlight  int
	turn      time.Duration // how long the last delivery took
	booked    time.Time     // when the last promised turn is
	heldUntil time.Time     // nothing is sent before, as the endpoint asked
}

func gateOf(d checkout.Delivery) string { return d.EndpointID + " " + d.URL }

// enter admits a delivery and returns zero, or returns how long to wait. An
// admitted delivery must leave.
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

// most returns how many deliveries to the endpoint may be in flight.
func (g *gate) most(d checkout.Delivery) int {
	switch {
	case !d.FailingSince.IsZero():
		return atOnceFailing
	case g.turn > 0 && g.turn < quick:
		return atOnceQuick
	}
	return atOnce
}

// leave ends an admitted delivery. For the time hold nothing is sent to the
// endpoint.
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
