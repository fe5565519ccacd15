package db

import (
	"log/slog"
	"path/filepath"
	"testing"
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
