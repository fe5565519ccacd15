package khqr

import (
	"bufio"
	"encoding/json"
	"errors"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// The vectors in testdata were made by running the official SDK 1.0.20 with a
// frozen clock. Of class "conform" every byte must agree, of class "error" the
// code; of class "quirk" the SDK does something unsafe or peculiar to
// JavaScript, and quirks_test.go says what is done instead.

type encodeVector struct {
	ID, Group, Class, Kind string
	Input                  map[string]any
	AmountText             string `json:"amount_js_string"`
	Expect                 struct {
		QR    string
		MD5   string
		Error struct {
			Code ErrorCode
			Name string
		}
		Exception any
	}
}

type decodeVector struct {
	ID, Group, QR, Note string
	NowMS               int64 `json:"now_ms"`
	Expect              struct {
		Decode        map[string]any
		Verify        any
		DecodeNonKHQR map[string]any `json:"decode_non_khqr"`
	}
}

func readVectors[T any](t testing.TB, pattern string) []T {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("testdata", pattern))
	if err != nil || len(files) == 0 {
		t.Fatalf("no vectors match %s: %v", pattern, err)
	}
	var all []T
	for _, name := range files {
		file, err := os.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(file)
		lines.Buffer(nil, 1<<20)
		for lines.Scan() {
			var v T
			if err := json.Unmarshal(lines.Bytes(), &v); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			all = append(all, v)
		}
		if err := errors.Join(lines.Err(), file.Close()); err != nil {
			t.Fatal(err)
		}
	}
	return all
}

// code turns an input written for JavaScript into a Code. ok is false where the
// Go types cannot say it (a list for a name).
func (v *encodeVector) code() (c Code, now time.Time, ok bool) {
	ok = true
	text := func(name string) string {
		switch value := v.Input[name].(type) {
		case nil:
			return ""
		case string:
			return value
		case float64:
			return strconv.FormatFloat(value, 'f', -1, 64)
		}
		ok = false
		return ""
	}
	c = Code{
		Kind: Individual, Account: text("bakong_account_id"), AccountInformation: text("account_information"),
		MerchantID: text("merchant_id"), AcquiringBank: text("acquiring_bank"),
		MerchantName: text("merchant_name"), MerchantCity: text("merchant_city"),
		CategoryCode: text("merchant_category_code"), UnionPay: text("upi_merchant_account"),
		Currency:   Currency(text("currency")),
		BillNumber: text("bill_number"), MobileNumber: text("mobile_number"), StoreLabel: text("store_label"),
		TerminalLabel: text("terminal_label"), Purpose: text("purpose_of_transaction"),
		Language: text("language_preference"), AlternateName: text("merchant_name_alternate_language"),
		AlternateCity: text("merchant_city_alternate_language"),
		Amount:        v.AmountText, Expires: jsTime(v.Input["expiration_timestamp_ms"]),
	}
	if v.Kind == "merchant" {
		c.Kind = Merchant
	}
	if n, isNumber := v.Input["currency"].(float64); isNumber && (n > 999 || n < 0) {
		c.Currency = "0" // a JavaScript number has no length to be too long
	}
	for _, field := range []struct {
		value any
		text  *string
	}{{v.Input["currency"], (*string)(&c.Currency)}, {v.Input["merchant_category_code"], &c.CategoryCode}} {
		if field.value == 0.0 {
			*field.text = "" // the SDK drops a number 0
		}
	}
	ms, _ := v.Input["now_ms"].(float64)
	return c, time.UnixMilli(int64(ms)), ok
}

// jsTime reads what the SDK's Number() makes of a time: nothing, 0 and NaN are
// no time; a fraction is not 13 digits, which 1 ms stands for.
func jsTime(value any) time.Time {
	ms, isNumber := value.(float64)
	if text, isText := value.(string); isText {
		ms, _ = strconv.ParseFloat(strings.TrimSpace(text), 64)
		isNumber = true
	}
	switch {
	case !isNumber || ms == 0 || math.IsNaN(ms):
		return time.Time{}
	case ms != math.Trunc(ms) || math.Abs(ms) > 1e17:
		return time.UnixMilli(1)
	}
	return time.UnixMilli(int64(ms))
}

func TestEncodeWritesWhatTheOfficialSDKWrites(t *testing.T) {
	seen := 0
	for _, v := range readVectors[encodeVector](t, "khqr_encode*.jsonl") {
		if v.Class != "conform" {
			continue
		}
		seen++
		c, now, ok := v.code()
		if !ok {
			t.Errorf("%s: an input that has no Go type", v.ID)
		}
		got, err := c.Encode(now)
		if err != nil || got != v.Expect.QR {
			t.Errorf("%s:\n got %q, %v\nwant %q", v.ID, got, err, v.Expect.QR)
		}
		if MD5(got) != v.Expect.MD5 {
			t.Errorf("%s: MD5 = %s, want %s", v.ID, MD5(got), v.Expect.MD5)
		}
		if problems := Verify(got, now); len(problems) > 0 {
			t.Errorf("%s: the code written does not verify: %v", v.ID, problems)
		}
	}
	if seen == 0 {
		t.Error("no vector of class conform")
	}
}

func TestEncodeFailsWithTheOfficialCode(t *testing.T) {
	seen := 0
	for _, v := range readVectors[encodeVector](t, "khqr_encode*.jsonl") {
		if v.Class != "error" {
			continue
		}
		seen++
		c, now, ok := v.code()
		if !ok {
			t.Errorf("%s: an input that has no Go type", v.ID)
		}
		got, err := c.Encode(now)
		var failure *Error
		if got != "" || !errors.As(err, &failure) {
			t.Errorf("%s: got %q, %v, want code %d", v.ID, got, err, v.Expect.Error.Code)
			continue
		}
		if failure.Code != v.Expect.Error.Code || failure.Code.String() != v.Expect.Error.Name {
			t.Errorf("%s: %v, want %d %s", v.ID, err, v.Expect.Error.Code, v.Expect.Error.Name)
		}
		if failure.Field == "" || failure.Reason == "" {
			t.Errorf("%s: an error without field or reason: %#v", v.ID, failure)
		}
	}
	if seen == 0 {
		t.Error("no vector of class error")
	}
}

func hasDuplicate(text string) bool {
	var r parsedCode
	return r.parse(text) == nil && r.duplicate != ""
}

// sdkFields returns the decoded fields under the names of the SDK's decode.
func (c *Code) sdkFields() map[string]string {
	tags, _ := Parse(c.Raw)
	get := func(path ...string) string { value, _ := tags.Get(path...); return value }
	kinds := map[Kind]string{Individual: tagIndividual, Merchant: tagMerchant}
	return map[string]string{
		"merchantType": kinds[c.Kind], "bakongAccountID": c.Account, "accountInformation": c.AccountInformation,
		"merchantID": c.MerchantID, "acquiringBank": c.AcquiringBank, "billNumber": c.BillNumber,
		"mobileNumber": c.MobileNumber, "storeLabel": c.StoreLabel, "terminalLabel": c.TerminalLabel,
		"purposeOfTransaction": c.Purpose, "languagePreference": c.Language,
		"merchantNameAlternateLanguage": c.AlternateName, "merchantCityAlternateLanguage": c.AlternateCity,
		"creationTimestamp": get("99", "00"), "expirationTimestamp": get("99", "01"),
		"payloadFormatIndicator": get("00"), "pointofInitiationMethod": get("01"), "unionPayMerchant": c.UnionPay,
		"merchantCategoryCode": c.CategoryCode, "transactionCurrency": string(c.Currency),
		"transactionAmount": c.Amount, "countryCode": get("58"), "merchantName": c.MerchantName,
		"merchantCity": c.MerchantCity, "crc": get("63"),
	}
}

func TestDecodeReadsWhatTheOfficialSDKReads(t *testing.T) {
	read := 0
	for _, v := range readVectors[decodeVector](t, "khqr_decode*.jsonl") {
		c, err := Decode(v.QR)
		if err != nil {
			if v.Expect.Verify == true && v.Group != "length-text" {
				t.Errorf("%s (%s): %v", v.ID, v.Note, err)
			}
			continue
		}
		if hasDuplicate(v.QR) || v.Expect.Decode["hangs"] != nil {
			continue // see quirks_test.go
		}
		read++
		for name, got := range c.sdkFields() {
			want, _ := v.Expect.Decode[name].(string)
			if got != want {
				t.Errorf("%s (%s): %s = %q, want %q", v.ID, v.Note, name, got, want)
			}
		}
	}
	if read == 0 {
		t.Error("no vector was read")
	}
}

func TestVerifyIsAtLeastAsStrictAsTheOfficialSDK(t *testing.T) {
	for _, v := range readVectors[decodeVector](t, "khqr_decode*.jsonl") {
		problems := Verify(v.QR, time.UnixMilli(v.NowMS))
		sound := v.Expect.Verify == true
		if sound == (len(problems) == 0) {
			continue
		}
		if !sound {
			t.Errorf("%s (%s): passes what the SDK refuses", v.ID, v.Note)
		} else if !isStricter(problems) {
			t.Errorf("%s (%s): refused: %v", v.ID, v.Note, problems)
		}
	}
}

// isStricter reports whether every problem is one that Verify refuses on purpose
// and the SDK lets pass: duplicates and ill-formed lengths, accounts that are not
// name@bank, amounts that are not plain decimals.
func isStricter(problems []*Error) bool {
	for _, p := range problems {
		duplicate := p.Code == KHQRInvalid && p.Reason == "appears twice"
		length := p.Code == KHQRInvalid && strings.Contains(p.Reason, "sequence of tag")
		if !duplicate && !length && p.Code != BakongAccountIDInvalid && p.Code != TransactionAmountInvalid {
			return false
		}
	}
	return true
}

func TestRoundTripIsByteForByte(t *testing.T) {
	encoded := 0
	for _, v := range readVectors[decodeVector](t, "khqr_decode*.jsonl") {
		now := time.UnixMilli(v.NowMS)
		if len(Verify(v.QR, now)) > 0 {
			continue
		}
		c, err := Decode(v.QR)
		if err != nil {
			t.Errorf("%s: verified but not decoded: %v", v.ID, err)
			continue
		}
		tags, err := Parse(v.QR)
		if err != nil {
			t.Errorf("%s: Parse: %v", v.ID, err)
		}
		if got, err := tags.Seal(); err != nil || got != v.QR {
			t.Errorf("%s: Seal:\n got %q, %v\nwant %q", v.ID, got, err, v.QR)
		}
		encoded++
		if got, err := c.Encode(now); err != nil || got != v.QR {
			t.Errorf("%s: Encode:\n got %q, %v\nwant %q", v.ID, got, err, v.QR)
		}
	}
	if encoded == 0 {
		t.Error("nothing was encoded again")
	}
}

// The tree must agree with the SDK's reading of any EMV code, for what that
// reads in full.
func TestParseReturnsEveryTag(t *testing.T) {
	compared := 0
	for _, v := range readVectors[decodeVector](t, "khqr_decode*.jsonl") {
		tags, err := Parse(v.QR)
		if err != nil || hasDuplicate(v.QR) {
			continue
		}
		compared++
		if len(tags) != len(v.Expect.DecodeNonKHQR) {
			t.Errorf("%s: %d tags, want %d", v.ID, len(tags), len(v.Expect.DecodeNonKHQR))
		}
		for _, tag := range tags {
			switch want := v.Expect.DecodeNonKHQR[tag.ID].(type) {
			case string:
				if tag.Value != want {
					t.Errorf("%s: tag %s = %q, want %q", v.ID, tag.ID, tag.Value, want)
				}
			case map[string]any:
				for id, value := range want {
					text, isText := value.(string)
					if got, found := tags.Get(tag.ID, id); !found || isText && got != text {
						t.Errorf("%s: tag %s.%s = %q, want %v", v.ID, tag.ID, id, got, value)
					}
				}
			default:
				t.Errorf("%s: the SDK has no tag %s", v.ID, tag.ID)
			}
		}
	}
	if compared == 0 {
		t.Error("nothing was compared")
	}
}
