package khqr

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// codeWithLengthsBy returns a code of elements, with their lengths counted by count and a
// correct CRC.
func codeWithLengthsBy(count func(string) int, elements ...string) string {
	var text strings.Builder
	for i := 0; i+1 < len(elements); i += 2 {
		fmt.Fprintf(&text, "%s%02d%s", elements[i], count(elements[i+1]), elements[i+1])
	}
	text.WriteString("6304")
	return fmt.Sprintf("%s%04X", text.String(), crc16(text.String()))
}

func TestLengthsCountedOtherwiseAreNamed(t *testing.T) {
	bytes := func(s string) int { return len(s) }
	runes := func(s string) int { return len([]rune(s)) }
	for name, test := range map[string]struct {
		count  func(string) int
		name   string
		reason string
	}{
		"bytes of é":        {bytes, "Café Sok", "counts its lengths in bytes"},
		"bytes of Khmer":    {bytes, "សុខ", "counts its lengths in bytes"},
		"runes of an emoji": {runes, "Shop 🏪🏪", "counts an emoji as one"},
		"no known mistake":  {func(s string) int { return len(s) + 5 }, "Café Sok", reasonNoSequence},
	} {
		text := codeWithLengthsBy(test.count, "00", "01", "01", "11", "29", "0013sok_dara@demo", "52", "5999", "53", "116", "58", "KH", "59", test.name, "60", "Phnom Penh")
		problems := Verify(text, testNow)
		_, err := Decode(text)
		if len(problems) != 1 || !strings.Contains(problems[0].Reason, test.reason) || err == nil || err.Error() != problems[0].Error() {
			t.Errorf("%s: %v, %v", name, problems, err)
		}
	}
}

func TestBlanksAroundACodeAreNamed(t *testing.T) {
	const code = "00020101021129170013sok_dara@demo5204599953031165802KH5908Sok Dara6010Phnom Penh630446A0"
	for _, around := range [][2]string{{" ", ""}, {"", " "}, {"\ufeff", "\r\n"}, {"\u200b", "\u00a0"}, {"\u202a", "\u202c"}} {
		text := around[0] + code + around[1]
		problems := Verify(text, testNow)
		if len(problems) != 1 || problems[0].Reason != "has blanks or invisible characters around it" {
			t.Errorf("%q: %v", around, problems)
		}

		if Trim(text) != code {
			t.Errorf("%q: trimmed to %q", around, Trim(text))
		}
	}
}

func TestAccountSharedByABankNeedsAnAccountNumber(t *testing.T) {
	for account, shared := range map[string]bool{
		"abaakhppxxx@abaa": true, "ABAAKHPP@abaa": true, "khqr@aclb": true, "cadikhppxxx@cadi": true,
		"sok_dara@demo": false, "khqr_shop@aclb": false, "abaakhppxxxx@abaa": false, "sokhadara@demo": false,
	} {
		c := Code{Kind: Individual, Account: account, MerchantName: "Sok Dara"}
		_, err := c.Encode(testNow)
		c.AccountInformation = "000111222"
		with, withErr := c.Encode(testNow)
		if withErr != nil {
			t.Errorf("%s with a number: %v", account, withErr)
		}

		tags, parseErr := Parse(with)
		if parseErr != nil {
			t.Fatal(parseErr)
		}

		without, sealErr := tags.set("29", "01", "").Seal()
		if sealErr != nil {
			t.Fatal(sealErr)
		}

		problems := Verify(without, testNow)
		if (err != nil) != shared || (len(problems) > 0) != shared {
			t.Errorf("%s: encode %v, verify %v, want refused %t", account, err, problems, shared)
		}

		if shared && (problems[0].Field != FieldAccountInformation || !strings.Contains(err.Error(), "shared by all customers")) {
			t.Errorf("%s: %v, %v", account, err, problems)
		}
	}
}

func TestNumbersGivenAsAccountAreNamed(t *testing.T) {
	for account, reason := range map[string]string{
		"012345678": "is a phone number,", "+855 12 345 678": "is a phone number,", "85512345678": "is a phone number,", "0961234567": "is a phone number,",
		"000111222": "is an account number,", "1234567890123": "is an account number,",
		"sok_dara": "is not of the form name@bank", "": "is missing",
	} {
		c := Code{Kind: Individual, Account: account, MerchantName: "Sok Dara"}
		if _, err := c.Encode(testNow); err == nil || !strings.Contains(err.Error(), "account "+reason) {
			t.Errorf("%q: %v", account, err)
		}
	}
}

func TestDecimalsOfAnotherCurrencyAreNotCalledRiel(t *testing.T) {
	text := codeWithLengthsBy(utf16Len, "00", "01", "01", "11", "29", "0013sok_dara@demo", "52", "5999", "53", "764", "54", "10.255", "58", "KH", "59", "Sok", "60", "Phnom Penh")
	for _, problem := range Verify(text, testNow) {
		if problem.Field == FieldAmount || strings.Contains(problem.Reason, "riel") {
			t.Errorf("baht: %v", problem)
		}
	}

	if _, err := ParseAmount("10.50", "764"); err == nil || !strings.Contains(err.Error(), "UNSUPPORTED_CURRENCY") {
		t.Errorf("an amount in baht: %v", err)
	}

	if _, err := ParseAmount("10.50", KHR); err == nil || !strings.Contains(err.Error(), "riel") {
		t.Errorf("riel with decimals: %v", err)
	}
}

func TestBrokenUTF8IsNamed(t *testing.T) {
	for field, c := range map[Field]Code{
		FieldMerchantName: {MerchantName: "A\xff"}, FieldMerchantCity: {MerchantName: "A", MerchantCity: "\xc3"},
		FieldAccount: {Account: "a\xff@devb", MerchantName: "A"}, FieldUnionPay: {MerchantName: "A", UnionPay: "\xff"},
	} {
		c.Kind = Individual
		if c.Account == "" {
			c.Account = "sok_dara@demo"
		}

		if _, err := c.Encode(testNow); err == nil || !strings.Contains(err.Error(), field.String()+" is not valid UTF-8") {
			t.Errorf("%s: %v", field, err)
		}
	}
}

// TestLayoutsOfRealBanksAreValid reads layouts that banks' own codes have, with
// invented owners.
func TestLayoutsOfRealBanksAreValid(t *testing.T) {
	file, err := os.ReadFile("testdata/real_layouts.tsv")
	if err != nil {
		t.Fatal(err)
	}

	valid := 0
	for line := range strings.Lines(string(file)) {
		name, code, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		if problems := Verify(code, testNow); len(problems) > 0 {
			t.Errorf("%s: %v", name, problems)
			continue
		}

		valid++
	}

	if valid != 9 {
		t.Errorf("%d layouts are valid, want 9", valid)
	}
}
