package client

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

type vector struct {
	ID    string
	Kind  string
	Input struct {
		SK, IV     string
		Plaintext  string `json:"plaintext_utf8"`
		Ciphertext string `json:"ciphertext_base64"`
	}
	Expected struct {
		OK         *bool
		Plaintext  string `json:"plaintext_utf8"`
		Ciphertext string `json:"ciphertext_base64"`
		Class      string `json:"error_class"`
	}
}

func readVectors(t *testing.T) []vector {
	t.Helper()
	files, err := filepath.Glob("testdata/*.jsonl")
	if err != nil || len(files) == 0 {
		t.Fatalf("no vectors: %v", err)
	}

	var vectors []vector
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}

		for line := range bytes.Lines(text) {
			var v vector
			if err := json.Unmarshal(line, &v); err != nil {
				t.Fatalf("%s: %v", file, err)
			}
			vectors = append(vectors, v)
		}
	}

	return vectors
}

func TestEncryptionMatchesTheVectors(t *testing.T) {
	for _, v := range readVectors(t) {
		t.Run(v.ID, func(t *testing.T) {
			switch v.Kind {
			case "encrypt+decrypt":
				checkBothWays(t, v)
			case "decrypt":
				checkDecrypt(t, v)
			default:
				t.Fatalf("unknown kind %q", v.Kind)
			}
		})
	}
}

func checkBothWays(t *testing.T, v vector) {
	key, err := NewKey(v.Input.SK, v.Input.IV)
	if err != nil {
		t.Fatal(err)
	}

	if got := key.Encrypt([]byte(v.Input.Plaintext)); got != v.Expected.Ciphertext {
		t.Errorf("Encrypt = %s, want %s", got, v.Expected.Ciphertext)
	}

	plain, err := key.Decrypt(v.Expected.Ciphertext)
	if err != nil || string(plain) != v.Input.Plaintext {
		t.Errorf("Decrypt = %q, %v, want %q", plain, err, v.Input.Plaintext)
	}
}

func checkDecrypt(t *testing.T, v vector) {
	if v.Expected.OK == nil {
		t.Fatal("the vector does not say ok")
	}

	var plain []byte
	key, err := NewKey(v.Input.SK, v.Input.IV)
	if err == nil {
		plain, err = key.Decrypt(v.Input.Ciphertext)
	}

	if *v.Expected.OK {
		if err != nil || string(plain) != v.Expected.Plaintext {
			t.Errorf("Decrypt = %q, %v, want %q", plain, err, v.Expected.Plaintext)
		}
		return
	}

	if err == nil {
		t.Fatalf("Decrypt = %q, want it refused", plain)
	}

	classes := map[string]error{"bad-decrypt": ErrPadding, "bad-length": ErrLength}
	if want, known := classes[v.Expected.Class]; known && !errors.Is(err, want) {
		t.Errorf("Decrypt refused with %v, want %v", err, want)
	}
}

func TestDecryptIsLiberalAboutTheBase64(t *testing.T) {
	key, err := NewKey("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=", "8ODQwLCgkIBwYFBAMCAQAA==")
	if err != nil {
		t.Fatal(err)
	}

	const plain = "R0123456789ABCDEFGHZ-??>>~~"
	sealed := key.Encrypt([]byte(plain))
	address := base64.URLEncoding.EncodeToString(mustDecode(t, sealed))
	for name, text := range map[string]string{
		"line breaks": sealed[:7] + "\r\n" + sealed[7:] + "\n", "blanks": " " + sealed[:5] + " \t" + sealed[5:] + " ",
		"no padding": strings.TrimRight(sealed, "="), "URL alphabet": address, "both": strings.TrimRight(address, "="),
	} {
		if got, err := key.Decrypt(text); err != nil || string(got) != plain {
			t.Errorf("%s: Decrypt(%q) = %q, %v", name, text, got, err)
		}
	}

	for _, text := range []string{sealed[:5] + "=" + sealed[5:], sealed + "!", sealed[:9] + "\x00" + sealed[9:], "=", "A", "ក"} {
		if got, err := key.Decrypt(text); err == nil {
			t.Errorf("Decrypt(%q) = %q, want it refused", text, got)
		}
	}
}

func mustDecode(t *testing.T, text string) []byte {
	t.Helper()
	data, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestNewKeyRefusesKeysOfAnotherSize(t *testing.T) {
	const sk, iv = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=", "8ODQwLCgkIBwYFBAMCAQAA=="
	for name, tc := range map[string]struct {
		sk, iv string
		want   error
	}{
		"short key":      {"AAECAwQFBgcICQoLDA0ODw==", iv, ErrKey},
		"key not base64": {"not base64!", iv, ErrKey},
		"long iv":        {sk, sk, ErrIV},
		"iv not base64":  {sk, "???", ErrIV},
		"empty":          {"", "", ErrKey},
	} {
		if _, err := NewKey(tc.sk, tc.iv); !errors.Is(err, tc.want) {
			t.Errorf("%s: New = %v, want %v", name, err, tc.want)
		}
	}
}

func FuzzDecrypt(f *testing.F) {
	key, err := NewKey("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=", "8ODQwLCgkIBwYFBAMCAQAA==")
	if err != nil {
		f.Fatal(err)
	}

	f.Add("WxWJmnWv2pCHcWzBF+8EoA==")
	f.Add("")
	f.Fuzz(func(t *testing.T, text string) {
		plain, err := key.Decrypt(text)
		if err != nil {
			return
		}
		again, err := key.Decrypt(key.Encrypt(plain))
		if err != nil || !bytes.Equal(again, plain) {
			t.Errorf("round trip of %q = %q, %v", plain, again, err)
		}
	})
}
