package db_test

import (
	"bytes"
	"os"
	"testing"
)

// assertAbsent looks for plain secrets in the database's files.
func assertAbsent(t *testing.T, path string, secrets ...string) {
	t.Helper()
	for _, name := range []string{path, path + "-wal"} {
		content, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, secret := range secrets {
			if bytes.Contains(content, []byte(secret)) {
				t.Errorf("%q stands in %s", secret, name)
			}
		}
	}
}
