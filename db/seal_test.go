package db

import (
	"bytes"
	"testing"
)

func TestSealedValueOpensOnlyForItsPurpose(t *testing.T) {
	s, err := newSealer(make([]byte, KeySize))
	if err != nil {
		t.Fatal(err)
	}
	sealed := s.seal("settings:a", []byte("token"))
	if plain, err := s.open("settings:a", sealed); err != nil || string(plain) != "token" {
		t.Fatalf("%q, %v", plain, err)
	}
	if _, err := s.open("settings:b", sealed); err == nil {
		t.Error("opened for another row")
	}
	for i := range sealed {
		broken := bytes.Clone(sealed)
		broken[i] ^= 1
		if _, err := s.open("settings:a", broken); err == nil {
			t.Errorf("opened with byte %d changed", i)
		}
		if _, err := s.open("settings:a", sealed[:i]); err == nil {
			t.Errorf("opened when cut at %d", i)
		}
	}
}

func TestSealerOpensWhatItsOlderKeysSealed(t *testing.T) {
	oldKey, newKey := make([]byte, KeySize), bytes.Repeat([]byte{7}, KeySize)
	before, _ := newSealer(oldKey)
	after, _ := newSealer(newKey)
	both, err := newSealer(newKey, oldKey)
	if err != nil {
		t.Fatal(err)
	}
	sealed := before.seal("p", []byte("token"))
	if plain, err := both.open("p", sealed); err != nil || string(plain) != "token" {
		t.Errorf("%q, %v", plain, err)
	}
	if both.current(sealed) || !both.current(both.seal("p", nil)) {
		t.Error("current is wrong")
	}
	if plain, err := after.open("p", both.seal("p", []byte("new"))); err != nil || string(plain) != "new" {
		t.Errorf("sealed by the old key: %q, %v", plain, err)
	}
	if _, err := after.open("p", sealed); err == nil {
		t.Error("opened without the old key")
	}
}

func TestSealerOpensValuesFromBeforeKeysHadIDs(t *testing.T) {
	s, _ := newSealer(make([]byte, KeySize))
	aead := s.keys[0].aead
	for first := range 256 { // a nonce may look like today's form
		nonce := make([]byte, aead.NonceSize())
		nonce[0] = byte(first)
		if first == sealFormat {
			copy(nonce, s.keys[0].prefix)
		}
		if plain, err := s.open("p", aead.Seal(nonce, nonce, []byte("token"), []byte("p"))); err != nil || string(plain) != "token" {
			t.Errorf("%d: %q, %v", first, plain, err)
		}
	}
}

func TestKeyOfAnotherLengthIsRefused(t *testing.T) {
	if _, err := newSealer(make([]byte, KeySize), make([]byte, KeySize-1)); err == nil {
		t.Error("a short old key was taken")
	}
}
