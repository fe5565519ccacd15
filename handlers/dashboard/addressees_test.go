package dashboard_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"rieltime/checkout"
	"rieltime/checkout/notices"
	"rieltime/checkout/users"
	"rieltime/db"
)

// sendsMail sets a mail server.
func (h *harness) sendsMail() {
	h.T.Helper()
	err := h.Store.SetMailServer(h.T.Context(), notices.MailServer{Address: "smtp.example:587", From: "pay@klaing.example", Username: "u", Password: "s3cret"})
	if err != nil {
		h.T.Fatal(err)
	}
}

func (h *harness) addressees() []notices.Addressee {
	h.T.Helper()
	all, err := h.Store.Addressees(h.T.Context(), "klaing", checkout.ModeTest)
	if err != nil {
		h.T.Fatal(err)
	}
	return all
}

// mailed is the first mail that the job queue has to send.
func (h *harness) mailed() notices.Mail {
	h.T.Helper()
	mails := make(chan notices.Mail, 10)
	stop, err := h.Store.StartQueue(context.WithoutCancel(h.T.Context()), db.Jobs{
		NotifyByMail: func(context.Context, string) (time.Duration, error) { return 0, nil },
		SendMail: func(ctx context.Context, id string) (time.Duration, error) {
			mail, err := h.Store.Mail(ctx, id)
			mails <- mail
			return 0, err
		},
	})
	if err != nil {
		h.T.Fatal(err)
	}
	mail := <-mails
	if err := stop(context.WithoutCancel(h.T.Context())); err != nil {
		h.T.Fatal(err)
	}
	return mail
}

func TestAddressIsAddedConfirmedByItsReaderAndEnded(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	b := h.as(users.RoleOwner)
	if w := b.get(noticesPath); strings.Contains(w.Body.String(), "/notices/addresses") {
		t.Error("addresses are offered where no e-mail is sent")
	}
	if w := b.post(noticesPath+"/addresses", "email", "dara@klaing.example"); w.Code != http.StatusUnprocessableEntity {
		t.Errorf("added without a mail server: %d", w.Code)
	}

	h.sendsMail()
	if w := b.post(noticesPath+"/addresses", "email", "dara@klaing.example\r\nBcc: x@y.example"); w.Code != http.StatusUnprocessableEntity || document(t, w).Find("#email-problem").Text() == "" {
		t.Errorf("a line break in an address: %d", w.Code)
	}
	wantRedirect(t, b.post(noticesPath+"/addresses", "email", "Dara@klaing.example", "language", "zh", "details", "yes"), noticesPath+"?done=address_asked")
	added := h.addressees()
	if len(added) != 1 || added[0].Email != "dara@klaing.example" || added[0].Locale != "zh" || !added[0].Details || !added[0].ConfirmedAt.IsZero() {
		t.Fatalf("added %+v", added)
	}
	h.wantActor("addressee.add", added[0].ID, users.RoleOwner)
	if w := b.post(noticesPath+"/addresses", "email", "dara@klaing.example"); w.Code != http.StatusConflict {
		t.Errorf("added twice: %d", w.Code)
	}

	page := b.get(noticesPath).Body.String()
	if !strings.Contains(page, "dara@klaing.example") || strings.Contains(page, added[0].Token.Reveal()) || strings.Contains(page, "s3cret") {
		t.Error("the page does not show the address, or shows a secret")
	}

	mail := h.mailed()
	path, ours := strings.CutPrefix(mail.Link.Reveal(), "https://pay.example")
	if mail.Kind != notices.MailConfirmation || mail.Email != "dara@klaing.example" || !ours || path != "/dashboard/mail/"+added[0].Token.Reveal() {
		t.Fatalf("mailed %+v, %s", mail, path)
	}
	reader := &browser{h: h}
	if form := reader.page(path).Find("form[method=post]"); form.Length() == 0 || !h.addressees()[0].ConfirmedAt.IsZero() {
		t.Error("looking at the link confirmed it, or it has no form")
	}
	if w := reader.post(path); w.Code != http.StatusOK || h.addressees()[0].ConfirmedAt.IsZero() {
		t.Errorf("confirmed: %d, %+v", w.Code, h.addressees())
	}
	if action, _ := reader.page(path).Find("main form[method=post]").Attr("action"); action != path+"/stop" {
		t.Errorf("the page of a confirmed address leads to %q", action)
	}
	if w := reader.post(path + "/stop"); w.Code != http.StatusOK || len(h.addressees()) != 0 {
		t.Errorf("ended: %d, %+v", w.Code, h.addressees())
	}
	for _, path := range []string{path, "/dashboard/mail/none"} {
		if get, post := reader.get(path).Code, reader.post(path).Code; get != http.StatusNotFound || post != http.StatusNotFound {
			t.Errorf("%s: %d, %d", path, get, post)
		}
	}
}

func TestAddressesOfOthersAreUnknown(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.sendsMail()
	b := h.as(users.RoleOwner)
	b.post(noticesPath+"/addresses", "email", "dara@klaing.example")
	id := h.addressees()[0].ID
	krama := h.signIn(h.createUser("owner@krama.example", map[string]users.Role{"krama": users.RoleOwner}))
	for name, code := range map[string]int{
		"of another merchant": krama.post("/dashboard/test/krama/notices/addresses/" + id + "/remove").Code,
		"of the other mode":   b.post("/dashboard/live/klaing/notices/addresses/" + id + "/remove").Code,
	} {
		if code != http.StatusNotFound {
			t.Errorf("an address %s: %d", name, code)
		}
	}
	wantRedirect(t, b.post(noticesPath+"/addresses/"+id+"/remove"), noticesPath+"?done=address_removed")
	h.wantActor("addressee.remove", id, users.RoleOwner)
}

func TestInvitationIsMailedWhereAServerIsSet(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	b := h.as(users.RoleOwner)
	invite := func(email string) string {
		w := b.post("/dashboard/test/klaing/team/invitations", "email", email, "role", "cashier")
		return b.get(w.Header().Get("Location")).Body.String()
	}
	if page := invite("one@klaing.example"); !strings.Contains(page, "/dashboard/links/") || strings.Contains(page, "អ៊ីមែលដែរ") {
		t.Errorf("without a mail server: %s", page)
	}
	h.sendsMail()
	page := invite("two@klaing.example")
	mail := h.mailed() // the first: of the other address nothing is sent
	link := mail.Link.Reveal()
	if mail.Kind != notices.MailInvitation || mail.Email != "two@klaing.example" || !strings.HasPrefix(link, "https://pay.example/dashboard/links/") || !strings.Contains(page, link) || !strings.Contains(page, "អ៊ីមែលដែរ") {
		t.Errorf("mailed %+v, %s", mail, link)
	}
}
