// Package khqr reads, writes and checks KHQR, the payment QR code of Cambodia.
// It uses the standard library alone, keeps no state, and takes the time as an
// argument; everything in it may be used from many goroutines at once.
//
// # What a KHQR is
//
// A KHQR is a line of text, drawn as a QR code, that a banking app reads to learn whom to
// pay. The National Bank of Cambodia (NBC) defines it on top of EMVCo's QR codes
// presented by merchants, and every bank of its Bakong network reads it. No
// server is needed to create one, only the payee's Bakong account.
//
//	00020101021129190015john_smith@devb5204599953031165802KH5910John Smith6010Phnom Penh63046BFA
//
// The text is a row of elements, each a tag of two digits, a length of two
// digits, and a value of that length:
//
//	00 02 01                          payload format, always 01
//	01 02 11                          11 static, 12 dynamic
//	29 19 (00 15 john_smith@devb)     the payee; a template: its value is elements again
//	52 04 5999                        merchant category code
//	53 03 116                         currency: 116 KHR, 840 USD
//	58 02 KH                          country
//	59 10 John Smith                  name
//	60 10 Phnom Penh                  city
//	63 04 6BFA                        CRC of all before it, "6304" included
//
// Further tags: 15 a UnionPay account, 30 a merchant payee in place of 29, 54 the
// amount, 62 labels (bill, mobile, store, terminal, purpose), 64 name and city in
// another language, 99 the times of creation and expiration in milliseconds.
//
// Three mistakes are common:
//
//   - A length counts UTF-16 code units, as the SDK's JavaScript does: a Khmer
//     character is 1, an emoji 2. Counting bytes or runes is wrong.
//   - The CRC is CRC-16/CCITT-FALSE over the UTF-8 bytes, four upper-case hex
//     digits.
//   - The key by which Bakong reports whether a code was paid is the MD5 of the whole
//     text (see MD5). One changed byte, and the payment is not found.
//
// # Individual and merchant
//
// An individual code (tag 29) names a Bakong account, name@bank. A merchant code
// (tag 30) names one too, with the merchant's id at its bank and that bank's name;
// all three are required.
//
// # Static and dynamic
//
// A static code has no amount: it hangs on a wall, the payer types the amount, and it
// never expires. A dynamic code is made for one payment: it has an amount and an
// expiration time. Only dynamic codes can be looked up by MD5, since each
// is different. An amount of 0 makes a static code.
//
// Amounts are decimal text here, never floats: FormatAmount and ParseAmount turn
// minor units into that text and back. Dollars are written as "10" or "10.50",
// riel are whole; more decimals are refused, never rounded.
//
// # Decoding is not verifying
//
// Decode returns the fields of a code, even if it is damaged or expired; Verify returns
// every reason not to pay it. Parse returns the tags, including those that this package
// does not know: banks add their own, such as 40 for a second currency or 62.68. A
// decoded and changed code is written back with them.
//
// # Where this differs from the official SDK
//
// For valid input, Encode writes the same bytes as the SDK (bakong-khqr 1.0.20), and it
// fails with the same codes (ErrorCode). It differs where the SDK is unsafe:
//
//   - Tags 29, 30 and 62 too long for a two-digit length are refused
//     (KHQRInvalid). The SDK writes three digits, which no reader can parse.
//   - An amount is a plain decimal: abc, 1e3, NaN, +5, 010, "5." and " 5" are
//     refused (TransactionAmountInvalid). The SDK writes some of these as they
//     are. 10.0 is written as 10.00 and riel 100.0 as 100, as the SDK does, and
//     any zero, -0 too, makes a static code.
//   - An account is one name and one bank, without spaces: @, @devb, a@b@c are
//     refused (BakongAccountIDInvalid). The SDK only requires an "@".
//   - An individual's account that all customers of a bank share, as those of ABA
//     Bank do, needs the account number in the account information (KHQRInvalid);
//     the SDK writes a code that no bank can book.
//   - A category code is four digits (InvalidMerchantCategoryCode); the SDK writes
//     59 as it is.
//   - A name or city of spaces only counts as missing, a blank label as one of a
//     wrong length, and control characters are refused (KHQRInvalid).
//   - A name in another language without that language is refused
//     (LanguagePreferenceRequired); the SDK crashes and reports success.
//   - A code with a repeated tag, or with both payees, does not verify. The SDK
//     accepts it and uses the last one, so a stranger can add a second account to a
//     code and write a new CRC.
//   - A length that is not two digits is an error. The SDK accepts "+9" and " 1",
//     and loops for ever on some others.
//
// Old dynamic codes without tag 99, or with a creation time only, can be decoded
// (Code.Legacy reports them) but do not verify (ExpirationTimestampRequired), as in the
// SDK.
package khqr
