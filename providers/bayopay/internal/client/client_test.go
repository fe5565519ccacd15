package client

import (
	"maps"
	"os"
	"strings"
	"testing"
)

var sample = Message{
	"bayo_amount": "90.00", "bayo_orderid": "1081699081", "bayo_tranid": "TXN160001126",
	"bayo_niagaid": "100105000000203", "bayo_status": "00", "bayo_bankcode": "987",
	"bayo_paymentcode": "500333284335", "bayo_errorcode": "", "bayo_errordesc": "",
	"bayo_currency": "USD", "bayo_channel": "artajasa", "bayo_paydate": "2016-04-14 17:39:43",
	"bayo_reshash": "1dc05ab215e073e3900ef07a00841 3b5e233c1434c1 2eb235e549a4595ed1f28",
}

func TestParseReadsTheDocumentedShapes(t *testing.T) {
	for _, name := range []string{"callback_sample.json", "callback_form.txt"} {
		body, err := os.ReadFile("testdata/" + name)
		if err != nil {
			t.Fatal(err)
		}
		got, err := ParseMessage(body)
		if err != nil || !maps.Equal(got, sample) {
			t.Errorf("%s: %v, %v, want %v", name, got, err, sample)
		}
	}
}

func TestParseFoldsNamesAndKeepsValues(t *testing.T) {
	for body, want := range map[string]Message{
		`{"BAYO_OrderID":" a B "}`:              {"bayo_orderid": " a B "},
		`{"bayo_\u00a0amount":90.00}`:           {"bayo_amount": "90.00"},
		`bayo+_amount=1.00&Bayo_Status=00`:      {"bayo_amount": "1.00", "bayo_status": "00"},
		"bayo_status%09=11\n":                   {"bayo_status": "11"},
		`{}`:                                    {},
		"\n {\"bayo_errordesc\" : \"\\u1780\"}": {"bayo_errordesc": "ក"},
	} {
		if got, err := ParseMessage([]byte(body)); err != nil || !maps.Equal(got, want) {
			t.Errorf("%q: %v, %v, want %v", body, got, err, want)
		}
	}
}

func TestParseRefusesWhatIsAmbiguous(t *testing.T) {
	for name, body := range map[string]string{
		"JSON name twice":          `{"bayo_amount":"1.00","bayo_amount":"2.00"}`,
		"JSON name twice, alike":   `{"bayo_amount":"1.00","bayo_amount":"1.00"}`,
		"JSON name twice, folded":  `{"bayo_amount":"1.00","bayo _amount":"2.00"}`,
		"JSON name in other case":  `{"bayo_amount":"1.00","BAYO_AMOUNT":"2.00"}`,
		"form name twice":          `bayo_amount=1.00&bayo_amount=2.00`,
		"form name twice, folded":  `bayo_amount=1.00&bayo+_amount=2.00`,
		"form name in other case":  `bayo_amount=1.00&Bayo_Amount=2.00`,
		"form name twice, escaped": `bayo_amount=1.00&bayo%5famount=2.00`,
		"object inside":            `{"bayo_amount":{"x":1}}`,
		"array inside":             `{"bayo_amount":["1.00"]}`,
		"truth inside":             `{"bayo_amount":true}`,
		"half an object":           `{"bayo_amount":"1.00"`,
		"two objects":              `{"bayo_amount":"1.00"}{"bayo_amount":"2.00"}`,
		"broken escape":            `bayo_amount=%zz`,
		"semicolons":               `bayo_amount=1.00;bayo_status=00`,
		"too large":                "bayo_description=" + strings.Repeat("x", MaxMessage),
	} {
		if got, err := ParseMessage([]byte(body)); err == nil {
			t.Errorf("%s: %v, want it refused", name, got)
		}
	}
}

func TestDateIsWhicheverIsThere(t *testing.T) {
	for name, tc := range map[string]struct {
		fields Message
		want   string
		fails  bool
	}{
		"paydate": {Message{"bayo_paydate": "a"}, "a", false},
		"txndate": {Message{"bayo_txndate": "b", "bayo_paydate": ""}, "b", false},
		"both":    {Message{"bayo_paydate": "a", "bayo_txndate": "a"}, "a", false},
		"neither": {Message{}, "", false},
		"differ":  {Message{"bayo_paydate": "a", "bayo_txndate": "b"}, "", true},
	} {
		if got, err := tc.fields.Date(); got != tc.want || (err != nil) != tc.fails {
			t.Errorf("%s: %q, %v, want %q", name, got, err, tc.want)
		}
	}
}

func FuzzParseMessage(f *testing.F) {
	for _, name := range []string{"callback_sample.json", "callback_form.txt"} {
		body, err := os.ReadFile("testdata/" + name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(body)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		fields, err := ParseMessage(body)
		if err != nil {
			return
		}
		for name := range fields {
			if name != fold(name) {
				t.Errorf("%q is not folded", name)
			}
		}
	})
}
