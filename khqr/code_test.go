package khqr

import (
	"errors"
	"strings"
	"testing"
	"time"
)

var testNow = time.UnixMilli(1767225600000)

func mustEncode(t *testing.T, c *Code) string {
	t.Helper()
	text, err := c.Encode(testNow)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestDecodeReadsWhatEncodeWrote(t *testing.T) {
	individual := Code{
		Kind: Individual, Account: "john_smith@devb", AccountInformation: "85512233455", AcquiringBank: "Dev Bank",
		MerchantName: "John Smith", MerchantCity: "Siem Reap", CategoryCode: "5812", UnionPay: "0001034400010344ABCDEF",
		Currency: KHR, Amount: "4000", BillNumber: "#1", MobileNumber: "85512345678", StoreLabel: "Shop",
		TerminalLabel: "Desk 1", Purpose: "Coffee ☕🍰", Language: "km", AlternateName: "ចន ស្មីន", AlternateCity: "សៀមរាប",
		Created: testNow, Expires: testNow.Add(time.Minute),
	}

	merchant := individual
	merchant.Kind, merchant.AccountInformation, merchant.MerchantID = Merchant, "", "013345168"
	for _, want := range []Code{individual, merchant} {
		text := mustEncode(t, &want)
		got, err := Decode(text)
		if err != nil {
			t.Fatal(err)
		}

		if want.Raw = text; *got != want {
			t.Errorf("%s:\n got %+v\nwant %+v", want.Kind, *got, want)
		}
	}
}

func TestEncodeChangesOnlyWhatWasChanged(t *testing.T) {
	c := Code{
		Kind: Individual, Account: "john_smith@devb", MerchantName: "John Smith",
		Currency: USD, Amount: "5", BillNumber: "A", Expires: testNow.Add(time.Minute),
	}

	tags, err := Parse(mustEncode(t, &c))
	if err != nil {
		t.Fatal(err)
	}

	// A second currency, and a bank's own data inside tag 62.
	original, err := tags.Set("40", "x").Set("62", "0101A6803mmp").Seal()
	if err != nil {
		t.Fatal(err)
	}

	for _, test := range []struct {
		name     string
		change   func(*Code)
		old, new string
	}{
		{"amount", func(c *Code) { c.Amount = "7.5" }, "54015", "54047.50"},
		{"bill number", func(c *Code) { c.BillNumber = "BC" }, "62120101A6803mmp", "62130102BC6803mmp"},
		{"no bill number", func(c *Code) { c.BillNumber = "" }, "62120101A6803mmp", "62076803mmp"},
		{"new label", func(c *Code) { c.TerminalLabel = "T" }, "62120101A6803mmp", "62170101A0701T6803mmp"},
		{"new language", func(c *Code) { c.Language, c.AlternateName = "km", "ចន" }, "6803mmp9934", "6803mmp64120002km0102ចន9934"},
		{"expiration", func(c *Code) { c.Expires = testNow.Add(time.Hour) }, "1767225660000", "1767229200000"},
	} {
		t.Run(test.name, func(t *testing.T) {
			c, err := Decode(original)
			if err != nil {
				t.Fatal(err)
			}
			test.change(c)
			want := withCRC(strings.Replace(original[:len(original)-8], test.old, test.new, 1))
			if got := mustEncode(t, c); got != want {
				t.Errorf("\n got %s\nwant %s", got, want)
			}
		})
	}
}

func TestEncodeMakesADecodedCodeStaticAndDynamic(t *testing.T) {
	static := Code{Kind: Individual, Account: "john_smith@devb", MerchantName: "John Smith"}
	dynamic := static
	dynamic.Amount, dynamic.Expires = "4000", testNow.Add(time.Minute)
	staticText, dynamicText := mustEncode(t, &static), mustEncode(t, &dynamic)

	c, err := Decode(staticText)
	if err != nil {
		t.Fatal(err)
	}

	c.Amount, c.Expires = dynamic.Amount, dynamic.Expires
	if got := mustEncode(t, c); got != dynamicText {
		t.Errorf("dynamic:\n got %s\nwant %s", got, dynamicText)
	}

	if c, err = Decode(dynamicText); err != nil {
		t.Fatal(err)
	}

	c.Amount = ""
	if got := mustEncode(t, c); got != staticText {
		t.Errorf("static:\n got %s\nwant %s", got, staticText)
	}
}

func TestEncodeRefusesToWriteBackAnInvalidCode(t *testing.T) {
	text := withCRC("00020101021129190015john_smith@devb5204599953031165802KH5910John Smith6010Phnom Penh29130009evil@devb")
	c, err := Decode(text)
	if err != nil {
		t.Fatal(err)
	}

	if got, err := c.Encode(testNow); !errors.Is(err, KHQRInvalid) {
		t.Errorf("unchanged: got %q, %v", got, err)
	}

	c.MerchantCity = "Kampot"
	if got, err := c.Encode(testNow); !errors.Is(err, KHQRInvalid) {
		t.Errorf("changed: got %q, %v", got, err)
	}
}

func TestLegacyReportsOldDynamicCodes(t *testing.T) {
	const head = "00020101021229190015john_smith@devb520459995303116540440005802KH5910John Smith6010Phnom Penh"
	for _, test := range []struct {
		name, text string
		legacy     bool
		created    bool
	}{
		{"without tag 99", withCRC(head), true, false},
		{"creation time only", withCRC(head + "991700131613438575794"), true, true},
		{"both times", withCRC(head + "993400131767225600000" + "01131767226200000"), false, true},
		{"static", "00020101021129190015john_smith@devb5204599953031165802KH5910John Smith6010Phnom Penh63046BFA", false, false},
	} {
		c, err := Decode(test.text)
		if err != nil {
			t.Errorf("%s: %v", test.name, err)
			continue
		}

		if c.Legacy() != test.legacy || c.Created.IsZero() == test.created {
			t.Errorf("%s: Legacy() = %v, Created = %v", test.name, c.Legacy(), c.Created)
		}
	}
}

func TestDecodeRefusesMoreThanAQRCodeHolds(t *testing.T) {
	element := "80" + "99" + strings.Repeat("x", 99)
	if _, err := Decode(strings.Repeat(element, 68)); err != nil {
		t.Errorf("7004 bytes: %v", err)
	}
	if _, err := Decode(strings.Repeat(element, 70)); !errors.Is(err, KHQRInvalid) {
		t.Errorf("7210 bytes: %v", err)
	}
}

func TestFormatAndParseAmount(t *testing.T) {
	for _, test := range []struct {
		minor    int64
		currency Currency
		text     string
	}{
		{0, USD, "0"}, {1, USD, "0.01"}, {10, USD, "0.10"}, {100, USD, "1"}, {1050, USD, "10.50"},
		{999999999999, USD, "9999999999.99"}, {4000, KHR, "4000"}, {1, "", "1"}, {9999999999999, KHR, "9999999999999"},
	} {
		text, err := FormatAmount(test.minor, test.currency)
		if err != nil || text != test.text {
			t.Errorf("FormatAmount(%d, %s) = %q, %v, want %q", test.minor, test.currency.Name(), text, err, test.text)
		}

		minor, err := ParseAmount(test.text, test.currency)
		if err != nil || minor != test.minor {
			t.Errorf("ParseAmount(%q, %s) = %d, %v, want %d", test.text, test.currency.Name(), minor, err, test.minor)
		}
	}

	for text, want := range map[string]int64{"": 0, "-0": 0, "0.00": 0, "5.0": 500, "100.00": 10000} {
		if minor, err := ParseAmount(text, USD); err != nil || minor != want {
			t.Errorf("ParseAmount(%q, USD) = %d, %v, want %d", text, minor, err, want)
		}
	}

	if minor, err := ParseAmount("5000.0", KHR); err != nil || minor != 5000 {
		t.Errorf(`ParseAmount("5000.0", KHR) = %d, %v`, minor, err)
	}
}

func TestAmountsThatAreRefused(t *testing.T) {
	for _, test := range []struct {
		minor    int64
		currency Currency
		code     ErrorCode
	}{
		{-1, USD, TransactionAmountInvalid}, {10_000_000_000_000, KHR, TransactionAmountInvalid},
		{1_000_000_000_001, USD, TransactionAmountInvalid}, {1, "764", UnsupportedCurrency},
	} {
		if text, err := FormatAmount(test.minor, test.currency); text != "" || !errors.Is(err, test.code) {
			t.Errorf("FormatAmount(%d, %s) = %q, %v", test.minor, test.currency, text, err)
		}
	}

	for _, text := range []string{"1.5", "abc", "1e3", "-5", "+5", "010", "5.", ".5", " 5", "١", "99999999999999"} {
		if minor, err := ParseAmount(text, KHR); minor != 0 || !errors.Is(err, TransactionAmountInvalid) {
			t.Errorf("ParseAmount(%q, KHR) = %d, %v", text, minor, err)
		}
	}
}

func TestSealRefusesWhatCannotBeWritten(t *testing.T) {
	for name, tags := range map[string]Tags{
		"long value": {{ID: "80", Value: strings.Repeat("ក", 100)}},
		"bad tag":    {{ID: "A0", Value: "x"}},
		"short tag":  {{ID: "8", Value: "x"}},
		"bad UTF-8":  {{ID: "80", Value: "\xff"}},
	} {
		if text, err := tags.Seal(); text != "" || !errors.Is(err, KHQRInvalid) {
			t.Errorf("%s: got %q, %v", name, text, err)
		}
	}
}

func TestEveryOfficialCodeHasItsName(t *testing.T) {
	for code := BakongAccountIDRequired; code <= InvalidMerchantCategoryCode; code++ {
		if name := code.String(); name == "" || strings.HasPrefix(name, "ErrorCode(") {
			t.Errorf("code %d has no name", uint8(code))
		}
	}

	if InvalidMerchantCategoryCode != 51 || LanguagePreferenceRequired != 37 || UnsupportedCurrency != 28 {
		t.Error("the numbers have slipped")
	}

	if got := ErrorCode(52).String(); got != "ErrorCode(52)" {
		t.Errorf("code 52 is %q", got)
	}
}

func TestCRCOfTheStandardCheckText(t *testing.T) {
	if got := crc16("123456789"); got != 0x29B1 {
		t.Errorf("crc16 = %04X, want 29B1", got)
	}
}
