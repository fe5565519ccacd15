package handlers

import (
	"io"
	"net/http"
	"net/url"

	"github.com/labstack/echo/v4"

	"rieltime/checkout"
)

// receiveCallback hears a provider's server. Every refusal looks the same.
func (s *server) receiveCallback(c echo.Context) error {
	message, err := s.message(c, false)
	if err != nil {
		return checkout.ErrCallbackRefused.WithCause(err)
	}
	reply, err := s.service.Callback(c.Request().Context(), c.Param("provider"), c.Param("id"), message)
	if err != nil {
		return err
	}
	return c.String(http.StatusOK, reply)
}

// receiveReturn hears a buyer who comes back from a provider and shows the true
// state: what the browser brings proves nothing by itself, so a GET only
// redirects and a refusal is only logged.
func (s *server) receiveReturn(c echo.Context) error {
	ctx, provider, id := c.Request().Context(), c.Param("provider"), c.Param("id")
	message, unreadable := s.message(c, true)
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
			s.log.Warn("return not heard", "request_id", requestID(c), "payment", payment.ID, "cause", explain(refused).cause)
		}
	}

	path := pagePath(payment.SessionID)
	if declined != "" {
		path += "?declined=" + url.QueryEscape(declined)
	}

	return c.Redirect(http.StatusSeeOther, path)
}

func (s *server) message(c echo.Context, isReturn bool) (checkout.Message, error) {
	r := c.Request()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return checkout.Message{}, err
	}

	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return checkout.Message{}, err
	}

	return checkout.Message{
		Method: r.Method, ContentType: r.Header.Get(echo.HeaderContentType), Query: query,
		Body: body, Return: isReturn, ReceivedAt: s.now(),
	}, nil
}
