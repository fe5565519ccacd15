package dashboard

import (
	"net/http"
	"net/url"

	"github.com/labstack/echo/v4"

	"rieltime/checkout/notices"
	"rieltime/checkout/users"
	"rieltime/web/templates/dashboard"
)

// sellerRoutes are the pages of whoever sells by the merchant's bot in Telegram.
func (s *Server) sellerRoutes() []route {
	return []route{
		{http.MethodGet, "/bot", users.TakePayments, false, s.showSellerBot},
		{http.MethodPost, "/bot/code", users.TakePayments, true, s.newSellerCode},
		{http.MethodPost, "/bot/unlink", users.TakePayments, false, s.unlinkSeller},
	}
}

// showSellerBot says how to sell by the bot, and whether the viewer is linked.
func (s *Server) showSellerBot(c echo.Context, v viewer) error {
	bot, _, err := s.notices.Bot(c.Request().Context(), v.merchant.ID, v.mode)
	if err != nil {
		return err
	}
	linked, err := s.notices.PeopleOf(c.Request().Context(), v.merchant.ID, v.mode, v.user.ID)
	if err != nil {
		return err
	}

	page := dashboard.SellerBot{
		Page: s.page(c, v, "bot"), Bot: bot.Username, BotURL: telegramMe + url.PathEscape(bot.Username), Linked: linked > 0,
		CodeURL: v.path("/bot/code"), UnlinkURL: v.path("/bot/unlink"),
	}
	setDone(c, &page.Page, "seller_unlinked")
	return render(c, http.StatusOK, dashboard.SellerBotPage(page))
}

// newSellerCode makes a code that links the viewer's own person in Telegram, and shows it,
// this once.
func (s *Server) newSellerCode(c echo.Context, v viewer) error {
	text, bot, err := s.notices.NewCode(v.context(c), notices.Code{MerchantID: v.merchant.ID, Mode: v.mode, Locale: v.lang, UserID: v.user.ID})
	if err != nil {
		return err
	}
	return render(c, http.StatusOK, dashboard.ChatCodePage(dashboard.ChatCode{
		Page: s.titled(c, v, "bot", "bot.link"), Bot: bot.Username, Command: "/start " + text.Reveal(), NextURL: v.path("/bot"),
		PersonURL: telegramMe + url.PathEscape(bot.Username) + "?start=" + text.Reveal(),
	}))
}

func (s *Server) unlinkSeller(c echo.Context, v viewer) error {
	if err := s.notices.UnlinkPeople(v.context(c), v.merchant.ID, v.mode, v.user.ID); err != nil {
		return err
	}
	return redirect(c, v.path("/bot?done=seller_unlinked"))
}
