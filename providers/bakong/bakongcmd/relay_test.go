package bakongcmd

import (
	"io"
	"os"
	"path/filepath"
	"testing"
)

// Keys are of use in pairs only: where one of the files is there, none is written or changed.
func TestKeysOfARelayAreWrittenInPairs(t *testing.T) {
	for _, there := range []string{"relay.pem", "caller.txt"} {
		folder := t.TempDir()
		if err := os.WriteFile(filepath.Join(folder, there), []byte("old"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := (&RelayKeys{Host: "relay.example.com", Folder: folder}).Run(io.Discard); err == nil {
			t.Errorf("beside %s keys are written", there)
		}
		text, err := os.ReadFile(filepath.Join(folder, there))
		entries, _ := os.ReadDir(folder)
		if err != nil || string(text) != "old" || len(entries) != 1 {
			t.Errorf("%s is %q, %d files", there, text, len(entries))
		}
	}

	folder := t.TempDir()
	if err := (&RelayKeys{Host: "relay.example.com", Folder: folder}).Run(io.Discard); err != nil {
		t.Fatal(err)
	}
	if entries, _ := os.ReadDir(folder); len(entries) != 2 {
		t.Errorf("%d files", len(entries))
	}
}
