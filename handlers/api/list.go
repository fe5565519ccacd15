package api

import (
	"errors"

	"rieltime/checkout"
)

// list is a page of objects, newest first.
type list struct {
	Object  string `json:"object"` // "list"
	Data    any    `json:"data"`
	HasMore bool   `json:"has_more"`
}

// cursorUnknown turns the store's answer to a cursor that names nothing into
// one about the parameter.
func cursorUnknown(err error, part checkout.ListPart) error {
	if !errors.Is(err, checkout.ErrNotFound) {
		return err
	}
	name := "starting_after"
	if part.EndingBefore != "" {
		name = "ending_before"
	}
	return checkout.Invalidf(name, "cursor_invalid", "%s must be the id of an object of this list.", name)
}
