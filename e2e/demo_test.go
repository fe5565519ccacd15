//go:build e2e

package e2e

import "testing"

func TestDemoStartsAgainWhereItWas(t *testing.T) {
	t.Parallel()
	d := startDemo(t)
	before := map[string]string{}
	for name := range listeners {
		before[name] = d.URL(name)
	}

	for _, end := range []func(){d.Stop, d.Kill} {
		end()
		d.Start()
		for name, address := range before {
			if now := d.URL(name); now != address {
				t.Errorf("%s moved from %s to %s", name, address, now)
			}
		}
	}
}
