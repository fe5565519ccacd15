package dashboard

import (
	"net/http"

	"rieltime/checkout/users"
)

func (s *Server) paymentRoutes() []route {
	return []route{
		{http.MethodGet, "/payments", users.ViewPayments, false, s.listPayments},
		{http.MethodGet, "/payments/export.csv", users.Export, false, s.export("csv", "text/csv; charset=utf-8", newCSV)},
		{http.MethodGet, "/payments/export.xlsx", users.Export, false, s.export("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", newXLSX)},
		{http.MethodPost, "/views", users.ViewPayments, false, s.saveView},
		{http.MethodPost, "/views/:view/delete", users.ViewPayments, false, s.deleteView},
	}
}
