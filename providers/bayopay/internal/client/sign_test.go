package client

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
)

type vector struct {
	ID       string
	Kind     string
	Input    map[string]string
	Expected struct {
		Request string `json:"bayo_reqhash"`
		Result  string `json:"bayo_reshash"`
		Exact   bool   `json:"verifies_exact"`
		Loose   bool   `json:"verifies_after_lowercase_and_whitespace_removal"`
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

func TestHashesMatchTheVectors(t *testing.T) {
	for _, v := range readVectors(t) {
		t.Run(v.ID, func(t *testing.T) {
			key := v.Input["niaga_key"]
			switch v.Kind {
			case "reqhash":
				if got := requestOf(v.Input).Hash(key); got != v.Expected.Request {
					t.Errorf("Hash = %s, want %s", got, v.Expected.Request)
				}
			case "reshash":
				if got := resultOf(v.Input).Hash(key); got != v.Expected.Result {
					t.Errorf("Hash = %s, want %s", got, v.Expected.Result)
				}
			case "reshash-negative":
				checkReceived(t, v)
			default:
				t.Fatalf("unknown kind %q", v.Kind)
			}
		})
	}
}

func checkReceived(t *testing.T, v vector) {
	received := v.Input["claimed_bayo_reshash"]
	computed := resultOf(v.Input).Hash(v.Input["niaga_key"])
	if got := received == computed; got != v.Expected.Exact {
		t.Errorf("the received text is exactly the hash: %v, want %v", got, v.Expected.Exact)
	}
	if got := EqualHash(received, computed); got != v.Expected.Loose {
		t.Errorf("EqualHash = %v, want %v", got, v.Expected.Loose)
	}
}

func requestOf(in map[string]string) Request {
	return Request{
		NiagaID: in["bayo_niagaid"], Currency: in["bayo_currency"],
		OrderID: in["bayo_orderid"], Amount: in["bayo_amount"],
	}
}

func resultOf(in map[string]string) Result {
	date := in["bayo_paydate"]
	if date == "" {
		date = in["bayo_txndate"]
	}
	return Result{
		TranID: in["bayo_tranid"], OrderID: in["bayo_orderid"], Status: in["bayo_status"],
		NiagaID: in["bayo_niagaid"], Amount: in["bayo_amount"], Currency: in["bayo_currency"],
		Date: date, AppCode: in["bayo_appcode"],
	}
}

func TestEqualHashWantsTheWholeHash(t *testing.T) {
	computed := Request{NiagaID: "1"}.Hash("key")
	for name, received := range map[string]string{
		"empty": "", "first half": computed[:32], "one digit more": computed + "0",
		"blanks only": "   ", "prefixed": "0x" + computed,
	} {
		if EqualHash(received, computed) {
			t.Errorf("%s: EqualHash accepts %q", name, received)
		}
	}
}
