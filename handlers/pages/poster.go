package pages

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"rieltime/checkout"
	"rieltime/web/static"
	"rieltime/web/templates"
)

// showPoster is GET /l/{link}/poster: a sheet to print, of size=a4 or size=a6.
func (s *Server) showPoster(c echo.Context) error {
	link, merchant, err := s.loadLink(c)
	if err != nil {
		return err
	}

	size := templates.PosterSize(c.QueryParam("size"))
	if size == "" {
		size = templates.A4
	}

	if link.Ended(s.now()) || (size != templates.A4 && size != templates.A6) {
		return checkout.ErrNotFound
	}

	address := s.service.LinkURL(link.ID)
	svg, err := codeSVG(address)
	if err != nil {
		return err
	}

	poster := templates.Poster{
		CSS: static.URL("poster.css"), Size: size, Merchant: merchant.Name, Description: link.Description,
		URL: address, SVG: svg, Test: link.Mode == checkout.ModeTest,
	}
	if link.Amount.Minor > 0 {
		poster.Amount = formatAmount("en", link.Amount)
	}

	s.setPolicy(c)
	return render(c, http.StatusOK, templates.PosterPage(poster))
}
