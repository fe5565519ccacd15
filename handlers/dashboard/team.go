package dashboard

import (
	"net/http"
	"net/url"
	"slices"

	"github.com/labstack/echo/v4"

	"rieltime/checkout"
	"rieltime/checkout/notices"
	"rieltime/checkout/users"
	"rieltime/handlers/internal/request"
	"rieltime/web/templates"
	"rieltime/web/templates/dashboard"
)

// Prefixes of ids in paths.
const (
	userPrefix       = "usr_"
	signInPrefix     = "sin_"
	invitationPrefix = "lnk_"
)

func (s *Server) showTeam(c echo.Context, v viewer) error {
	return s.teamPage(c, v, http.StatusOK, inviteForm(v, url.Values{}))
}

func inviteForm(v viewer, values url.Values) dashboard.Form {
	return dashboard.Form{
		Action: v.path("/team/invitations"), Submit: dashboard.T(v.lang, "team.invite"),
		Fields: []dashboard.Field{
			{Name: "email", Label: dashboard.T(v.lang, "sign_in.email"), Kind: dashboard.FieldEmail, Required: true, Value: values.Get("email")},
			roleField(v, users.Role(values.Get("role"))),
		},
	}
}

func roleField(v viewer, chosen users.Role) dashboard.Field {
	field := dashboard.Field{Name: "role", Label: dashboard.T(v.lang, "team.role"), Kind: dashboard.FieldSelect, Required: true, Value: string(chosen)}
	if !chosen.Valid() {
		field.Value = string(users.RoleCashier)
	}
	for _, role := range users.Roles() {
		field.Options = append(field.Options, dashboard.Option{Value: string(role), Text: dashboard.T(v.lang, "role."+string(role))})
	}
	return field
}

func (s *Server) teamPage(c echo.Context, v viewer, status int, form dashboard.Form) error {
	ctx := c.Request().Context()
	members, err := s.users.Members(ctx, v.merchant.ID)
	if err != nil {
		return err
	}
	invitations, err := s.users.OpenInvitations(ctx, v.merchant.ID)
	if err != nil {
		return err
	}

	mails, err := s.notices.InvitationMails(ctx, v.merchant.ID)
	if err != nil {
		return err
	}

	page := dashboard.Team{Page: s.page(c, v, "team"), Invite: form}
	setDone(c, &page.Page, "invitation_withdrawn", "member_removed")
	for _, m := range members {
		page.Members = append(page.Members, dashboard.TeamMember{
			Name: m.DisplayName(), Email: m.Email, Role: string(m.Role), URL: v.path("/team/" + m.ID), Disabled: !m.DisabledAt.IsZero(),
		})
	}
	for _, i := range invitations {
		page.Invitations = append(page.Invitations, dashboard.TeamInvitation{
			Email: i.Email, Role: string(i.Role), Until: templates.FormatTime(v.lang, i.ExpiresAt), WithdrawURL: v.path("/team/invitations/" + i.ID + "/withdraw"),
			Mail: mailState(mails, i.ID), MailProblem: mails[i.ID].Problem,
		})
	}
	return render(c, status, dashboard.TeamPage(page))
}

// mailState is what became of the mail of an invitation; empty when it was not mailed.
func mailState(mails map[string]notices.Mail, invitationID string) string {
	mail, mailed := mails[invitationID]
	if !mailed {
		return ""
	}
	return string(mail.State())
}

// invite makes a single-use link, and goes on to the page that shows it.
func (s *Server) invite(c echo.Context, v viewer) error {
	values, err := readForm(c)
	if err != nil {
		return err
	}

	token, invitation, err := s.users.InviteMember(v.context(c), v.merchant.ID, values.Get("email"), users.Role(values.Get("role")))
	if err != nil {
		form := inviteForm(v, values)
		status, refusal := refused(&form, err)
		if refusal != nil {
			return refusal
		}
		return s.teamPage(c, v, status, form)
	}

	address := checkout.Secret(s.baseURL + UserLinkPath + token.Reveal())
	if err := s.users.KeepSecret(v.context(c), v.signIn, invitation.ID, address); err != nil {
		return err
	}
	page := v.path("/team/invitations/" + invitation.ID + "/secret")
	if s.mailInvitation(c, v, invitation, address) {
		page += "?done=invitation_mailed"
	}
	return redirect(c, page)
}

// showInvitation shows the link of an invitation that was just made, this once.
func (s *Server) showInvitation(c echo.Context, v viewer) error {
	id, err := request.PathID(c, "invitation", invitationPrefix)
	if err != nil {
		return err
	}
	open, err := s.users.OpenInvitations(c.Request().Context(), v.merchant.ID)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(open, func(l users.Link) bool { return l.ID == id })
	if i < 0 {
		return checkout.ErrNotFound
	}

	page := s.titled(c, v, "team", "invitation.title")
	setDone(c, &page, "invitation_mailed")
	return s.secretPage(c, v, id, dashboard.SecretPage{
		Page: page, Label: dashboard.T(v.lang, "invitation.link"), NextURL: v.path("/team"),
		Facts: []dashboard.Fact{
			{Name: dashboard.T(v.lang, "invitation.for"), Text: open[i].Email},
			{Name: dashboard.T(v.lang, "team.role"), Text: dashboard.T(v.lang, "role."+string(open[i].Role))},
			{Name: dashboard.T(v.lang, "invitation.until"), Text: templates.FormatTime(v.lang, open[i].ExpiresAt)},
		},
	})
}

// mailInvitation has an invitation sent by e-mail, and reports whether it will be. The
// link is shown either way, so that a failure is no reason to make another one.
func (s *Server) mailInvitation(c echo.Context, v viewer, invitation users.Link, address checkout.Secret) bool {
	sends, err := s.notices.SendsMail(c.Request().Context())
	if err == nil && sends {
		err = s.notices.MailInvitation(v.context(c), invitation, address, v.lang)
	}
	if err != nil {
		s.log.Warn("invitation not mailed", "merchant", v.merchant.ID, "error", err)
	}
	return sends && err == nil
}

func (s *Server) withdrawInvitation(c echo.Context, v viewer) error {
	id, err := request.PathID(c, "invitation", invitationPrefix)
	if err != nil {
		return err
	}
	if err := s.users.WithdrawInvitation(v.context(c), v.merchant.ID, id); err != nil {
		return err
	}
	return redirect(c, v.path("/team?done=invitation_withdrawn"))
}

// member finds the member of the path in the viewer's team.
func (s *Server) member(c echo.Context, v viewer) (users.Member, error) {
	id, err := request.PathID(c, "user", userPrefix)
	if err != nil {
		return users.Member{}, err
	}
	return s.users.Member(c.Request().Context(), v.merchant.ID, id)
}

func (s *Server) showMember(c echo.Context, v viewer) error {
	member, err := s.member(c, v)
	if err != nil {
		return err
	}
	return s.memberPage(c, v, member, http.StatusOK, roleForm(v, member))
}

func roleForm(v viewer, member users.Member) dashboard.Form {
	return dashboard.Form{
		Action: v.path("/team/" + member.ID + "/role"), Submit: dashboard.T(v.lang, "form.save"), Fields: []dashboard.Field{roleField(v, member.Role)},
	}
}

func (s *Server) memberPage(c echo.Context, v viewer, member users.Member, status int, form dashboard.Form) error {
	signIns, err := s.users.SignIns(c.Request().Context(), member.ID)
	if err != nil {
		return err
	}

	path := v.path("/team/" + member.ID)
	page := dashboard.MemberPage{
		Page: s.titled(c, v, "team", "member.title"), Name: member.DisplayName(), Email: member.Email, Role: form,
		RemoveURL: path + "/remove",
	}
	for _, in := range signIns {
		view := signInView(signedIn{user: v.user, signIn: v.signIn, lang: v.lang}, in)
		view.Path = path + "/sign-ins/" + in.ID
		page.SignIns = append(page.SignIns, view)
	}
	setDone(c, &page.Page, "role_set", "sign_in_ended")
	return render(c, status, dashboard.OneMemberPage(page))
}

func (s *Server) setRole(c echo.Context, v viewer) error {
	member, err := s.member(c, v)
	if err != nil {
		return err
	}
	values, err := readForm(c)
	if err != nil {
		return err
	}

	if err := s.users.SetRole(v.context(c), v.merchant.ID, member.ID, users.Role(values.Get("role"))); err != nil {
		form := roleForm(v, member)
		status, refusal := refused(&form, err)
		if refusal != nil {
			return refusal
		}
		return s.memberPage(c, v, member, status, form)
	}
	return redirect(c, v.path("/team/"+member.ID+"?done=role_set"))
}

func (s *Server) removeMember(c echo.Context, v viewer) error {
	member, err := s.member(c, v)
	if err != nil {
		return err
	}
	if err := s.users.RemoveMember(v.context(c), v.merchant.ID, member.ID, false); err != nil {
		form := roleForm(v, member)
		status, refusal := refused(&form, err)
		if refusal != nil {
			return refusal
		}
		return s.memberPage(c, v, member, status, form)
	}
	return redirect(c, v.path("/team?done=member_removed"))
}

// endMembersSignIn ends a sign-in of a member. It is theirs also when they work for
// other merchants.
func (s *Server) endMembersSignIn(c echo.Context, v viewer) error {
	member, err := s.member(c, v)
	if err != nil {
		return err
	}
	id, err := request.PathID(c, "sign_in", signInPrefix)
	if err != nil {
		return err
	}
	if err := s.users.EndSignInOf(v.context(c), member.ID, id); err != nil {
		return err
	}
	return redirect(c, v.path("/team/"+member.ID+"?done=sign_in_ended"))
}
