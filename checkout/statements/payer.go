package statements

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// likeness says what two names or accounts of payers show.
type likeness int

const (
	otherPayer   likeness = iota
	unknownPayer          // one is not known, or one is a name and the other an account
	samePayer
)

// payer is a payer as payers are compared.
type payer struct {
	text    string // letters, digits and stars; the words of a name in the order of the alphabet
	account bool
	masked  bool
}

// stars are what banks put in place of what they hide.
var stars = regexp.MustCompile(`[*•…]|x{3}`)

func newPayer(text string) payer {
	text = stars.ReplaceAllString(strings.ToLower(latinDigits(text)), "*")
	parts := strings.FieldsFunc(text, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r) && r != '*' && r != '@'
	})

	p := payer{account: strings.ContainsAny(text, "@0123456789"), masked: strings.Contains(text, "*")}
	if !p.account {
		slices.Sort(parts)
	}
	p.text = strings.Join(parts, " ")
	if p.account {
		p.text = strings.ReplaceAll(p.text, " ", "")
	}
	return p
}

func payersOf(records []Record) [][]payer {
	all := make([][]payer, len(records))
	for i, record := range records {
		for _, text := range record.Payers {
			if text != "" {
				all[i] = append(all[i], newPayer(text))
			}
		}
	}
	return all
}

// among compares a payer of a line with those of a record.
func (p payer) among(payers []payer) likeness {
	best := otherPayer
	if p.text == "" || len(payers) == 0 {
		return unknownPayer
	}
	for _, other := range payers {
		best = max(best, p.compare(other))
	}
	return best
}

func (p payer) compare(other payer) likeness {
	switch {
	case p.account != other.account:
		return unknownPayer
	case p.text == other.text && !p.masked:
		return samePayer
	case p.masked && !other.masked:
		return p.unmasks(other.text)
	case other.masked && !p.masked:
		return other.unmasks(p.text)
	case p.masked:
		return unknownPayer
	}
	return otherPayer
}

// unmasks compares a masked text, such as 012***789, with a whole one.
func (p payer) unmasks(whole string) likeness {
	begin, _, _ := strings.Cut(p.text, "*")
	end := p.text[strings.LastIndex(p.text, "*")+1:]
	switch shown := len(begin) + len(end); {
	case shown > len(whole) || !strings.HasPrefix(whole, begin) || !strings.HasSuffix(whole, end):
		return otherPayer
	case shown < 5:
		return unknownPayer
	}
	return samePayer
}
