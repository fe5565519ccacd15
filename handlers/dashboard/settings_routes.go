package dashboard

import (
	"net/http"

	"rieltime/checkout/users"
)

func (s *Server) settingsRoutes() []route {
	return []route{
		{http.MethodGet, "/settings", users.ViewSettings, false, s.showSettings},
		{http.MethodGet, "/settings/shop", users.ManageSettings, false, s.showShop},
		{http.MethodPost, "/settings/shop", users.ManageSettings, false, s.saveShop},
		{http.MethodGet, logoRoute, users.ViewSettings, false, s.showLogo},
		{http.MethodPost, logoRoute, users.ManageSettings, false, s.uploadLogo},
		{http.MethodGet, "/settings/look", users.ManageSettings, false, s.showLook},
		{http.MethodGet, ratesRoute, users.ViewSettings, false, s.showRates},
		{http.MethodPost, ratesRoute, users.ManageSettings, false, s.setRate},
		{http.MethodGet, "/settings/preview", users.ViewSettings, false, s.showPreview},
		{http.MethodGet, "/settings/providers/:provider", users.ManageSettings, true, s.showProvider},
		{http.MethodPost, "/settings/providers/:provider", users.ManageSettings, true, s.saveProvider},
		{http.MethodPost, "/settings/providers/:provider/disable", users.ManageSettings, true, s.disableProvider},
	}
}
