package client

import (
	"encoding/json"
	"testing"
)

func TestNumbersPrintAsInPHP(t *testing.T) {
	for text, want := range map[string]string{
		"0": "0", "-0": "-0", "10": "10", "-10": "-10", "10.50": "10.5", "10.0": "10",
		"0.0001": "0.0001", "0.00012": "0.00012", "0.00001": "1.0E-5", "0.000012": "1.2E-5",
		"1e13": "10000000000000", "99999999999999": "99999999999999", "99999999999999.9": "1.0E+14",
		"1.5e14": "1.5E+14", "1e100": "1.0E+100", "-2.5e-7": "-2.5E-7",
		"0.1234567890123456": "0.12345678901235", "1234567.8900": "1234567.89",
		"9223372036854775807": "9223372036854775807", "-9223372036854775808": "-9223372036854775808",
		"-9223372036854775809": "-9.2233720368548E+18", "1e999": "INF", "-1e999": "-INF", "1e-999": "0",
		"0.30000000000000004": "0.3", "123456789012345678": "123456789012345678",
		"123456789012345.0": "1.2345678901234E+14", "1.999999999999999": "2",
	} {
		if got, err := phpNumber(json.Number(text)); err != nil || got != want {
			t.Errorf("%s prints %q (%v), want %q", text, got, err, want)
		}
	}
}

func TestNamesSortAsInPHP(t *testing.T) {
	params := Params{"b": "1", "B": "2", "a_b": "3", "ab": "4", "10": "5", "9": "6", "a": "7", "sign_type": MD5}
	canonical, err := params.Canonical()
	if want := "9=6&10=5&B=2&a=7&a_b=3&ab=4&b=1&sign_type=MD5"; err != nil || canonical != want {
		t.Errorf("canonical %q (%v), want %q", canonical, err, want)
	}
}
