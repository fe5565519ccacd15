package db

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"errors"
	"fmt"

	"rieltime/checkout"
)

// KeySize is the length of the sealing key, in bytes.
const KeySize = 32

// sealer encrypts secrets with AES-256-GCM. The purpose is bound in, so that a
// sealed value moved to another row does not open.
type sealer struct{ aead cipher.AEAD }

func newSealer(key []byte) (sealer, error) {
	if len(key) != KeySize {
		return sealer{}, fmt.Errorf("the encryption key must have %d bytes", KeySize)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return sealer{}, err
	}
	aead, err := cipher.NewGCM(block)
	return sealer{aead}, err
}

func (s sealer) seal(purpose string, plain []byte) []byte {
	nonce := make([]byte, s.aead.NonceSize())
	_, _ = rand.Read(nonce) // crypto/rand never fails: it ends the process instead
	return s.aead.Seal(nonce, nonce, plain, []byte(purpose))
}

var errSealed = errors.New("a secret in the database does not open: the encryption key is not the one it was sealed with")

func (s sealer) open(purpose string, sealed []byte) ([]byte, error) {
	if len(sealed) < s.aead.NonceSize() {
		return nil, errSealed
	}
	plain, err := s.aead.Open(nil, sealed[:s.aead.NonceSize()], sealed[s.aead.NonceSize():], []byte(purpose))
	if err != nil {
		return nil, errSealed
	}
	return plain, nil
}

// checkKey finds out at start, not at the first payment, that the key is wrong.
func (s *Store) checkKey(ctx context.Context) error {
	var id string
	var sealed []byte
	err := s.read.QueryRowContext(ctx, "SELECT id, settings_sealed FROM provider_accounts LIMIT 1").Scan(&id, &sealed)
	if errors.Is(named(err), checkout.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	_, err = s.sealer.open(settingsPurpose(id), sealed)
	return err
}

func settingsPurpose(accountID string) string     { return "settings:" + accountID }
func secretPurpose(accountID, name string) string { return "secret:" + accountID + ":" + name }
func endpointPurpose(endpointID string) string    { return "endpoint:" + endpointID }
