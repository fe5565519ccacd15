package khqr

import "time"

// Decode reads a code. It wants a well-formed sequence of tags of at most 7,089
// bytes and fails otherwise with an *Error (KHQRInvalid); its work grows with the
// text's length alone, and its fields share the text's memory.
//
// Decode does not judge what it reads: a code may be damaged (its CRC is not
// checked), expired, or name no payee. Verify tells. Of duplicated tags the last
// one counts, as in the official SDK, which is why Verify refuses them.
//
// Created and Expires stay zero where tag 99 lacks them or holds no 13-digit
// time; see Legacy.
func Decode(text string) (*Code, error) {
	var r reading
	if err := r.read(text); err != nil {
		return nil, err
	}
	return r.code(text), nil
}

func (r *reading) code(text string) *Code {
	v := &r.value
	c := &Code{
		Kind: r.payee, Account: v[atIndividual], AccountInformation: v[atAccountInformation], AcquiringBank: v[atIndividualBank],
		MerchantName: v[atName], MerchantCity: v[atCity], CategoryCode: v[atCategory], UnionPay: v[atUnionPay],
		Currency: Currency(v[atCurrency]), Amount: v[atAmount],
		BillNumber: v[atBillNumber], MobileNumber: v[atMobileNumber], StoreLabel: v[atStoreLabel],
		TerminalLabel: v[atTerminalLabel], Purpose: v[atPurpose],
		Language: v[atLanguage], AlternateName: v[atAlternateName], AlternateCity: v[atAlternateCity],
		Created: parseMillis(v[atCreated]), Expires: parseMillis(v[atExpires]),
		Raw: text,
	}
	if r.payee == Merchant {
		c.Account, c.AccountInformation = v[atMerchant], ""
		c.MerchantID, c.AcquiringBank = v[atMerchantID], v[atMerchantBank]
	}

	return c
}

// parseMillis reads a time of tag 99, zero if it is none.
func parseMillis(s string) time.Time {
	if len(s) != 13 || !digits(s) {
		return time.Time{}
	}
	var ms int64
	for i := range len(s) {
		ms = ms*10 + int64(s[i]-'0')
	}
	return time.UnixMilli(ms)
}
