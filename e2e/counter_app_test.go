//go:build e2e

package e2e

import (
	"net/http"
	"testing"
)

func TestCounterWithoutAConnection(t *testing.T) {
	t.Parallel()
	d := startDemo(t)
	v := newVisitor(t, phone)
	v.becomeCashier(d, "sokha@psarchas.example")
	_, err := v.Page.Evaluate("navigator.serviceWorker.ready.then(function () { return true; })")
	v.must("install the service worker", err)
	v.typeKeys("7", ".", "5")

	v.outage = true
	d.Stop() // which the worker notices too, unlike a browser that is told to be offline
	v.Press("US dollar")
	v.See("No connection. What you typed is kept")
	_, err = v.Page.Reload()
	v.must("load the page again", err)
	v.See("គ្មានការតភ្ជាប់")
	v.SeeFits()
	v.CheckAccessible()

	d.Start()
	v.must("try again", v.Page.GetByRole("link").First().Click())
	v.SeeElement("form.keypad")
	// The script that brings it back may come after the form.
	v.must("see the amount that was typed", v.expect.Locator(v.Page.Locator("#amount")).ToHaveValue("7.5"))
}

func TestSecondScreenAndShiftInTheBrowser(t *testing.T) {
	t.Parallel()
	d := startDemo(t)
	v, screen := newVisitor(t, phone), newVisitor(t, desktop)
	v.becomeCashier(d, "sokha@psarchas.example")
	v.Press("Shifts")
	v.SeeFits()
	v.CheckAccessible()
	v.must("count the cash", v.Page.Locator("#cash_usd").Fill("20"))
	v.Press("Open the shift")
	v.See("My shift since")
	counter := v.Page.URL()

	v.Press("Second screen")
	v.Press("Pair a screen")
	v.SeeFits()
	v.CheckAccessible()
	code, err := v.Page.Locator(".short-number").InnerText()
	v.must("read the code", err)
	if status := screen.Open(d.URL("checkout") + "/counter/display?lang=en"); status != http.StatusOK {
		t.Fatalf("the second screen: %d", status)
	}
	screen.CheckAccessible()
	screen.Fill("Code from the counter", code)
	screen.Press("Pair")
	screen.SeeElement(`#display[data-state="idle"]`)

	v.Open(counter)
	v.typeKeys("4")
	v.Press("US dollar")
	v.SeeElement(`#counter[data-state="code"]`)
	screen.SeeElement(`#display[data-state="code"]`)
	screen.SeeFits()
	screen.CheckAccessible()
	d.payCode(screen.ReadQR(".sale-code"))
	screen.SeeElement(`#display[data-state="paid"]`)
	v.SeeElement(`#counter[data-state="paid"]`)

	v.Press("Next")
	v.Press("My shift since")
	v.See("× 1")
	v.mistaken = true // a difference needs a note
	v.must("count the cash", v.Page.Locator("#cash_usd").Fill("20"))
	v.must("type what was sold", v.Page.Locator("#other_sales_usd").Fill("9"))
	v.Press("Close the shift")
	v.See("$5.00 missing")
	v.SeeFits()
	v.CheckAccessible()
	v.must("write the note", v.Page.Locator("#note").Fill("A picture was no payment"))
	v.Press("Close the shift")
	v.See("Closed by")
	v.SeeFits()
	v.CheckAccessible()

	// The browser does not keep the answer to the form that was refused.
	_, err = v.Page.GoBack()
	v.must("go back", err)
	v.See("A picture was no payment") // in the language of the service worker's requests
}
