package db

import (
	"context"
	"database/sql"
	"math"
	"strings"
	"sync"
	"time"

	"rieltime/checkout"
)

// glances are what open pages ask for again and again, kept in memory until it changes.
//
// A trigger writes the id of each session that changes to session_changes, whichever
// process or version of the program changes it. Glance reads what is new there, some
// times a second at most and only while pages poll, and forgets those sessions. So a
// change at another replica is seen within glanceFresh; the store's own are forgotten
// when they are made.
//
// No change is missed: changes are numbered in the order in which they become visible
// (SQLite, which has one writer), or read again from the oldest transaction that ran at
// the last reading (PostgreSQL). A glance that is read while its session changes is not
// kept, see reserve.
type glances struct {
	changes   string     // the statement that reads the changes
	following sync.Mutex // held while they are read
	next      int64      // the number from which to read on

	mu    sync.Mutex
	asOf  time.Time // when the last reading of the changes began
	known map[string]*knownGlance
}

// knownGlance is what is known of a session.
type knownGlance struct {
	glance checkout.Glance
	readAt time.Time // zero: it is being read
}

const (
	glanceFresh    = time.Second            // a change of another replica is seen after this long
	changesEvery   = 500 * time.Millisecond // are read
	changesTrusted = 3 * time.Second        // since the last reading: no other server takes over within
	changesAtOnce  = 10_000                 // if there are more, nothing is kept
	changesKept    = 100_000
	changesPruned  = 500 // at once
	glanceLasts    = 30 * time.Second
	maxGlances     = 50_000 // some 300 bytes each
)

func newGlances(d dialect) *glances {
	return &glances{changes: d.changes, next: math.MaxInt64, known: map[string]*knownGlance{}}
}

// Glance returns what a poll needs, as it was at most glanceFresh ago.
func (s *Store) Glance(ctx context.Context, sessionID string) (g checkout.Glance, err error) {
	ctx = context.WithoutCancel(ctx) // one row by its key: watching for the end would take longer
	s.glances.follow(ctx, s.read)
	g, reserved, ok := s.glances.reserve(sessionID)
	if ok {
		return g, nil
	}

	g, err = s.readGlance(ctx, sessionID)
	s.glances.keep(sessionID, reserved, g, err)
	return g, translateErr(err)
}

// CurrentGlance reads the same from the session's row, whatever is kept of it.
func (s *Store) CurrentGlance(ctx context.Context, sessionID string) (checkout.Glance, error) {
	g, err := s.readGlance(context.WithoutCancel(ctx), sessionID)
	return g, translateErr(err)
}

func (s *Store) readGlance(ctx context.Context, sessionID string) (g checkout.Glance, err error) {
	err = s.read.QueryRowContext(ctx, glanceQuery, sessionID).Scan(&g.Version, &g.Status, &g.PaymentID)
	g.Watching = g.Status == checkout.SessionOpen && g.PaymentID != ""
	return g, err
}

const glanceQuery = "SELECT version, status, latest_payment FROM sessions WHERE id = $1"

// follow reads the changes if it is time to, unless another caller does.
func (g *glances) follow(ctx context.Context, read *sql.DB) {
	begun := time.Now()
	if begun.Sub(g.lastRead()) < changesEvery || !g.following.TryLock() {
		return
	}
	defer g.following.Unlock()

	next, changed, err := g.read(ctx, read)
	g.mu.Lock()
	defer g.mu.Unlock()

	// After the failover to a server that has lost transactions their numbers are given
	// again, perhaps all of them before the next reading. What was not read for long may
	// also be pruned.
	if err != nil || len(changed) >= changesAtOnce || next < g.next || begun.Sub(g.asOf) > changesTrusted {
		clear(g.known)
	}
	for _, sessionID := range changed {
		delete(g.known, sessionID)
	}
	if err == nil {
		g.next, g.asOf = next, begun
	}
}

func (g *glances) lastRead() time.Time {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.asOf
}

// read reads the sessions that have changed, and from which number to read on.
func (g *glances) read(ctx context.Context, read *sql.DB) (next int64, changed []string, err error) {
	type change struct {
		next      int64
		sessionID string
	}

	found, err := selectAll(ctx, read, func(row scanner) (c change, err error) { return c, row.Scan(&c.next, &c.sessionID) }, g.changes, g.next, changesAtOnce+1)
	for _, c := range found {
		if c.sessionID == "" {
			next = c.next
		} else {
			changed = append(changed, c.sessionID)
		}
	}
	return next, changed, err
}

// reserve returns what is known of a session. When nothing is, the caller reads it and
// passes what it has reserved to keep; nil means that it may not be kept.
func (g *glances) reserve(sessionID string) (_ checkout.Glance, reserved *knownGlance, known bool) {
	g.mu.Lock()
	defer g.mu.Unlock()

	now := time.Now()
	if now.Sub(g.asOf) >= glanceFresh {
		return checkout.Glance{}, nil, false
	}
	if k := g.known[sessionID]; k != nil && now.Sub(k.readAt) < glanceLasts {
		return k.glance, nil, true
	}

	for old := range g.known {
		if len(g.known) < maxGlances {
			break
		}
		delete(g.known, old)
	}

	reserved = &knownGlance{}
	g.known[strings.Clone(sessionID)] = reserved // not the request that it is a part of
	return checkout.Glance{}, reserved, false
}

// keep keeps what was read, unless the session has changed since it was reserved.
func (g *glances) keep(sessionID string, reserved *knownGlance, read checkout.Glance, err error) {
	g.mu.Lock()
	defer g.mu.Unlock()

	switch {
	case reserved == nil || g.known[sessionID] != reserved:
	case err != nil:
		delete(g.known, sessionID)
	default:
		reserved.glance, reserved.readAt = read, time.Now()
	}
}

// forget forgets a session that this store has changed.
func (g *glances) forget(sessionID string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.known, sessionID)
}

// pruneChanges deletes the changes that every replica has read or forgets with all it
// knows, and in a database that was restored into another server those with numbers of
// the first one, which would be read at each reading.
func (s *Store) pruneChanges(ctx context.Context) error {
	return s.inPieces(ctx, func(ctx context.Context, tx *sql.Tx) (more bool, err error) {
		result, err := tx.ExecContext(ctx, s.dialect.pruneChanges, changesKept, changesPruned)
		if err != nil {
			return false, err
		}

		rows, err := result.RowsAffected()
		return rows >= changesPruned, err
	})
}
