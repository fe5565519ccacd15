package db

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"strconv"

	"rieltime/checkout"
)

// KeySize is the length of a sealing key, in bytes.
const KeySize = 32

// A sealed value is
//
//	1 byte    format, sealFormat
//	4 bytes   id of the key
//	12 bytes  nonce
//	n bytes   AES-256-GCM of the text, and its tag of 16 bytes
//
// The purpose and the first five bytes are bound in, so that a value moved to
// another row does not open. Values without the first five bytes come from
// before keys had ids.
const (
	sealFormat = 1
	keyIDSize  = 4
)

// sealer encrypts secrets with the first of its keys and opens what any of
// them has sealed.
type sealer struct{ keys []sealKey }

type sealKey struct {
	prefix []byte // format and id
	aead   cipher.AEAD
}

func newSealer(keys ...[]byte) (sealer, error) {
	var s sealer
	for _, key := range keys {
		if len(key) != KeySize {
			return sealer{}, fmt.Errorf("an encryption key must have %d bytes", KeySize)
		}

		block, err := aes.NewCipher(key)
		if err != nil {
			return sealer{}, err
		}

		aead, err := cipher.NewGCM(block)
		if err != nil {
			return sealer{}, err
		}

		sum := sha256.Sum256(append([]byte("rieltime key id"), key...))
		s.keys = append(s.keys, sealKey{append([]byte{sealFormat}, sum[:keyIDSize]...), aead})
	}

	return s, nil
}

func (s sealer) seal(purpose string, plain []byte) []byte {
	key := s.keys[0]
	nonce := make([]byte, key.aead.NonceSize())
	_, _ = rand.Read(nonce) // crypto/rand never fails: it ends the process instead
	sealed := append(bytes.Clone(key.prefix), nonce...)
	return key.aead.Seal(sealed, nonce, plain, key.bind(purpose))
}

func (k sealKey) bind(purpose string) []byte { return append(bytes.Clone(k.prefix), purpose...) }

var errSealed = errors.New("a secret in the database does not open: the encryption key is not the one it was sealed with")

func (s sealer) open(purpose string, sealed []byte) ([]byte, error) {
	for _, key := range s.keys {
		if rest, found := bytes.CutPrefix(sealed, key.prefix); found {
			if plain, ok := key.decrypt(rest, key.bind(purpose)); ok {
				return plain, nil
			}
		}
	}

	for _, key := range s.keys {
		if plain, ok := key.decrypt(sealed, []byte(purpose)); ok {
			return plain, nil
		}
	}

	return nil, errSealed
}

func (k sealKey) decrypt(sealed, bound []byte) ([]byte, bool) {
	if len(sealed) < k.aead.NonceSize() {
		return nil, false
	}
	plain, err := k.aead.Open(nil, sealed[:k.aead.NonceSize()], sealed[k.aead.NonceSize():], bound)
	return plain, err == nil
}

// current reports whether a value is sealed by the first key, in today's form.
func (s sealer) current(sealed []byte) bool { return bytes.HasPrefix(sealed, s.keys[0].prefix) }

// checkKey finds out at start, not at the first payment, that the key is wrong.
func (s *Store) checkKey(ctx context.Context) error {
	var id string
	var sealed []byte
	err := s.read.QueryRowContext(ctx, "SELECT id, settings_sealed FROM provider_accounts LIMIT 1").Scan(&id, &sealed)
	if errors.Is(translateErr(err), checkout.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}

	_, err = s.sealer.open(settingsPurpose(id), sealed)
	return err
}

func settingsPurpose(accountID string) string { return "settings:" + accountID }
func earlierPurpose(accountID string, version int) string {
	return settingsPurpose(accountID) + ":" + strconv.Itoa(version)
}
func secretPurpose(accountID, name string) string { return "secret:" + accountID + ":" + name }
func endpointPurpose(endpointID string) string    { return "endpoint:" + endpointID }
