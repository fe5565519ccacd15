package client

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"testing"

	"rieltime/checkout"
)

// readVectors decodes every line of the files that match pattern.
func readVectors[T any](t *testing.T, pattern string) []T {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("testdata", pattern))
	if err != nil || len(files) == 0 {
		t.Fatalf("no vectors match %s (%v)", pattern, err)
	}
	var vectors []T
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range bytes.Split(bytes.TrimSpace(text), []byte("\n")) {
			var vector T
			if err := json.Unmarshal(line, &vector); err != nil {
				t.Fatalf("%s: %v", file, err)
			}
			vectors = append(vectors, vector)
		}
	}
	return vectors
}

type signVector struct {
	ID    string
	Input struct {
		ParamsJSON string          `json:"params_json"`
		Key        checkout.Secret `json:"api_secret_key"`
		Transport  string
	}
	Expected struct {
		Canonical string
		Sign      string
		Reject    bool
	}
}

func TestSignMatchesPHP(t *testing.T) {
	for _, v := range readVectors[signVector](t, "kess_sign*.jsonl") {
		t.Run(v.ID, func(t *testing.T) {
			params, err := ParseJSON([]byte(v.Input.ParamsJSON))
			if err != nil {
				t.Fatal(err)
			}
			canonical, err := params.Canonical()
			if err != nil || canonical != v.Expected.Canonical {
				t.Errorf("canonical %q (%v), want %q", canonical, err, v.Expected.Canonical)
			}
			sign, err := params.Sign(v.Input.Key)
			if v.Expected.Reject {
				if err == nil || sign != "" {
					t.Fatalf("signed %q, want it refused", sign)
				}
				return
			}
			if err != nil || sign != v.Expected.Sign {
				t.Errorf("sign %q (%v), want %q", sign, err, v.Expected.Sign)
			}
			params["sign"] = v.Expected.Sign
			if err := params.Verify(v.Input.Key); err != nil {
				t.Errorf("verify: %v", err)
			}
			if err := params.Verify(v.Input.Key + "x"); !errors.Is(err, ErrSign) {
				t.Errorf("verify with another key: %v, want ErrSign", err)
			}
		})
	}
}

func TestSignedFormVerifiesOverReceivedText(t *testing.T) {
	for _, v := range readVectors[signVector](t, "kess_sign*.jsonl") {
		if v.Input.Transport != "form" {
			continue
		}
		params, err := ParseJSON([]byte(v.Input.ParamsJSON))
		if err != nil {
			t.Fatal(err)
		}
		form := url.Values{"sign": {v.Expected.Sign}, "seller[code]": {"S"}}
		for name := range params {
			if text := params.Text(name); text != "" {
				form.Set(name, text)
			}
		}
		received, err := ParseForm([]byte(form.Encode()))
		if err != nil {
			t.Fatal(err)
		}
		if err := received.Verify(v.Input.Key); err != nil {
			t.Errorf("%s: %v", v.ID, err)
		}
	}
}

func TestCanonicalRefusesValuesThatJSONDoesNotDecode(t *testing.T) {
	for _, value := range []any{1.5, 10, checkout.USD, struct{}{}} {
		if canonical, err := (Params{"v": value}).Canonical(); err == nil {
			t.Errorf("%T gave %q, want an error", value, canonical)
		}
	}
}

func TestParseRefusesWhatIsNotOneObject(t *testing.T) {
	for _, text := range []string{"", "null", "[]", `"x"`, `{"a":1}{"b":2}`, `{"a":1`, "{\"a\":\"\xff\"}"} {
		if params, err := ParseJSON([]byte(text)); err == nil {
			t.Errorf("%q gave %v, want an error", text, params)
		}
	}
	if _, err := ParseForm([]byte("a=1&a=2")); err == nil {
		t.Error("a form with a repeated field was read, want an error")
	}
}

func FuzzVerifyNeverAcceptsAForgery(f *testing.F) {
	f.Add([]byte(`{"sign_type":"MD5","sign":"00","a":1e5}`))
	f.Add([]byte(`{"sign_type":"md5","sign":""}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		params, err := ParseJSON(body)
		if err != nil {
			return
		}
		if params.Verify("a key that the fuzzer does not know") == nil {
			t.Errorf("%q verified", body)
		}
	})
}
