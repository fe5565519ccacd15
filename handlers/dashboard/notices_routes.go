package dashboard

import (
	"net/http"

	"rieltime/checkout/users"
)

func (s *Server) noticeRoutes() []route {
	return []route{
		{http.MethodGet, "/notices", users.ManageSettings, false, s.showNotices},
		{http.MethodGet, "/notices/bot", users.ManageSettings, true, s.showBotForm},
		{http.MethodPost, "/notices/bot", users.ManageSettings, true, s.linkBot},
		{http.MethodPost, "/notices/bot/updates", users.ManageSettings, true, s.chooseUpdates},
		{http.MethodPost, "/notices/bot/unlink", users.ManageSettings, true, s.unlinkBot},
		{http.MethodGet, "/notices/chats/new", users.ManageSettings, true, s.showChatForm},
		{http.MethodPost, "/notices/chats", users.ManageSettings, true, s.newChatCode},
		{http.MethodPost, "/notices/chats/:chat/unlink", users.ManageSettings, true, s.unlinkChat},
		{http.MethodGet, "/notices/addresses/new", users.ManageSettings, true, s.showAddresseeForm},
		{http.MethodPost, "/notices/addresses", users.ManageSettings, true, s.addAddressee},
		{http.MethodPost, "/notices/addresses/:addressee/remove", users.ManageSettings, true, s.removeAddressee},
	}
}
