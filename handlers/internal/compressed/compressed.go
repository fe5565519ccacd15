// Package compressed sends whole answers, by gzip to clients that take it.
package compressed

import (
	"bytes"
	"net/http"
	"strings"
	"sync"

	"github.com/klauspost/compress/gzip"
	"github.com/labstack/echo/v4"

	"rieltime/web/accept"
)

// minSize is the least body that is compressed; less fits into one packet anyway.
const minSize = 1400

// writer is what a compression needs. It keeps no tables, which take most memory of
// other writers, and takes half the time of compress/gzip at its fastest for bodies
// as large.
type writer struct {
	gzip *gzip.Writer
	out  bytes.Buffer
}

var writers = sync.Pool{New: func() any {
	w := &writer{}
	w.gzip, _ = gzip.NewWriterLevel(&w.out, gzip.StatelessCompression) // fails for an unknown level only
	return w
}}

// HTML sends a page or a part of one.
func HTML(c echo.Context, status int, body []byte) error {
	return Blob(c, status, echo.MIMETextHTMLCharsetUTF8, body)
}

// Blob sends a body of any type.
func Blob(c echo.Context, status int, contentType string, body []byte) error {
	h := c.Response().Header()
	h.Add(echo.HeaderVary, echo.HeaderAcceptEncoding)
	if len(body) < minSize || !takesGzip(c.Request().Header) {
		return c.Blob(status, contentType, body)
	}

	w := writers.Get().(*writer)
	defer writers.Put(w)
	w.out.Reset()
	w.gzip.Reset(&w.out)
	if _, err := w.gzip.Write(body); err != nil {
		return err
	}
	if err := w.gzip.Close(); err != nil {
		return err
	}

	h.Set(echo.HeaderContentEncoding, "gzip")
	return c.Blob(status, contentType, w.out.Bytes())
}

func takesGzip(h http.Header) bool {
	field := strings.Join(h.Values(echo.HeaderAcceptEncoding), ",")
	return strings.Contains(field, "gzip") && accept.CodingWeight(accept.Choices(field), "gzip") > 0
}
