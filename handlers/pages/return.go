package pages

import (
	"net/http"
	"net/url"

	"github.com/labstack/echo/v4"

	"rieltime/handlers/internal/failure"
	"rieltime/handlers/internal/request"
)

// receiveReturn is GET and POST /return/{provider}/{id}: the buyer comes back
// from a provider and goes on to the checkout page. What the browser brings
// proves nothing by itself, so a GET only redirects; a POST may carry a signed
// message, and its refusal is only logged.
func (s *Server) receiveReturn(c echo.Context) error {
	ctx, provider, id := c.Request().Context(), c.Param("provider"), c.Param("id")
	message, unreadable := request.ProviderMessage(c, true, s.now())
	payment, declined, err := s.service.Returned(ctx, provider, id, message)
	if err != nil {
		return err
	}

	if c.Request().Method == http.MethodPost {
		refused := unreadable
		if refused == nil {
			_, refused = s.service.Callback(ctx, provider, id, message)
		}

		if refused != nil {
			s.log.Warn("return not accepted", "request_id", request.ID(c), "payment", payment.ID, "cause", failure.Of(refused).Cause)
		}
	}

	path := pagePath(payment.SessionID)
	if declined != "" {
		path += "?declined=" + url.QueryEscape(declined)
	}

	return c.Redirect(http.StatusSeeOther, path)
}

// receiveCardReturn is GET and POST /return/{provider}/cards/{session}: a buyer
// who entered a card comes back to the choice of methods. What the browser
// brings proves nothing.
func (s *Server) receiveCardReturn(c echo.Context) error {
	id, err := request.PathID(c, "session", request.SessionPrefix)
	if err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, withLanguage(pagePath(id)+"?choose=1", requestedLanguage(c)))
}
