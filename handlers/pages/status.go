package pages

import (
	"net/http"
	"strconv"

	"github.com/labstack/echo/v4"

	"rieltime/checkout"
	"rieltime/handlers/internal/pace"
	"rieltime/handlers/internal/request"
	"rieltime/web/templates"
)

// secondsLeftHeader says to a page how long the code that it counts down is still
// valid, on empty answers too: the page corrects its own clock by it.
const secondsLeftHeader = "Rieltime-Seconds-Left"

// showStatus is GET /c/{session}/status, which an open page polls. While the
// page still holds, which takes one SELECT to know at most, the answer is empty or sets
// a longer interval.
func (s *Server) showStatus(c echo.Context) error {
	id, err := request.PathID(c, "session", request.SessionPrefix)
	if err != nil {
		return err
	}

	glance, err := s.store.Glance(c.Request().Context(), id)
	if err != nil {
		return err
	}

	if glance.Watching {
		s.verifier.MarkViewed(glance.PaymentID)
	}

	// What the page shows is in its poll's query.
	shown := readPollQuery(c.Request().URL.RawQuery)
	now := s.now()
	if !shown.codeExpires.IsZero() {
		c.Response().Header().Set(secondsLeftHeader, strconv.Itoa(secondsLeft(shown.codeExpires, now)))
	}

	if shown.isCurrent(glance.Version, now) {
		// Nothing has changed.
		next := pace.Interval(now.Sub(shown.from))
		if next == shown.seconds {
			return c.NoContent(http.StatusNoContent)
		}

		shown.seconds = next
		return render(c, http.StatusOK, templates.Status(templates.Poll{URL: shown.url(id), Seconds: next}))
	}

	purchase, err := s.service.Purchase(c.Request().Context(), id)
	if err != nil {
		return err
	}

	return s.sendUpdate(c, purchase, shown)
}

// sendUpdate replaces the page's main part by htmx. A form to a provider needs a
// page whose policy names that provider, so the browser reloads the whole page.
// A choice among the same offers only gets its new end: the buyer may be typing.
func (s *Server) sendUpdate(c echo.Context, purchase checkout.Purchase, shown pollQuery) error {
	page, err := s.checkoutPage(c, purchase, s.pageRequest(c, purchase.Session))
	if err != nil {
		return err
	}

	if page.FormPost != nil {
		c.Response().Header().Set("HX-Refresh", "true")
		return c.NoContent(http.StatusOK)
	}

	if page.State == templates.StateChoosing && shown.offers == offersFingerprint(page) {
		return render(c, http.StatusOK, templates.StillChoosing(page))
	}

	h := c.Response().Header()
	h.Set("HX-Retarget", "#checkout")
	h.Set("HX-Reswap", "outerHTML")
	return render(c, http.StatusOK, templates.CheckoutMain(page))
}
