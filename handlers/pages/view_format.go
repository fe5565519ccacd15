package pages

import (
	"rieltime/checkout"
	"rieltime/web/static"
	"rieltime/web/templates"
)

func assets(accent string) templates.Assets {
	return templates.Assets{CSS: static.URL("app.css"), JS: static.URL("checkout.js"), Theme: static.ThemeURL(accent)}
}

func amount(lang string, m checkout.Money) string {
	return templates.FormatAmount(lang, string(m.Currency), m.Minor)
}

func items(session checkout.Session, lang string) []templates.Item {
	var lines []templates.Item
	for _, item := range session.LineItems {
		whole := checkout.Money{Minor: item.Amount.Minor * int64(item.Quantity), Currency: item.Amount.Currency}
		lines = append(lines, templates.Item{Name: item.Name, Quantity: item.Quantity, Amount: amount(lang, whole)})
	}
	return lines
}
