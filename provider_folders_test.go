package main

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// providerFiles are the files that every provider's folder has, besides <name>.go.
var providerFiles = []string{"settings.go", "create.go", "reasons.go", "internal/client/client.go"}

// providerInternals are the folders that a provider's internal folder may have:
// the client of its protocol, a catalog of its services, and what forwards its calls.
var providerInternals = []string{"client", "catalog", "relay"}

// TestEveryProviderHasTheSameFiles keeps the providers' folders alike, so that who
// knows one finds everything in the others.
func TestEveryProviderHasTheSameFiles(t *testing.T) {
	names := providerFolders(t)
	if len(names) < 2 {
		t.Fatalf("only %q were found", names)
	}
	for _, name := range names {
		for _, fault := range folderFaults(t, filepath.Join("providers", name)) {
			t.Errorf("providers/%s %s", name, fault)
		}
	}
}

func TestFaultsOfAProvidersFolderAreFound(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "acme")
	for _, file := range []string{"acme.go", "settings.go", "create.go", "internal/client/client.go", "internal/wire/wire.go"} {
		path := filepath.Join(folder, file)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, nil, 0o600)); err != nil {
			t.Fatal(err)
		}
	}

	want := []string{"has no reasons.go", "has internal/wire, which is none of client, catalog and relay"}
	if got := folderFaults(t, folder); !slices.Equal(got, want) {
		t.Errorf("found %q, want %q", got, want)
	}
}

// folderFaults returns what a provider's folder lacks and what it has too much.
func folderFaults(t *testing.T, folder string) (faults []string) {
	t.Helper()
	for _, file := range append([]string{filepath.Base(folder) + ".go"}, providerFiles...) {
		if _, err := os.Stat(filepath.Join(folder, file)); errors.Is(err, fs.ErrNotExist) {
			faults = append(faults, "has no "+file)
		}
	}

	internals, err := os.ReadDir(filepath.Join(folder, "internal"))
	if err != nil {
		t.Fatal(err)
	}

	for _, internal := range internals {
		if !slices.Contains(providerInternals, internal.Name()) {
			faults = append(faults, "has internal/"+internal.Name()+", which is none of client, catalog and relay")
		}
	}

	return faults
}
