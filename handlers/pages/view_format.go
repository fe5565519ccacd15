package pages

import (
	"rieltime/checkout"
	"rieltime/web/static"
	"rieltime/web/templates"
)

// assets are the stylesheets and the script of a page in a merchant's color.
func assets(accent string) templates.Assets {
	return templates.Assets{CSS: static.URL("app.css"), JS: static.URL("checkout.js"), Theme: static.ThemeURL(accent)}
}

// formatAmount formats money for a language.
func formatAmount(lang string, m checkout.Money) string {
	return templates.FormatAmount(lang, string(m.Currency), m.Minor)
}

// lineItems are the lines of an order, each with the amount of all its pieces.
func lineItems(session checkout.Session, lang string) []templates.Item {
	var items []templates.Item
	for _, item := range session.LineItems {
		total := checkout.Money{Minor: item.Amount.Minor * int64(item.Quantity), Currency: item.Amount.Currency}
		items = append(items, templates.Item{Name: item.Name, Quantity: item.Quantity, Amount: formatAmount(lang, total)})
	}
	return items
}
