package dashboard

import (
	"context"
	"net/http"

	"github.com/labstack/echo/v4"

	"rieltime/checkout"
	"rieltime/checkout/users"
	"rieltime/web/templates/dashboard"
)

// chooseMerchant shows the merchants of a user; one with a single merchant goes there.
func (s *Server) chooseMerchant(c echo.Context) error {
	ctx := c.Request().Context()
	_, user, err := s.whoIs(c)
	if err != nil {
		return err
	}

	memberships, err := s.users.Merchants(ctx, user)
	if err != nil {
		return err
	}
	if len(memberships) == 1 {
		mode, err := s.startMode(ctx, memberships[0].MerchantID)
		if err != nil {
			return err
		}
		return redirect(c, merchantPath(memberships[0].MerchantID, mode, ""))
	}

	var choices []dashboard.MerchantChoice
	for _, m := range memberships {
		merchant, err := s.store.Merchant(ctx, m.MerchantID)
		if err != nil {
			return err
		}

		choices = append(choices, dashboard.MerchantChoice{
			Name: merchant.Name, Role: string(m.Role),
			TestURL: merchantPath(merchant.ID, checkout.ModeTest, ""), LiveURL: merchantPath(merchant.ID, checkout.ModeLive, ""),
		})
	}

	p := s.plainPage(c, s.language(c, user), "page.merchants")
	p.UserName = user.DisplayName()
	return render(c, http.StatusOK, dashboard.MerchantsPage(p, choices))
}

// showRights shows what each role may do.
func (s *Server) showRights(c echo.Context, v viewer) error {
	table := dashboard.RightsTable{Page: s.page(c, v, "rights")}
	for _, role := range users.Roles() {
		table.Roles = append(table.Roles, string(role))
	}

	for _, right := range users.Rights() {
		row := dashboard.RightRow{Right: string(right)}
		for _, role := range users.Roles() {
			row.Granted = append(row.Granted, role.May(right))
		}
		table.Rights = append(table.Rights, row)
	}

	return render(c, http.StatusOK, dashboard.RightsPage(table))
}

// startMode is live mode for a merchant that takes payments there, and test mode for one
// that is not there yet.
func (s *Server) startMode(ctx context.Context, merchantID string) (checkout.Mode, error) {
	usage, err := s.store.QueryUsage(ctx, merchantID, checkout.ModeLive)
	if len(usage) == 0 {
		return checkout.ModeTest, err
	}
	return checkout.ModeLive, err
}
