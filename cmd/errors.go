package cmd

import (
	"errors"

	"rieltime/checkout"
	"rieltime/db"
)

// explain is an error for the person at the terminal, who may know its cause.
func explain(err error) string {
	if errors.Is(err, db.ErrNoDatabase) {
		return err.Error() + ": check --data or RIELTIME_DATA; rieltime merchant apply or rieltime serve makes a new one there, rieltime restore brings one back"
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
