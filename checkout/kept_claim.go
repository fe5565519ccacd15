package checkout

import (
	"context"
	"slices"
	"strings"
	"time"
)

// Bounds of claims that are kept. A claim that could not be looked up for so long is
// dropped: by then the attempts themselves are under review (UnknownAfter).
const (
	maxKeptClaims = 3
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
	if len(p.Session.KeptClaims) >= maxKeptClaims {
		return false
	}
	claim := KeptClaim{Text: text, KeptAt: now, NextAt: now.Add(claimPause)}
	p.Session.KeptClaims = append(slices.Clone(p.Session.KeptClaims), claim)
	p.touch()
	return true
}

// TakeDueClaims returns the claims that are to be looked up at now, and keeps others from
// taking them meanwhile. Those kept for too long are dropped.
func (p *Purchase) TakeDueClaims(now time.Time) (due []string) {
	var kept []KeptClaim
	for _, claim := range p.Session.KeptClaims {
		if now.Sub(claim.KeptAt) >= claimKeptFor {
			p.touch()
			continue
		}

		// What is further ahead than any pause was put off by a clock that was set back since.
		if !claim.NextAt.After(now) || claim.NextAt.Sub(now) > claimLongestPause {
			due = append(due, claim.Text)
			claim.NextAt = now.Add(claimLease)
		}
		kept = append(kept, claim)
	}
	p.Session.KeptClaims = kept
	return due
}

// DeferClaim puts the next look-up of a claim off after one that brought no answer.
func (p *Purchase) DeferClaim(text string, now time.Time) {
	if at := p.keptClaim(text); at >= 0 {
		p.Session.KeptClaims = slices.Clone(p.Session.KeptClaims)
		claim := &p.Session.KeptClaims[at]
		claim.Tries++
		claim.NextAt = now.Add(min(claimPause<<min(claim.Tries, 10), claimLongestPause))
	}
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

// TakeDueClaims takes a session's claims that are to be looked up now, for one caller.
func (s *Service) TakeDueClaims(ctx context.Context, sessionID string) (purchase Purchase, due []string, err error) {
	purchase, err = s.update(ctx, sessionID, func(p *Purchase) error {
		due = p.TakeDueClaims(s.now())
		return nil
	})
	return purchase, due, err
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
