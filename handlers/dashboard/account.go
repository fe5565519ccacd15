package dashboard

import (
	"errors"
	"net/http"
	"net/url"

	"github.com/labstack/echo/v4"

	"rieltime/checkout"
	"rieltime/checkout/users"
	"rieltime/handlers/internal/request"
	"rieltime/web/templates"
	"rieltime/web/templates/dashboard"
)

const accountPath = Prefix + "/account"

func (s *Server) registerAccount(group *echo.Group) {
	group.GET(accountPath, s.asUser(false, s.showAccount))
	group.POST(accountPath, s.asUser(false, s.changeProfile))
	group.POST(passwordPath, s.asUser(false, s.changePassword))
	group.POST(accountPath+"/passkeys/:passkey/rename", s.asUser(false, s.renamePasskey))
	group.POST(accountPath+"/passkeys/:passkey/remove", s.asUser(true, s.removePasskey))
	group.POST(accountPath+"/sign-ins/:sign_in/end", s.asUser(false, s.endOwnSignIn))
}

// showAccount shows a user what is theirs: profile, passkeys, where they are signed in.
func (s *Server) showAccount(c echo.Context, v signedIn) error {
	return s.accountPage(c, v, http.StatusOK, s.accountForms(v))
}

// accountForms are the forms of a user's page.
type accountForms struct {
	profile, password dashboard.Form
	renamed           dashboard.Passkey // whose new name was refused, with the name and the error; zero: none
	problem           string            // what was refused otherwise; empty: nothing
}

func (s *Server) accountForms(v signedIn) accountForms {
	return accountForms{
		profile:  profileForm(v, url.Values{"name": {v.user.Name}, "locale": {v.user.Locale}}),
		password: s.passwordForm(v),
	}
}

func profileForm(v signedIn, values url.Values) dashboard.Form {
	t := func(key string) string { return dashboard.T(v.lang, key) }
	locale := dashboard.Field{
		Name: "locale", Label: t("page.language"), Kind: dashboard.FieldSelect, Value: values.Get("locale"),
		Options: []dashboard.Option{{Value: "", Text: t("account.language.browser")}},
	}
	for _, lang := range templates.Languages {
		locale.Options = append(locale.Options, dashboard.Option{Value: lang, Text: templates.LanguageName(lang)})
	}

	return dashboard.Form{
		Action: accountPath, Submit: t("form.save"),
		Fields: []dashboard.Field{
			{Name: "name", Label: t("account.name"), Value: values.Get("name"), MaxLength: 100, Hint: t("account.name.hint")},
			locale,
		},
	}
}

func (s *Server) accountPage(c echo.Context, v signedIn, status int, forms accountForms) error {
	ctx := c.Request().Context()
	passkeys, err := s.users.Passkeys(ctx, v.user.ID)
	if err != nil {
		return err
	}
	signIns, err := s.users.SignIns(ctx, v.user.ID)
	if err != nil {
		return err
	}

	page := dashboard.Account{
		Page: s.userPage(c, v, "account.title"), Email: v.user.Email, Profile: forms.profile, Password: forms.password, NewPasskey: s.passkeyAction(""),
		HasPassword: v.user.PasswordHash != "", NeedsProof: s.needsProof(v),
	}
	if err := s.setCodes(c, v, &page); err != nil {
		return err
	}
	setDone(c, &page.Page, "profile", "password", "sign_in_confirmed", "sign_in_refused", "codes_removed", "passkey_added", "passkey_renamed", "passkey_removed", "sign_in_ended")
	if forms.problem != "" {
		page.Notice = &dashboard.Notice{Problem: true, Text: forms.problem}
	}
	for _, passkey := range passkeys {
		view := passkeyView(v.lang, passkey)
		if view.ID == forms.renamed.ID {
			view.NewName, view.NameError = forms.renamed.NewName, forms.renamed.NameError
		}
		page.Passkeys = append(page.Passkeys, view)
	}
	for _, signIn := range signIns {
		page.SignIns = append(page.SignIns, signInView(v, signIn))
	}
	return render(c, status, dashboard.AccountPage(page))
}

func passkeyView(lang string, passkey users.Passkey) dashboard.Passkey {
	view := dashboard.Passkey{
		ID: passkey.ID, Name: passkey.Name, NewName: passkey.Name, Path: accountPath + "/passkeys/" + passkey.ID,
		BackedUp: passkey.BackedUp, Copied: !passkey.CopiedAt.IsZero(), CreatedAt: templates.FormatTime(lang, passkey.CreatedAt),
	}
	if !passkey.UsedAt.IsZero() {
		view.UsedAt = templates.FormatTime(lang, passkey.UsedAt)
	}
	return view
}

func signInView(v signedIn, signIn users.SignIn) dashboard.OwnSignIn {
	return dashboard.OwnSignIn{
		Browser: browserName(signIn.UserAgent), Address: signIn.Address, Method: methodText(v.lang, signIn), This: signIn.ID == v.signIn.ID,
		Path: accountPath + "/sign-ins/" + signIn.ID, CreatedAt: templates.FormatTime(v.lang, signIn.CreatedAt), SeenAt: templates.FormatTime(v.lang, signIn.SeenAt),
	}
}

// methodText is how a user signed in.
func methodText(lang string, signIn users.SignIn) string {
	return dashboard.T(lang, "method."+string(signIn.Method), "browser", browserName(signIn.ConfirmedBy))
}

func (s *Server) changeProfile(c echo.Context, v signedIn) error {
	values, err := readForm(c)
	if err != nil {
		return err
	}

	if err := s.users.SetProfile(v.context(c), v.user.ID, values.Get("name"), values.Get("locale"), templates.Languages); err != nil {
		forms := s.accountForms(v)
		forms.profile = profileForm(v, values)
		status, refusal := refused(&forms.profile, err)
		if refusal != nil {
			return refusal
		}
		return s.accountPage(c, v, status, forms)
	}
	return redirect(c, accountPath+"?done=profile")
}

func (s *Server) renamePasskey(c echo.Context, v signedIn) error {
	id, err := request.PathID(c, "passkey", "pky_")
	if err != nil {
		return err
	}
	values, err := readForm(c)
	if err != nil {
		return err
	}
	if err := s.users.RenamePasskey(v.context(c), v.user.ID, id, values.Get("name")); err != nil {
		var wrong *checkout.Error
		if !errors.As(err, &wrong) || wrong.Param != "name" {
			return err
		}
		forms := s.accountForms(v)
		forms.renamed = dashboard.Passkey{ID: id, NewName: values.Get("name"), NameError: dashboard.T(v.lang, "problem.name_invalid")}
		return s.accountPage(c, v, http.StatusUnprocessableEntity, forms)
	}
	return redirect(c, accountPath+"?done=passkey_renamed")
}

func (s *Server) removePasskey(c echo.Context, v signedIn) error {
	id, err := request.PathID(c, "passkey", "pky_")
	if err != nil {
		return err
	}
	err = s.users.RemovePasskey(v.context(c), v.user.ID, id)
	if errors.Is(err, users.ErrLastPasskey) {
		forms := s.accountForms(v)
		forms.problem = dashboard.T(v.lang, "problem.last_passkey")
		return s.accountPage(c, v, http.StatusConflict, forms)
	}
	if err != nil {
		return err
	}
	return redirect(c, accountPath+"?done=passkey_removed")
}

func (s *Server) endOwnSignIn(c echo.Context, v signedIn) error {
	id, err := request.PathID(c, "sign_in", "sin_")
	if err != nil {
		return err
	}
	if err := s.users.EndSignInOf(v.context(c), v.user.ID, id); err != nil {
		return err
	}
	return redirect(c, accountPath+"?done=sign_in_ended")
}
