package dashboard

import (
	"net/http"

	"rieltime/checkout/users"
)

func (s *Server) keyRoutes() []route {
	return []route{
		{http.MethodGet, "/keys", users.ManageKeys, false, s.listKeys},
		{http.MethodPost, "/keys", users.ManageKeys, true, s.createKey},
		{http.MethodGet, "/keys/new", users.ManageKeys, true, s.showNewKey},
		{http.MethodGet, "/keys/:key/secret", users.ManageKeys, true, s.showKey},
		{http.MethodGet, "/keys/:key/rotate", users.ManageKeys, true, s.showKeyRotation},
		{http.MethodPost, "/keys/:key/rotate", users.ManageKeys, true, s.rotateKey},
		{http.MethodPost, "/keys/:key/revoke", users.ManageKeys, true, s.revokeKey},
	}
}
