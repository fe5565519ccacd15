//go:build e2e

package e2e

import (
	"strings"
	"testing"
	"time"

	"github.com/playwright-community/playwright-go"
)

// chooseFile puts a file into the form of the page.
func (v *visitor) chooseFile(name, text string) {
	v.t.Helper()
	file := playwright.InputFile{Name: name, MimeType: "text/csv", Buffer: []byte(text)}
	v.must("choose "+name, v.Page.Locator("input[type=file]").SetInputFiles([]playwright.InputFile{file}))
}

// link is the address of the first link that a selector finds.
func (v *visitor) link(selector string) string {
	v.t.Helper()
	found, err := v.Page.Locator(selector).First().Evaluate("a => a.href", nil)
	v.must("read the link "+selector, err)
	return found.(string)
}

// A statement whose header says nothing is imported without JavaScript, on a phone; then
// each of its pages is read with JavaScript, in each language.
func TestStatementIsImportedInTheDashboard(t *testing.T) {
	t.Parallel()
	d := startDemo(t)
	v := newVisitor(t, phone, withoutJavaScript)
	v.Open(d.invite("bopha@psarchas.example", "accountant"))
	v.Fill("Your name", "Bopha")
	v.Fill("A password of 10 characters or more", "coffee-with-ice")
	v.Press("Accept")
	v.See("Today")

	day := time.Now().Add(7 * time.Hour).UTC().Format("02/01/2006")
	file := "Booked,What,Sum\n" + day + ",<b>tea</b>,4000\n" + day + ",cake,2000\n" + day + ",coffee,none\n"
	v.Open(d.URL("checkout") + "/dashboard/test/demo/statements")
	v.chooseFile("November.csv", file)
	v.Press("Preview")
	v.See("No row names a column")
	for field, column := range map[string]string{"date": "#1", "text": "#2", "amount": "#3"} {
		_, err := v.Page.Locator("#column_" + field).SelectOption(playwright.SelectOptionValues{Values: &[]string{column}})
		v.must("choose the column of "+field, err)
	}
	_, err := v.Page.Locator("#currency").SelectOption(playwright.SelectOptionValues{Values: &[]string{"KHR"}})
	v.must("choose the currency", err)
	v.Press("Save and show again")
	v.See("The columns are saved.")
	v.See("<b>tea</b>")
	v.See("1 rows may be money")
	v.SeeFits()
	v.Press("Import")
	v.See("The statement is imported.")
	v.SeeFits()
	statement, _, _ := strings.Cut(v.Page.URL(), "?")
	line := v.link("tbody th a")

	v.Open(d.URL("checkout") + "/dashboard/test/demo/statements")
	v.chooseFile("Again.csv", file)
	v.Press("Preview")
	preview := v.Page.URL()

	owner := newVisitor(t, phone)
	owner.Open(d.ownersLink())
	owner.Press("Sign in")
	owner.See("2 lines of bank statements differ")
	for _, address := range []string{preview, statement, line} {
		for _, lang := range []string{"en", "km", "zh"} {
			owner.readDashboardPage(address + "?lang=" + lang)
		}
	}

	v.Open(line)
	v.Fill("Reason", "paid for flowers")
	v.Press("Explain this line")
	v.See("The line is explained.")
	owner.Open(line + "?lang=en")
	owner.See("paid for flowers")
	owner.See("Bopha")
}
