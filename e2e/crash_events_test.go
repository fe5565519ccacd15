//go:build e2e

package e2e

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// checkEvents holds the feed to the rows: each change that lasted has its event
// once, in order, and nothing else.
func (b *snapshot) checkEvents() {
	counts := map[string]int{} // "type object"
	last := map[string]string{}
	var sequence int64
	for _, e := range b.events {
		if e.Sequence != sequence+1 {
			b.fault("event %s has sequence %d after %d", e.ID, e.Sequence, sequence)
		}

		sequence = e.Sequence
		if e.Type == "events.digest" { // of no object
			continue
		}
		counts[e.Type+" "+e.Data.Object.ID]++
		if strings.HasPrefix(e.Type, "checkout.session.") {
			last[e.session()] = e.Type
		}
	}

	for key, n := range counts {
		again := strings.HasPrefix(key, "payment.unknown ") || strings.HasPrefix(key, "payment.cleared ")
		if n > 1 && !again {
			b.fault("%s has %d events", key, n)
		}
	}

	for id, s := range b.sessions {
		want := map[string]string{"complete": "checkout.session.completed", "expired": "checkout.session.expired", "canceled": "checkout.session.canceled"}[s.Status]
		if last[id] != want {
			b.fault("session %s is %s, its last event is %q", id, s.Status, last[id])
		}
	}

	for _, p := range b.payments {
		b.checkEventsOf(p, func(kind string) int { return counts["payment."+kind+" "+p.ID] })
	}

	b.compared["events with rows"] = len(b.events)
}

// checkEventsOf compares the events of a payment with its state. Earlier states may
// have events too: claimed, until the code was known that the money paid;
// unknown, until it was cleared or the money was known; and anything, until it
// was contested.
func (b *snapshot) checkEventsOf(p paymentRow, count func(kind string) int) {
	for _, kind := range []string{"succeeded", "late", "duplicate", "mismatch", "claimed", "contested"} {
		want, got := wantEvent(p) == kind, count(kind) > 0
		before := p.Review == "contested" || kind == "claimed" && p.Proof != nil
		if want && !got || got && !want && !before {
			b.fault("payment %s is %s %s; has event payment.%s: %t", p.ID, p.Status, p.Review, kind, got)
		}
	}

	open := count("unknown") - count("cleared")
	if want := p.Review == "unknown"; open < 0 || open > 1 || want && open != 1 || !want && open != 0 && p.Proof == nil {
		b.fault("payment %s is %s %s; %d events unknown, %d cleared", p.ID, p.Status, p.Review, count("unknown"), count("cleared"))
	}

	if p.Status == "failed" && p.Review == "" && count("failed") == 0 {
		b.fault("payment %s has failed (%s), which has no event", p.ID, p.Failure)
	}
}

// wantEvent is what is told of a payment with its proof.
func wantEvent(p paymentRow) string {
	switch {
	case p.Review != "" && p.Review != "unknown":
		return p.Review
	case p.Status == "succeeded":
		return "succeeded"
	}
	return ""
}

// checkWebhooks holds what the merchant got to the feed.
func (b *snapshot) checkWebhooks(r *webhookReceiver) {
	for _, e := range b.events {
		got, came := b.hooks[e.ID]
		if !came {
			b.fault("event %s (%s of %s) was not delivered", e.ID, e.Type, e.Data.Object.ID)
		} else if got != e.receivedEvent {
			b.fault("event %s is %+v, delivered was %+v", e.ID, e.receivedEvent, got)
		}
	}

	if len(b.hooks) > len(b.events) {
		b.fault("%d events were delivered, there are %d", len(b.hooks), len(b.events))
	}

	r.mu.Lock()
	defer r.mu.Unlock()

	if r.forged > 0 {
		b.fault("%d webhooks had no valid signature", r.forged)
	}

	b.compared["deliveries with events"] = len(b.hooks)
}

// outOfOrder counts the sessions whose events first came in another order than
// they happened in.
func (b *snapshot) outOfOrder(r *webhookReceiver) (n int) {
	r.mu.Lock()
	defer r.mu.Unlock()

	at := map[string]int64{}
	for _, e := range b.events {
		at[e.ID] = e.Sequence
	}

	for _, ids := range r.order {
		if !slices.IsSortedFunc(ids, func(a, b string) int { return int(at[a] - at[b]) }) {
			n++
		}
	}

	return n
}

// figures are what the test did and found, for docs/promises.md.
func (w *crashHarness) figures(b *snapshot) string {
	var out strings.Builder
	section := func(title string, counts map[string]int) {
		fmt.Fprintln(&out, title)
		for _, name := range slices.Sorted(maps.Keys(counts)) {
			fmt.Fprintf(&out, "  %7d  %s\n", counts[name], name)
		}
	}

	w.mu.Lock()
	section("done", w.counts)
	w.mu.Unlock()
	section("faults of providers", w.faultsHit())
	section("callbacks", b.callbacks)
	r := w.hooks
	section("webhooks", map[string]int{
		"refused by the merchant": r.refused, "taken, the answer lost": r.cut, "came again": r.repeated,
		"sessions whose events came out of order": b.outOfOrder(r),
	})

	section("sessions", countBy(slices.Collect(maps.Values(b.sessions)), func(s sessionRow) string { return s.Status }))
	section("payments", countBy(b.payments, func(p paymentRow) string { return strings.TrimSpace(p.Status + " " + p.Review) }))
	section("payments without proof that failed", countBy(b.payments, func(p paymentRow) string { return p.Failure }))
	section("compared", b.compared)
	fmt.Fprint(&out, b.timing())
	return out.String()
}

func countBy[T any](rows []T, name func(T) string) map[string]int {
	counts := map[string]int{}
	for _, row := range rows {
		counts[name(row)]++
	}
	return counts
}

// timing tells how long after the provider took money it was known here.
func (b *snapshot) timing() string {
	out := "from paid to known (half, 99 %, all within)\n"
	for _, name := range slices.Sorted(maps.Keys(b.lags)) {
		lags := b.lags[name]
		slices.Sort(lags)
		at := func(share float64) time.Duration {
			return lags[int(share*float64(len(lags)-1))].Round(100 * time.Millisecond)
		}
		out += fmt.Sprintf("  %-8s %v, %v, %v\n", name, at(0.5), at(0.99), at(1))
	}
	return out
}
