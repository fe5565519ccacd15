package simkit

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// loadState reads a state that saveState wrote. It leaves state as it is when
// there is no file or no path.
func loadState(path string, state any) error {
	if path == "" {
		return nil
	}

	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := json.Unmarshal(text, state); err != nil {
		return fmt.Errorf("%s: %w", filepath.Base(path), err)
	}

	return nil
}

// saveState writes a state as JSON. It renames a complete file into place, so
// that a crash leaves the old state. Without a path it does nothing.
func saveState(path string, state any) error {
	if path == "" {
		return nil
	}

	text, err := json.Marshal(state)
	if err != nil {
		return err
	}

	temporary := path + ".new"
	if err := os.WriteFile(temporary, text, 0o600); err != nil {
		return err
	}

	return os.Rename(temporary, path)
}

// Newest returns a pointer to the last element that matches; nil when none
// does.
func Newest[T any](all []T, matches func(*T) bool) *T {
	for i := len(all) - 1; i >= 0; i-- {
		if matches(&all[i]) {
			return &all[i]
		}
	}
	return nil
}
