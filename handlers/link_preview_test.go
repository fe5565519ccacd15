package handlers_test

import (
	"strings"
	"testing"

	"rieltime/checkout"
)

func TestLinkPreviewSaysWhatIsSoldAndNothingOfABuyer(t *testing.T) {
	t.Parallel()
	h := newHarness(t, hurried)
	_, err := h.store.ApplyMerchant(t.Context(), checkout.MerchantSetup{At: h.clock.Now(), Merchant: checkout.Merchant{
		ID: "klaing", Name: `Coffee "Klaing"`, ReturnHosts: []string{"shop.example"}, LatePayments: checkout.LateReview, LogoURL: "https://shop.example/logo.png",
	}})
	if err != nil {
		t.Fatal(err)
	}

	link := h.link(`"amount":"7.50"`, `"description":"<b>Class</b>"`, `"custom_fields":[{"key":"name","label":"Your name"}]`)
	openedBy(t, h.submit("/l/"+link.ID, "field_name", "Sok Dara"))
	w := h.get("/l/" + link.ID)
	page := w.Body.String()
	doc := wantPage(t, w)
	tag := func(name string) string { return doc.Find("head meta[property='og:"+name+"']").AttrOr("content", "") }
	for name, want := range map[string]string{"site_name": `Coffee "Klaing"`, "title": "<b>Class</b>", "url": baseURL + "/l/" + link.ID} {
		if got := tag(name); got != want {
			t.Errorf("og:%s is %q, want %q", name, got, want)
		}
	}

	if text := tag("description"); !strings.Contains(text, "$7.50") {
		t.Errorf("og:description is %q", text)
	}

	if picture := tag("image"); !strings.HasPrefix(picture, baseURL+"/logos/") {
		t.Errorf("og:image is %q", picture)
	}

	if strings.Contains(page, "Sok Dara") {
		t.Error("the page names a buyer")
	}
}
