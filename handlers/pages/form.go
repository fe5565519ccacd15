package pages

import (
	"net/url"

	"github.com/labstack/echo/v4"

	"rieltime/checkout"
	"rieltime/handlers/internal/failure"
)

var errForm = &checkout.Error{Kind: checkout.KindInvalid, Code: "form_invalid", Detail: "The form could not be read."}

// readForm reads the fields of a posted form, without those of the query. Each
// field may be given once.
func readForm(c echo.Context) (url.Values, error) {
	if err := c.Request().ParseForm(); err != nil {
		if failure.Of(err).Status == failure.ErrTooLarge.Status {
			return nil, failure.ErrTooLarge
		}
		return nil, errForm.WithCause(err)
	}

	for _, values := range c.Request().PostForm {
		if len(values) > 1 {
			return nil, errForm
		}
	}

	return c.Request().PostForm, nil
}
