package pages

import (
	"bytes"
	"context"
	"sync"

	"github.com/a-h/templ"
	"github.com/labstack/echo/v4"

	"rieltime/handlers/internal/compressed"
)

var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// render renders a component completely before anything is sent, so that a failure
// can still be answered with an error page. It ignores the request's context, which
// a truncated body cancels though its sender still reads the answer.
func render(c echo.Context, status int, component templ.Component) error {
	buffer := buffers.Get().(*bytes.Buffer)
	defer buffers.Put(buffer)
	buffer.Reset()
	if err := component.Render(context.WithoutCancel(c.Request().Context()), buffer); err != nil {
		return err
	}
	return compressed.HTML(c, status, buffer.Bytes())
}
