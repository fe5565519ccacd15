// Command bench measures a built rieltime from outside, beside the least that could do
// the same, and prints a table of ratios. The server, the providers' simulators and
// the floor are processes of their own, so that the processor time of the client, which
// is this one, and of the simulators does not count.
//
// See `make bench` and `make profile`.
package main

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"os"
	"os/signal"
	"strconv"
	"syscall"
	"time"
)

// answerWithin bounds how long an answer is waited for.
const answerWithin = time.Minute

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:])
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	if len(args) == 3 && args[0] == "floor" {
		return serveFloor(ctx, args[1], args[2])
	}

	b := bench{
		ctx: ctx, program: cmp.Or(os.Getenv("RIELTIME_BIN"), "./rieltime"),
		http: &http.Transport{MaxIdleConnsPerHost: 1024, ResponseHeaderTimeout: answerWithin, DisableCompression: true},
	}
	if address := os.Getenv("RIELTIME_TEST_POSTGRES"); address != "" {
		var err error
		if b.server, err = openPostgres(ctx, address); err != nil {
			return err
		}
	}

	if len(args) == 2 && args[0] == "profile" {
		return b.profile(args[1])
	}
	return b.all()
}

// number is a whole number of the environment.
func number(name string, otherwise int) int {
	if n, err := strconv.Atoi(os.Getenv(name)); err == nil {
		return n
	}
	return otherwise
}
