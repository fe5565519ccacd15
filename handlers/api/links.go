package api

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"rieltime/checkout"
	"rieltime/handlers/internal/request"
)

const (
	linksRoute      = "/v1/payment_links"
	defaultFieldMax = 255 // characters of a custom field's answer
)

// createLink is POST /v1/payment_links.
func (s *Server) createLink(c echo.Context, key checkout.APIKey) (result checkout.RequestResult, err error) {
	body, err := jsonBody(c)
	if err != nil {
		return result, err
	}

	params, err := readLinkParams(body)
	if err != nil {
		return result, err
	}

	link, err := s.service.CreateLink(c.Request().Context(), key.MerchantID, key.Mode, params)
	if err != nil {
		return result, err
	}

	return created(link.ID, s.publicLink(link))
}

func (s *Server) publicLink(link checkout.Link) checkout.PublicLink {
	return link.Public(s.service.LinkURL(link.ID))
}

func readLinkParams(body []byte) (checkout.LinkParams, error) {
	f, err := readObject(body)
	if err != nil {
		return checkout.LinkParams{}, err
	}

	params := checkout.LinkParams{
		Amount:          f.optionalAmount("amount"),
		AmountMin:       f.optionalAmount("amount_min"),
		AmountMax:       f.optionalAmount("amount_max"),
		Currency:        f.string("currency"),
		Description:     f.string("description"),
		ReferencePrefix: f.string("reference_prefix"),
		SuccessURL:      f.string("success_url"),
		CancelURL:       f.string("cancel_url"),
		PaymentMethods:  f.optionalStrings("payment_methods"),
		PayCurrencies:   f.optionalStrings("pay_currencies"),
		Locale:          f.string("locale"),
		MaxUses:         f.int("max_uses"),
		ExpiresAt:       f.optionalString("expires_at"),
	}

	for _, field := range f.objects("custom_fields") {
		custom := checkout.CustomField{
			Key: field.string("key"), Label: field.string("label"), Required: field.bool("required"), MaxLength: defaultFieldMax,
		}
		if most := field.int("max_length"); most != nil {
			custom.MaxLength = *most
		}

		params.CustomFields = append(params.CustomFields, custom)
	}

	return params, f.err()
}

// listLinks is GET /v1/payment_links.
func (s *Server) listLinks(c echo.Context, key checkout.APIKey) error {
	q := newQuery(c, "limit", "starting_after", "ending_before", "active")
	wanted := checkout.LinkQuery{ListPart: q.listPart(request.LinkPrefix)}
	if text := q.oneOf("active", "true", "false"); text != "" {
		active := text == "true"
		wanted.Active = &active
	}

	if q.err != nil {
		return q.err
	}

	links, more, err := s.store.ListLinks(c.Request().Context(), key.MerchantID, key.Mode, wanted)
	if err != nil {
		return cursorUnknown(err, wanted.ListPart)
	}

	data := make([]checkout.PublicLink, len(links))
	for i, link := range links {
		data[i] = s.publicLink(link)
	}

	return c.JSON(http.StatusOK, list{Object: "list", Data: data, HasMore: more})
}

// getLink is GET /v1/payment_links/{id}.
func (s *Server) getLink(c echo.Context, key checkout.APIKey) error {
	link, err := s.ownLink(c, key)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, s.publicLink(link))
}

// deactivateLink is POST /v1/payment_links/{id}/deactivate.
func (s *Server) deactivateLink(c echo.Context, key checkout.APIKey) (result checkout.RequestResult, err error) {
	if err := rejectFields(c); err != nil {
		return result, err
	}

	link, err := s.ownLink(c, key)
	if err != nil {
		return result, err
	}

	link, err = s.service.DeactivateLink(c.Request().Context(), link.ID)
	if err != nil {
		return result, err
	}

	return changed(s.publicLink(link))
}

// ownLink loads the link of the path, if it is of the key's merchant and mode.
func (s *Server) ownLink(c echo.Context, key checkout.APIKey) (checkout.Link, error) {
	id, err := request.PathID(c, "link", request.LinkPrefix)
	if err != nil {
		return checkout.Link{}, err
	}

	link, err := s.service.Link(c.Request().Context(), id)
	if err != nil {
		return checkout.Link{}, err
	}
	if link.MerchantID != key.MerchantID || link.Mode != key.Mode {
		return checkout.Link{}, checkout.ErrNotFound
	}

	return link, nil
}
