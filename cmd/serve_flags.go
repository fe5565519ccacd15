package cmd

import (
	"fmt"
	"math"
	"os"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"rieltime/checkout"
	"rieltime/handlers"
)

// opsFlags are what an operator sets about a running checkout.
type opsFlags struct {
	MetricsListen      string        `help:"Address that shows Prometheus metrics at /metrics. Off, unless given; keep it private." env:"RIELTIME_METRICS_LISTEN" placeholder:"127.0.0.1:9090"`
	TracesEndpoint     string        `help:"Collector that gets OpenTelemetry traces by OTLP over HTTP. None, unless given." env:"OTEL_EXPORTER_OTLP_ENDPOINT" placeholder:"http://127.0.0.1:4318"`
	RetainPersonalData time.Duration `help:"After how long buyers' personal data of closed sessions is blanked; 0 keeps it." default:"2160h" env:"RIELTIME_RETAIN_PERSONAL_DATA"`
	MaxInFlight        int           `help:"Requests worked on at once; more get 503." default:"2048" env:"RIELTIME_MAX_IN_FLIGHT"`
	MaxMemory          byteSize      `help:"Memory above which requests get 503; 0 is no bound. Unless GOMEMLIMIT is set, the Go runtime keeps to nine tenths of it." default:"512MiB" env:"RIELTIME_MAX_MEMORY"`
	PayRate            float64       `help:"Payments a second that may be started and checked from one address, fifteen times as many at once; 0 is no bound." default:"2" env:"RIELTIME_PAY_RATE"`
	AddressRate        float64       `help:"Requests a second from one address without an API key, five times as many at once; 0 is no bound." default:"200" env:"RIELTIME_ADDRESS_RATE"`
	SessionRate        float64       `help:"Payments a second that may be started and checked for one session, a hundred times as many at once; 0 is no bound." default:"0.2" env:"RIELTIME_SESSION_RATE"`
}

// limit is a rate as a flag gives it: 0 is no bound.
func limit(perSecond, burst float64) handlers.Limit {
	if perSecond <= 0 {
		return handlers.Limit{PerSecond: -1}
	}
	return handlers.Limit{PerSecond: perSecond, Burst: max(1, int(math.Round(perSecond*burst)))}
}

func (f opsFlags) guard() handlers.Guard {
	return handlers.Guard{
		AddressLimit: limit(f.AddressRate, 5), SessionLimit: limit(f.SessionRate, 100),
		MaxInFlight: f.MaxInFlight, MaxMemory: uint64(f.MaxMemory),
	}
}

// keepToMemory has the runtime collect harder before requests must be shed.
func (f opsFlags) keepToMemory() {
	if f.MaxMemory > 0 && os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(int64(f.MaxMemory) / 10 * 9)
	}
}

// byteSize is a number of bytes, such as "512MiB".
type byteSize int64

// UnmarshalText reads a whole number with or without KiB, MiB or GiB.
func (b *byteSize) UnmarshalText(text []byte) error {
	digits, shift := string(text), 0
	for i, unit := range []string{"KiB", "MiB", "GiB"} {
		if number, found := strings.CutSuffix(digits, unit); found {
			digits, shift = number, 10*(i+1)
			break
		}
	}

	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || n < 0 || n > math.MaxInt64>>shift {
		return fmt.Errorf("%q is not a size such as 512MiB", text)
	}

	*b = byteSize(n << shift)
	return nil
}

// Validate refuses numbers that would turn a bound into its opposite: a
// retention below nothing blanks what has just been closed.
func (f opsFlags) Validate() error {
	if f.TracesEndpoint != "" {
		if _, err := checkout.ParseWebURL(f.TracesEndpoint); err != nil {
			return fmt.Errorf("--traces-endpoint %w", err)
		}
	}

	if f.RetainPersonalData < 0 {
		return fmt.Errorf("--retain-personal-data must not be negative; 0 keeps it")
	}
	if f.MaxInFlight < 1 {
		return fmt.Errorf("--max-in-flight must be at least 1")
	}

	for name, rate := range map[string]float64{"--pay-rate": f.PayRate, "--address-rate": f.AddressRate, "--session-rate": f.SessionRate} {
		if err := checkRate(name, rate); err != nil {
			return err
		}
	}

	return nil
}

// Bounds of rates: one request in three hours, and more than any process can
// answer. What is counted out of them stays far from overflowing.
const (
	minRate = 0.0001 // a second
	maxRate = 1_000_000
)

func checkRate(name string, rate float64) error {
	if rate != 0 && !(rate >= minRate && rate <= maxRate) { // so written, NaN is refused too
		return fmt.Errorf("%s must be from %v to %d, or 0", name, minRate, maxRate)
	}
	return nil
}
