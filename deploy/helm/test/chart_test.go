// Package test renders the chart as Helm does, and reads what comes out. It is a module of
// its own, so that the server does not depend on Helm.
package test

import (
	"maps"
	"os"
	"reflect"
	"strings"
	"testing"

	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/engine"
	"sigs.k8s.io/yaml"
)

type values = map[string]any

// needed are the values that an operator must give.
func needed(more values) values {
	all := values{"baseURL": "https://pay.example.com", "image": values{"repository": "registry.example.com/rieltime"}}
	maps.Copy(all, more)
	return all
}

// render returns the objects of a release named rieltime, by their kinds.
func render(t *testing.T, given values) (objects map[string]values, err error) {
	t.Helper()
	chart, err := loader.Load("..")
	if err != nil {
		t.Fatal(err)
	}
	if err := chart.Validate(); err != nil {
		t.Fatal(err)
	}
	all, err := chartutil.ToRenderValues(chart, given, chartutil.ReleaseOptions{Name: "rieltime", Namespace: "shop"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	files, err := engine.Render(chart, all)
	if err != nil {
		return nil, err
	}

	objects = map[string]values{}
	for name, text := range files {
		if !strings.HasSuffix(name, ".yaml") || strings.TrimSpace(text) == "" {
			continue
		}
		var object values
		if err := yaml.UnmarshalStrict([]byte(text), &object); err != nil {
			t.Fatalf("%s: %v\n%s", name, err, text)
		}
		objects[object["kind"].(string)] = object
	}
	return objects, nil
}

// The chart and deploy/kubernetes.yaml are the same deployment.
func TestDefaultsAreTheExampleWithoutHelm(t *testing.T) {
	got, err := render(t, needed(nil))
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile("../../kubernetes.yaml")
	if err != nil {
		t.Fatal(err)
	}

	documents := strings.Split(string(text), "\n---\n")
	if len(documents) != len(got) {
		t.Errorf("the example has %d objects, the chart %d", len(documents), len(got))
	}
	for _, document := range documents {
		var want values
		if err := yaml.UnmarshalStrict([]byte(document), &want); err != nil {
			t.Fatal(err)
		}
		if kind := want["kind"].(string); !reflect.DeepEqual(got[kind], want) {
			t.Errorf("the chart's %s is\n%v\nthe example's\n%v", kind, got[kind], want)
		}
	}
}

func TestRequiredValuesAreNamed(t *testing.T) {
	for value, given := range map[string]values{
		"baseURL":          {"image": values{"repository": "registry.example.com/rieltime"}},
		"image.repository": {"baseURL": "https://pay.example.com"},
	} {
		if _, err := render(t, given); err == nil || !strings.Contains(err.Error(), value+" is required") {
			t.Errorf("without %s: %v", value, err)
		}
	}
}

// A pause, running requests and some seconds more fit into the time that a pod has to end.
func TestPodHasTimeToEnd(t *testing.T) {
	objects, err := render(t, needed(values{"graceSeconds": 60, "pauseSeconds": 10}))
	if err != nil {
		t.Fatal(err)
	}
	pod := at(t, objects["Deployment"], "spec", "template", "spec").(values)
	if given := pod["terminationGracePeriodSeconds"]; given != 85.0 {
		t.Errorf("a pod has %v s, want 85", given)
	}
}

func TestDashboardAndIngress(t *testing.T) {
	objects, err := render(t, needed(values{
		"dashboardURL": "https://shop.example.com:8443",
		"env":          values{"RIELTIME_RETAIN_AUDIT": "9600h"},
		"ingress":      values{"enabled": true, "className": "nginx", "tlsSecretName": "certificate"},
	}))
	if err != nil {
		t.Fatal(err)
	}

	environment := map[string]any{}
	container := at(t, objects["Deployment"], "spec", "template", "spec", "containers").([]any)[0].(values)
	for _, variable := range container["env"].([]any) {
		environment[variable.(values)["name"].(string)] = variable.(values)["value"]
	}
	for name, want := range map[string]string{"RIELTIME_DASHBOARD_LISTEN": ":8082", "RIELTIME_DASHBOARD_URL": "https://shop.example.com:8443", "RIELTIME_RETAIN_AUDIT": "9600h"} {
		if environment[name] != want {
			t.Errorf("%s is %v, want %s", name, environment[name], want)
		}
	}

	hosts := map[string]string{}
	for _, rule := range at(t, objects["Ingress"], "spec", "rules").([]any) {
		path := at(t, rule.(values), "http", "paths").([]any)[0].(values)
		hosts[rule.(values)["host"].(string)] = at(t, path, "backend", "service", "port", "name").(string)
	}
	if want := map[string]string{"pay.example.com": "http", "shop.example.com": "dashboard"}; !maps.Equal(hosts, want) {
		t.Errorf("the hosts go to %v, want %v", hosts, want)
	}
	tls := at(t, objects["Ingress"], "spec", "tls").([]any)[0].(values)
	if want := []any{"pay.example.com", "shop.example.com"}; !reflect.DeepEqual(tls["hosts"], want) {
		t.Errorf("the certificate is for %v", tls["hosts"])
	}
}

func TestOneReplicaMayBeTakenDown(t *testing.T) {
	objects, err := render(t, needed(values{"replicas": 1}))
	if err != nil {
		t.Fatal(err)
	}
	if budget, has := objects["PodDisruptionBudget"]; has {
		t.Errorf("%v would keep a node from being drained", budget)
	}
}

// at follows keys into an object.
func at(t *testing.T, object values, keys ...string) any {
	t.Helper()
	var value any = object
	for _, key := range keys {
		inside, ok := value.(values)
		if !ok || inside[key] == nil {
			t.Fatalf("no %s in %v", strings.Join(keys, "."), object)
		}
		value = inside[key]
	}
	return value
}
