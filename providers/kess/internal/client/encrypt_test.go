package client

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"regexp"
	"strings"
	"testing"
)

type rsaVector struct {
	ID    string
	Kind  string
	Input struct {
		PublicKey  string `json:"public_key_pem"`
		PrivateKey string `json:"private_key_pkcs8_pem"`
		Plaintext  string `json:"plaintext_utf8"`
		Ciphertext string `json:"ciphertext_hex"`
	}
	Expected struct {
		OK         bool   `json:"ok"`
		DecryptsTo string `json:"decrypts_to"`
		HexLength  int    `json:"hex_length"`
	}
}

func parsePrivateKey(t *testing.T, text string) *rsa.PrivateKey {
	t.Helper()
	block, _ := pem.Decode([]byte(text))
	if block == nil {
		t.Fatal("no PEM block")
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	return key.(*rsa.PrivateKey)
}

func TestEncryptionMatchesPHP(t *testing.T) {
	for _, v := range readVectors[rsaVector](t, "kess_rsa*.jsonl") {
		t.Run(v.ID, func(t *testing.T) {
			public, err := ParsePublicKey(v.Input.PublicKey)
			if err != nil {
				t.Fatal(err)
			}
			if strings.HasPrefix(v.Kind, "encrypt") && !v.Expected.OK {
				if _, err := Encrypt(public, []byte(v.Input.Plaintext)); !errors.Is(err, ErrTooLong) {
					t.Fatalf("encrypt: %v, want ErrTooLong", err)
				}
				return
			}
			private := parsePrivateKey(t, v.Input.PrivateKey)
			plaintext, err := Decrypt(private, v.Input.Ciphertext)
			if !v.Expected.OK {
				if err == nil {
					t.Fatalf("decrypted to %q, want an error", plaintext)
				}
				return
			}
			if err != nil || string(plaintext) != v.Expected.DecryptsTo {
				t.Fatalf("decrypted to %q (%v), want %q", plaintext, err, v.Expected.DecryptsTo)
			}
			checkRoundTrip(t, public, private, v)
		})
	}
}

func checkRoundTrip(t *testing.T, public *rsa.PublicKey, private *rsa.PrivateKey, v rsaVector) {
	t.Helper()
	sealed, err := Encrypt(public, []byte(v.Input.Plaintext))
	if err != nil {
		t.Fatal(err)
	}
	if len(sealed) != v.Expected.HexLength || !regexp.MustCompile(`^[0-9a-f]+$`).MatchString(sealed) {
		t.Errorf("ciphertext %q, want %d lower-case hex digits", sealed, v.Expected.HexLength)
	}
	if back, err := Decrypt(private, sealed); err != nil || string(back) != v.Input.Plaintext {
		t.Errorf("round trip gave %q (%v)", back, err)
	}
}

func TestCustomerDropsOptionalPartsToFit(t *testing.T) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	full := Customer{PhoneNumber: "012345678", Email: "sok@example.com", FirstName: "សុខ", LastName: "ដារ៉ា",
		Address: strings.Repeat("a", 300), City: "Phnom Penh", Postcode: "12000"}
	sealed, err := full.Encrypt(&key.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	text, err := Decrypt(key, sealed)
	if err != nil {
		t.Fatal(err)
	}
	var got Customer
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	want := full
	want.Address = ""
	if got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	full.Email = strings.Repeat("e", 300)
	if _, err := full.Encrypt(&key.PublicKey); !errors.Is(err, ErrTooLong) {
		t.Errorf("required parts too long: %v, want ErrTooLong", err)
	}
}

func TestParsePublicKeyRefuses(t *testing.T) {
	for _, text := range []string{"", "not PEM", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"} {
		if _, err := ParsePublicKey(text); err == nil {
			t.Errorf("%q was read as a key", text)
		}
	}
}
