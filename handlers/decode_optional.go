package handlers

import (
	"bytes"
	"time"

	"github.com/labstack/echo/v4"
)

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

// optionalText is text that tells absence from emptiness.
func (f *fields) optionalText(name string) *string {
	text := f.text(name)
	if f.values[name] == nil {
		return nil
	}
	return &text
}

// optionalTexts does the same for texts.
func (f *fields) optionalTexts(name string) []string {
	texts := f.texts(name)
	if texts == nil && f.values[name] != nil {
		return []string{}
	}
	return texts
}

// optionalFlag does the same for flag.
func (f *fields) optionalFlag(name string) *bool {
	flag := f.flag(name)
	if f.values[name] == nil {
		return nil
	}
	return &flag
}

// moment reads a time; the zero time when there is none.
func (f *fields) moment(name string) time.Time {
	text := f.optionalText(name)
	if text == nil {
		return time.Time{}
	}
	at, err := time.Parse(time.RFC3339, *text)
	if err != nil {
		f.wrongType(f.path+name, "a time such as 2026-04-14T08:00:00Z")
	}
	return at
}
