package client

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"strings"
)

// The errors of NewKey and Decrypt.
var (
	ErrKey     = errors.New("sk must be the base64 of 32 bytes")
	ErrIV      = errors.New("iv must be the base64 of 16 bytes")
	ErrBase64  = errors.New("not base64")
	ErrLength  = errors.New("not whole blocks of ciphertext")
	ErrPadding = errors.New("wrong padding")
)

// Key is the pair that a merchant's API key comes with. It encrypts with
// AES-256-CBC and PKCS#7 padding, written in standard base64, the same key and
// IV both ways (sections 6 and 7). There is no MAC: a text that decrypts was not
// necessarily sent by Baray.
type Key struct {
	block cipher.Block
	iv    []byte
}

// NewKey reads sk and iv as Baray hands them out: base64 of 32 and of 16 bytes.
func NewKey(sk, iv string) (*Key, error) {
	key, err := base64.StdEncoding.DecodeString(sk)
	if err != nil || len(key) != 32 {
		return nil, ErrKey
	}

	vector, err := base64.StdEncoding.DecodeString(iv)
	if err != nil || len(vector) != aes.BlockSize {
		return nil, ErrIV
	}

	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, ErrKey
	}

	return &Key{block: block, iv: vector}, nil
}

// Encrypt returns the base64 of the padded, encrypted text.
func (k *Key) Encrypt(plain []byte) string {
	missing := aes.BlockSize - len(plain)%aes.BlockSize
	padded := make([]byte, len(plain)+missing)
	copy(padded, plain)
	for i := len(plain); i < len(padded); i++ {
		padded[i] = byte(missing)
	}
	cipher.NewCBCEncrypter(k.block, k.iv).CryptBlocks(padded, padded)
	return base64.StdEncoding.EncodeToString(padded)
}

// standard writes base64 of any alphabet in the standard one, without blanks
// and line breaks.
var standard = strings.NewReplacer(" ", "", "\t", "", "\r", "", "\n", "", "-", "+", "_", "/")

// Decrypt undoes Encrypt. Like the document's own examples it is liberal about
// the base64: blanks, line breaks and lost padding are accepted, and so is the
// alphabet for URLs.
func (k *Key) Decrypt(text string) ([]byte, error) {
	data, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(standard.Replace(text), "="))
	if err != nil {
		return nil, ErrBase64
	}
	if len(data) == 0 || len(data)%aes.BlockSize != 0 {
		return nil, ErrLength
	}
	cipher.NewCBCDecrypter(k.block, k.iv).CryptBlocks(data, data)
	return unpad(data)
}

// unpad checks every byte of the padding, in constant time.
func unpad(data []byte) ([]byte, error) {
	length := int(data[len(data)-1])
	good := subtle.ConstantTimeLessOrEq(1, length) & subtle.ConstantTimeLessOrEq(length, aes.BlockSize)
	for i := 1; i <= aes.BlockSize; i++ {
		inside := subtle.ConstantTimeLessOrEq(i, length)
		same := subtle.ConstantTimeByteEq(data[len(data)-i], byte(length))
		good &= (1 - inside) | same
	}

	if good != 1 {
		return nil, ErrPadding
	}

	return data[:len(data)-length], nil
}
