package cmd

import (
	"bytes"
	"strings"
	"testing"
)

func TestNumbersOfFlagsAreBounded(t *testing.T) {
	serve := []string{"serve", "--data", t.TempDir(), "--base-url", "https://pay.example"}
	listen := []string{"listen", "--key", "sk_test_x", "--forward-to"}
	with := func(args []string, more ...string) []string { return append(args[:len(args):len(args)], more...) }
	for _, c := range []struct {
		args []string
		want string
	}{
		{with(serve, "--retain-personal-data=-1h"), "--retain-personal-data must not be negative"},
		{with(serve, "--retain-delivery-attempts=743h"), "--retain-delivery-attempts must be at least 744h, or 0"},
		{with(serve, "--retain-audit=-1h"), "--retain-audit must be at least 744h, or 0"},
		{with(serve, "--retain-audit=365"), "missing unit"},
		{with(serve, "--max-in-flight=0"), "--max-in-flight must be at least 1"},
		{with(serve, "--max-in-flight=-5"), "--max-in-flight must be at least 1"},
		{with(serve, "--pay-rate=NaN"), "--pay-rate must be from"},
		{with(serve, "--address-rate=+Inf"), "--address-rate must be from"},
		{with(serve, "--session-rate=-1"), "--session-rate must be from"},
		{with(serve, "--api-rate=1e-300"), "--api-rate must be from"},
		{with(serve, "--dashboard-listen=:8082"), "both --dashboard-listen and --dashboard-url"},
		{with(serve, "--dashboard-url=https://shop.example"), "both --dashboard-listen and --dashboard-url"},
		{with(serve, "--dashboard-listen=:8082", "--dashboard-url=https://shop.example/admin"), "must be like https://"},
		{with(serve, "--dashboard-listen=:8082", "--dashboard-url=https://pay.example/"), "must differ from --base-url"},
		{with(serve, "--grace=-1s"), "--grace must not be negative"},
		{with(serve, "--traces-endpoint=http://127.0.0.1:0"), "port from 1 to 65535"},
		{[]string{"serve", "--data", t.TempDir(), "--base-url", "https://pay.example:99999"}, "port from 1 to 65535"},
		{with(listen, "http://127.0.0.1:0/hook"), "port from 1 to 65535"},
		{with(listen, "http://127.0.0.1/hook", "--interval=0s"), "--interval must be at least 1ms"},
		{with(listen, "http://127.0.0.1/hook", "--from=-2"), "--from must be a sequence"},
		{[]string{"audit", "--data", t.TempDir(), "--limit=-1"}, "--limit must be from 1"},
	} {
		var out, errs bytes.Buffer
		err := run(t.Context(), c.args, &out, &errs)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v: %v, want %q", c.args, err, c.want)
		}
	}
}
