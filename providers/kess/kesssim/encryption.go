package kesssim

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"net/http"

	"rieltime/providers/kess/internal/catalog"
	"rieltime/providers/kess/internal/client"
)

// loadKey returns the key that customers are encrypted to, from the state or a
// new one. The lock is held.
func (s *Simulator) loadKey() *rsa.PrivateKey {
	if block, _ := pem.Decode([]byte(s.state.KeyPEM)); block != nil {
		if key, err := x509.ParsePKCS1PrivateKey(block.Bytes); err == nil {
			return key
		}
	}

	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err) // 2048 bits are always possible
	}

	s.state.KeyPEM = string(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)}))
	_ = s.Save() // the next change saves it again
	return key
}

// PublicKey returns the key that customers are encrypted to, in PEM.
func (s *Simulator) PublicKey() string {
	s.Mu.Lock()
	defer s.Mu.Unlock()
	encoded, err := x509.MarshalPKIXPublicKey(&s.key().PublicKey)
	if err != nil {
		return ""
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: encoded}))
}

// encryptedObjects are the objects that requests have in encrypted fields, with
// the fields that the document lists and requires of them.
var encryptedObjects = map[string]struct{ listed, required []string }{
	"customer": {
		listed:   []string{"phone_number", "email", "first_name", "last_name", "address", "city", "postcode"},
		required: []string{"phone_number", "email", "first_name", "last_name"},
	},
	"card": {
		listed:   []string{"number", "securityCode", "expiry"},
		required: []string{"number", "securityCode", "expiry"},
	},
}

// checkEncrypted returns why an encrypted field of a request is wrong, so that a
// card sent in clear is refused. Nothing of a card is kept.
func (s *Simulator) checkEncrypted(service catalog.Service, params client.Params) *failure {
	for _, field := range service.Fields {
		if field.Type != catalog.TypeHex || params.Text(field.Name) == "" {
			continue
		}
		if _, failed := s.decrypt(field.Name, params.Text(field.Name)); failed != nil {
			return failed
		}
	}
	return nil
}

// decrypt returns the JSON object in an encrypted field.
func (s *Simulator) decrypt(field, encrypted string) (json.RawMessage, *failure) {
	text, err := client.Decrypt(s.key(), encrypted)
	if err != nil {
		return nil, refuse(http.StatusBadRequest, field, "cannot be decrypted")
	}

	object, err := client.ParseJSON(text)
	if err != nil {
		return nil, refuse(http.StatusBadRequest, field, "is not a JSON object")
	}

	fields := encryptedObjects[field]
	if name := unknownField(object, fields.listed); name != "" {
		return nil, refuse(http.StatusBadRequest, field+"."+name, "is not known")
	}
	for _, name := range fields.required {
		if object[name] == nil || object[name] == "" {
			return nil, refuse(http.StatusBadRequest, field+"."+name, "is missing")
		}
	}

	return text, nil
}
