package main

import (
	"fmt"
	"time"

	"rieltime/khqr"
)

// sample is one code, as input for both sides and as the text that both must
// write.
type sample struct {
	code khqr.Code
	now  time.Time

	Now        int64          `json:"now"`
	Merchant   bool           `json:"merchant"`
	Account    string         `json:"account"`
	Name       string         `json:"name"`
	City       string         `json:"city"`
	MerchantID string         `json:"merchantID"`
	Bank       string         `json:"bank"`
	Optional   map[string]any `json:"optional"`
	QR         string         `json:"qr"`
	MD5        string         `json:"md5"`
}

// samples are codes as shops make them: static and dynamic, individual and
// merchant, plain and with labels, in Latin and in Khmer.
func samples() ([]sample, error) {
	now := time.UnixMilli(1767225600000)
	individual := khqr.Code{Kind: khqr.Individual, Account: "john_smith@devb", MerchantName: "John Smith", MerchantCity: "Phnom Penh"}
	merchant := khqr.Code{
		Kind: khqr.Merchant, Account: "khqr@devb", MerchantID: "013345168", AcquiringBank: "Dev Bank",
		MerchantName: "Coffee Klaing", MerchantCity: "Siem Reap",
	}
	var all []sample
	for _, base := range []khqr.Code{individual, merchant} {
		dollars, riel, labels, khmer := base, base, base, base
		dollars.Currency, dollars.Amount = khqr.USD, "10.50"
		riel.Amount = "40000"
		labels.Currency, labels.Amount = khqr.USD, "25"
		labels.BillNumber, labels.MobileNumber = "INV-2026-0001", "85512345678"
		labels.StoreLabel, labels.TerminalLabel = "Coffee Shop", "Cashier_1"
		khmer.Amount, khmer.BillNumber = "8000", "INV-2026-0002"
		khmer.Language, khmer.AlternateName, khmer.AlternateCity = "km", "ហាងកាហ្វេ", "សៀមរាប"
		for _, code := range []khqr.Code{base, dollars, riel, labels, khmer} {
			if code.Amount != "" {
				code.Expires = now.Add(10 * time.Minute)
			}
			s, err := newSample(code, now)
			if err != nil {
				return nil, err
			}
			all = append(all, s)
		}
	}
	return all, nil
}

func newSample(code khqr.Code, now time.Time) (sample, error) {
	text, err := code.Encode(now)
	if err != nil {
		return sample{}, err
	}
	optional := map[string]any{
		"billNumber": code.BillNumber, "mobileNumber": code.MobileNumber, "storeLabel": code.StoreLabel,
		"terminalLabel": code.TerminalLabel, "languagePreference": code.Language,
		"merchantNameAlternateLanguage": code.AlternateName, "merchantCityAlternateLanguage": code.AlternateCity,
	}
	for name, value := range optional {
		if value == "" {
			delete(optional, name)
		}
	}
	if code.Currency == khqr.USD {
		optional["currency"] = 840
	}
	if code.Amount != "" {
		optional["amount"], optional["expirationTimestamp"] = code.Amount, code.Expires.UnixMilli()
	}
	return sample{
		code: code, now: now, Now: now.UnixMilli(), Merchant: code.Kind == khqr.Merchant,
		Account: code.Account, Name: code.MerchantName, City: code.MerchantCity,
		MerchantID: code.MerchantID, Bank: code.AcquiringBank, Optional: optional,
		QR: text, MD5: khqr.MD5(text),
	}, nil
}

// measureOurs makes the calls that sdk.js makes.
func measureOurs(cases []sample, budget time.Duration) (map[string]float64, error) {
	calls := map[string]func(*sample) error{
		"encode": func(s *sample) error {
			code := s.code
			text, err := code.Encode(s.now)
			if err == nil && khqr.MD5(text) != s.MD5 {
				err = fmt.Errorf("%s has another MD5 than %s", text, s.QR)
			}
			return err
		},
		"decode": func(s *sample) error {
			_, err := khqr.Decode(s.QR)
			return err
		},
		"verify": func(s *sample) error {
			if problems := khqr.Verify(s.QR, s.now); len(problems) > 0 {
				return problems[0]
			}
			return nil
		},
	}
	rates := map[string]float64{}
	for name, call := range calls {
		rate, err := measure(cases, budget, call)
		if err != nil {
			return nil, err
		}
		rates[name] = rate
	}
	return rates, nil
}

func measure(cases []sample, budget time.Duration, call func(*sample) error) (float64, error) {
	count, start := 0, time.Now()
	for {
		for i := range cases {
			if err := call(&cases[i]); err != nil {
				return 0, err
			}
		}
		count += len(cases)
		if spent := time.Since(start); spent >= budget {
			return float64(count) / spent.Seconds(), nil
		}
	}
}
