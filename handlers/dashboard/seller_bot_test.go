package dashboard_test

import (
	"errors"
	"strings"
	"testing"

	"rieltime/checkout"
	"rieltime/checkout/notices"
	"rieltime/checkout/users"
)

const sellerPath = "/dashboard/test/klaing/bot"

func TestCashierLinksTheOwnPersonInTelegram(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.telegram[botToken] = 4200
	cashier := h.as(users.RoleCashier)
	if text := cashier.page(sellerPath + "?lang=en").Find("main").Text(); !strings.Contains(text, "no bot yet") {
		t.Errorf("without a bot: %q", text)
	}
	h.as(users.RoleOwner).post(noticesPath+"/bot", "token", botToken)

	doc := document(t, cashier.post(sellerPath+"/code"))
	shown, _ := doc.Find("input[readonly]").Attr("value")
	if href, _ := doc.Find("main .actions a").First().Attr("href"); href != "https://t.me/klaing_bot?start="+strings.TrimPrefix(shown, "/start ") {
		t.Errorf("the button leads to %q", href)
	}
	service := notices.NewService(h.Store, h.telegram, h.Clock)
	link := func(person int64) (notices.Person, error) {
		return service.LinkPerson(t.Context(), strings.TrimPrefix(shown, "/start "), notices.Person{MerchantID: "klaing", Mode: checkout.ModeTest, PersonID: person})
	}
	person, err := link(7)
	if err != nil || person.UserID != h.members[users.RoleCashier].ID {
		t.Fatalf("%+v, %v", person, err)
	}
	if _, err := link(8); !errors.Is(err, notices.ErrNoCode) {
		t.Errorf("the code links a second person: %v", err)
	}
	h.wantActor("telegram_person.link", person.UserID, users.RoleCashier)

	if text := cashier.page(sellerPath + "?lang=en").Find("main").Text(); !strings.Contains(text, "You are linked") {
		t.Errorf("linked: %q", text)
	}
	if text := h.as(users.RoleManager).page(sellerPath + "?lang=en").Find("main").Text(); strings.Contains(text, "You are linked") {
		t.Error("another user is linked too")
	}
	wantRedirect(t, cashier.post(sellerPath+"/unlink"), sellerPath+"?done=seller_unlinked")
	h.wantActor("telegram_person.unlink", person.UserID, users.RoleCashier)
	if _, err := h.Store.Person(t.Context(), "klaing", checkout.ModeTest, 7); !errors.Is(err, checkout.ErrNotFound) {
		t.Errorf("still linked: %v", err)
	}
}
