// Command rieltime is a self-hosted checkout for Cambodia: KHQR, Baray, KESS
// and BayoPay behind one page and one API.
package main

import (
	"os"

	"rieltime/cmd"
)

func main() { os.Exit(cmd.Main(os.Args[1:], os.Stdout, os.Stderr)) }
