package handlers

import (
	"bytes"
	"context"
	"strings"
	"sync"

	"github.com/a-h/templ"
	"github.com/labstack/echo/v4"

	"rieltime/web/accept"
)

var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// render draws a component to the end before anything is sent, so that a
// failure can still be answered. A body that broke off cancels its request's
// context, and its sender still gets a page.
func render(c echo.Context, status int, component templ.Component) error {
	buffer := buffers.Get().(*bytes.Buffer)
	defer buffers.Put(buffer)
	buffer.Reset()
	if err := component.Render(context.WithoutCancel(c.Request().Context()), buffer); err != nil {
		return err
	}
	return c.HTMLBlob(status, buffer.Bytes())
}

// refusesGzip reports whether a client does not take gzip ("gzip;q=0"): the
// middleware that compresses pages does not read weights.
func refusesGzip(c echo.Context) bool {
	choices := accept.Choices(strings.Join(c.Request().Header.Values("Accept-Encoding"), ","))
	return accept.CodingWeight(choices, "gzip") == 0
}
