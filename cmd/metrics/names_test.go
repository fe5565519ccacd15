package metrics

import (
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/prometheus/client_golang/prometheus"
)

// ours are the names of all metrics, as Prometheus stores them, with their
// labels.
func ours() map[string][]string {
	m := New()
	m.Watch(Source{})
	descriptions := make(chan *prometheus.Desc)
	go func() {
		m.registry.Describe(descriptions)
		close(descriptions)
	}()

	names, parts := map[string][]string{}, regexp.MustCompile(`fqName: "([^"]+)".*variableLabels: \{(.*)\}\}`)
	for d := range descriptions {
		found := parts.FindStringSubmatch(d.String())
		for _, suffix := range []string{"", "_bucket", "_count", "_sum"} {
			names[found[1]+suffix] = strings.Split(found[2], ",")
		}
	}

	return names
}

func wantKnown(t *testing.T, where, expression string) {
	t.Helper()
	known := ours()
	found := regexp.MustCompile(`\b(rieltime|go|process)_[a-z_]+`).FindAllString(expression, -1)
	if len(found) == 0 && !strings.HasPrefix(expression, "up{") {
		t.Errorf("%s: nothing of ours in %q", where, expression)
	}

	for _, name := range found {
		if _, is := known[name]; !is {
			t.Errorf("%s: there is no metric %s", where, name)
		}
	}

	for _, selector := range regexp.MustCompile(`\b(rieltime_[a-z_]+)\{([^}]*)\}`).FindAllStringSubmatch(expression, -1) {
		for _, label := range regexp.MustCompile(`([a-z]+)(?:=|!=|=~|!~)"`).FindAllStringSubmatch(selector[2], -1) {
			if !slices.Contains(known[selector[1]], label[1]) {
				t.Errorf("%s: %s has no label %s", where, selector[1], label[1])
			}
		}
	}
}

func TestAlertsUseMetricsThatExist(t *testing.T) {
	text, err := os.ReadFile("../../deploy/prometheus-alerts.yml")
	if err != nil {
		t.Fatal(err)
	}

	var file struct {
		Groups []struct {
			Rules []struct {
				Alert, Expr string
				Annotations map[string]string
			}
		}
	}
	if err := yaml.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}

	if len(file.Groups) == 0 || len(file.Groups[0].Rules) < 10 {
		t.Fatal("alerts are missing")
	}

	for _, rule := range file.Groups[0].Rules {
		wantKnown(t, rule.Alert, rule.Expr)
		if rule.Annotations["summary"] == "" || rule.Annotations["todo"] == "" {
			t.Errorf("%s does not say what it is and what to do", rule.Alert)
		}
	}
}

func TestDashboardUsesMetricsThatExist(t *testing.T) {
	text, err := os.ReadFile("../../deploy/grafana.json")
	if err != nil {
		t.Fatal(err)
	}

	var dashboard struct {
		Panels []struct {
			Title   string
			Targets []struct{ Expr string }
		}
	}
	if err := json.Unmarshal(text, &dashboard); err != nil {
		t.Fatal(err)
	}

	queries := 0
	for _, panel := range dashboard.Panels {
		for _, target := range panel.Targets {
			queries++
			wantKnown(t, panel.Title, target.Expr)
		}
	}

	if queries < 15 {
		t.Errorf("only %d queries", queries)
	}
}
