package khqr

import (
	"testing"
	"time"
)

func benchCode() (*Code, time.Time) {
	now := time.UnixMilli(1767225600000)
	return &Code{
		Kind: Merchant, Account: "khqr@devb", MerchantID: "013345168", AcquiringBank: "Dev Bank",
		MerchantName: "Coffee Klaing", MerchantCity: "Siem Reap", Currency: USD, Amount: "10.50",
		BillNumber: "INV-2026-0001", MobileNumber: "85512345678", StoreLabel: "Coffee Shop", TerminalLabel: "Cashier_1",
		Language: "km", AlternateName: "ហាងកាហ្វេ", AlternateCity: "សៀមរាប",
		Expires: now.Add(10 * time.Minute),
	}, now
}

func BenchmarkEncode(b *testing.B) {
	c, now := benchCode()
	b.ReportAllocs()
	for b.Loop() {
		text, err := c.Encode(now)
		if err != nil {
			b.Fatal(err)
		}
		_ = MD5(text)
	}
}

func BenchmarkDecode(b *testing.B) {
	c, now := benchCode()
	text, err := c.Encode(now)
	if err != nil {
		b.Fatal(err)
	}

	b.ReportAllocs()
	for b.Loop() {
		if _, err := Decode(text); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkVerify(b *testing.B) {
	c, now := benchCode()
	text, err := c.Encode(now)
	if err != nil {
		b.Fatal(err)
	}

	b.ReportAllocs()
	for b.Loop() {
		if problems := Verify(text, now); len(problems) > 0 {
			b.Fatal(problems)
		}
	}
}
