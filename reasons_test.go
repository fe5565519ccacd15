package main

import (
	"testing"

	"rieltime/providers/bakong"
	"rieltime/providers/baray"
	"rieltime/providers/bayopay"
	"rieltime/providers/kess"
	"rieltime/web/templates"
)

func TestEveryReasonIsExplainedToTheBuyer(t *testing.T) {
	for source, reasons := range map[string][]string{
		"bakong": bakong.Reasons(), "baray": baray.Reasons(), "kess": kess.Reasons(), "bayopay": bayopay.Reasons(),
		"checkout": {"unreachable", "declined", "expired", "canceled"},
	} {
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
