package pages

import (
	"net/http"
	"strconv"

	"github.com/labstack/echo/v4"

	"rieltime/checkout"
	"rieltime/handlers/internal/request"
	"rieltime/web/templates"
)

// secondsLeftHeader says how long the code that a page counts down is good for,
// in an empty answer too: the page corrects its own clock by it.
const secondsLeftHeader = "Rieltime-Seconds-Left"

// showStatus is GET /c/{session}/status, which an open page asks for again and
// again. While what the page shows is true, one SELECT tells so and the answer
// is empty, or only a slower pace.
func (s *Server) showStatus(c echo.Context) error {
	id := c.Param("session")
	if err := request.CheckID(id, request.SessionPrefix); err != nil {
		return err
	}

	glance, err := s.store.Glance(c.Request().Context(), id)
	if err != nil {
		return err
	}

	if glance.Watching {
		s.verifier.MarkViewed(glance.PaymentID)
	}

	shown := readPoll(c.QueryParams())
	now := s.now()
	if !shown.codeEnds.IsZero() {
		c.Response().Header().Set(secondsLeftHeader, strconv.Itoa(secondsLeft(shown.codeEnds, now)))
	}

	if shown.current(glance.Version, now) {
		next := pace(now.Sub(shown.from))
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

	return s.sendChange(c, purchase, shown)
}

// sendChange replaces the page's main part. A form to a provider needs a page
// whose policy names that provider, so the whole page is loaded again. A choice
// among the same offers takes its new end alone: the buyer may be typing.
func (s *Server) sendChange(c echo.Context, purchase checkout.Purchase, shown poll) error {
	page, err := s.page(c, purchase, s.asked(c, purchase.Session))
	if err != nil {
		return err
	}

	if page.FormPost != nil {
		c.Response().Header().Set("HX-Refresh", "true")
		return c.NoContent(http.StatusOK)
	}

	if page.State == templates.Choosing && shown.offers == offersMark(page) {
		return render(c, http.StatusOK, templates.StillChoosing(page))
	}

	h := c.Response().Header()
	h.Set("HX-Retarget", "#checkout")
	h.Set("HX-Reswap", "outerHTML")
	return render(c, http.StatusOK, templates.CheckoutMain(page))
}
