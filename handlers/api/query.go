package api

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/labstack/echo/v4"

	"rieltime/checkout"
	"rieltime/handlers/internal/request"
)

// query reads a list's query parameters and remembers the first that is wrong.
type query struct {
	values url.Values
	err    error
}

func newQuery(c echo.Context, names ...string) *query {
	values, err := url.ParseQuery(c.Request().URL.RawQuery)
	if err != nil {
		return &query{err: checkout.Invalidf("", "query_invalid", "The query is not well formed.")}
	}

	q := &query{values: values}
	for name, given := range values {
		if !slices.Contains(names, name) {
			q.fail(name, "parameter_unknown", "Unknown parameter %q.", name)
		} else if len(given) > 1 {
			q.fail(name, "parameter_repeated", "%s is given more than once.", name)
		}
	}

	return q
}

func (q *query) fail(param, code, format string, args ...any) {
	if q.err == nil {
		q.err = checkout.Invalidf(param, code, format, args...)
	}
}

// text reads what to filter by: characters, not bytes. A filter that is given
// and empty would let everything through.
func (q *query) text(name string, most int) string {
	text := q.values.Get(name)
	switch {
	case !q.values.Has(name):
	case text == "":
		q.fail(name, "text_invalid", "%s must not be empty; leave it out to list all.", name)
	case !utf8.ValidString(text):
		q.fail(name, "text_invalid", "%s is not valid UTF-8.", name)
	case strings.ContainsFunc(text, unicode.IsControl):
		q.fail(name, "text_invalid", "%s has characters that cannot be shown.", name)
	case utf8.RuneCountInString(text) > most:
		q.fail(name, "text_too_long", "%s is longer than %d characters.", name, most)
	}

	return text
}

func (q *query) oneOf(name string, allowed ...string) string {
	text := q.values.Get(name)
	if q.values.Has(name) && !slices.Contains(allowed, text) {
		q.fail(name, name+"_invalid", "%s must be one of %s.", name, strings.Join(allowed, ", "))
	}
	return text
}

// timestamp reads a time; the zero time when there is none.
func (q *query) timestamp(name string) time.Time {
	if !q.values.Has(name) {
		return time.Time{}
	}
	at, err := time.Parse(time.RFC3339, q.values.Get(name))
	if err != nil || at.IsZero() {
		q.fail(name, name+"_invalid", "%s must be a time such as 2026-04-14T08:00:00Z; a + in it is written %%2B.", name)
	}
	return at
}

// createdRange reads created_from and created_to.
func (q *query) createdRange() checkout.TimeRange {
	within := checkout.TimeRange{From: q.timestamp("created_from"), To: q.timestamp("created_to")}
	if !within.From.IsZero() && !within.To.IsZero() && !within.From.Before(within.To) {
		q.fail("created_to", "created_to_invalid", "created_to must be after created_from.")
	}
	return within
}

// id reads the id of an object of another kind.
func (q *query) id(name, prefix string) string {
	id := q.values.Get(name)
	if q.values.Has(name) && request.CheckID(id, prefix) != nil {
		q.fail(name, name+"_invalid", "%s must be the id of a %s.", name, name)
	}
	return id
}

// listPart reads limit and the cursors, ids with this prefix.
func (q *query) listPart(prefix string) checkout.ListPart {
	part := checkout.ListPart{Limit: checkout.DefaultListLimit}
	if q.values.Has("limit") {
		limit, err := strconv.Atoi(q.values.Get("limit"))
		if err != nil || limit < 1 || limit > checkout.MaxListLimit {
			q.fail("limit", "limit_invalid", "limit must be a whole number from 1 to %d.", checkout.MaxListLimit)
		}
		part.Limit = limit
	}

	part.StartingAfter, part.EndingBefore = q.cursor("starting_after", prefix), q.cursor("ending_before", prefix)
	if part.StartingAfter != "" && part.EndingBefore != "" {
		q.fail("ending_before", "cursors_conflict", "Give starting_after or ending_before, not both.")
	}

	return part
}

func (q *query) cursor(name, prefix string) string {
	id := q.values.Get(name)
	if q.values.Has(name) && request.CheckID(id, prefix) != nil {
		q.fail(name, "cursor_invalid", "%s must be the id of an object of this list.", name)
	}
	return id
}
