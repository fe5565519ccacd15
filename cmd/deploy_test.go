package cmd

import (
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/alecthomas/kong"
	"github.com/goccy/go-yaml"
)

func readDeployFile(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("../deploy", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// environmentVariables returns the environment variables that commands read, with
// their defaults.
func environmentVariables(t *testing.T) map[string]string {
	t.Helper()
	parser, err := newParser(&commands{}, io.Discard, io.Discard)
	if err != nil {
		t.Fatal(err)
	}

	known := map[string]string{}
	_ = kong.Visit(parser.Model, func(node kong.Visitable, next kong.Next) error { // the error is the one of next, which returns none
		if flag, ok := node.(*kong.Flag); ok {
			for _, name := range flag.Envs {
				known[name] = flag.Default
			}
		}
		return next(nil)
	})
	if known["RIELTIME_GRACE"] == "" {
		t.Fatal("no variables were found")
	}

	return known
}

// deployFiles are the files of deploy/ and of the folders in it.
func deployFiles(t *testing.T) (files []string) {
	t.Helper()
	err := filepath.WalkDir("../deploy", func(path string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			files = append(files, path)
		}
		return err
	})
	if err != nil || len(files) < 5 {
		t.Fatal(files, err)
	}
	return files
}

// TestDeploymentUsesKnownVariables checks that the files of deploy/ and the manual name
// only variables that commands read.
func TestDeploymentUsesKnownVariables(t *testing.T) {
	known := environmentVariables(t)
	known["RIELTIME_DOMAIN"], known["RIELTIME_UPSTREAM"] = "", "" // the Caddyfile's own
	files := deployFiles(t)
	for _, file := range append(files, "../docs/operations.md") {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}

		for _, name := range regexp.MustCompile(`\b(RIELTIME|OTEL_EXPORTER_OTLP_ENDPOINT)[A-Z_]*\b`).FindAllString(string(text), -1) {
			if _, is := known[name]; !is {
				t.Errorf("%s: there is no setting %s", file, name)
			}
		}
	}
}

// TestComposeFileFitsTogether checks that addresses are the same in all files, and
// that supervisors wait longer than the server before they kill it.
func TestComposeFileFitsTogether(t *testing.T) {
	type service struct {
		Environment map[string]string
		Networks    any
		Grace       string `yaml:"stop_grace_period"`
	}

	var compose struct{ Services map[string]service }
	if err := yaml.Unmarshal([]byte(readDeployFile(t, "compose.yaml")), &compose); err != nil {
		t.Fatal(err)
	}

	address := func(of service, network string) string {
		networks, _ := of.Networks.(map[string]any)
		one, _ := networks[network].(map[string]any)
		text, _ := one["ipv4_address"].(string)
		return text
	}

	app, caddy := compose.Services["rieltime"], compose.Services["caddy"]
	var prometheus struct {
		Scrapes []struct {
			Static []struct{ Targets []string } `yaml:"static_configs"`
		} `yaml:"scrape_configs"`
	}
	if err := yaml.Unmarshal([]byte(readDeployFile(t, "prometheus.yml")), &prometheus); err != nil {
		t.Fatal(err)
	}

	for _, same := range []struct{ what, got, want string }{
		{"the trusted proxy", app.Environment["RIELTIME_PROXIES"], address(caddy, "front") + "/32"},
		{"Caddy's upstream", caddy.Environment["RIELTIME_UPSTREAM"], address(app, "front") + ":8080"},
		{"the address of the metrics", app.Environment["RIELTIME_METRICS_LISTEN"], address(app, "metrics") + ":9090"},
		{"Prometheus's target", prometheus.Scrapes[0].Static[0].Targets[0], app.Environment["RIELTIME_METRICS_LISTEN"]},
	} {
		if same.got != same.want || strings.HasPrefix(same.got, "/") || strings.HasPrefix(same.got, ":") {
			t.Errorf("%s is %q, want %q", same.what, same.got, same.want)
		}
	}

	unit := regexp.MustCompile(`(?m)^TimeoutStopSec=(\d+)$`).FindStringSubmatch(readDeployFile(t, "rieltime.service"))
	if len(unit) != 2 {
		t.Fatal("the unit has no TimeoutStopSec")
	}

	grace := parseDuration(t, environmentVariables(t)["RIELTIME_GRACE"])
	for _, timeout := range []string{app.Grace, unit[1] + "s"} {
		if parseDuration(t, timeout) <= grace {
			t.Errorf("the process is killed after %s, but running requests may take %v", timeout, grace)
		}
	}
}

func parseDuration(t *testing.T, text string) time.Duration {
	t.Helper()
	d, err := time.ParseDuration(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestLitestreamReplicatesTheDatabase(t *testing.T) {
	var file struct {
		DBs []struct {
			Path     string
			Replicas []map[string]any
		}
	}
	if err := yaml.Unmarshal([]byte(readDeployFile(t, "litestream.yml")), &file); err != nil {
		t.Fatal(err)
	}

	unit := regexp.MustCompile(`RIELTIME_DATA=(\S+)`).FindStringSubmatch(readDeployFile(t, "rieltime.service"))
	if len(file.DBs) != 1 || len(file.DBs[0].Replicas) == 0 || len(unit) != 2 || file.DBs[0].Path != (databaseFlags{Data: unit[1]}).path() {
		t.Errorf("%+v, the unit's data is in %v", file, unit)
	}
}
