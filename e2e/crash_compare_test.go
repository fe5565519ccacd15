//go:build e2e

package e2e

import (
	"fmt"
	"maps"
	"slices"
	"time"
)

// snapshot holds everything that is compared, read at one moment.
type snapshot struct {
	money     []ledgerEntry
	callbacks map[string]int
	sessions  map[string]sessionRow
	payments  []paymentRow
	events    []eventRow
	hooks     map[string]receivedEvent
	wrong     []string // what must not be
	compared  map[string]int
	lags      map[string][]time.Duration // from taken to known, by provider
	dayPassed bool                       // since the last kill: nothing rests any more
}

// settle waits until the books agree, or the time for that is over.
func (w *crashHarness) settle() *snapshot {
	w.counts["BayoPay results sent again"] += w.resendBayopay()
	deadline := time.Now().Add(w.plan.settle)
	for {
		b := w.compare()
		if len(b.wrong) == 0 || time.Now().After(deadline) {
			return b
		}
		w.t.Logf("%d differences, such as: %s", len(b.wrong), b.wrong[0])
		time.Sleep(min(5*time.Second, time.Duration(1+w.plan.sessions/100)*time.Second))
	}
}

func (w *crashHarness) compare() *snapshot {
	b := &snapshot{sessions: map[string]sessionRow{}, compared: map[string]int{}, lags: map[string][]time.Duration{}, dayPassed: w.dayPassed}
	b.money, b.callbacks = w.money()
	for _, s := range list(w, "/v1/checkout/sessions", func(s sessionRow) string { return s.ID }) {
		b.sessions[s.ID] = s
	}

	b.payments = w.payments()
	b.events = w.feed()
	w.hooks.mu.Lock()
	b.hooks = maps.Clone(w.hooks.got)
	w.hooks.mu.Unlock()
	b.checkPromises(w)
	b.checkMoney()
	b.checkSessions(w.plan.sessions >= longForm || w.dayPassed)
	b.checkEvents()
	b.checkWebhooks(w.hooks)
	return b
}

func (b *snapshot) fault(format string, args ...any) {
	b.wrong = append(b.wrong, fmt.Sprintf(format, args...))
}

// checkPromises holds the checkout to what it answered: sessions it made exist
// as they were asked for, each once, and what a buyer read stays true.
func (b *snapshot) checkPromises(w *crashHarness) {
	w.mu.Lock()
	defer w.mu.Unlock()

	for id, want := range w.created {
		s, exists := b.sessions[id]
		if !exists || s.Reference != want.reference || !sameMoney(s.Amount, s.Currency, want.amount, want.currency) {
			b.fault("session %s was made as %+v and is %+v", id, want, s)
		}
	}

	if len(b.sessions) != len(w.created) {
		b.fault("%d sessions were asked for, there are %d", len(w.created), len(b.sessions))
	}

	for id := range w.paid {
		if b.sessions[id].Status != "complete" {
			b.fault("a buyer read that %s is paid, it is %s", id, b.sessions[id].Status)
		}
	}

	b.compared["sessions that the merchant was given"] = len(w.created)
	b.compared["pages that said paid"] = len(w.paid)
}

// checkSessions holds each session to its payments.
func (b *snapshot) checkSessions(toTheEnd bool) {
	completing := map[string][]string{}
	for _, p := range b.payments {
		if p.Status == "succeeded" && p.Review == "" {
			completing[p.Session] = append(completing[p.Session], p.ID)
		}

		if s := b.sessions[p.Session]; !sameMoney(s.Amount, s.Currency, p.Amount, p.Currency) {
			b.fault("session %s is %s %s, its payment %s is %s %s", s.ID, s.Amount, s.Currency, p.ID, p.Amount, p.Currency)
		}
	}

	grace := 2*time.Minute + 10*time.Second // for hearing of money that came in time
	for id, s := range b.sessions {
		paid := completing[id]
		switch {
		case s.Status == "complete" && !slices.Equal(paid, []string{s.Payment}):
			b.fault("session %s is completed by %s; payments that succeeded: %v", id, s.Payment, paid)
		case s.Status != "complete" && len(paid) > 0:
			b.fault("session %s is %s, but %v succeeded", id, s.Status, paid)
		case s.Status == "open" && time.Since(s.ExpiresAt) > grace:
			b.fault("session %s ran out at %s and is still open", id, s.ExpiresAt)
		case s.Status == "open" && toTheEnd:
			b.fault("session %s is not over yet", id)
		}
	}

	b.compared["sessions with payments"] = len(b.sessions)
	b.compared["payments"] = len(b.payments)
}
