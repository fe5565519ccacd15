package cmd

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"time"

	"rieltime/checkout"

	"golang.org/x/crypto/acme"
	"golang.org/x/crypto/acme/autocert"
)

// certificateFlags are those of a server that needs no proxy for TLS: it obtains its
// certificates by ACME (RFC 8555). The authority proves the hosts by a handshake with the
// address that the server listens on (tls-alpn-01, RFC 8737), which it must reach as port
// 443, or by a request to RedirectListen (http-01), which it must reach as port 80.
type certificateFlags struct {
	Certificates         string `help:"Folder for certificates that this server obtains itself, for its public addresses; to use it is to accept the authority's terms. Off by default: a proxy in front has the certificates." env:"RIELTIME_CERTIFICATES" type:"path" placeholder:"FOLDER"`
	CertificateAuthority string `help:"ACME directory of the certificates' authority." default:"https://acme-v02.api.letsencrypt.org/directory" env:"RIELTIME_CERTIFICATE_AUTHORITY"`
	CertificateEmail     string `help:"E-mail address that the authority may write to." env:"RIELTIME_CERTIFICATE_EMAIL" placeholder:"EMAIL"`
	RedirectListen       string `help:"Address on which requests by http are sent to https; needs --certificates." env:"RIELTIME_REDIRECT_LISTEN" placeholder:":80"`
}

// checkCertificates returns what keeps certificates from being obtained for public addresses.
func (f certificateFlags) checkCertificates(addresses ...string) error {
	if f.Certificates == "" {
		if f.RedirectListen != "" {
			return errors.New("--redirect-listen needs --certificates")
		}
		return nil
	}
	if authority, err := checkout.ParseWebURL(f.CertificateAuthority); err != nil || authority.Scheme != "https" {
		return errors.New("--certificate-authority must be an https address")
	}
	_, err := certifiableHosts(addresses)
	return err
}

// certifiableHosts are the hosts of addresses, for all of which an authority can issue
// certificates: https, and a name.
func certifiableHosts(addresses []string) (hosts []string, err error) {
	for _, address := range addresses {
		parsed, err := url.Parse(address)
		if err != nil {
			return nil, err
		}
		if _, err := netip.ParseAddr(parsed.Hostname()); err == nil || parsed.Scheme != "https" {
			return nil, fmt.Errorf("no certificate can be obtained for %s: with --certificates the public addresses must be https and have a host name", address)
		}
		hosts = append(hosts, parsed.Hostname())
	}
	return hosts, nil
}

// ownCertificates are those of a server without a proxy; the zero value has none.
type ownCertificates struct {
	manager  *autocert.Manager
	redirect net.Listener // nil: nothing is sent to https
}

// openCertificates prepares to serve the certificates of public addresses, and to obtain and renew
// them when they are first needed.
func (f certificateFlags) openCertificates(addresses ...string) (own ownCertificates, err error) {
	if f.Certificates == "" {
		return own, nil
	}
	hosts, err := certifiableHosts(addresses)
	if err != nil {
		return own, err
	}
	own.manager = &autocert.Manager{
		Prompt: autocert.AcceptTOS, Cache: autocert.DirCache(f.Certificates), HostPolicy: autocert.HostWhitelist(hosts...),
		Email: f.CertificateEmail, Client: &acme.Client{DirectoryURL: f.CertificateAuthority, UserAgent: "rieltime"},
	}
	if f.RedirectListen != "" {
		own.redirect, err = net.Listen("tcp", f.RedirectListen)
	}
	return own, err
}

// serve serves a listener, by TLS when there are certificates.
func (c ownCertificates) serve(server *http.Server, listener net.Listener) error {
	if c.manager == nil {
		return server.Serve(listener)
	}
	server.TLSConfig = c.manager.TLSConfig()
	return server.ServeTLS(listener, "", "")
}

// redirectServer sends requests by http to https, and answers the authority's.
func (c ownCertificates) redirectServer() *http.Server {
	return &http.Server{Handler: c.manager.HTTPHandler(nil), ReadTimeout: 10 * time.Second, WriteTimeout: 10 * time.Second, MaxHeaderBytes: 8 << 10}
}
