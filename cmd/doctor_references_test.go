package cmd

import (
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rieltime/providers/bakong/bakongsim"
	"rieltime/providers/simkit"
)

// The doctor asks whether references are looked up, where the merchant's file says that
// buyers may enter them, and tells an endpoint that is missing from one that is refused.
func TestDoctorTriesTheLookUpsByReference(t *testing.T) {
	folder, key := newDataFolder(t)
	sim, err := bakongsim.New(bakongsim.Options{})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(sim.Handler())
	defer server.Close()

	file := filepath.Join(t.TempDir(), "merchant.yaml")
	text := merchantFile + fmt.Sprintf("    bakong: {base_url: %q, account: %q, merchant_name: Klaing, token: %q, reference_lookups: true}\n",
		server.URL, bakongsim.DemoAccount, bakongsim.DemoToken)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	mustRun(t, "merchant", "apply", file, "--data", folder, "--key", key, "--base-url", "https://pay.example")
	if exported := mustRun(t, "merchant", "export", "klaing", "--data", folder, "--key", key); !strings.Contains(exported, "reference_lookups: true") {
		t.Errorf("exported without the setting:\n%s", exported)
	}

	for _, test := range []struct {
		status int
		path   string
		want   string
	}{
		{200, "", "ok       bakong of klaing (test) answers"},
		{404, "external_ref", "warning  bakong of klaing (test): This Bakong has no look-up by externalRef (HTTP status 404 or the like)"},
		{403, "instruction_ref", "warning  bakong of klaing (test): Bakong was reached and refuses look-ups by instructionRef (HTTP status 403)"},
	} {
		sim.Faults.Clear()
		if test.path != "" {
			sim.Faults.Add(simkit.Fault{Kind: simkit.FaultStatus, Status: test.status, Path: test.path})
		}
		out, _ := runCommand(t, "doctor", "--data", folder, "--key", key, "--time-url", unreachableURL, "--base-url", unreachableURL)
		if !strings.Contains(out, test.want) {
			t.Errorf("%d: no %q in\n%s", test.status, test.want, out)
		}
	}
}
