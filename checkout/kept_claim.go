package checkout

import (
	"context"
	"fmt"
	"hash/fnv"
	"slices"
	"strings"
	"time"
)

// Bounds of claims that are kept. A claim that could not be looked up for so long is
// dropped: by then the attempts themselves are under review (UnknownAfter).
const (
	MaxKeptClaims = 3 // of a session
	claimKeptFor  = 24 * time.Hour

	claimLease        = CallTimeout + 5*time.Second // within which a look-up has ended
	claimPause        = 5 * time.Second             // before the first try; then twice as long each time
	claimLongestPause = 5 * time.Minute
)

// KeptClaim is a transaction hash or a bank's reference that a buyer entered, which could
// not be looked up yet.
type KeptClaim struct {
	Text   string
	KeptAt time.Time
	NextAt time.Time // when it is looked up next
	Tries  int
}

// KeepClaim keeps what the buyer entered until it can be looked up; ok is false when there
// are too many already.
func (p *Purchase) KeepClaim(text string, now time.Time) (ok bool) {
	if p.keptClaim(text) >= 0 {
		return true
	}
	if len(p.Session.KeptClaims) >= MaxKeptClaims {
		return false
	}
	claim := KeptClaim{Text: text, KeptAt: now, NextAt: now.Add(claimPause)}
	p.Session.KeptClaims = append(slices.Clone(p.Session.KeptClaims), claim)
	p.touch()
	return true
}

// KeepsClaim reports whether a claim is kept.
func (p *Purchase) KeepsClaim(text string) bool { return p.keptClaim(text) >= 0 }

// TakeDueClaim takes a claim that is to be looked up at now, the one that has been due for
// longest, and keeps others from taking it meanwhile; empty when none is due. Those kept
// for too long are dropped.
func (p *Purchase) TakeDueClaim(now time.Time) (text string, dropped int) {
	var kept []KeptClaim
	first := -1
	for _, claim := range p.Session.KeptClaims {
		if now.Sub(claim.KeptAt) >= claimKeptFor {
			dropped++
			continue
		}

		// What is further ahead than any pause was put off by a clock that was set back since.
		due := !claim.NextAt.After(now) || claim.NextAt.Sub(now) > claimLongestPause
		if due && (first < 0 || claim.NextAt.Before(kept[first].NextAt)) {
			first = len(kept)
		}
		kept = append(kept, claim)
	}

	if first >= 0 {
		text, kept[first].NextAt = kept[first].Text, now.Add(claimLease)
	}
	if dropped > 0 {
		p.touch()
	}
	p.Session.KeptClaims = kept
	return text, dropped
}

// DeferClaim puts the next look-up of a claim off after one that brought no answer, by a
// pause that grows. Part of it differs from claim to claim: those that were kept in one
// outage would otherwise be due together forever, and an account answers few at once.
func (p *Purchase) DeferClaim(text string, now time.Time) {
	if at := p.keptClaim(text); at >= 0 {
		p.Session.KeptClaims = slices.Clone(p.Session.KeptClaims)
		claim := &p.Session.KeptClaims[at]
		claim.Tries++
		pause := min(claimPause<<min(claim.Tries, 10), claimLongestPause)
		claim.NextAt = now.Add(pause - claim.share(p.Session.ID, pause/2))
	}
}

// share is a part of d that depends on the claim and its tries only.
func (c KeptClaim) share(sessionID string, d time.Duration) time.Duration {
	sum := fnv.New32a()
	_, _ = fmt.Fprint(sum, sessionID, c.Text, c.Tries)
	return time.Duration(sum.Sum32()%1000) * d / 1000
}

// ForgetClaim drops a claim that was looked up, or that cannot be any more.
func (p *Purchase) ForgetClaim(text string) {
	if at := p.keptClaim(text); at >= 0 {
		p.Session.KeptClaims = slices.Delete(slices.Clone(p.Session.KeptClaims), at, at+1)
		p.touch()
	}
}

func (p *Purchase) keptClaim(text string) int {
	return slices.IndexFunc(p.Session.KeptClaims, func(claim KeptClaim) bool { return strings.EqualFold(claim.Text, text) })
}

// ClaimsDueAt is when the first kept claim is looked up next; zero when there is none.
func (s Session) ClaimsDueAt() (due time.Time) {
	for _, claim := range s.KeptClaims {
		if due.IsZero() || claim.NextAt.Before(due) {
			due = claim.NextAt
		}
	}
	return due
}

// KeepClaim keeps what a session's buyer entered; see Purchase.KeepClaim.
func (s *Service) KeepClaim(ctx context.Context, sessionID, text string) (purchase Purchase, ok bool, err error) {
	purchase, err = s.update(ctx, sessionID, func(p *Purchase) error {
		ok = p.KeepClaim(text, s.now())
		return nil
	})
	return purchase, ok, err
}

// TakeDueClaim takes one of a session's claims that are to be looked up now, for one
// caller; empty when none is due.
func (s *Service) TakeDueClaim(ctx context.Context, sessionID string) (purchase Purchase, text string, err error) {
	dropped := 0
	purchase, err = s.update(ctx, sessionID, func(p *Purchase) error {
		text, dropped = p.TakeDueClaim(s.now())
		return nil
	})
	if err == nil && dropped > 0 {
		s.LogFor(ctx).Warn("claims could not be looked up for a day and are dropped", "session", ShortSession(sessionID), "claims", dropped)
	}
	return purchase, text, err
}

// DeferClaim puts the next look-up of a session's claim off.
func (s *Service) DeferClaim(ctx context.Context, sessionID, text string) error {
	_, err := s.update(ctx, sessionID, func(p *Purchase) error {
		p.DeferClaim(text, s.now())
		return nil
	})
	return err
}

// ForgetClaim drops a session's claim.
func (s *Service) ForgetClaim(ctx context.Context, sessionID, text string) error {
	_, err := s.update(ctx, sessionID, func(p *Purchase) error {
		p.ForgetClaim(text)
		return nil
	})
	return err
}
