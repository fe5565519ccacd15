package request

import (
	"io"
	"net/url"
	"time"

	"github.com/labstack/echo/v4"

	"rieltime/checkout"
)

// ProviderMessage reads what a provider sent: from its server, or with isReturn
// by the buyer's browser that comes back from its page.
func ProviderMessage(c echo.Context, isReturn bool, receivedAt time.Time) (checkout.Message, error) {
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
		Body: body, Return: isReturn, ReceivedAt: receivedAt,
	}, nil
}
