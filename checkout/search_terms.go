package checkout

import (
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// maxSearchTerms bounds the rows that one session is found by.
const maxSearchTerms = 6

// SearchTerms are the folded texts that a session is found by, as they are or by what
// they begin with: the customer's id, e-mail address and phone number, and the name
// from each of its words on. There are none for a session without a customer.
func SearchTerms(c Customer) (terms []string) {
	name := FoldTerm(c.Name)
	candidates := []string{FoldTerm(c.Email), PhoneTerm(c.Phone), FoldTerm(c.ID), name}
	for rest := name; ; {
		_, after, more := strings.Cut(rest, " ")
		if !more {
			break
		}
		candidates, rest = append(candidates, after), after
	}

	for _, term := range candidates {
		if term != "" && !slices.Contains(terms, term) && len(terms) < maxSearchTerms {
			terms = append(terms, term)
		}
	}

	return terms
}

// ProofTerms are the folded texts that the session of a proof is found by: the bank's
// references.
func ProofTerms(p Proof) (terms []string) {
	for _, reference := range p.BankReferences {
		if term := FoldTerm(reference); term != "" && !slices.Contains(terms, term) {
			terms = append(terms, term)
		}
	}
	return terms
}

// FoldTerm brings texts that people take for the same to one form: upper and lower
// case, wide and narrow characters, any number of blanks, with or without the invisible
// characters that Khmer is written with.
func FoldTerm(text string) string {
	folded := cases.Fold().String(norm.NFKC.String(text))
	folded = strings.Map(func(r rune) rune {
		if invisible(r) && !unicode.IsSpace(r) {
			return -1
		}
		return r
	}, folded)
	return strings.Join(strings.Fields(folded), " ")
}

// PhoneTerm is a phone number as its digits, those of Cambodia with the country's code
// however they are written; empty when a text is no phone number.
func PhoneTerm(text string) string {
	folded := asciiDigits(FoldTerm(text))
	if strings.Trim(folded, "+0123456789 -().") != "" {
		return ""
	}

	digits := strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, folded)
	switch {
	case strings.HasPrefix(digits, "00"):
		return strings.TrimPrefix(digits, "00")
	case strings.HasPrefix(digits, "0"):
		return "855" + strings.TrimPrefix(digits, "0")
	}

	return digits
}

// asciiDigits writes the digits of Khmer as those of ASCII.
func asciiDigits(text string) string {
	return strings.Map(func(r rune) rune {
		if r >= '០' && r <= '៩' {
			return '0' + r - '០'
		}
		return r
	}, text)
}
