package khqr

import (
	"testing"
	"time"
)

func FuzzDecode(f *testing.F) {
	for _, v := range readVectors[decodeVector](f, "khqr_decode*.jsonl") {
		f.Add(v.QR, v.NowMS)
	}

	f.Fuzz(func(t *testing.T, text string, ms int64) {
		now := time.UnixMilli(ms)
		c, err := Decode(text)
		problems := Verify(text, now)
		tags, parseErr := Parse(text)
		if (err == nil) != (parseErr == nil) {
			t.Fatalf("Decode: %v, Parse: %v", err, parseErr)
		}

		if err != nil {
			if len(problems) == 0 {
				t.Fatal("verified what cannot be decoded")
			}
			return
		}

		c.Legacy()
		if len(problems) > 0 {
			return
		}

		if again, err := tags.Seal(); err != nil || again != text {
			t.Errorf("Seal gave %q, %v", again, err)
		}

		if again, err := c.Encode(now); err != nil || again != text {
			t.Errorf("Encode gave %q, %v", again, err)
		}
	})
}

func FuzzEncode(f *testing.F) {
	for _, v := range readVectors[encodeVector](f, "khqr_encode*.jsonl") {
		c, _, _ := v.code()
		f.Add(c.Kind == Merchant, c.Account, c.MerchantID, c.AcquiringBank, c.MerchantName, c.BillNumber, c.AlternateName, c.Amount)
	}

	f.Fuzz(func(t *testing.T, merchant bool, account, id, bank, name, bill, alternate, amount string) {
		c := Code{
			Kind: Individual, Account: account, AccountInformation: id, AcquiringBank: bank, MerchantName: name,
			MerchantCity: "Siem Reap", CategoryCode: "5812", Currency: USD, Amount: amount, BillNumber: bill,
		}
		if merchant {
			c.Kind, c.AccountInformation, c.MerchantID = Merchant, "", id
		}

		if c.AlternateName = alternate; alternate != "" {
			c.Language = "km"
		}

		if c.Dynamic() {
			c.Created, c.Expires = testNow, testNow.Add(time.Minute)
		}

		text, err := c.Encode(testNow)
		if err != nil {
			return
		}

		if problems := Verify(text, testNow); len(problems) > 0 {
			t.Errorf("%q does not verify: %v", text, problems)
		}

		got, err := Decode(text)
		if err != nil {
			t.Fatal(err)
		}

		minor, err := ParseAmount(c.Amount, USD)
		if read, readErr := ParseAmount(got.Amount, USD); err != nil || readErr != nil || read != minor {
			t.Errorf("amount %q was read as %q", c.Amount, got.Amount)
		}

		c.Amount, c.Raw = got.Amount, text
		if *got != c {
			t.Errorf("\n got %+v\nwant %+v", *got, c)
		}
	})
}
