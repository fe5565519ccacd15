package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "rieltime"

// arrows maps each part of the module to the other parts that it may import. A
// part contains the folders below it, except those that are parts themselves.
// "x/*" makes each folder of x a part.
var arrows = map[string][]string{
	"checkout":           {"internal/cambodia"},
	"khqr":               {},
	"web/accept":         {},
	"web/appicon":        {},
	"web/catalogue":      {},
	"web/qrsymbol":       {},
	"web/templates":      {"internal/cambodia", "web/accept", "web/catalogue", "web/qrsymbol"},
	"web/static":         {"web/accept"},
	"db":                 {"checkout", "internal/cambodia"},
	"handlers":           {"checkout", "handlers/api", "handlers/dashboard", "handlers/pages", "handlers/internal", "web/static"},
	"handlers/api":       {"checkout", "handlers/internal"},
	"handlers/dashboard": {"checkout", "handlers/internal", "internal/cambodia", "internal/picture", "web/appicon", "web/templates", "web/static"},
	"handlers/pages":     {"checkout", "handlers/internal", "webhooks/outbound", "web/templates", "web/static"},
	"handlers/internal":  {"checkout", "web/accept"},
	"webhooks":           {"checkout", "internal/retryafter", "webhooks/outbound"},
	"webhooks/outbound":  {},
	"providers":          {"checkout", "providers/wire"},
	"providers/*":        {"checkout", "internal/cambodia", "internal/retryafter", "khqr", "providers", "providers/settings", "providers/simkit", "providers/wire"},
	"clients":            {},
	"examples/*":         {},
	"examples/go":        {"clients"},
	"e2e":                {},

	"internal/cambodia":   {},
	"internal/picture":    {},
	"internal/bots":       {"checkout", "internal/cambodia", "internal/compose", "internal/telegram", "web/templates"},
	"internal/compose":    {"checkout", "internal/cambodia", "web/catalogue", "web/templates"},
	"internal/mail":       {},
	"internal/mailer":     {"checkout", "internal/compose", "internal/mail"},
	"internal/telegram":   {},
	"internal/retryafter": {},

	// Test harnesses and development tools, which no part of the server may import.
	"checkout/checkouttest": {"checkout", "db", "db/dbtest"},
	"db/dbtest":             {"db"},
	"internal/bench":        {"web/templates"},
	"internal/gendocs":      {"web/static"},
	"internal/openapitest":  {},
	"internal/sbom":         {},
	"internal/testclock":    {},
}

// partOf returns the part that a package belongs to and its key in arrows. Both
// are empty when arrows has no entry for the package.
func partOf(pkg string) (part, key string) {
	path, ours := strings.CutPrefix(pkg, module+"/")
	if !ours {
		return "", ""
	}

	folders := strings.Split(path, "/")
	if len(folders) >= 2 {
		part = strings.Join(folders[:2], "/")
		if _, ok := arrows[part]; ok {
			return part, part
		}
		if _, ok := arrows[folders[0]+"/*"]; ok {
			return part, folders[0] + "/*"
		}
	}

	if _, ok := arrows[folders[0]]; ok {
		return folders[0], folders[0]
	}

	return "", ""
}

// checkArrow returns an error when the package from may not import the package to.
func checkArrow(from, to string) error {
	if err := checkDriver(from, to); err != nil {
		return err
	}
	if from == module || from == module+"/cmd" || strings.HasPrefix(from, module+"/cmd/") {
		return nil // the command line wires everything
	}

	part, key := partOf(from)
	if part == "" {
		return fmt.Errorf("%s has no entry in arrows_test.go: add one", from)
	}
	if to != module && !strings.HasPrefix(to, module+"/") {
		return checkForeign(from, part, to)
	}

	target, _ := partOf(to)
	if target != "" && (target == part || slices.Contains(arrows[key], target)) {
		return nil
	}

	return fmt.Errorf("%s imports %s, which %s may not import", from, to, part)
}

// drivers are the modules that talk to a database's engine.
var drivers = []string{"modernc.org/sqlite", "github.com/jackc/", "github.com/lib/pq", "github.com/pressly/goose", "github.com/riverqueue/"}

// checkDriver keeps database engines in db. The tests in e2e look into the database
// from outside; internal/bench compares with bare ones.
func checkDriver(from, to string) error {
	if part, _ := partOf(from); part == "db" || part == "db/dbtest" || part == "e2e" || part == "internal/bench" {
		return nil
	}
	if slices.ContainsFunc(drivers, func(driver string) bool { return strings.HasPrefix(to, driver) }) {
		return fmt.Errorf("%s imports %s: only db may use a database's engine", from, to)
	}
	return nil
}

// checkForeign holds the rules for packages outside the module: the codec and
// the client use only the standard library, and the domain no HTTP and no SQL.
func checkForeign(from, part, to string) error {
	host, _, _ := strings.Cut(to, "/")
	if (from == module+"/khqr" || from == module+"/clients/go") && strings.Contains(host, ".") {
		return fmt.Errorf("%s imports %s: it may only use the standard library", from, to)
	}
	if part == "checkout" && (to == "net/http" || to == "database/sql" || strings.Contains(to, "labstack/echo")) {
		return fmt.Errorf("%s imports %s: the domain may use no HTTP and no SQL", from, to)
	}
	return nil
}

type listedPackage struct {
	ImportPath   string
	Imports      []string
	TestImports  []string
	XTestImports []string
}

// edges returns the imports that are checked. Those of tests are not (a handler's
// test runs on the real database), except the black-box tests in e2e.
func (p listedPackage) edges() []string {
	if part, _ := partOf(p.ImportPath); part != "e2e" {
		return p.Imports
	}
	return slices.Concat(p.Imports, p.TestImports, p.XTestImports)
}

func listPackages(t *testing.T) []listedPackage {
	t.Helper()
	out, err := exec.Command("go", "list", "-tags", "e2e",
		"-json=ImportPath,Imports,TestImports,XTestImports", "./...").Output()
	if err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			t.Fatalf("go list: %v\n%s", err, exit.Stderr)
		}
		t.Fatalf("go list: %v", err)
	}

	var packages []listedPackage
	for decoder := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p listedPackage
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			return packages
		} else if err != nil {
			t.Fatalf("go list: %v", err)
		}

		packages = append(packages, p)
	}
}

func TestArrowsPointDown(t *testing.T) {
	packages := listPackages(t)
	if len(packages) < 2 {
		t.Fatalf("go list found %d packages, want all of the module", len(packages))
	}

	for _, p := range packages {
		for _, to := range p.edges() {
			if err := checkArrow(p.ImportPath, to); err != nil {
				t.Error(err)
			}
		}
	}
}

func TestArrowsRefuse(t *testing.T) {
	for _, edge := range [][2]string{
		{"rieltime/checkout", "rieltime/db"},
		{"rieltime/checkout", "rieltime/khqr"},
		{"rieltime/checkout/internal/rules", "rieltime/handlers"},
		{"rieltime/checkout", "net/http"},
		{"rieltime/checkout", "database/sql"},
		{"rieltime/khqr", "rieltime/checkout"},
		{"rieltime/khqr", "github.com/skip2/go-qrcode"},
		{"rieltime/khqr/khqrcmd", "rieltime/checkout"},
		{"rieltime/web/templates", "rieltime/checkout"},
		{"rieltime/web/templates", "rieltime/web/static"},
		{"rieltime/web/static", "rieltime/handlers"},
		{"rieltime/db", "rieltime/handlers"},
		{"rieltime/db", "rieltime/providers/bakong"},
		{"rieltime/handlers", "rieltime/db"},
		{"rieltime/handlers", "modernc.org/sqlite"},
		{"rieltime/cmd", "github.com/jackc/pgx/v5/stdlib"},
		{"rieltime/webhooks", "github.com/riverqueue/river"},
		{"rieltime/checkout", "rieltime/db/dbtest"},
		{"rieltime/handlers", "rieltime/webhooks"},
		{"rieltime/webhooks", "rieltime/handlers"},
		{"rieltime/webhooks", "rieltime/db"},
		{"rieltime/webhooks/outbound", "rieltime/checkout"},
		{"rieltime/checkout", "rieltime/webhooks"},
		{"rieltime/checkout", "rieltime/checkout/checkouttest"},
		{"rieltime/checkout/verifier", "rieltime/db"},
		{"rieltime/handlers", "rieltime/cmd/metrics"},
		{"rieltime/checkout", "rieltime/cmd/metrics"},
		{"rieltime/handlers/api", "rieltime/khqr"},
		{"rieltime/handlers/api", "rieltime/handlers"},
		{"rieltime/handlers/api", "rieltime/handlers/pages"},
		{"rieltime/handlers/api", "rieltime/web/templates"},
		{"rieltime/handlers/pages", "rieltime/handlers"},
		{"rieltime/handlers/pages", "rieltime/handlers/api"},
		{"rieltime/handlers/pages", "rieltime/khqr"},
		{"rieltime/handlers/internal/request", "rieltime/handlers/api"},
		{"rieltime/handlers", "rieltime/providers/bakong"},
		{"rieltime/providers/bakong", "rieltime/handlers"},
		{"rieltime/providers/bakong", "rieltime/db"},
		{"rieltime/providers/bakong", "rieltime/providers/kess"},
		{"rieltime/checkout", "rieltime/providers/settings"},
		{"rieltime/providers/bakong", "rieltime/providers/providertest"},
		{"rieltime/providers/bakong/bakongsim", "rieltime/web/templates"},
		{"rieltime/examples/shop", "rieltime/checkout"},
		{"rieltime/examples/shop", "rieltime/examples/other"},
		{"rieltime/examples/shop", "rieltime/clients/go"},
		{"rieltime/examples/go", "rieltime/checkout"},
		{"rieltime/clients/go", "rieltime/checkout"},
		{"rieltime/clients/go", "github.com/standard-webhooks/standard-webhooks/libraries/go"},
		{"rieltime/handlers", "rieltime/internal/openapitest"},
		{"rieltime/internal/gendocs", "rieltime/handlers"},
		{"rieltime/e2e", "rieltime/khqr"},
		{"rieltime/e2e", "rieltime"},
		{"rieltime/e2e", "rieltime/cmd"},
		{"rieltime/utils", "strings"},
		{"rieltime/providers", "rieltime/providers/bakong"},
		{"rieltime/checkout", "rieltime/utils"},
	} {
		if checkArrow(edge[0], edge[1]) == nil {
			t.Errorf("%s may import %s, want it refused", edge[0], edge[1])
		}
	}
}

func TestArrowsAllow(t *testing.T) {
	for _, edge := range [][2]string{
		{"rieltime", "rieltime/handlers"},
		{"rieltime", "net/http"},
		{"rieltime/checkout", "rieltime/checkout/internal/rules"},
		{"rieltime/khqr", "crypto/md5"},
		{"rieltime/khqr/khqrcmd", "github.com/alecthomas/kong"},
		{"rieltime/web/templates", "github.com/a-h/templ"},
		{"rieltime/db", "rieltime/checkout"},
		{"rieltime/db", "rieltime/checkout/verifier"},
		{"rieltime/checkout/verifier", "rieltime/checkout"},
		{"rieltime/db", "rieltime/db/migrations"},
		{"rieltime/db", "modernc.org/sqlite"},
		{"rieltime/db/dbtest", "github.com/jackc/pgx/v5/stdlib"},
		{"rieltime/handlers", "rieltime/checkout"},
		{"rieltime/handlers", "rieltime/handlers/api"},
		{"rieltime/handlers/api", "rieltime/handlers/internal/failure"},
		{"rieltime/handlers/pages", "rieltime/webhooks/outbound"},
		{"rieltime/webhooks", "rieltime/webhooks/outbound"},
		{"rieltime/cmd", "rieltime/handlers"},
		{"rieltime/cmd/metrics", "rieltime/db"},
		{"rieltime/handlers/pages", "rieltime/web/templates"},
		{"rieltime/handlers", "rieltime/web/static"},
		{"rieltime/providers/bakong", "rieltime/khqr"},
		{"rieltime/providers/bakong", "rieltime/providers/bakong/internal/client"},
		{"rieltime/providers/bakong", "rieltime/providers/settings"},
		{"rieltime/providers/bakong/bakongsim", "rieltime/providers/simkit"},
		{"rieltime/providers/providertest", "rieltime/checkout"},
		{"rieltime/examples/shop", "rieltime/examples/shop/internal/orders"},
		{"rieltime/examples/go", "rieltime/clients/go"},
		{"rieltime/e2e", "github.com/playwright-community/playwright-go"},
	} {
		if err := checkArrow(edge[0], edge[1]); err != nil {
			t.Error(err)
		}
	}
}
