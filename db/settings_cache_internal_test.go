package db

import (
	"log/slog"
	"path/filepath"
	"testing"
	"time"
)

// What was read before a change and comes back after it is out of date.
func TestSettingsReadBeforeAChangeAreNotKept(t *testing.T) {
	path := filepath.Join(t.TempDir(), "rieltime.db")
	var caches [2]*settingsCache
	for i := range caches {
		caches[i] = openSettingsCache(path, slog.New(slog.DiscardHandler))
		defer func() { _ = caches[i].close() }()
	}

	for who, changer := range map[string]*settingsCache{"this process": caches[0], "another": caches[1]} {
		_, generation := caches[0].get("key")
		changer.changed()
		caches[0].keep("key", "before the change", generation)
		if known, _ := caches[0].get("key"); known != nil {
			t.Errorf("%v is kept after a change of %s", known, who)
		}
	}

	_, generation := caches[0].get("key")
	caches[0].keep("key", "now", generation)
	if known, _ := caches[0].get("key"); known != "now" {
		t.Errorf("kept: %v", known)
	}
}

// What another process has changed without a stamp, because it was killed after its commit,
// is seen a second later; and what many ask for does not fill the memory.
func TestSettingsAreKeptForASecondAndWithinBounds(t *testing.T) {
	cache := openSettingsCache(filepath.Join(t.TempDir(), "rieltime.db"), slog.New(slog.DiscardHandler))
	defer func() { _ = cache.close() }()

	_, generation := cache.get("key")
	cache.keep("key", "now", generation)
	cache.known["key"] = knownSettings{"now", time.Now().Add(-settingsLast)}
	if known, _ := cache.get("key"); known != nil {
		t.Errorf("%v is still known", known)
	}

	for n := range maxSettings + 1 {
		_, generation := cache.get(n)
		cache.keep(n, "now", generation)
	}
	if known, _ := cache.get(maxSettings); known != "now" || len(cache.known) > maxSettings {
		t.Errorf("%v, %d are kept", known, len(cache.known))
	}
}
