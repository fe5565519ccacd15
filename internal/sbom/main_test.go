package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
)

func TestDocumentNamesWhatIsBuiltIn(t *testing.T) {
	binary, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}

	var first, second bytes.Buffer
	for _, out := range []*bytes.Buffer{&first, &second} {
		if err := run(out, binary, "1.2.3", "../../package-lock.json"); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(first.Bytes(), second.Bytes()) {
		t.Error("the same binary gives two documents")
	}

	var document struct {
		BOMFormat  string `json:"bomFormat"`
		Components []component
	}
	if err := json.Unmarshal(first.Bytes(), &document); err != nil || document.BOMFormat != "CycloneDX" {
		t.Fatalf("%v\n%s", err, first.Bytes())
	}
	names := map[string]bool{}
	for _, c := range document.Components {
		names[c.Name] = c.Version != "" && c.PURL != ""
	}
	if !names["std"] || !names["htmx.org"] {
		t.Errorf("%v lack Go or htmx", names)
	}
}

func TestWhatIsNoBinaryOrHasNoAssetIsRefused(t *testing.T) {
	empty := filepath.Join(t.TempDir(), "lock.json")
	if err := os.WriteFile(empty, []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	binary, _ := os.Executable()
	for _, paths := range [][2]string{{empty, "../../package-lock.json"}, {binary, empty}, {binary, "missing"}} {
		if err := run(&bytes.Buffer{}, paths[0], "1", paths[1]); err == nil {
			t.Errorf("%v are accepted", paths)
		}
	}
}
