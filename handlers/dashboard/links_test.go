package dashboard_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"rieltime/checkout"
	"rieltime/checkout/users"
)

const linksPath = "/dashboard/test/klaing/links"

// everyLinkField fills in every field of a link's form.
var everyLinkField = []string{
	"description", "Cooking class", "currency", "USD", "amount_min", "5.00", "amount_max", "20.00",
	"payment_methods", "bank", "max_uses", "40", "expires_at", "2026-05-01T18:30", "locale", "km", "reference_prefix", "class",
	"success_url", "https://shop.example/thanks", "cancel_url", "https://shop.example/class",
	"custom_fields[0].label", "", "custom_fields[0].key", "",
	"custom_fields[1].label", "Table", "custom_fields[1].key", "table", "custom_fields[1].max_length", "3", "custom_fields[1].required", "yes",
	"custom_fields[3].label", "Allergies", "custom_fields[3].key", "allergies",
}

func (h *harness) link(merchant string, mode checkout.Mode) checkout.Link {
	h.T.Helper()
	link, err := h.CreateLink(h.T.Context(), merchant, mode, checkout.LinkParams{Amount: "5.00", Currency: "USD", Description: "Class"})
	if err != nil {
		h.T.Fatal(err)
	}
	return link
}

// formValues are what a browser would send of a page's form.
func formValues(doc *goquery.Document, form string) url.Values {
	values := url.Values{}
	doc.Find(form).Find("input[name], textarea[name], select[name]").Each(func(_ int, field *goquery.Selection) {
		name, _ := field.Attr("name")
		kind, _ := field.Attr("type")
		_, checked := field.Attr("checked")
		value, _ := field.Attr("value")
		switch {
		case goquery.NodeName(field) == "textarea":
			value = field.Text()
		case goquery.NodeName(field) == "select":
			value, _ = field.Find("option[selected]").Attr("value")
		case (kind == "checkbox" || kind == "radio") && !checked:
			return
		}

		values.Add(name, value)
	})
	return values
}

func asJSON(t *testing.T, value any) string {
	t.Helper()
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// pairs are the values as post takes them.
func pairs(values url.Values) (all []string) {
	for name, each := range values {
		for _, value := range each {
			all = append(all, name, value)
		}
	}
	return all
}

func TestLinkIsMadeAndChangedWithAllItsFields(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	b := h.as(users.RoleManager)
	b.page(linksPath + "/new")

	address := b.post(linksPath, everyLinkField...).Header().Get("Location")
	page, _, found := strings.Cut(address, "?done=link_created")
	link, err := h.Link(t.Context(), strings.TrimPrefix(page, linksPath+"/"))
	if err != nil || !found {
		t.Fatalf("made at %q: %v", address, err)
	}

	fields := []checkout.CustomField{{Key: "table", Label: "Table", Required: true, MaxLength: 3}, {Key: "allergies", Label: "Allergies", MaxLength: 255}}
	if link.Least.Decimal() != "5.00" || link.Most.Decimal() != "20.00" || link.MaxUses != 40 || link.Locale != "km" || link.ReferencePrefix != "class" ||
		link.SuccessURL == "" || link.CancelURL == "" || !slices.Equal(link.PaymentMethods, []string{"bank"}) || !slices.Equal(link.CustomFields, fields) ||
		!link.ExpiresAt.Equal(time.Date(2026, 5, 1, 11, 30, 0, 0, time.UTC)) {
		t.Errorf("made %+v", link)
	}

	// The form says all of it, so that saving it again changes nothing.
	values := formValues(b.page(page+"/edit"), "form.stack")
	wantRedirect(t, b.post(page, pairs(values)...), page+"?done=link_saved")
	again, err := h.Link(t.Context(), link.ID)
	if before, after := asJSON(t, link.Public("")), asJSON(t, again.Public("")); err != nil || before != after {
		t.Errorf("saved unchanged, %s is %s, %v", before, after, err)
	}

	wantRedirect(t, b.post(page, "description", "Class", "currency", "KHR", "amount", "20000"), page+"?done=link_saved")
	if again, _ = h.Link(t.Context(), link.ID); again.Amount != (checkout.Money{Minor: 20000, Currency: checkout.KHR}) || again.MaxUses != 0 || len(again.CustomFields) != 0 {
		t.Errorf("changed to %+v", again)
	}

	wantRedirect(t, b.post(page+"/pause"), page+"?done=link_paused")
	if again, _ = h.Link(t.Context(), link.ID); again.Active {
		t.Error("a paused link is active")
	}

	wantRedirect(t, b.post(page+"/resume"), page+"?done=link_resumed")
	if again, _ = h.Link(t.Context(), link.ID); !again.Active {
		t.Error("a link that was resumed is not active")
	}

	h.wantActor("payment_link.activate", link.ID, users.RoleManager)
}

func TestFormOfALinkKeepsItsPayCurrencies(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	b := h.as(users.RoleManager)
	for _, currencies := range [][]string{nil, {}, {"USD"}, {"KHR", "USD"}, {"USD", "KHR"}} {
		link, err := h.CreateLink(t.Context(), "klaing", checkout.ModeTest, checkout.LinkParams{Amount: "5.00", Currency: "USD", Description: "Class", PayCurrencies: currencies})
		if err != nil {
			t.Fatal(err)
		}
		page := linksPath + "/" + link.ID
		wantRedirect(t, b.post(page, pairs(formValues(b.page(page+"/edit"), "form.stack"))...), page+"?done=link_saved")
		if after, err := h.Link(t.Context(), link.ID); err != nil || asJSON(t, after.PayCurrencies) != asJSON(t, currencies) {
			t.Errorf("%v became %v, %v", currencies, after.PayCurrencies, err)
		}
	}

	link := h.link("klaing", checkout.ModeTest)
	for text, want := range map[string]string{"USD KHR": `["USD","KHR"]`, "none": "[]", "": "null"} {
		b.post(linksPath+"/"+link.ID, "description", "Class", "currency", "USD", "amount", "5.00", "pay_currencies", text)
		if after, err := h.Link(t.Context(), link.ID); err != nil || asJSON(t, after.PayCurrencies) != want {
			t.Errorf("%q: %v, %v", text, after.PayCurrencies, err)
		}
	}
}

func TestLinkShowsItsAddressPosterUsesAndTakings(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	link := h.link("klaing", checkout.ModeTest)
	for range 2 {
		session, err := h.OpenLink(t.Context(), link.ID, checkout.LinkChoice{})
		if err != nil {
			t.Fatal(err)
		}

		purchase := h.Start(session.ID)
		h.AnswerPaid(*h.Latest(purchase), "trx-"+session.ID)
		h.SendCallback(*h.Latest(purchase))
		h.WantComplete(purchase)
	}

	if _, err := h.OpenLink(t.Context(), link.ID, checkout.LinkChoice{}); err != nil {
		t.Fatal(err)
	}

	b := h.as(users.RoleAccountant)
	doc := b.page(linksPath + "/" + link.ID)
	if shown, _ := doc.Find("input[readonly]").Attr("value"); shown != "https://pay.example/l/"+link.ID {
		t.Errorf("the address is %q", shown)
	}

	if doc.Find("a[href$='/poster?size=a4']").Length() != 1 || doc.Find("form[action$=pause]").Length() != 0 {
		t.Error("no poster, or an accountant may pause the link")
	}

	if facts := doc.Find("dl.facts").Text(); !strings.Contains(facts, "$10.00") {
		t.Errorf("takings: %q", facts)
	}

	if row := b.page(linksPath + "?show=active").Find("tbody tr").Text(); !strings.Contains(row, "$10.00") {
		t.Errorf("the list says %q", row)
	}

	if n := b.page(linksPath + "?show=paused").Find("tbody tr").Length(); n != 0 {
		t.Errorf("%d paused links", n)
	}

	w := h.as(users.RoleManager).post(linksPath+"/"+link.ID, "description", "Class", "currency", "KHR", "amount", "20000")
	if w.Code != http.StatusConflict || document(t, w).Find("#currency-problem").Text() == "" {
		t.Errorf("another currency for a link that was paid: %d", w.Code)
	}
}

func TestWrongLinkIsRefusedAtItsFields(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	b := h.as(users.RoleManager)
	w := b.post(linksPath, "description", "", "currency", "USD", "amount", "a lot", "success_url", "https://evil.example/",
		"custom_fields[2].label", "Table", "custom_fields[2].key", "Table No.")
	doc := document(t, w)
	if w.Code != http.StatusUnprocessableEntity {
		t.Errorf("%d", w.Code)
	}

	for _, field := range []string{"description", "amount", "success_url", "custom_fields[0].key"} {
		if doc.Find("[id='"+field+"-problem']").Text() == "" {
			t.Errorf("nothing at %s", field)
		}
	}

	if typed, _ := doc.Find("[name='custom_fields[0].key']").Attr("value"); typed != "Table No." {
		t.Errorf("what was typed is lost: %q", typed)
	}

	for _, fields := range [][]string{{"max_uses", "many"}, {"expires_at", "soon"}, {"custom_fields[0].max_length", "x"}} {
		w := b.post(linksPath, append(fields, "description", "Class", "currency", "USD", "amount", "5", "custom_fields[0].key", "a", "custom_fields[0].label", "A")...)
		if w.Code != http.StatusUnprocessableEntity || document(t, w).Find("[id='"+fields[0]+"-problem']").Text() == "" {
			t.Errorf("%v: %d", fields, w.Code)
		}
	}
}

func TestLinksOfOthersAreUnknown(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	b := h.as(users.RoleOwner)
	for _, link := range []checkout.Link{h.link("krama", checkout.ModeTest), h.link("klaing", checkout.ModeLive)} {
		path := linksPath + "/" + link.ID
		for _, code := range []int{
			b.get(path).Code, b.get(path + "/edit").Code, b.post(path, "description", "Mine", "currency", "USD", "amount", "1").Code,
			b.post(path + "/pause").Code, b.post(path + "/resume").Code,
		} {
			if code != http.StatusNotFound {
				t.Errorf("a link of %s in %s mode: %d", link.MerchantID, link.Mode, code)
			}
		}

		if after, err := h.Link(t.Context(), link.ID); err != nil || !after.Active || after.Description != "Class" {
			t.Errorf("now %+v, %v", after, err)
		}

		if page := b.get(linksPath).Body.String(); strings.Contains(page, link.ID) {
			t.Errorf("the list shows a link of %s in %s mode", link.MerchantID, link.Mode)
		}
	}
}

func TestTextsOfMerchantsAreTexts(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	b := h.as(users.RoleOwner)
	const markup = `"><script id=x>alert(1)</script><img src=x onerror=alert(1)>`
	page, _, _ := strings.Cut(b.post(linksPath, "description", markup, "currency", "USD", "amount", "5.00", "reference_prefix", "<b>",
		"custom_fields[0].key", "a", "custom_fields[0].label", markup).Header().Get("Location"), "?")
	b.post(webhooksPath, "url", "https://shop.example/?<script>", "events", "*", "description", markup)
	b.post(keysPath, "name", markup, "scopes", "read")

	endpoints, _, err := h.Store.ListEndpoints(t.Context(), "klaing", checkout.ModeTest, checkout.ListPart{Limit: 1})
	if err != nil || len(endpoints) != 1 {
		t.Fatalf("%d endpoints, %v", len(endpoints), err)
	}

	for _, address := range []string{linksPath, page, page + "/edit", keysPath, webhooksPath, webhooksPath + "/" + endpoints[0].ID, webhooksPath + "/" + endpoints[0].ID + "/edit"} {
		doc := b.page(address)
		if n := doc.Find("#x, script:not([src]), [onerror], b").Length(); n != 0 {
			t.Errorf("%s: %d pieces of markup", address, n)
		}

		if text, _ := doc.Html(); !strings.Contains(text, "alert(1)") {
			t.Errorf("%s does not show the text", address)
		}
	}
}
