package main

import (
	"fmt"
	"syscall"
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

// samples are codes as a checkout makes them: dynamic, with an order number and
// labels; individual and merchant, in dollars and riel, half of them with the
// shop's name in Khmer too.
func samples() ([]sample, error) {
	now := time.UnixMilli(1767225600000)
	individual := khqr.Code{Kind: khqr.Individual, Account: "john_smith@devb", MerchantName: "John Smith", MerchantCity: "Phnom Penh"}
	merchant := khqr.Code{
		Kind: khqr.Merchant, Account: "khqr@devb", MerchantID: "013345168", AcquiringBank: "Dev Bank",
		MerchantName: "Coffee Klaing", MerchantCity: "Siem Reap",
	}

	var all []sample
	for _, code := range []khqr.Code{individual, merchant} {
		code.Expires = now.Add(10 * time.Minute)
		code.BillNumber, code.MobileNumber = "INV-2026-0001", "85512345678"
		code.StoreLabel, code.TerminalLabel = "Coffee Shop", "Web"
		dollars, riel := code, code
		dollars.Currency, dollars.Amount = khqr.USD, "10.50"
		riel.Currency, riel.Amount = khqr.KHR, "42000"
		for _, plain := range []khqr.Code{dollars, riel} {
			khmer := plain
			khmer.Language, khmer.AlternateName, khmer.AlternateCity = "km", "ហាងកាហ្វេ", "សៀមរាប"
			for _, code := range []khqr.Code{plain, khmer} {
				s, err := newSample(code, now)
				if err != nil {
					return nil, err
				}
				all = append(all, s)
			}
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

	optional["amount"], optional["expirationTimestamp"] = code.Amount, code.Expires.UnixMilli()
	optional["currency"] = string(code.Currency)
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
			_, err := s.code.Encode(s.now)
			return err
		},
		"encode+md5": func(s *sample) error {
			text, err := s.code.Encode(s.now)
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

// measure returns calls in a second of processor time, the collector's included.
func measure(cases []sample, budget time.Duration, call func(*sample) error) (float64, error) {
	before, err := processorTime()
	if err != nil {
		return 0, err
	}

	count := 0
	for start := time.Now(); time.Since(start) < budget; count += len(cases) {
		for i := range cases {
			if err := call(&cases[i]); err != nil {
				return 0, err
			}
		}
	}

	after, err := processorTime()
	return float64(count) / (after - before).Seconds(), err
}

func processorTime() (time.Duration, error) {
	var usage syscall.Rusage
	err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage)
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano()), err
}
