package db_test

import (
	"testing"
	"time"

	"rieltime/checkout"
	"rieltime/db"
	"rieltime/db/dbtest"
)

// twoStores opens a new database as two stores that share nothing else, with one
// session.
func twoStores(t *testing.T) (one, other *db.Store) {
	t.Helper()
	options := dbtest.Options(t)
	one, other = openWith(t, options), openWith(t, options)
	apply(t, one, "")
	insert(t, one, session("cs_1"), payment("pay_1", "cs_1"))
	return one, other
}

// raise changes the session, and returns its new version.
func raise(t *testing.T, store *db.Store) int {
	t.Helper()
	after, err := store.Update(t.Context(), "cs_1", func(p *checkout.Purchase) error {
		p.Session.Version++
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return after.Session.Version
}

func version(t *testing.T, store *db.Store) int {
	t.Helper()
	glance, err := store.Glance(t.Context(), "cs_1")
	if err != nil {
		t.Fatal(err)
	}
	return glance.Version
}

func TestGlanceIsKeptUntilItsSessionChanges(t *testing.T) {
	t.Parallel()
	one, other := twoStores(t)
	first := version(t, one)
	if version(t, other) != first || one.Glances() != 1 || other.Glances() != 1 {
		t.Fatalf("%d and %d glances are kept, want 1 and 1", one.Glances(), other.Glances())
	}

	changed := raise(t, one)
	if one.Glances() != 0 {
		t.Error("the store that has changed a session keeps its old glance")
	}
	if got := version(t, one); got != changed {
		t.Errorf("the store that has changed a session sees version %d, want %d", got, changed)
	}

	other.FollowChanges(t.Context())
	if got := version(t, other); got != changed {
		t.Errorf("the other store sees version %d after it has read the changes, want %d", got, changed)
	}
}

// Nobody but the pages' own polls makes a store read the changes.
func TestPollsSeeWhatAnotherReplicaHasChanged(t *testing.T) {
	t.Parallel()
	one, other := twoStores(t)
	version(t, other)
	changed := raise(t, one)
	for deadline := time.Now().Add(10 * time.Second); version(t, other) != changed; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the change was not seen")
		}
	}
}

func TestGlanceThatIsReadDuringAChangeIsNotKept(t *testing.T) {
	t.Parallel()
	one, other := twoStores(t)
	for name, change := range map[string]func(){
		"of the same store": func() { raise(t, one) },
		"of another":        func() { raise(t, other); one.FollowChanges(t.Context()) },
	} {
		read := one.GlanceDuring(t.Context(), "cs_1", change)
		if got := version(t, one); got == read.Version {
			t.Errorf("a change %s: version %d is kept", name, got)
		}
	}
}

// A server that takes over without the last transactions gives their numbers again, for
// changes of its own.
func TestNothingIsKeptOverAPauseInWhichAServerMayTakeOver(t *testing.T) {
	t.Parallel()
	options := dbtest.Options(t)
	one, other := openWith(t, options), openWith(t, options)
	apply(t, one, "")
	insert(t, one, session("cs_1"), payment("pay_1", "cs_1"))
	version(t, other)
	changed := raise(t, one)
	executeIn(t, options, "UPDATE session_changes SET session_id = 'cs_other'")
	other.Pause(4 * time.Second)
	if got := version(t, other); got != changed {
		t.Errorf("version %d, want %d", got, changed)
	}
}

func TestPrunedChangesAreNotTheLatest(t *testing.T) {
	t.Parallel()
	one, other := twoStores(t)
	version(t, other)
	changed := raise(t, one)
	if err := one.PruneChanges(t.Context()); err != nil {
		t.Fatal(err)
	}
	other.FollowChanges(t.Context())
	if got := version(t, other); got != changed {
		t.Errorf("version %d, want %d", got, changed)
	}
}
