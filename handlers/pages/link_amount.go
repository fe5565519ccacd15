package pages

import (
	"regexp"
	"strings"
	"unicode"

	"rieltime/checkout"
)

// The ways in which what a buyer wrote for an amount is no amount.
var (
	errAmountUnclear  = checkout.Invalidf("amount", "amount_invalid", "amount is not an amount of money.")
	errAmountTwoWays  = checkout.Invalidf("amount", "amount_ambiguous", "amount can be read in two ways.")
	errAmountCurrency = checkout.Invalidf("amount", "amount_currency", "amount is in another currency.")
)

// currencyWords are what people write beside an amount, in lower case, the
// longer before those that they end in.
var currencyWords = map[checkout.Currency][]string{
	checkout.USD: {"us dollars", "us dollar", "dollars", "dollar", "usd$", "us$", "$us", "usd", "$", "ដុល្លារអាមេរិក", "ដុល្លារ", "ដុល្លា", "美元", "美金", "元"},
	checkout.KHR: {"riels", "riel", "khr", "៛", "រៀល", "瑞尔", "瑞爾"},
	checkout.MYR: {"ringgit", "myr", "rm", "រីងហ្គីត", "林吉特", "令吉"},
	checkout.IDR: {"rupiah", "idr", "rp.", "rp", "រូពីយ៉ា", "印尼盾"},
}

// readAmount reads what people write for an amount, as the decimal text that
// checkout.ParseMoney takes: in Khmer or full-width digits, with the currency's
// sign or name on either side, with thousands set apart, decimals behind a point
// or a comma, riel with ".00". What has two meanings is refused, never guessed.
func readAmount(text string, currency checkout.Currency) (string, error) {
	number := strings.TrimSpace(strings.Map(plainRune, strings.ToLower(text)))
	for other, words := range currencyWords {
		rest := withoutWords(number, words)
		if rest == number {
			continue
		}
		if other != currency {
			return "", errAmountCurrency
		}

		number = rest
	}

	return readNumber(number, currency)
}

// plainRune writes digits, points, commas, signs and blanks in one way, and
// drops what cannot be seen.
func plainRune(r rune) rune {
	switch {
	case r >= '០' && r <= '៩':
		return '0' + r - '០'
	case r >= '！' && r <= '～': // full-width ASCII
		return r - '！' + '!'
	case r == '’' || r == '‘' || r == '\u066c':
		return '\''
	case unicode.IsSpace(r):
		return ' '
	case unicode.Is(unicode.Cf, r):
		return -1
	}

	return unicode.ToLower(r)
}

// withoutWords takes a currency's words off both ends of a number.
func withoutWords(number string, words []string) string {
	for found := true; found; {
		found = false
		for _, word := range words {
			rest := strings.TrimSuffix(strings.TrimPrefix(number, word), word)
			if rest != number {
				number, found = strings.TrimSpace(rest), true
			}
		}
	}
	return number
}

var (
	// spacedThousands is a number whose thousands only blanks or apostrophes set apart.
	spacedThousands = regexp.MustCompile(`^[1-9][0-9]{0,2}(?:( [0-9]{3})+|('[0-9]{3})+)([.,][0-9]+)?$`)
	// commaThousands and pointThousands are numbers with thousands set apart by the
	// one and decimals behind the other.
	commaThousands = regexp.MustCompile(`^[1-9][0-9]{0,2}(,[0-9]{3})+\.[0-9]+$`)
	pointThousands = regexp.MustCompile(`^[1-9][0-9]{0,2}(\.[0-9]{3})+,[0-9]+$`)
	// wholeThousands is a whole number with its thousands set apart, at least twice.
	wholeThousands = regexp.MustCompile(`^[1-9][0-9]{0,2}(?:(,[0-9]{3}){2,}|(\.[0-9]{3}){2,})$`)
	// ambiguousThousand is a number that ends in three digits behind one separator.
	ambiguousThousand = regexp.MustCompile(`^[1-9][0-9]{0,2}[.,][0-9]{3}$`)
	plainNumber       = regexp.MustCompile(`^(?:[0-9]+|[0-9]*[.,][0-9]+)$`)
)

// readNumber reads digits with separators. "1,500" of dollars may be a thousand
// and a half or one and a half; riel have no decimals but ".00".
func readNumber(number string, currency checkout.Currency) (string, error) {
	none := strings.NewReplacer(",", "", ".", "")
	switch {
	case spacedThousands.MatchString(number):
		return decimals(strings.NewReplacer(" ", "", "'", "").Replace(number), currency)
	case commaThousands.MatchString(number):
		return decimals(strings.ReplaceAll(number, ",", ""), currency)
	case pointThousands.MatchString(number):
		return decimals(strings.ReplaceAll(number, ".", ""), currency)
	case wholeThousands.MatchString(number):
		return none.Replace(number), nil
	case ambiguousThousand.MatchString(number) && currency.Digits() > 0:
		return "", errAmountTwoWays
	case ambiguousThousand.MatchString(number):
		return none.Replace(number), nil
	case plainNumber.MatchString(number):
		return decimals(number, currency)
	}

	return "", errAmountUnclear
}

// decimals writes a number, whose only separator is before its decimals, as the
// currency is written. Three decimals and more are no way to write money: they
// may be thousands in disguise.
func decimals(number string, currency checkout.Currency) (string, error) {
	whole, fraction, _ := strings.Cut(strings.ReplaceAll(number, ",", "."), ".")
	if whole == "" {
		whole = "0"
	}

	switch {
	case len(fraction) > 2:
		return "", errAmountTwoWays
	case currency.Digits() > 0 && fraction != "":
		return whole + "." + fraction, nil
	case strings.Trim(fraction, "0") != "":
		return "", errAmountUnclear
	}

	return whole, nil
}
