package dashboard

import (
	"net/http"

	"rieltime/checkout/users"
)

func (s *Server) linkRoutes() []route {
	return []route{
		{http.MethodGet, "/links", users.ViewLinks, false, s.listLinks},
		{http.MethodPost, "/links", users.ManageLinks, false, s.createLink},
		{http.MethodGet, "/links/new", users.ManageLinks, false, s.showNewLink},
		{http.MethodGet, "/links/:link", users.ViewLinks, false, s.showLink},
		{http.MethodPost, "/links/:link", users.ManageLinks, false, s.editLink},
		{http.MethodGet, "/links/:link/edit", users.ManageLinks, false, s.showLinkForm},
		{http.MethodPost, "/links/:link/pause", users.ManageLinks, false, s.setLinkActive(false)},
		{http.MethodPost, "/links/:link/resume", users.ManageLinks, false, s.setLinkActive(true)},
	}
}
