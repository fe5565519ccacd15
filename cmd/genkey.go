package cmd

import (
	"encoding/base64"
	"fmt"
	"io"
)

type genkeyCommand struct{}

func (genkeyCommand) Run(stdout io.Writer) error {
	_, err := fmt.Fprintln(stdout, base64.StdEncoding.EncodeToString(newKey()))
	return err
}
