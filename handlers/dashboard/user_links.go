package dashboard

import (
	"errors"
	"net/http"
	"net/url"

	"github.com/labstack/echo/v4"

	"rieltime/checkout"
	"rieltime/checkout/users"
	"rieltime/web/templates/dashboard"
)

// UserLinkPath is the path of a single-use link; its secret follows.
const UserLinkPath = Prefix + "/links/"

// acceptPath follows the path of an invitation that is accepted by a passkey.
const acceptPath = "/passkey"

// showUserLink shows what a link is for, and asks for what it needs. Only the form uses
// the link up: programs that look at links in messages do not.
func (s *Server) showUserLink(c echo.Context) error {
	link, user, err := s.users.Link(c.Request().Context(), checkout.Secret(c.Param("token")))
	if errors.Is(err, users.ErrLinkUsed) {
		return s.usedLinkPage(c)
	}
	if err != nil {
		return err
	}
	return s.userLinkPage(c, http.StatusOK, link, user, url.Values{}, nil)
}

func (s *Server) usedLinkPage(c echo.Context) error {
	lang := s.language(c, users.User{})
	return render(c, http.StatusNotFound, dashboard.SignInPage(dashboard.SignIn{
		Page: s.plainPage(c, lang, "link.used.title"), Lead: dashboard.T(lang, "link.used.lead"),
	}))
}

func (s *Server) userLinkPage(c echo.Context, status int, link users.Link, user users.User, values url.Values, wrong error) error {
	lang := s.language(c, user)
	t := func(key string, args ...string) string { return dashboard.T(lang, key, args...) }
	page := dashboard.SignIn{Page: s.plainPage(c, lang, "link."+string(link.Kind)+".title")}
	page.Form = dashboard.Form{Action: UserLinkPath + c.Param("token"), Submit: t("link.accept")}
	password := dashboard.Field{Name: "password", Label: t("link.password"), Kind: dashboard.FieldSecret, Required: true}

	switch {
	case link.Kind == users.LinkDemo:
		page.Lead, page.Form.Submit = t("link.demo.lead"), t("sign_in.submit")
	case link.Kind == users.LinkReset:
		page.Lead, page.Form.Fields = t("link.reset.lead", "email", link.Email), []dashboard.Field{password}
	default:
		lead, err := s.invitationText(c, lang, link)
		if err != nil {
			return err
		}
		page.Lead = lead
		switch {
		case user.ID == "":
			page.Form.Fields = []dashboard.Field{{Name: "name", Label: t("link.name"), MaxLength: 100, Value: values.Get("name")}, password}
			if s.passkeys != nil {
				page.Accept, page.OtherWay = page.Form.Action+acceptPath, t("link.other_way")
			}
		case s.visitor(c).ID != user.ID:
			page.Form, page.Note = dashboard.Form{}, t("link.sign_in", "email", link.Email)
		}
	}

	if wrong != nil {
		var err error
		if status, err = refused(&page.Form, wrong); err != nil {
			return err
		}
	}

	return render(c, status, dashboard.SignInPage(page))
}

func (s *Server) invitationText(c echo.Context, lang string, link users.Link) (string, error) {
	if link.Operator {
		return dashboard.T(lang, "link.operator.lead", "email", link.Email), nil
	}
	merchant, err := s.store.Merchant(c.Request().Context(), link.MerchantID)
	return dashboard.T(lang, "link.invitation.lead", "email", link.Email, "merchant", merchant.Name,
		"role", dashboard.T(lang, "role."+string(link.Role))), err
}

// visitor is the user who is signed in, or the zero User.
func (s *Server) visitor(c echo.Context) users.User {
	_, user, err := s.whoIs(c)
	if err != nil {
		return users.User{}
	}
	return user
}

// useUserLink does what a link is for, and signs its user in.
func (s *Server) useUserLink(c echo.Context) error {
	form, err := readForm(c)
	if err != nil {
		return err
	}

	token := checkout.Secret(c.Param("token"))
	link, existing, err := s.users.Link(c.Request().Context(), token)
	if errors.Is(err, users.ErrLinkUsed) {
		return s.usedLinkPage(c)
	}
	if err != nil {
		return err
	}

	visitor := s.visitor(c)
	user, err := s.users.UseLink(c.Request().Context(), token, visitor, form.Get("name"), checkout.Secret(form.Get("password")))
	switch {
	case errors.Is(err, users.ErrLinkUsed):
		return s.usedLinkPage(c)
	case errors.Is(err, users.ErrOtherUser):
		return s.userLinkPage(c, http.StatusForbidden, link, existing, form, nil)
	case err != nil:
		return s.userLinkPage(c, http.StatusOK, link, existing, form, err)
	case visitor.ID == user.ID:
		return redirect(c, Prefix)
	}

	return s.enter(c, user, users.MethodInvitation, Prefix)
}
