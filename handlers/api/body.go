package api

import (
	"bytes"
	"io"
	"mime"
	"net/http"

	"github.com/labstack/echo/v4"

	"rieltime/checkout"
	"rieltime/handlers/internal/failure"
)

var errContentType = failure.Failure{
	Err: &checkout.Error{
		Kind: checkout.KindInvalid, Code: "content_type_invalid", Param: "Content-Type", Detail: "The body must be sent as application/json, with one Content-Type header.",
	},
	Status: http.StatusUnsupportedMediaType,
}

// jsonBody reads a body that must be JSON.
func jsonBody(c echo.Context) ([]byte, error) {
	kind, _, err := mime.ParseMediaType(c.Request().Header.Get(echo.HeaderContentType))
	if err != nil || kind != echo.MIMEApplicationJSON || len(c.Request().Header.Values(echo.HeaderContentType)) > 1 {
		return nil, errContentType
	}
	return readBody(c)
}

// errBodyUnread is a body that broke off.
var errBodyUnread = &checkout.Error{Kind: checkout.KindInvalid, Code: "body_invalid", Detail: "The body could not be read."}

const bodyKey = "body" // of the body in the request's context

// readBody reads the body, once for each request.
func readBody(c echo.Context) ([]byte, error) {
	if body, ok := c.Get(bodyKey).([]byte); ok {
		return body, nil
	}

	body, err := io.ReadAll(c.Request().Body)
	if failure.Of(err).Status == failure.ErrTooLarge.Status {
		return nil, failure.ErrTooLarge
	}
	if err != nil {
		return nil, errBodyUnread.WithCause(err)
	}

	c.Set(bodyKey, body)
	return body, nil
}

// jsonObject reads a body that must be a JSON object.
func jsonObject(c echo.Context) (*fields, error) {
	body, err := jsonBody(c)
	if err != nil {
		return nil, err
	}
	return readObject(body)
}

// optionalObject reads a body that may be left out.
func optionalObject(c echo.Context) (*fields, error) {
	body, err := readBody(c)
	if err != nil {
		return nil, err
	}
	if len(bytes.TrimSpace(body)) == 0 {
		body = []byte("{}")
	}
	return readObject(body)
}

// rejectFields reads a body that may be left out and has no fields.
func rejectFields(c echo.Context) error {
	body, err := readBody(c)
	if err != nil || len(bytes.TrimSpace(body)) == 0 {
		return err
	}
	fields, err := readObject(body)
	if err != nil {
		return err
	}
	return fields.err()
}
