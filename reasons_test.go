package main

import (
	"testing"

	"rieltime/cmd"
	"rieltime/providers"
	"rieltime/web/templates"
)

func TestEveryReasonIsExplainedToTheBuyer(t *testing.T) {
	sources := map[string][]string{"checkout": {"unreachable", "declined", "expired", "canceled"}}
	for _, provider := range cmd.Providers(providers.Options{}) {
		sources[provider.Name()] = provider.Info().Reasons
	}

	if len(sources) < 3 {
		t.Errorf("only %d sources of reasons were found", len(sources))
	}

	for source, reasons := range sources {
		if len(reasons) == 0 {
			t.Errorf("%s gives no reasons", source)
		}

		for _, reason := range reasons {
			if !templates.HasReason(reason) {
				t.Errorf("%s: %q is not explained", source, reason)
			}
		}
	}
}
