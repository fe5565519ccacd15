package client

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
)

// pkcs1Overhead is what PKCS #1 v1.5 padding takes of each block: a 2048-bit
// key holds 245 bytes.
const pkcs1Overhead = 11

// ErrTooLong says that a text does not fit the key's one block.
var ErrTooLong = errors.New("the text is too long for the key")

// ParsePublicKey reads the PEM ("BEGIN PUBLIC KEY") of an RSA key.
func ParsePublicKey(text string) (*rsa.PublicKey, error) {
	block, _ := pem.Decode([]byte(text))
	if block == nil {
		return nil, errors.New("not a PEM block")
	}

	parsed, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("not a public key: %w", err)
	}

	key, ok := parsed.(*rsa.PublicKey)
	if !ok {
		return nil, errors.New("not an RSA key")
	}

	return key, nil
}

// Encrypt encrypts as the document does ("customer", "card"): RSA with PKCS #1
// v1.5 padding, in lower-case hex.
func Encrypt(key *rsa.PublicKey, plaintext []byte) (string, error) {
	if len(plaintext) > key.Size()-pkcs1Overhead {
		return "", ErrTooLong
	}
	//lint:ignore SA1019 KESS decrypts nothing but PKCS #1 v1.5 (document, "customer")
	sealed, err := rsa.EncryptPKCS1v15(rand.Reader, key, plaintext)
	if err != nil {
		return "", fmt.Errorf("encrypt: %w", err)
	}
	return hex.EncodeToString(sealed), nil
}

// Decrypt opens what Encrypt made; the simulator's side.
func Decrypt(key *rsa.PrivateKey, ciphertext string) ([]byte, error) {
	sealed, err := hex.DecodeString(ciphertext)
	if err != nil {
		return nil, fmt.Errorf("not hex: %w", err)
	}
	if len(sealed) != key.Size() {
		return nil, errors.New("not one block of the key's size")
	}

	//lint:ignore SA1019 KESS takes nothing but PKCS #1 v1.5 (document, "customer")
	plaintext, err := rsa.DecryptPKCS1v15(nil, key, sealed)
	if err != nil {
		return nil, fmt.Errorf("decrypt: %w", err)
	}

	return plaintext, nil
}

// Customer is the document's customer object. Address, City and Postcode are
// optional.
type Customer struct {
	PhoneNumber string `json:"phone_number"`
	Email       string `json:"email"`
	FirstName   string `json:"first_name"`
	LastName    string `json:"last_name"`
	Address     string `json:"address,omitempty"`
	City        string `json:"city,omitempty"`
	Postcode    string `json:"postcode,omitempty"`
}

// Encrypt encrypts the customer, leaving out optional parts until it fits the
// key. ErrTooLong says that the required parts alone do not.
func (c Customer) Encrypt(key *rsa.PublicKey) (string, error) {
	for _, drop := range []func(){
		func() {},
		func() { c.Address = "" },
		func() { c.City = "" },
		func() { c.Postcode = "" },
	} {
		drop()
		text, err := json.Marshal(c)
		if err != nil {
			return "", fmt.Errorf("encode customer: %w", err)
		}
		if sealed, err := Encrypt(key, text); !errors.Is(err, ErrTooLong) {
			return sealed, err
		}
	}

	return "", ErrTooLong
}
