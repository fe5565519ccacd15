package dashboard_test

import (
	"bytes"
	"encoding/csv"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"rieltime/checkout"
	"rieltime/checkout/users"
)

func TestExportHasWhatTheListShows(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.sale("one", checkout.Customer{Name: "Sok Dara"})
	h.order("two", checkout.Customer{})
	b := h.as(users.RoleAccountant)
	w := b.get(paymentsPath + "/export.csv?status=succeeded&lang=en")
	text, marked := strings.CutPrefix(w.Body.String(), "\ufeff")
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if w.Code != http.StatusOK || !marked || err != nil || len(rows) != 2 {
		t.Fatalf("%d, marked %t, %d rows, %v", w.Code, marked, len(rows), err)
	}
	if got := strings.Join(rows[1][:6], "|"); got != "2026-04-14 12:00:00|one|10.00|USD|Bank · KHQR|Paid" || rows[1][8] != "Sok Dara" {
		t.Errorf("the row is %q", rows[1])
	}
	if name := w.Header().Get("Content-Disposition"); name != "attachment; filename=payments-klaing-test-2026-04-14.csv" {
		t.Errorf("the file is %s", name)
	}

	w = b.get(paymentsPath + "/export.xlsx")
	book, err := excelize.OpenReader(bytes.NewReader(w.Body.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	cells, err := book.GetRows("Sheet1", excelize.Options{RawCellValue: true})
	if err != nil || len(cells) != 3 || cells[2][1] != "one" || cells[2][2] != "10.00" {
		t.Errorf("the sheet has %q, %v", cells, err)
	}
	if kind, err := book.GetCellType("Sheet1", "C3"); err != nil || kind == excelize.CellTypeInlineString || kind == excelize.CellTypeSharedString {
		t.Errorf("the amount is of type %d, %v", kind, err)
	}
	if w := b.get(paymentsPath + "/export.csv?q=colour:red"); w.Code < 400 || w.Code >= 500 {
		t.Errorf("a search that is not understood: %d", w.Code)
	}
}

func TestExportedTextsAreNoFormulas(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	for i, text := range []string{`=HYPERLINK("https://evil.example")`, "+855 12", "-1+1", "@SUM(A1)"} {
		h.Move(time.Second)
		h.order(text, checkout.Customer{Name: text, ID: string(rune('a' + i))})
	}
	b := h.as(users.RoleOwner)
	rows, err := csv.NewReader(strings.NewReader(b.get(paymentsPath + "/export.csv").Body.String())).ReadAll()
	if err != nil || len(rows) != 5 {
		t.Fatal(len(rows), err)
	}
	for _, row := range rows[1:] {
		for _, cell := range row {
			if strings.ContainsAny(cell[:min(len(cell), 1)], "=+-@\t\r") {
				t.Errorf("the cell %q is a formula", cell)
			}
		}
		if !strings.HasPrefix(row[1], "'") || !strings.HasPrefix(row[8], "'") {
			t.Errorf("%q and %q", row[1], row[8])
		}
	}

	book, err := excelize.OpenReader(bytes.NewReader(b.get(paymentsPath + "/export.xlsx").Body.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	for _, cell := range []string{"B2", "B5", "I5"} {
		if formula, err := book.GetCellFormula("Sheet1", cell); err != nil || formula != "" {
			t.Errorf("%s has the formula %q, %v", cell, formula, err)
		}
	}
}
