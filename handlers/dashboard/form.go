package dashboard

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"rieltime/checkout"
	"rieltime/handlers/internal/failure"
	"rieltime/internal/cambodia"
	"rieltime/web/templates/dashboard"
)

// readForm reads a form that was posted.
func readForm(c echo.Context) (url.Values, error) {
	if err := c.Request().ParseForm(); err != nil {
		return nil, err
	}
	return c.Request().PostForm, nil
}

// refused puts what is wrong into a form, each error at its field: that of its Param, or
// of the object or list that the Param is in. It returns the status of the page, or err
// when the form cannot show it.
func refused(f *dashboard.Form, err error) (int, error) {
	all := checkout.AllErrors(err)
	if len(all) == 0 {
		return 0, err
	}

	for _, wrong := range all {
		switch wrong.Kind {
		case checkout.KindInvalid, checkout.KindConflict, checkout.KindUnavailable, checkout.KindRateLimited:
		default:
			return 0, err
		}

		if field := fieldOf(f, wrong.Param); field != nil {
			field.Error = joinTexts(field.Error, wrong.Detail)
		} else {
			f.Error = joinTexts(f.Error, wrong.Detail)
		}
	}

	status := failure.StatusOf(all[0].Kind)
	if all[0].Kind == checkout.KindInvalid {
		status = http.StatusUnprocessableEntity
	}

	return status, nil
}

// fieldOf finds the field that an error's path names, from the whole path to its first
// part; nil when there is none.
func fieldOf(form *dashboard.Form, param string) *dashboard.Field {
	for path := param; path != ""; path = path[:max(strings.LastIndexAny(path, ".["), 0)] {
		for _, fields := range [][]dashboard.Field{form.Fields, form.More} {
			if at := slices.IndexFunc(fields, func(f dashboard.Field) bool { return f.Name == path }); at >= 0 {
				return &fields[at]
			}
		}
	}
	return nil
}

func joinTexts(before, text string) string {
	if before == "" {
		return text
	}
	return before + " " + text
}

// wholeNumber reads a field of a number; nil when it is empty.
func wholeNumber(param, text string) (*int, error) {
	if text == "" {
		return nil, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		return nil, checkout.Invalidf(param, param+"_invalid", "This must be a whole number.")
	}
	return &n, nil
}

// localTime is how a field of type datetime-local has a time, in Cambodia.
const localTime = "2006-01-02T15:04"

// parseLocalTime reads a field of type datetime-local; the zero time when it is empty.
func parseLocalTime(param, text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	for _, layout := range []string{localTime, "2006-01-02T15:04:05"} {
		if at, err := time.ParseInLocation(layout, text, cambodia.Zone); err == nil {
			return at, nil
		}
	}
	return time.Time{}, checkout.Invalidf(param, param+"_invalid", "This must be a date and a time, such as 2026-01-31 17:00.")
}

// secondText is a time in Cambodia to the second, as developers compare it; empty for
// the zero time.
func secondText(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(cambodia.Zone).Format("2006-01-02 15:04:05")
}

// setDone shows what the address says has been done, if it is one of codes: a text
// "done.<code>".
func setDone(c echo.Context, p *dashboard.Page, codes ...string) {
	if code := c.QueryParam("done"); slices.Contains(codes, code) {
		p.Notice = &dashboard.Notice{Text: dashboard.T(p.Lang, "done."+code)}
	}
}
