package dashboard_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"rieltime/checkout/users"
)

// closeForm reads the fields of the form that closes the only account and currency of a day.
func (b *browser) closeForm(day string) []string {
	b.h.T.Helper()
	doc := b.page(start + "/close?lang=en&day=" + day)
	var fields []string
	for _, name := range []string{"day", "account", "currency", "figures"} {
		value, found := doc.Find("form[action$='/close/days'] input[name=" + name + "]").Attr("value")
		if !found {
			b.h.T.Fatalf("the page has no form with %s", name)
		}
		fields = append(fields, name, value)
	}
	return fields
}

func TestDayIsClosedWithItsFiguresAndReopenedByTheOwner(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	day := h.day()
	paid := h.pay()
	b := h.as(users.RoleAccountant)
	if b.page(start+"/close?day="+day).Find("form[action$='/close/days']").Length() != 0 {
		t.Error("a day that is not over can be closed")
	}
	h.Move(24 * time.Hour)
	b = h.as(users.RoleAccountant)

	file := "Date,Ref,Details,Debit,Credit,Currency\n" + day + "," + paid.Reference + ",tea,,10.00,USD\n" + day + ",,cake,,3.50,USD\n"
	b.importPreview(b.preview(file))
	path := start + "/close/days"
	stale := b.closeForm(day)
	if w := b.post(path, stale...); w.Code != http.StatusUnprocessableEntity {
		t.Errorf("a difference without an explanation: %d", w.Code)
	}
	if w := b.post(path, append(stale[:6:6], "figures", `{"taken":{"Minor":1,"Count":1}}`, "note", "x")...); w.Code != http.StatusConflict {
		t.Errorf("figures that were not shown: %d", w.Code)
	}
	if w := b.post(path, append(b.closeForm(day), "note", "cake was paid at the door")...); w.Code != http.StatusSeeOther {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	if w := b.post(path, append(stale, "note", "again")...); w.Code != http.StatusConflict {
		t.Errorf("closed twice: %d", w.Code)
	}

	b.importPreview(b.preview("Date,Ref,Details,Debit,Credit,Currency\n" + day + ",,tea again,,5.00,USD\n"))
	doc := b.page(start + "/close?lang=en&day=" + day)
	wantTexts(t, doc, ".card .chip.good", "Closed")
	wantTexts(t, doc, "article.card .notice", "Since this day was closed, its records have changed. The figures are those of then.")
	if got := shownText(doc, "article.card"); !strings.Contains(got, "$13.50") || !strings.Contains(got, "$3.50") || !strings.Contains(got, "cake was paid at the door") {
		t.Errorf("the closed day shows %q", got)
	}
	csv := b.get(start + "/close/export.csv?day=" + day)
	if !strings.Contains(csv.Body.String(), ",13.50,") || !strings.Contains(csv.Body.String(), "cake was paid at the door") {
		t.Errorf("%d %s", csv.Code, csv.Body)
	}
	if w := b.get(start + "/close/export.xlsx?day=" + day); w.Code != http.StatusOK || !strings.HasPrefix(w.Body.String(), "PK") {
		t.Errorf("the workbook: %d", w.Code)
	}

	owner := h.as(users.RoleOwner)
	reopen, _ := owner.page(start + "/close?day=" + day).Find("form[action$='/reopen']").Attr("action")
	if w := b.post(reopen, "reason", "x"); w.Code != http.StatusForbidden {
		t.Errorf("an accountant reopens: %d", w.Code)
	}
	if w := owner.post(reopen, "reason", " "); w.Code != http.StatusUnprocessableEntity {
		t.Errorf("without a reason: %d", w.Code)
	}
	if w := owner.post(reopen, "reason", "a later statement"); w.Code != http.StatusSeeOther {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	doc = owner.page(start + "/close?lang=en&day=" + day)
	if got := shownText(doc, "article.card"); !strings.Contains(got, "a later statement") || !strings.Contains(got, "Not closed") || !strings.Contains(got, "$18.50") {
		t.Errorf("the reopened day shows %q", got)
	}
}
