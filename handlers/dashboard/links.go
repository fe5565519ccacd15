package dashboard

import (
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"rieltime/checkout"
	"rieltime/checkout/users"
	"rieltime/handlers/internal/request"
	"rieltime/web/templates"
	"rieltime/web/templates/dashboard"
)

// linkFilters are the parts of the list of links; the first is all of it.
var linkFilters = []string{"", "active", "paused"}

// listLinks shows a merchant's payment links.
func (s *Server) listLinks(c echo.Context, v viewer) error {
	part, err := listPart(c, request.LinkPrefix, checkout.DefaultListLimit)
	if err != nil {
		return err
	}

	query := checkout.LinkQuery{ListPart: part}
	list := dashboard.LinkList{Page: s.page(c, v, "links")}
	for _, one := range linkFilters {
		filter := dashboard.Filter{Text: dashboard.T(v.lang, "link."+one), URL: v.path("/links?" + url.Values{"show": {one}}.Encode())}
		if one == "" {
			filter.Text, filter.URL = dashboard.T(v.lang, "filter.all"), v.path("/links")
		}

		if filter.Current = c.QueryParam("show") == one; filter.Current && one != "" {
			active := one == "active"
			query.Active = &active
		}

		list.Filters = append(list.Filters, filter)
	}

	links, more, err := s.store.ListLinks(c.Request().Context(), v.merchant.ID, v.mode, query)
	if err != nil {
		return err
	}

	for _, link := range links {
		list.Links = append(list.Links, s.linkView(v, link))
	}

	if len(links) > 0 {
		list.Newer, list.Older = pagesAround(c, part, more, links[0].ID, links[len(links)-1].ID)
	}

	if v.may(users.ManageLinks) {
		list.NewURL = v.path("/links/new")
	}

	return render(c, http.StatusOK, dashboard.LinksPage(list))
}

func (s *Server) linkView(v viewer, l checkout.Link) dashboard.Link {
	view := dashboard.Link{
		ID: l.ID, PageURL: v.path("/links/" + l.ID), URL: s.service.LinkURL(l.ID), Description: l.Description,
		Amount: templates.FormatAmount(v.lang, string(l.Currency), l.Amount.Minor), State: linkState(l, s.now()),
		Uses: strconv.Itoa(l.Uses), Paid: strconv.Itoa(l.Paid), Takings: templates.FormatAmount(v.lang, string(l.Currency), l.Takings.Minor),
		CreatedAt: templates.FormatTime(v.lang, l.CreatedAt),
	}
	if l.Amount.Minor == 0 {
		view.Amount = templates.FormatAmount(v.lang, string(l.Currency), l.Least.Minor) + " – " + templates.FormatAmount(v.lang, string(l.Currency), l.Most.Minor)
	}

	if l.MaxUses > 0 {
		view.Uses += " / " + strconv.Itoa(l.MaxUses)
	}

	if !l.ExpiresAt.IsZero() {
		view.ExpiresAt = templates.FormatTime(v.lang, l.ExpiresAt)
	}

	return view
}

// linkState names what buyers can do with a link: a text "link.<state>".
func linkState(l checkout.Link, now time.Time) string {
	switch {
	case !l.Active:
		return "paused"
	case l.Ended(now):
		return "ended"
	case l.SoldOut():
		return "sold_out"
	}
	return "active"
}

// ownLink loads the link of the path, if it is of the viewer's merchant and mode.
func (s *Server) ownLink(c echo.Context, v viewer) (checkout.Link, error) {
	id, err := request.PathID(c, "link", request.LinkPrefix)
	if err != nil {
		return checkout.Link{}, err
	}

	link, err := s.service.Link(c.Request().Context(), id)
	if err == nil && (link.MerchantID != v.merchant.ID || link.Mode != v.mode) {
		err = checkout.ErrNotFound
	}
	return link, err
}

// showLink shows a link with its address, and what came of it.
func (s *Server) showLink(c echo.Context, v viewer) error {
	link, err := s.ownLink(c, v)
	if err != nil {
		return err
	}

	page := dashboard.LinkPage{
		Page: s.titled(c, v, "links", "link.title"), Link: s.linkView(v, link), May: v.may(users.ManageLinks),
		Reference: link.ReferencePrefix, SuccessURL: link.SuccessURL, CancelURL: link.CancelURL,
	}

	setDone(c, &page.Page, "link_created", "link_saved", "link_paused", "link_resumed")
	for _, method := range link.PaymentMethods {
		page.Methods = append(page.Methods, s.wayName(method))
	}

	for _, field := range link.CustomFields {
		page.Fields = append(page.Fields, field.Label)
	}

	return render(c, http.StatusOK, dashboard.OneLinkPage(page))
}

// wayName is what people call a provider, or a method by its id.
func (s *Server) wayName(method string) string { return s.service.ProviderInfo(method).Name }

func (s *Server) setLinkActive(active bool) func(echo.Context, viewer) error {
	return func(c echo.Context, v viewer) error {
		link, err := s.ownLink(c, v)
		if err != nil {
			return err
		}

		change, done := s.service.DeactivateLink, "link_paused"
		if active {
			change, done = s.service.ActivateLink, "link_resumed"
		}

		if _, err := change(v.context(c), link.ID); err != nil {
			return err
		}

		return redirect(c, v.path("/links/"+link.ID+"?done="+done))
	}
}
