package dashboard_test

import (
	"bytes"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"rieltime/checkout"
	"rieltime/checkout/statements"
	"rieltime/checkout/users"
	"rieltime/internal/cambodia"
)

const statementsPath = "/dashboard/test/klaing/statements"

// uploadStatement sends a file for the account of klaing's bank.
func (b *browser) uploadStatement(name, file string) *httptest.ResponseRecorder {
	b.h.T.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	err := form.WriteField("account", "bank")
	if err == nil {
		part, partErr := form.CreateFormFile("file", name)
		if err = partErr; err == nil {
			_, err = part.Write([]byte(file))
		}
	}
	if err == nil {
		err = form.Close()
	}
	if err != nil {
		b.h.T.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodPost, "https://pay.example"+statementsPath+"/uploads", &body)
	r.Header.Set("Content-Type", form.FormDataContentType())
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return b.send(r)
}

// preview uploads a file and returns the address of its preview.
func (b *browser) preview(file string) string {
	b.h.T.Helper()
	w := b.uploadStatement("november.csv", file)
	path := w.Header().Get("Location")
	if w.Code != http.StatusSeeOther || !strings.HasPrefix(path, statementsPath+"/uploads/bu_") {
		b.h.T.Fatalf("%d to %q: %s", w.Code, path, w.Body)
	}
	return path
}

// importPreview imports what a preview shows, and returns the address of the statement.
func (b *browser) importPreview(path string) string {
	b.h.T.Helper()
	shown, _ := b.page(path).Find("input[name=map]").Attr("value")
	w := b.post(path+"/import", "map", shown)
	to, _, _ := strings.Cut(w.Header().Get("Location"), "?")
	if w.Code != http.StatusSeeOther || !strings.HasPrefix(to, statementsPath+"/bs_") {
		b.h.T.Fatalf("%d to %q: %s", w.Code, to, w.Body)
	}
	return to
}

func (h *harness) day() string { return cambodia.DayOf(h.Clock()).String() }

func TestStatementIsPreviewedImportedAndExplained(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	paid := h.pay()
	b := h.as(users.RoleAccountant)
	file := "Our shop\nDate,Ref,Details,Payer,Debit,Credit,Currency\n" +
		h.day() + "," + paid.Reference + ",tea,,,10.00,USD\n" + h.day() + ",,<b>cake</b>,\"<script>alert(1)</script>\",,3.50,USD\n" + h.day() + ",,coffee,,,five,USD\n"
	path := b.preview(file)

	doc := b.page(path + "?lang=en")
	wantTexts(t, doc, "main > .facts dd", "Bank", "november.csv", "csv", "14 April", "2", "$13.50", "$0.00")
	wantTexts(t, doc, "details tbody .chip.bad", "Amount not understood")
	if got := doc.Find("main script, main b").Length(); got != 0 {
		t.Errorf("%d elements of the file are in the page", got)
	}
	if lines, err := h.Store.BankDifferences(t.Context(), "klaing", checkout.ModeTest, 10); err != nil || len(lines) != 0 {
		t.Fatalf("a preview imported: %v, %v", lines, err)
	}

	statement := b.importPreview(path)
	doc = b.page(statement + "?lang=en")
	wantTexts(t, doc, ".filters a", "All", "Amount differs · 0", "Twice · 0", "Ours only · 0", "Bank only · 1", "Matched · 1", "Fee · 0")
	wantTexts(t, b.page(statement+"?lang=en&state=matched"), "tbody .chip", "Matched")
	if w := b.get(path); w.Code != http.StatusNotFound {
		t.Errorf("the upload is kept after its import: %d", w.Code)
	}
	wantTexts(t, h.as(users.RoleOwner).page(start+"?lang=en"), "#attention-statements_differ", "1 line of a bank statement differs")

	line, _ := b.page(statement + "?state=bank_only").Find("tbody th a").Attr("href")
	if got := b.page(line).Find("main script, main b").Length(); got != 0 {
		t.Errorf("%d elements of the line are in the page", got)
	}
	if w := b.post(line, "note", ""); w.Code != http.StatusUnprocessableEntity {
		t.Errorf("no reason: %d", w.Code)
	}
	if w := b.post(line, "note", "x", "payment", paid.ID); w.Code != http.StatusUnprocessableEntity {
		t.Errorf("a payment that is not proposed: %d", w.Code)
	}
	if w := b.post(line, "note", "paid for <b>flowers</b>"); w.Code != http.StatusSeeOther {
		t.Fatalf("explained: %d %s", w.Code, w.Body)
	}
	if w := b.post(line, "note", "again"); w.Code != http.StatusConflict {
		t.Errorf("explained again: %d", w.Code)
	}

	if got := shownText(b.page(line+"?lang=en"), "main"); !strings.Contains(got, "paid for <b>flowers</b>") || !strings.Contains(got, "accountant@klaing.example") {
		t.Errorf("the line says %q", got)
	}
	if h.as(users.RoleOwner).page(start).Find("#attention-statements_differ").Length() != 0 {
		t.Error("what is explained needs attention")
	}
	id := line[strings.LastIndex(line, "/")+1:]
	if trail := h.trail(id); len(trail) != 1 || trail[0].Actor != users.Actor(h.members[users.RoleAccountant].ID) {
		t.Errorf("the audit trail has %+v", trail)
	}
}

func TestStatementIsWithdrawnWithAReason(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	b := h.as(users.RoleAccountant)
	file := "Date,Details,Credit,Currency\n" + h.day() + ",tea,4.00,USD\n"
	statement := b.importPreview(b.preview(file))

	w := b.post(statement+"/withdraw", "note", " ")
	if doc := document(t, w); w.Code != http.StatusUnprocessableEntity || doc.Find("details[open] #note[aria-invalid]").Length() != 1 {
		t.Errorf("without a reason: %d", w.Code)
	}
	wantRedirect(t, b.post(statement+"/withdraw", "note", "<b>wrong</b> currency"), statementsPath+"?done=statement_withdrawn")
	if w := b.get(statement); w.Code != http.StatusNotFound {
		t.Errorf("it is still there: %d", w.Code)
	}
	if got := b.page(statementsPath + "/lines?account=bank&state=bank_only").Find("tbody tr").Length(); got != 0 {
		t.Errorf("%d lines of it are", got)
	}
	if w := b.post(statement+"/withdraw", "note", "again"); w.Code != http.StatusNotFound {
		t.Errorf("withdrawn twice: %d", w.Code)
	}
	b.importPreview(b.preview(file))
}

func TestColumnsOfAStatementAreChosenAndSaved(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	b := h.as(users.RoleManager)
	file := "Booked,What,Sum\n" + h.day() + ",tea,4000\n" + h.day() + ",cake,2000\n"
	path := b.preview(file)
	doc := b.page(path)
	if doc.Find("input[name=map]").Length() != 0 || doc.Find("#column_date option").Length() != 4 {
		t.Fatalf("a file whose header says nothing: %s", doc.Find("main").Text())
	}

	if w := b.post(path+"/columns", "column_text", "#2"); w.Code != http.StatusUnprocessableEntity {
		t.Errorf("too few columns: %d", w.Code)
	}
	if w := b.post(path+"/columns", "column_date", "#1", "column_amount", "#3", "currency", "THB"); w.Code != http.StatusUnprocessableEntity {
		t.Errorf("a currency that is none of ours: %d", w.Code)
	}
	wantRedirect(t, b.post(path+"/columns", "column_date", "#1", "column_text", "#2", "column_amount", "#3", "currency", "KHR"), path+"?done=columns_saved")
	before, _ := b.page(path).Find("input[name=map]").Attr("value")
	wantTexts(t, b.page(path), "tbody td.number", "4,000 ៛", "2,000 ៛")

	wantRedirect(t, b.post(path+"/columns", "column_date", "#1", "column_amount", "#3", "currency", "USD"), path+"?done=columns_saved")
	if w := b.post(path+"/import", "map", before); w.Code != http.StatusConflict {
		t.Errorf("imported by other columns than were shown: %d", w.Code)
	}
	b.importPreview(path)
	if got := b.page(b.preview(file)).Find("#column_amount option[selected]").AttrOr("value", ""); got != "#3" {
		t.Errorf("the next statement's amount is in %q", got)
	}
}

func TestSavedColumnsGiveWayToWhatAFileSays(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	b := h.as(users.RoleManager)
	dollars := "Date,Details,Debit,Credit\n" + h.day() + ",tea,,5.00\n"
	riel := "Account currency: KHR\nDate,Details,Debit (KHR),Credit (KHR)\n" + h.day() + ",cake,,40600\n"
	other := "Booking Date,Narrative,Money in (KHR)\n" + h.day() + ",rice,8000\n"
	columns := []string{"column_date", "Date", "column_text", "Details", "column_debit", "Debit", "column_credit", "Credit", "currency"}

	path := b.preview(dollars)
	wantRedirect(t, b.post(path+"/columns", append(columns, "USD")...), path+"?done=columns_saved")
	wantTexts(t, b.page(path+"?lang=en"), "tbody td.number", "$5.00")

	path = b.preview(riel)
	doc := b.page(path)
	wantTexts(t, doc, "tbody td.number", "40,600 ៛")
	if got := doc.Find("#currency option[selected]").AttrOr("value", ""); got != "" {
		t.Errorf("the form would save the currency %q, which nobody gave", got)
	}
	if w := b.post(path+"/columns", append(columns, "USD")...); w.Code != http.StatusUnprocessableEntity || !strings.Contains(w.Body.String(), "KHR, not in USD") {
		t.Errorf("another currency than the file's: %d %s", w.Code, w.Body)
	}
	wantTexts(t, b.page(b.preview(other)), "tbody td.number", "8,000 ៛")
}

func TestFileThatIsNoStatementIsRefused(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	b := h.as(users.RoleOwner)
	for name, file := range map[string]string{"empty": "", "page": "<html><table>", "old": "\xd0\xcf\x11\xe0", "archive": "PK\x03\x04nothing"} {
		w := b.uploadStatement("x.xls", file)
		if w.Code != http.StatusUnprocessableEntity || shownText(document(t, w), "#file-problem") == "" {
			t.Errorf("%s: %d %s", name, w.Code, w.Body)
		}
	}
	large := strings.Repeat("x", statements.MaxUpload+1)
	if w := b.uploadStatement("x.csv", large); w.Code != http.StatusUnprocessableEntity && w.Code != http.StatusRequestEntityTooLarge {
		t.Errorf("a file over 10 MB: %d", w.Code)
	}
	if w := b.uploadStatement("x.csv", large+large); w.Code != http.StatusRequestEntityTooLarge {
		t.Errorf("a file over 20 MB: %d", w.Code)
	}
	if w := b.post(statementsPath+"/uploads", "account", "bank"); w.Code != http.StatusUnprocessableEntity {
		t.Errorf("no file: %d", w.Code)
	}
}

func TestStatementsOfAnotherMerchantAreUnknown(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	b := h.as(users.RoleOwner)
	file := "Date,Details,Credit,Currency\n" + h.day() + ",tea,4.00,USD\n"
	statement := b.importPreview(b.preview(file))
	line, _ := b.page(statement).Find("tbody th a").Attr("href")
	upload := b.preview(file)

	krama := h.signIn(h.createUser("owner@krama.example", map[string]users.Role{"krama": users.RoleOwner}))
	for _, path := range []string{statement, line, upload, statementsPath + "/lines?account=bank"} {
		for merchant, address := range map[string]string{"theirs": strings.Replace(path, "klaing", "krama", 1), "live": strings.Replace(path, "/test/", "/live/", 1)} {
			who := krama
			if merchant == "live" {
				who = b
			}
			w := who.get(address)
			if strings.Contains(path, "account=bank") { // its own account has that name, too
				if w.Code == http.StatusOK && strings.Contains(w.Body.String(), ">tea<") {
					t.Errorf("%s shows the line of another", address)
				}
				continue
			}
			if w.Code != http.StatusNotFound {
				t.Errorf("GET %s: %d", address, w.Code)
			}
			for _, form := range []string{"", "/columns", "/import", "/withdraw"} {
				if w := who.post(address+form, "note", "x", "column_date", "#1", "column_credit", "#3"); w.Code != http.StatusNotFound && w.Code != http.StatusMethodNotAllowed {
					t.Errorf("POST %s%s: %d", address, form, w.Code)
				}
			}
		}
	}
	account, err := h.Store.Accounts(t.Context(), "klaing", checkout.ModeTest)
	if err != nil {
		t.Fatal(err)
	}
	if w := krama.get("/dashboard/test/krama/statements/lines?account=" + account[0].ID); w.Code != http.StatusNotFound {
		t.Errorf("lines of another's account: %d", w.Code)
	}
	for _, odd := range []string{"?state=x", "?account=bank&after=x", "?account=bank&after=5.bs_1", "?account=bank&after=99999999999999.bl_1"} {
		if w := b.get(statementsPath + "/lines" + odd); w.Code != http.StatusNotFound {
			t.Errorf("%s: %d", odd, w.Code)
		}
	}
}

func TestLinesOfAStatementAreReadInPages(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	b := h.as(users.RoleOwner)
	var file strings.Builder
	file.WriteString("Date,Details,Credit,Currency\n")
	for range 103 {
		file.WriteString(h.day() + ",tea,4.00,USD\n")
	}
	statement := b.importPreview(b.preview(file.String()))
	seen := map[string]bool{}
	for path := statement; path != ""; {
		doc := b.page(path)
		doc.Find("tbody th a").Each(func(_ int, link *goquery.Selection) { seen[link.AttrOr("href", "")] = true })
		path = doc.Find("a[rel=next]").AttrOr("href", "")
	}
	if len(seen) != 103 {
		t.Errorf("%d lines are listed, want 103", len(seen))
	}
}
