package handlers

import (
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"rieltime/checkout"
	"rieltime/web/templates"
)

const maxHash = 128

// checkPayment is POST /c/{session}/check: "I have paid", with the hash from
// the bank's receipt where the buyer gives it.
func (s *server) checkPayment(c echo.Context) error {
	id := c.Param("session")
	if err := known(id, sessionPrefix); err != nil {
		return err
	}
	form, err := readForm(c)
	if err != nil {
		return err
	}
	err = s.mayTry(c, id)
	if err == nil {
		_, err = s.service.ClaimPaid(c.Request().Context(), id, cleanHash(form.Get("hash")))
	}
	if err != nil {
		return s.sendBack(c, id, err, func(page *templates.Checkout, _ *checkout.Error) {
			page.Notice = templates.NewNotice(page.Lang, templates.NoticeFormStale)
		})
	}
	return c.Redirect(http.StatusSeeOther, withLanguage(pagePath(id), askedLanguage(c)))
}

// cleanHash is what can be a transaction's hash; anything else is as good as
// none, because the payment is looked for without it too.
func cleanHash(text string) string {
	text = strings.ToLower(strings.TrimSpace(text))
	if len(text) > maxHash || strings.Trim(text, "0123456789abcdef") != "" {
		return ""
	}
	return text
}
