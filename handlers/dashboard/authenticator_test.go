package dashboard_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"testing"

	"github.com/fxamacker/cbor/v2"
)

// authenticator is a device with passkeys, of one user each, and the browser that asks
// it. A test changes its fields to make it lie.
type authenticator struct {
	t       *testing.T
	origin  string
	flags   byte
	count   uint32
	id      []byte
	handle  []byte // of the user, from the options of registration
	private *ecdsa.PrivateKey
}

// The flags of authenticator data (WebAuthn level 3, section 6.1).
const (
	userPresent    = 1 << 0
	userVerified   = 1 << 2
	backupEligible = 1 << 3
	backedUp       = 1 << 4
	attested       = 1 << 6
)

func newAuthenticator(t *testing.T) *authenticator {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	id := make([]byte, 32)
	_, _ = rand.Read(id)
	return &authenticator{t: t, origin: "https://pay.example", flags: userPresent | userVerified | backupEligible | backedUp, id: id, private: private}
}

func (a *authenticator) clientData(kind, challenge string) []byte {
	return a.json(map[string]any{"type": kind, "challenge": challenge, "origin": a.origin, "crossOrigin": false})
}

func (a *authenticator) json(value any) []byte {
	a.t.Helper()
	text, err := json.Marshal(value)
	if err != nil {
		a.t.Fatal(err)
	}
	return text
}

func (a *authenticator) data(flags byte) []byte {
	party := sha256.Sum256([]byte("pay.example"))
	return binary.BigEndian.AppendUint32(append(party[:], flags), a.count)
}

// make answers the options of navigator.credentials.create, without attestation.
func (a *authenticator) make(options []byte) json.RawMessage {
	a.t.Helper()
	var asked struct {
		PublicKey struct {
			Challenge string
			User      struct{ ID string }
		}
	}
	if err := json.Unmarshal(options, &asked); err != nil {
		a.t.Fatalf("%v in %s", err, options)
	}
	a.handle, _ = base64.RawURLEncoding.DecodeString(asked.PublicKey.User.ID)

	point, err := a.private.PublicKey.Bytes() // 4, x, y
	if err != nil {
		a.t.Fatal(err)
	}
	key := a.cbor(map[int]any{1: 2, 3: -7, -1: 1, -2: point[1:33], -3: point[33:]}) // EC2, ES256, P-256
	data := append(a.data(a.flags|attested), make([]byte, 16)...)
	data = binary.BigEndian.AppendUint16(data, uint16(len(a.id)))
	data = append(append(data, a.id...), key...)
	return a.credential(map[string]any{
		"clientDataJSON":    encoded(a.clientData("webauthn.create", asked.PublicKey.Challenge)),
		"attestationObject": encoded(a.cbor(map[string]any{"fmt": "none", "attStmt": map[string]any{}, "authData": data})),
		"transports":        []string{"internal"},
	})
}

// sign answers the options of navigator.credentials.get.
func (a *authenticator) sign(options []byte) json.RawMessage {
	a.t.Helper()
	var asked struct{ PublicKey struct{ Challenge string } }
	if err := json.Unmarshal(options, &asked); err != nil {
		a.t.Fatalf("%v in %s", err, options)
	}

	a.count++
	client, data := a.clientData("webauthn.get", asked.PublicKey.Challenge), a.data(a.flags)
	sum := sha256.Sum256(client)
	signed := sha256.Sum256(append(data, sum[:]...))
	signature, err := ecdsa.SignASN1(rand.Reader, a.private, signed[:])
	if err != nil {
		a.t.Fatal(err)
	}
	return a.credential(map[string]any{
		"clientDataJSON": encoded(client), "authenticatorData": encoded(data), "signature": encoded(signature), "userHandle": encoded(a.handle),
	})
}

func (a *authenticator) credential(response map[string]any) json.RawMessage {
	return a.json(map[string]any{
		"id": encoded(a.id), "rawId": encoded(a.id), "type": "public-key", "response": response, "clientExtensionResults": map[string]any{},
	})
}

func (a *authenticator) cbor(value any) []byte {
	a.t.Helper()
	data, err := cbor.Marshal(value)
	if err != nil {
		a.t.Fatal(err)
	}
	return data
}

func encoded(data []byte) string { return base64.RawURLEncoding.EncodeToString(data) }
