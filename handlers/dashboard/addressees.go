package dashboard

import (
	"context"
	"errors"
	"net/http"
	"net/url"

	"github.com/labstack/echo/v4"

	"rieltime/checkout"
	"rieltime/checkout/notices"
	"rieltime/checkout/users"
	"rieltime/handlers/internal/request"
	"rieltime/web/templates"
	"rieltime/web/templates/dashboard"
)

const addresseePrefix = "adr_"

// MailPath is the path of the page that confirms notices to an address, or ends them; its
// token follows.
const MailPath = Prefix + "/mail/"

// mailSection is the part of the page of notices that is about e-mail; nil: the server
// sends none.
func (s *Server) mailSection(c echo.Context, v viewer) (*dashboard.MailSection, error) {
	sends, err := s.notices.SendsMail(c.Request().Context())
	if err != nil || !sends {
		return nil, err
	}
	addressees, err := s.notices.Addressees(c.Request().Context(), v.merchant.ID, v.mode)
	if err != nil {
		return nil, err
	}

	section := &dashboard.MailSection{NewURL: v.path("/notices/addresses/new")}
	for _, a := range addressees {
		section.Addressees = append(section.Addressees, dashboard.Addressee{
			Email: a.Email, Language: templates.LanguageName(a.Locale), Details: a.Details, Stopped: !a.StoppedAt.IsZero(), Problem: a.Problem,
			Confirmed: !a.ConfirmedAt.IsZero(), RemoveURL: v.path("/notices/addresses/" + a.ID + "/remove"),
		})
	}
	return section, nil
}

func addresseeForm(v viewer, values url.Values) dashboard.Form {
	return dashboard.Form{
		Action: v.path("/notices/addresses"), Back: v.path("/notices"), Submit: dashboard.T(v.lang, "notices.mail.ask"),
		Fields: []dashboard.Field{
			{Name: "email", Label: dashboard.T(v.lang, "sign_in.email"), Kind: dashboard.FieldEmail, Required: true, Value: values.Get("email"), Hint: dashboard.T(v.lang, "notices.mail.hint")},
			languageField(v),
			{Name: "details", Label: dashboard.T(v.lang, "notices.details"), Kind: dashboard.FieldBox, Hint: dashboard.T(v.lang, "notices.mail.details.hint")},
		},
	}
}

func (s *Server) showAddresseeForm(c echo.Context, v viewer) error {
	return s.addresseeFormPage(c, v, http.StatusOK, addresseeForm(v, url.Values{}))
}

func (s *Server) addresseeFormPage(c echo.Context, v viewer, status int, form dashboard.Form) error {
	return render(c, status, dashboard.WithForm(dashboard.FormPage{Page: s.titled(c, v, "notices", "notices.mail.add"), Form: form}))
}

// addAddressee asks who reads an address to confirm it. Nothing else is sent there before.
func (s *Server) addAddressee(c echo.Context, v viewer) error {
	values, err := readForm(c)
	if err != nil {
		return err
	}

	addressee := notices.Addressee{
		MerchantID: v.merchant.ID, Mode: v.mode, Email: values.Get("email"), Locale: languageOf(v, values), Details: values.Get("details") == "yes",
	}
	if err := s.notices.AddAddressee(v.context(c), addressee, s.baseURL+MailPath); err != nil {
		form := addresseeForm(v, values)
		status, refusal := refused(&form, err)
		if refusal != nil {
			return refusal
		}
		return s.addresseeFormPage(c, v, status, form)
	}
	return redirect(c, v.path("/notices?done=address_asked"))
}

func (s *Server) removeAddressee(c echo.Context, v viewer) error {
	id, err := request.PathID(c, "addressee", addresseePrefix)
	if err != nil {
		return err
	}
	if err := s.notices.RemoveAddressee(v.context(c), v.merchant.ID, v.mode, id); err != nil {
		return err
	}
	return redirect(c, v.path("/notices?done=address_removed"))
}

// showMailPage asks who reads an address whether it may be notified. Only its form decides:
// programs that look at links in messages do not.
func (s *Server) showMailPage(c echo.Context) error {
	addressee, err := s.notices.Addressee(c.Request().Context(), checkout.Secret(c.Param("token")))
	if errors.Is(err, notices.ErrMailLink) {
		return s.mailPageEnded(c, http.StatusNotFound, "mail.unknown")
	}
	if err != nil {
		return err
	}
	merchant, err := s.store.Merchant(c.Request().Context(), addressee.MerchantID)
	if err != nil {
		return err
	}

	lang := s.language(c, users.User{Locale: addressee.Locale})
	question, action := "mail.confirm", MailPath+c.Param("token")
	if !addressee.ConfirmedAt.IsZero() {
		question, action = "mail.stop", action+"/stop"
	}
	return render(c, http.StatusOK, dashboard.SignInPage(dashboard.SignIn{
		Page: s.plainPage(c, lang, question+".title"),
		Lead: dashboard.T(lang, question+".lead", "merchant", merchant.Name, "email", addressee.Email),
		Form: dashboard.Form{Action: action, Submit: dashboard.T(lang, question+".submit")},
	}))
}

func (s *Server) mailPageEnded(c echo.Context, status int, key string) error {
	lang := s.language(c, users.User{})
	return render(c, status, dashboard.SignInPage(dashboard.SignIn{Page: s.plainPage(c, lang, key+".title"), Lead: dashboard.T(lang, key+".lead")}))
}

func (s *Server) confirmAddressee(c echo.Context) error {
	return s.answerMailPage(c, "mail.confirmed", s.notices.ConfirmAddressee)
}

func (s *Server) stopAddressee(c echo.Context) error {
	return s.answerMailPage(c, "mail.stopped", s.notices.StopAddressee)
}

func (s *Server) answerMailPage(c echo.Context, done string, answer func(context.Context, checkout.Secret) error) error {
	err := answer(checkout.WithActor(c.Request().Context(), "addressee"), checkout.Secret(c.Param("token")))
	switch {
	case errors.Is(err, notices.ErrMailLink), errors.Is(err, checkout.ErrNotFound):
		return s.mailPageEnded(c, http.StatusNotFound, "mail.unknown")
	case err != nil:
		return err
	}
	return s.mailPageEnded(c, http.StatusOK, done)
}
