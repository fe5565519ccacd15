package dashboard

import (
	"net/http"

	"rieltime/checkout/users"
)

func (s *Server) teamRoutes() []route {
	return []route{
		{http.MethodGet, "/team", users.ManageTeam, false, s.showTeam},
		{http.MethodPost, "/team/invitations", users.ManageTeam, true, s.invite},
		{http.MethodGet, "/team/invitations/:invitation/secret", users.ManageTeam, true, s.showInvitation},
		{http.MethodPost, "/team/invitations/:invitation/withdraw", users.ManageTeam, true, s.withdrawInvitation},
		{http.MethodGet, "/team/:user", users.ManageTeam, false, s.showMember},
		{http.MethodPost, "/team/:user/role", users.ManageTeam, true, s.setRole},
		{http.MethodPost, "/team/:user/remove", users.ManageTeam, true, s.removeMember},
		{http.MethodPost, "/team/:user/sign-ins/:sign_in/end", users.ManageTeam, true, s.endMembersSignIn},
	}
}
