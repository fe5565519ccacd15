package cmd

import (
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/jackc/pgx/v5"
)

// TestComposeFileOfReplicasFitsTogether checks that both replicas are configured alike, that
// Caddy knows both, and that they trust Caddy alone.
func TestComposeFileOfReplicasFitsTogether(t *testing.T) {
	type service struct {
		Environment map[string]string
		Networks    any
		Grace       string `yaml:"stop_grace_period"`
	}
	var compose struct{ Services map[string]service }
	if err := yaml.Unmarshal([]byte(readDeployFile(t, "compose.replicas.yaml")), &compose); err != nil {
		t.Fatal(err)
	}

	address := func(name string) string {
		networks, _ := compose.Services[name].Networks.(map[string]any)
		front, _ := networks["front"].(map[string]any)
		text, _ := front["ipv4_address"].(string)
		return text
	}

	var upstreams []string
	for _, name := range []string{"rieltime-1", "rieltime-2"} {
		replica := compose.Services[name]
		if replica.Environment["RIELTIME_PROXIES"] != address("caddy")+"/32" {
			t.Errorf("%s trusts %q, want Caddy's address", name, replica.Environment["RIELTIME_PROXIES"])
		}

		database, err := url.Parse(regexp.MustCompile(`\$\{[^}]*\}`).ReplaceAllString(replica.Environment["RIELTIME_DATABASE"], "x"))
		if err != nil || database.Scheme != "postgres" || compose.Services[database.Hostname()].Environment["POSTGRES_USER"] != database.User.Username() {
			t.Errorf("%s uses the database %v, which is no service: %v", name, database, err)
		}
		if parseDuration(t, replica.Grace) <= parseDuration(t, environmentVariables(t)["RIELTIME_GRACE"]) {
			t.Errorf("%s is killed after %s, before its requests have finished", name, replica.Grace)
		}
		upstreams = append(upstreams, address(name)+":8080")
	}

	if got := strings.Fields(compose.Services["caddy"].Environment["RIELTIME_UPSTREAM"]); !slices.Equal(got, upstreams) {
		t.Errorf("Caddy's upstreams are %q, want %q", got, upstreams)
	}
}

// TestKubernetesStopsGracefully checks that a pod has time to finish, that it gets no buyers
// while it cannot write, and that a database that is down restarts nothing.
func TestKubernetesStopsGracefully(t *testing.T) {
	type probe struct {
		Get struct {
			Path string `yaml:"path"`
		} `yaml:"httpGet"`
	}
	var deployment struct {
		Spec struct {
			Replicas int
			Template struct {
				Spec struct {
					Grace      int `yaml:"terminationGracePeriodSeconds"`
					Containers []struct {
						Readiness probe `yaml:"readinessProbe"`
						Liveness  probe `yaml:"livenessProbe"`
						Lifecycle struct {
							PreStop struct{ Sleep struct{ Seconds int } } `yaml:"preStop"`
						}
					}
				}
			}
		}
	}

	first, _, _ := strings.Cut(readDeployFile(t, "kubernetes.yaml"), "\n---\n")
	if err := yaml.Unmarshal([]byte(first), &deployment); err != nil {
		t.Fatal(err)
	}

	pod := deployment.Spec.Template.Spec
	if deployment.Spec.Replicas < 2 || len(pod.Containers) != 1 {
		t.Fatalf("%+v", deployment)
	}

	container := pod.Containers[0]
	grace := parseDuration(t, environmentVariables(t)["RIELTIME_GRACE"])
	if left := time.Duration(pod.Grace-container.Lifecycle.PreStop.Sleep.Seconds) * time.Second; left <= grace {
		t.Errorf("%v are left to a pod after its pause, but running requests may take %v", left, grace)
	}
	if container.Readiness.Get.Path != "/readyz" || container.Liveness.Get.Path != "/healthz" {
		t.Errorf("probes %+v and %+v", container.Readiness, container.Liveness)
	}
}

// TestDocumentedDatabaseURLsAreValid reads each postgres URL of deploy/ with several
// servers as the driver does.
func TestDocumentedDatabaseURLsAreValid(t *testing.T) {
	for _, file := range []string{"kubernetes.yaml", "rieltime@.service"} {
		found := regexp.MustCompile(`postgres://[^\s'"]+`).FindAllString(readDeployFile(t, file), -1)
		if len(found) == 0 {
			t.Errorf("%s names no database", file)
		}

		for _, text := range found {
			config, err := pgx.ParseConfig(strings.ReplaceAll(text, "…", "secret"))
			if err != nil || len(config.Fallbacks) == 0 || config.ValidateConnect == nil {
				t.Errorf("%s: %s: %v, want two servers and the one that takes writes", file, text, err)
			}
		}
	}
}
