package shop

import "strings"

type product struct {
	ID       string
	Name     string
	About    string
	Amount   string // decimal text, as the API takes it
	Currency string // "USD" or "KHR"
}

var products = []product{
	{"iced-coffee", "Iced coffee", "Slow drip, with sweet milk", "1.50", "USD"},
	{"krama-scarf", "Krama scarf", "Hand-woven cotton from Takeo", "10.00", "USD"},
	{"num-banh-chok", "Num banh chok", "Rice noodles in green fish curry", "6000", "KHR"},
	{"tuk-tuk-tour", "Tuk-tuk tour", "Two hours around the old town", "41000", "KHR"},
}

func findProduct(id string) (product, bool) {
	for _, p := range products {
		if p.ID == id {
			return p, true
		}
	}
	return product{}, false
}

// Price is how buyers read the amount: "$1.50" or "6,000 ៛".
func (p product) Price() string { return price(p.Amount, p.Currency) }

// Icon is the address of the product's picture.
func (p product) Icon() string { return "/static/" + p.ID + ".svg" }

func price(amount, currency string) string {
	whole, fraction, pointed := strings.Cut(amount, ".")
	for at := len(whole) - 3; at > 0; at -= 3 {
		whole = whole[:at] + "," + whole[at:]
	}

	if pointed {
		whole += "." + fraction
	}

	if currency == "USD" {
		return "$" + whole
	}

	return whole + " ៛"
}
