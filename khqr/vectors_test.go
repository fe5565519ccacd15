package khqr

import (
	"errors"
	"strings"
	"testing"
	"time"
)

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
