package cmd

import (
	"strings"
	"testing"
)

func TestCertificatesAreForNamesOnly(t *testing.T) {
	const letsEncrypt = "https://acme-v02.api.letsencrypt.org/directory"
	for name, c := range map[string]struct {
		flags     certificateFlags
		addresses []string
		want      string // part of the error; empty: none
	}{
		"off":                    {certificateFlags{}, []string{"http://127.0.0.1:8080"}, ""},
		"names":                  {certificateFlags{Certificates: "certs", CertificateAuthority: letsEncrypt}, []string{"https://pay.example", "https://shop.example:8443"}, ""},
		"an IP address":          {certificateFlags{Certificates: "certs", CertificateAuthority: letsEncrypt}, []string{"https://192.0.2.1"}, "no certificate can be obtained for https://192.0.2.1"},
		"the dashboard by http":  {certificateFlags{Certificates: "certs", CertificateAuthority: letsEncrypt}, []string{"https://pay.example", "http://shop.example"}, "no certificate can be obtained for http://shop.example"},
		"authority by http":      {certificateFlags{Certificates: "certs", CertificateAuthority: "http://ca.example"}, []string{"https://pay.example"}, "--certificate-authority must be an https address"},
		"redirects of no effect": {certificateFlags{RedirectListen: ":80"}, []string{"https://pay.example"}, "--redirect-listen needs --certificates"},
	} {
		err := c.flags.checkCertificates(c.addresses...)
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: the error is %v, want %q", name, err, c.want)
		}
	}
}
