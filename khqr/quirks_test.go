package khqr

import (
	"errors"
	"testing"
	"time"
)

// Of class "quirk" an encoded code either is what the SDK writes, and then
// verifies and says what was asked for, or it is refused.
func TestEncodeIsSafeWhereTheSDKIsNot(t *testing.T) {
	for _, v := range readVectors[encodeVector](t, "khqr_encode*.jsonl") {
		c, now, ok := v.code()
		if v.Class != "quirk" || !ok {
			continue
		}

		got, err := c.Encode(now)
		if err != nil {
			var failure *Error
			if got != "" || !errors.As(err, &failure) || failure.Field == "" {
				t.Errorf("%s: got %q and %v, want an *Error alone", v.ID, got, err)
			}
			continue
		}

		if got != v.Expect.QR {
			t.Errorf("%s: neither refused nor as the SDK:\n got %q\nwant %q", v.ID, got, v.Expect.QR)
		}

		if problems := Verify(got, now); len(problems) > 0 {
			t.Errorf("%s: wrote a code that does not verify: %v", v.ID, problems)
		}
	}
}

func TestEncodeRefusesWhatTheSDKWrites(t *testing.T) {
	now := time.UnixMilli(1767225600000)
	long := "BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB"
	for _, test := range []struct {
		name   string
		change func(*Code)
		code   ErrorCode
		field  Field
	}{
		{"payee of 108", func(c *Code) { c.Account, c.AccountInformation, c.AcquiringBank = long[:27]+"@devb", long, long }, KHQRInvalid, FieldPayee},
		{"labels of 125", func(c *Code) {
			c.BillNumber, c.MobileNumber, c.StoreLabel, c.TerminalLabel = long[:25], long[:25], long[:25], long[:25]
		}, KHQRInvalid, FieldAdditional},
		{"amount of letters", func(c *Code) { c.Amount = "abc" }, TransactionAmountInvalid, FieldAmount},
		{"amount with exponent", func(c *Code) { c.Amount = "1e3" }, TransactionAmountInvalid, FieldAmount},
		{"amount that is no number", func(c *Code) { c.Amount = "NaN" }, TransactionAmountInvalid, FieldAmount},
		{"amount in hexadecimal", func(c *Code) { c.Amount = "0x10" }, TransactionAmountInvalid, FieldAmount},
		{"amount with two points", func(c *Code) { c.Amount = "1.2.3" }, TransactionAmountInvalid, FieldAmount},
		{"amount with plus", func(c *Code) { c.Amount = "+5" }, TransactionAmountInvalid, FieldAmount},
		{"amount with comma", func(c *Code) { c.Amount = "1,000" }, TransactionAmountInvalid, FieldAmount},
		{"amount with space", func(c *Code) { c.Amount = " 10" }, TransactionAmountInvalid, FieldAmount},
		{"amount of spaces", func(c *Code) { c.Amount = "  " }, TransactionAmountInvalid, FieldAmount},
		{"amount with leading zero", func(c *Code) { c.Amount = "010.50" }, TransactionAmountInvalid, FieldAmount},
		{"amount without whole", func(c *Code) { c.Amount = ".5" }, TransactionAmountInvalid, FieldAmount},
		{"amount with a bare point", func(c *Code) { c.Amount = "10." }, TransactionAmountInvalid, FieldAmount},
		{"amount in Khmer digits", func(c *Code) { c.Amount = "១០" }, TransactionAmountInvalid, FieldAmount},
		{"account of an at sign", func(c *Code) { c.Account = "@" }, BakongAccountIDInvalid, FieldAccount},
		{"account without name", func(c *Code) { c.Account = "@devb" }, BakongAccountIDInvalid, FieldAccount},
		{"account without bank", func(c *Code) { c.Account = "john@" }, BakongAccountIDInvalid, FieldAccount},
		{"account of two banks", func(c *Code) { c.Account = "a@b@c" }, BakongAccountIDInvalid, FieldAccount},
		{"account with space", func(c *Code) { c.Account = "855 12@devb" }, BakongAccountIDInvalid, FieldAccount},
		{"account with no-break space", func(c *Code) { c.Account = "855\u00a012@devb" }, BakongAccountIDInvalid, FieldAccount},
		{"short category code", func(c *Code) { c.CategoryCode = "59" }, InvalidMerchantCategoryCode, FieldCategoryCode},
		{"blank name", func(c *Code) { c.MerchantName = "   " }, MerchantNameRequired, FieldMerchantName},
		{"name of invisible characters", func(c *Code) { c.MerchantName = "\u200b \u3164" }, MerchantNameRequired, FieldMerchantName},
		{"label of invisible characters", func(c *Code) { c.BillNumber = "\ufeff" }, BillNumberLengthInvalid, FieldBillNumber},
		{"blank city", func(c *Code) { c.MerchantCity = " " }, MerchantCityTagRequired, FieldMerchantCity},
		{"blank label", func(c *Code) { c.BillNumber = " " }, BillNumberLengthInvalid, FieldBillNumber},
		{"line break in name", func(c *Code) { c.MerchantName = "A\nB" }, KHQRInvalid, FieldMerchantName},
		{"zero byte in label", func(c *Code) { c.StoreLabel = "A\x00B" }, KHQRInvalid, FieldStoreLabel},
		{"control character of Unicode", func(c *Code) { c.Purpose = "A\u0085B" }, KHQRInvalid, FieldPurpose},
		{"broken UTF-8", func(c *Code) { c.MerchantName = "A\xffB" }, KHQRInvalid, FieldMerchantName},
		{"name without its language", func(c *Code) { c.AlternateName = "ចន" }, LanguagePreferenceRequired, FieldLanguage},
		{"no kind", func(c *Code) { c.Kind = 0 }, MerchantTypeRequired, FieldPayee},
		{"expires before it is created", func(c *Code) { c.Amount, c.Created = "5", now.Add(time.Hour) }, ExpirationTimestampInThePast, FieldExpires},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := Code{
				Kind: Individual, Account: "john_smith@devb", MerchantName: "John Smith",
				Currency: USD, Expires: now.Add(time.Minute),
			}

			test.change(&c)
			got, err := c.Encode(now)
			var failure *Error
			if got != "" || !errors.As(err, &failure) || failure.Code != test.code || failure.Field != test.field {
				t.Errorf("got %q, %v, want %s at %s", got, err, test.code.String(), test.field)
			}

			if !errors.Is(err, test.code) {
				t.Errorf("errors.Is(%v, %v) is false", err, test.code)
			}
		})
	}
}

// withCRC appends the CRC to a sequence of tags.
func withCRC(tags string) string { return closeWithCRC([]byte(tags), "") }

func TestVerifyNamesTheReason(t *testing.T) {
	const (
		head    = "000201010211"
		payee   = "29190015john_smith@devb"
		money   = "520459995303116"
		place   = "5802KH5910John Smith6010Phnom Penh"
		dynamic = "000201010212" + payee + "520459995303840"
		times   = "993400131767225600000011317672262000006304"
	)

	now := time.UnixMilli(1767225600000)
	for _, test := range []struct {
		name, text string
		code       ErrorCode
		field      Field
	}{
		{"nothing", "", KHQRInvalid, FieldText},
		{"no tags", "hello", KHQRInvalid, FieldText},
		{"length that is not digits", withCRC(head + "29+90015john_smith@devb" + money + place), KHQRInvalid, FieldText},
		{"sub-tag length that is not digits", withCRC(head + "291300 9john@devb" + money + place), KHQRInvalid, FieldPayee},
		{"value cut short", head + payee[:20], KHQRInvalid, FieldText},
		{"cut inside a character", withCRC(head + payee + money + "5802KH5908Coffee 🍰6010Phnom Penh"), KHQRInvalid, FieldText},
		{"broken UTF-8", withCRC(head + payee + money + "5802KH5904A\xffBC6010Phnom Penh"), KHQRInvalid, FieldText},
		{"damage", head + payee + money + place + "63040000", KHQRInvalid, FieldCRC},
		{"no CRC", head + payee + money + place, CRCTagRequired, FieldCRC},
		{"short CRC", head + payee + money + place + "6303ABC", CRCLengthInvalid, FieldCRC},
		{"CRC not last", withCRC(head+payee+money+place) + "0201x", KHQRInvalid, FieldCRC},
		{"tag twice", withCRC(head + payee + money + place + "5802KH"), KHQRInvalid, FieldCountry},
		{"unknown tag twice", withCRC(head + payee + money + place + "8001a8001b"), KHQRInvalid, "tag_80"},
		{"sub-tag twice", withCRC(head + "29260009john@devb0009evil@devb" + money + place), KHQRInvalid, FieldAccount},
		{"unknown sub-tag twice", withCRC(head + payee + money + place + "62106801a6801b"), KHQRInvalid, "tag_62_68"},
		{"payee twice", withCRC(head + payee + money + place + "29130009evil@devb"), KHQRInvalid, FieldPayee},
		{"two kinds of payee", withCRC(head + payee + money + place + "30130009evil@devb"), KHQRInvalid, FieldPayee},
		{"no payee", withCRC(head + money + place), MerchantTypeRequired, FieldPayee},
		{"no account", withCRC(head + "2900" + money + place), BakongAccountIDRequired, FieldAccount},
		{"account of an at sign", withCRC(head + "29050001@" + money + place), BakongAccountIDInvalid, FieldAccount},
		{"merchant account of two banks", withCRC(head + "30090005a@b@c" + money + place), BakongAccountIDInvalid, FieldAccount},
		{"amount of letters", withCRC(dynamic + "5403abc" + place + times[:38]), TransactionAmountInvalid, FieldAmount},
		{"amount with exponent", withCRC(dynamic + "54031e3" + place + times[:38]), TransactionAmountInvalid, FieldAmount},
		{"amount that is no number", withCRC(dynamic + "5403NaN" + place + times[:38]), TransactionAmountInvalid, FieldAmount},
		{"three decimals", withCRC(dynamic + "54051.234" + place + times[:38]), TransactionAmountInvalid, FieldAmount},
		{"half a riel", withCRC("000201010212" + payee + money + "54031.5" + place + times[:38]), TransactionAmountInvalid, FieldAmount},
		{"dynamic without amount", withCRC(dynamic + place + times[:38]), InvalidDynamicKHQR, FieldAmount},
		{"dynamic without tag 99", withCRC(dynamic + "540210" + place), ExpirationTimestampRequired, FieldExpires},
		{"dynamic with creation only", withCRC(dynamic + "540210" + place + "991700131767225600000"), ExpirationTimestampRequired, FieldExpires},
		{"expired", withCRC(dynamic + "540210" + place + "993400131767225500000011317672255999996304"[:38]), KHQRExpired, FieldExpires},
		{"created after it expires", withCRC(dynamic + "540210" + place + "9934" + "0013" + "1767226200001" + "0113" + "1767226200000"), ExpirationTimestampInThePast, FieldExpires},
		{"created after it expires, in 14 digits", withCRC(dynamic + "540210" + place + "9935" + "0014" + "17672256000000" + "0113" + "1767226200000"), ExpirationTimestampInThePast, FieldExpires},
		{"neither static nor dynamic", withCRC("000201010213" + payee + money + place), PointOfInitiationMethodInvalid, FieldMethod},
		{"baht", withCRC(head + payee + "520459995303764" + place), UnsupportedCurrency, FieldCurrency},
	} {
		t.Run(test.name, func(t *testing.T) {
			problems := Verify(test.text, now)
			if len(problems) != 1 || problems[0].Code != test.code || problems[0].Field != test.field {
				t.Errorf("got %v, want one %s at %s", problems, test.code.String(), test.field)
			}
		})
	}
}

func TestVerifyReportsEveryProblem(t *testing.T) {
	text := withCRC("00020101021129050001@520459995303764" + "5802KH5900")
	var got []ErrorCode
	for _, problem := range Verify(text, time.UnixMilli(0)) {
		got = append(got, problem.Code)
	}

	want := []ErrorCode{BakongAccountIDInvalid, UnsupportedCurrency, MerchantNameRequired, MerchantCityTagRequired}
	if len(got) != len(want) {
		t.Fatalf("got %v, want %v", got, want)
	}

	for i := range want {
		if got[i] != want[i] {
			t.Errorf("problem %d: %v, want %v", i, got[i], want[i])
		}
	}
}
