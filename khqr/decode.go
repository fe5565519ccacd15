package khqr

import "time"

// Decode reads a code: a well-formed sequence of tags of at most 7,089 bytes. It returns
// an *Error (KHQRInvalid) for any other text. Its running time is linear in the length
// of the text, and the fields share the text's memory.
//
// Decode does not check the code: it may be damaged (the CRC is not checked), expired,
// or without a payee. Use Verify for that. Of repeated tags the last one counts, as in
// the official SDK; Verify refuses them.
//
// Created and Expires are zero unless tag 99 contains them as 13 digits; see Legacy.
func Decode(text string) (*Code, error) {
	var p parsedCode
	if err := p.parse(text); err != nil {
		return nil, err
	}
	return p.code(text), nil
}

// code returns the parsed elements as a Code.
func (p *parsedCode) code(text string) *Code {
	v := &p.values
	c := &Code{
		Kind: p.payee, Account: v[elemIndividual], AccountInformation: v[elemAccountInformation], AcquiringBank: v[elemIndividualBank],
		MerchantName: v[elemName], MerchantCity: v[elemCity], CategoryCode: v[elemCategory], UnionPay: v[elemUnionPay],
		Currency: Currency(v[elemCurrency]), Amount: v[elemAmount],
		BillNumber: v[elemBillNumber], MobileNumber: v[elemMobileNumber], StoreLabel: v[elemStoreLabel],
		TerminalLabel: v[elemTerminalLabel], Purpose: v[elemPurpose],
		Language: v[elemLanguage], AlternateName: v[elemAlternateName], AlternateCity: v[elemAlternateCity],
		Created: parseMillis(v[elemCreated]), Expires: parseMillis(v[elemExpires]),
		Raw: text,
	}
	if p.payee == Merchant {
		c.Account, c.AccountInformation = v[elemMerchant], ""
		c.MerchantID, c.AcquiringBank = v[elemMerchantID], v[elemMerchantBank]
	}

	return c
}

// parseMillis parses a time of tag 99; it returns zero for any other text.
func parseMillis(s string) time.Time {
	if len(s) != 13 || !isDigits(s) {
		return time.Time{}
	}
	var ms int64
	for i := range len(s) {
		ms = ms*10 + int64(s[i]-'0')
	}
	return time.UnixMilli(ms)
}
