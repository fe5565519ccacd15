package dashboard

import (
	"net/url"

	"github.com/labstack/echo/v4"

	"rieltime/checkout"
	"rieltime/handlers/internal/request"
)

// listPart is the part of a list that the address asks for, of objects whose ids have
// the prefix.
func listPart(c echo.Context, prefix string, limit int) (checkout.ListPart, error) {
	part := checkout.ListPart{Limit: limit, StartingAfter: c.QueryParam("starting_after"), EndingBefore: c.QueryParam("ending_before")}
	for _, cursor := range []string{part.StartingAfter, part.EndingBefore} {
		if cursor != "" && request.CheckID(cursor, prefix) != nil {
			return part, checkout.ErrNotFound
		}
	}
	if part.StartingAfter != "" && part.EndingBefore != "" {
		return part, checkout.ErrNotFound
	}
	return part, nil
}

// pagesAround are the addresses of the pages with newer and with older objects than the
// list has, which begins with first and ends with last; empty where there are none.
func pagesAround(c echo.Context, part checkout.ListPart, more bool, first, last string) (newer, older string) {
	if first == "" {
		return "", ""
	}

	at := func(cursor, id string) string {
		query := c.QueryParams()
		values := url.Values{}
		for name := range query {
			if name != "starting_after" && name != "ending_before" && name != "done" {
				values[name] = query[name]
			}
		}
		values.Set(cursor, id)
		return c.Request().URL.Path + "?" + values.Encode()
	}

	back := part.EndingBefore != ""
	if back && more || part.StartingAfter != "" {
		newer = at("ending_before", first)
	}

	if back || more {
		older = at("starting_after", last)
	}

	return newer, older
}
