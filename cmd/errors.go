package cmd

import (
	"errors"

	"rieltime/checkout"
	"rieltime/db"
)

// explainError returns the text of an error for the operator, who unlike a buyer
// may see its cause.
func explainError(err error) string {
	if errors.Is(err, db.ErrNoDatabase) {
		return err.Error() + ": check --data or RIELTIME_DATA; rieltime merchant apply and rieltime serve create a database there, rieltime restore restores one"
	}

	var known *checkout.Error
	if !errors.As(err, &known) {
		return err.Error()
	}

	text := known.Cause()
	if known.Param != "" {
		text = known.Param + ": " + text
	}

	return text
}
