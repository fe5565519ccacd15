package handlers

import (
	"io"
	"net/http"

	"github.com/labstack/echo/v4"

	"rieltime/checkout"
	"rieltime/handlers/internal/request"
)

// receiveCallback is POST /callbacks/{provider}/{id}: a provider's server
// reports about a payment. Every refusal looks the same to the sender.
func (s *server) receiveCallback(c echo.Context) error {
	message, err := request.ProviderMessage(c, false, s.now())
	if err != nil {
		return checkout.ErrCallbackRefused.WithCause(err)
	}
	reply, err := s.service.Callback(c.Request().Context(), c.Param("provider"), c.Param("id"), message)
	if err != nil {
		return err
	}
	return c.String(http.StatusOK, reply)
}

// receiveCardCallback is POST /callbacks/{provider}/cards/{session}: a
// provider's server reports a saved card.
func (s *server) receiveCardCallback(c echo.Context) error {
	message, err := request.ProviderMessage(c, false, s.now())
	if err != nil {
		return checkout.ErrCallbackRefused.WithCause(err)
	}
	reply, err := s.service.TakeCard(c.Request().Context(), c.Param("provider"), c.Param("session"), message)
	if err != nil {
		return err
	}
	return c.String(http.StatusOK, reply)
}

// TelegramPath is where Telegram sends what is written to merchants' bots; a bot's id follows.
const TelegramPath = callbacksPath + "telegram/"

// receiveTelegramUpdate is POST /callbacks/telegram/{bot}. Every refusal looks the same to
// the sender.
func (s *server) receiveTelegramUpdate(c echo.Context) error {
	body, err := io.ReadAll(c.Request().Body)
	if err != nil {
		return checkout.ErrCallbackRefused.WithCause(err)
	}
	err = s.telegramUpdate(c.Request().Context(), c.Param("bot"), c.Request().Header.Get("X-Telegram-Bot-Api-Secret-Token"), body)
	if err != nil {
		return err
	}
	return c.NoContent(http.StatusOK)
}
