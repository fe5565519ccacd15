package relay

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"math/big"
	"net"
	"time"

	"rieltime/checkout"
)

// An identity is what one side of a relay has: its certificate, its key, and the
// certificate of the authority that both sides know, as PEM. The authority's key is
// thrown away: it signs these two certificates and no others.

// KeysLast is how long the keys of a relay are good for.
const KeysLast = 2 * 365 * 24 * time.Hour

// NewKeys makes the identities of a relay at a host, a name or an address, and of the one
// who may call it.
func NewKeys(host string, now time.Time) (server, client checkout.Secret, err error) {
	key, err := newKey()
	if err != nil {
		return "", "", err
	}
	authority := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "rieltime relay"}, NotBefore: now.Add(-time.Hour), NotAfter: now.Add(KeysLast),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign, MaxPathLenZero: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, authority, authority, key.Public(), key)
	if err != nil {
		return "", "", err
	}

	sign := issuer{authority, key, der}
	if server, err = sign.identity(host, 2, x509.ExtKeyUsageServerAuth); err != nil {
		return "", "", err
	}
	client, err = sign.identity("checkout", 3, x509.ExtKeyUsageClientAuth)
	return server, client, err
}

func newKey() (*ecdsa.PrivateKey, error) { return ecdsa.GenerateKey(elliptic.P256(), rand.Reader) }

type issuer struct {
	authority *x509.Certificate
	key       *ecdsa.PrivateKey
	der       []byte
}

func (i issuer) identity(name string, serial int64, usage x509.ExtKeyUsage) (checkout.Secret, error) {
	key, err := newKey()
	if err != nil {
		return "", err
	}
	certificate := &x509.Certificate{
		SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: name}, NotBefore: i.authority.NotBefore, NotAfter: i.authority.NotAfter,
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{usage},
	}
	if address := net.ParseIP(name); address != nil {
		certificate.IPAddresses = []net.IP{address}
	} else {
		certificate.DNSNames = []string{name}
	}

	der, err := x509.CreateCertificate(rand.Reader, certificate, i.authority, key.Public(), i.key)
	if err != nil {
		return "", err
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return "", err
	}
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	text = append(text, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private})...)
	return checkout.Secret(append(text, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: i.der})...)), nil
}

// Line writes an identity on one line, as settings have it.
func Line(identity checkout.Secret) string {
	return base64.StdEncoding.EncodeToString([]byte(identity.Reveal()))
}

// ParseLine reads an identity that is written on one line.
func ParseLine(line checkout.Secret) (checkout.Secret, error) {
	text, err := base64.StdEncoding.DecodeString(line.Reveal())
	return checkout.Secret(text), err
}

// ServerTLS are the settings of a relay's side: whoever has no certificate of its
// authority is refused before anything is read.
func ServerTLS(identity checkout.Secret) (*tls.Config, error) {
	own, authority, err := read(identity)
	if err != nil {
		return nil, err
	}
	return &tls.Config{Certificates: []tls.Certificate{own}, ClientCAs: authority, ClientAuth: tls.RequireAndVerifyClientCert, MinVersion: tls.VersionTLS13}, nil
}

// ClientTLS are the settings of the caller's side: only the relay of its authority is
// spoken to, whatever other certificates the machine trusts.
func ClientTLS(identity checkout.Secret) (*tls.Config, error) {
	own, authority, err := read(identity)
	if err != nil {
		return nil, err
	}
	return &tls.Config{Certificates: []tls.Certificate{own}, RootCAs: authority, MinVersion: tls.VersionTLS13}, nil
}

func read(identity checkout.Secret) (tls.Certificate, *x509.CertPool, error) {
	text := []byte(identity.Reveal())
	own, err := tls.X509KeyPair(text, text)
	if err != nil {
		return own, nil, errors.New("not an identity of a relay") // what is wrong with a secret is not shown
	}
	if len(own.Certificate) != 2 {
		return own, nil, errors.New("not an identity of a relay: it has no authority")
	}
	authority, err := x509.ParseCertificate(own.Certificate[1])
	if err != nil {
		return own, nil, errors.New("not an identity of a relay: its authority cannot be read")
	}
	own.Certificate = own.Certificate[:1]
	pool := x509.NewCertPool()
	pool.AddCert(authority)
	return own, pool, nil
}
