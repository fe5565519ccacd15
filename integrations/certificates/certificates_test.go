//go:build integrations

// Package certificates tests that the built binary obtains its own certificates, from an
// ACME authority that proves the hosts as a public one does: Pebble, Debian's package.
package certificates

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

const (
	host     = "pay.shop.example"
	deadline = 30 * time.Second
)

func TestServerObtainsKeepsAndServesItsCertificate(t *testing.T) {
	data := t.TempDir()
	httpsPort, httpPort := freePort(t), freePort(t)
	authority := startAuthority(t, httpsPort, httpPort)

	// The first visitor's handshake obtains the certificate.
	stop := startServer(t, data, authority, httpsPort, httpPort)
	roots := authority.roots(t)
	first := visit(t, roots, httpsPort)
	if first.Subject.CommonName != host && (len(first.DNSNames) != 1 || first.DNSNames[0] != host) {
		t.Errorf("the certificate is for %v", first.DNSNames)
	}

	_, err := tls.Dial("tcp", address(httpsPort), &tls.Config{ServerName: "other.example", InsecureSkipVerify: true})
	if err == nil {
		t.Error("a certificate is served for a host that is not the server's")
	}
	wantRedirect(t, httpPort)
	stop()

	// A restart finds it in the folder: the authority is not needed.
	authority.stop()
	defer startServer(t, data, authority, httpsPort, httpPort)()
	if second := visit(t, roots, httpsPort); second.SerialNumber.Cmp(first.SerialNumber) != 0 {
		t.Error("the restarted server has another certificate")
	}
}

// visit asks the server how it is, by the host of its certificate, and returns that.
func visit(t *testing.T, roots *x509.CertPool, port int) *x509.Certificate {
	t.Helper()
	client := &http.Client{Timeout: deadline, Transport: &http.Transport{
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, network, address(port))
		},
		TLSClientConfig: &tls.Config{RootCAs: roots}, ForceAttemptHTTP2: true,
	}}
	defer client.CloseIdleConnections()

	// A server waits no longer for a handshake than for a request, and Pebble, which refuses
	// some requests on purpose, may take longer. A visitor then tries again, too.
	response, err := client.Get("https://" + host + "/healthz")
	for end := time.Now().Add(deadline); err != nil && time.Now().Before(end); {
		t.Log(err)
		time.Sleep(200 * time.Millisecond)
		response, err = client.Get("https://" + host + "/healthz")
	}
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK || response.ProtoMajor != 2 {
		t.Errorf("%s by %s", response.Status, response.Proto)
	}
	return response.TLS.PeerCertificates[0]
}

func wantRedirect(t *testing.T, port int) {
	t.Helper()
	client := &http.Client{Timeout: deadline, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	request, err := http.NewRequest(http.MethodGet, "http://"+address(port)+"/p/coffee?from=chat", nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Host = host

	response, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if to := response.Header.Get("Location"); response.StatusCode != http.StatusFound || to != "https://"+host+"/p/coffee?from=chat" {
		t.Errorf("%s to %q", response.Status, to)
	}
}

// authority is Pebble, with names that all are this machine.
type authority struct {
	directory  string
	certFile   string // that its own address is trusted by
	management int
	stop       func()
}

func startAuthority(t *testing.T, httpsPort, httpPort int) authority {
	t.Helper()
	folder := t.TempDir()
	names, namesManagement, listen, management := freePort(t), freePort(t), freePort(t), freePort(t)
	certFile, keyFile := selfSigned(t, folder)
	config, err := json.Marshal(map[string]any{"pebble": map[string]any{
		"listenAddress": address(listen), "managementListenAddress": address(management), "certificate": certFile, "privateKey": keyFile,
		"httpPort": httpPort, "tlsPort": httpsPort,
	}})
	if err != nil {
		t.Fatal(err)
	}
	configFile := filepath.Join(folder, "pebble.json")
	if err := os.WriteFile(configFile, config, 0o600); err != nil {
		t.Fatal(err)
	}

	start(t, "pebble-challtestsrv", nil, "-dns01", address(names), "-management", address(namesManagement), "-http01", "", "-https01", "", "-tlsalpn01", "", "-defaultIPv6", "")
	stop := start(t, "pebble", []string{"PEBBLE_VA_NOSLEEP=1"}, "-config", configFile, "-dnsserver", address(names), "-strict")
	waitForPort(t, names)
	waitForPort(t, listen)
	return authority{directory: "https://" + address(listen) + "/dir", certFile: certFile, management: management, stop: stop}
}

// roots are the certificates by which the authority's are trusted.
func (a authority) roots(t *testing.T) *x509.CertPool {
	t.Helper()
	client := &http.Client{Timeout: deadline, Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: poolOf(t, a.certFile)}}}
	response, err := client.Get("https://" + address(a.management) + "/roots/0")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}

	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(text) {
		t.Fatalf("no certificate in %q", text)
	}
	return pool
}

func startServer(t *testing.T, data string, authority authority, httpsPort, httpPort int) (stop func()) {
	t.Helper()
	key := make([]byte, 32)
	for i := range key {
		key[i] = byte(i)
	}
	binary := os.Getenv("RIELTIME_BIN")
	if binary == "" {
		t.Fatal("RIELTIME_BIN does not name the binary: run make integrations")
	}

	stop = start(t, binary, []string{"SSL_CERT_FILE=" + authority.certFile, "RIELTIME_KEY=" + base64.StdEncoding.EncodeToString(key)},
		"serve", "--data", filepath.Join(data, "data"), "--base-url", "https://"+host, "--listen", address(httpsPort),
		"--certificates", filepath.Join(data, "certificates"), "--certificate-authority", authority.directory,
		"--certificate-email", "owner@shop.example", "--redirect-listen", address(httpPort))
	waitForPort(t, httpPort)
	waitForPort(t, httpsPort)
	return stop
}

// start runs a program until stop is called or the test ends, and shows what it wrote
// when the test has failed.
func start(t *testing.T, program string, environment []string, args ...string) (stop func()) {
	t.Helper()
	log, err := os.Create(filepath.Join(t.TempDir(), "log"))
	if err != nil {
		t.Fatal(err)
	}
	command := exec.Command(program, args...)
	command.Env = append(os.Environ(), environment...)
	command.Stdout, command.Stderr = log, log
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}

	stopped := false
	stop = func() {
		if stopped {
			return
		}
		stopped = true
		_ = command.Process.Signal(os.Interrupt)
		_ = command.Wait()
		log.Close()
	}
	t.Cleanup(func() {
		stop()
		if text, _ := os.ReadFile(log.Name()); t.Failed() {
			t.Logf("%s wrote:\n%s", filepath.Base(program), text)
		}
	})
	return stop
}

func waitForPort(t *testing.T, port int) {
	t.Helper()
	for end := time.Now().Add(deadline); ; time.Sleep(20 * time.Millisecond) {
		conn, err := net.Dial("tcp", address(port))
		if err == nil {
			conn.Close()
			return
		}
		if time.Now().After(end) {
			t.Fatal(err)
		}
	}
}

func address(port int) string { return fmt.Sprintf("127.0.0.1:%d", port) }

func freePort(t *testing.T) int {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().(*net.TCPAddr).Port
}

// selfSigned makes a certificate for 127.0.0.1.
func selfSigned(t *testing.T, folder string) (certFile, keyFile string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	template := x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: now.Add(-time.Hour), NotAfter: now.Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	cert, err := x509.CreateCertificate(rand.Reader, &template, &template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	keyBytes, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}

	certFile, keyFile = filepath.Join(folder, "cert.pem"), filepath.Join(folder, "key.pem")
	for file, block := range map[string]*pem.Block{certFile: {Type: "CERTIFICATE", Bytes: cert}, keyFile: {Type: "PRIVATE KEY", Bytes: keyBytes}} {
		if err := os.WriteFile(file, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return certFile, keyFile
}

func poolOf(t *testing.T, file string) *x509.CertPool {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(text)
	return pool
}
