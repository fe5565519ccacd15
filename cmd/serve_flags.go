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

// serveFlags are the operational settings of the server.
type serveFlags struct {
	MetricsListen      string        `help:"Address to serve Prometheus metrics on, at /metrics. Off by default; keep it private." env:"RIELTIME_METRICS_LISTEN" placeholder:"127.0.0.1:9090"`
	TracesEndpoint     string        `help:"Collector to send OpenTelemetry traces to, by OTLP over HTTP. Off by default." env:"OTEL_EXPORTER_OTLP_ENDPOINT" placeholder:"http://127.0.0.1:4318"`
	RetainPersonalData time.Duration `help:"How long to keep the personal data of buyers after a session has closed; 0 keeps it for ever." default:"${retain_personal}" env:"RIELTIME_RETAIN_PERSONAL_DATA"`
	RetainAttempts     time.Duration `help:"How long to keep the attempts to deliver webhooks, at least 744h (31 days); 0 keeps them for ever." default:"0" env:"RIELTIME_RETAIN_DELIVERY_ATTEMPTS" name:"retain-delivery-attempts"`
	RetainAudit        time.Duration `help:"How long to keep the entries of the audit trail, at least 744h (31 days); 0 keeps them for ever." default:"0" env:"RIELTIME_RETAIN_AUDIT"`
	MaxInFlight        int           `help:"Maximum number of requests served at once; more get 503." default:"2048" env:"RIELTIME_MAX_IN_FLIGHT"`
	MaxMemory          byteSize      `help:"Memory use above which requests get 503; 0 means no limit. Unless GOMEMLIMIT is set, the Go runtime aims for nine tenths of it." default:"512MiB" env:"RIELTIME_MAX_MEMORY"`
	PayRate            float64       `help:"Payments per second that one address may start or check, with bursts of fifteen times that; 0 means no limit." default:"2" env:"RIELTIME_PAY_RATE"`
	AddressRate        float64       `help:"Requests per second from one address without an API key, with bursts of five times that; 0 means no limit." default:"200" env:"RIELTIME_ADDRESS_RATE"`
	SessionRate        float64       `help:"Payments per second that may be started or checked for one session, with bursts of a hundred times that; 0 means no limit." default:"0.2" env:"RIELTIME_SESSION_RATE"`
}

// rateLimit returns the limit for the value of a flag, where 0 means no limit.
func rateLimit(perSecond, burst float64) handlers.Limit {
	if perSecond <= 0 {
		return handlers.Limit{PerSecond: -1}
	}
	return handlers.Limit{PerSecond: perSecond, Burst: max(1, int(math.Round(perSecond*burst)))}
}

func (f serveFlags) guard() handlers.Guard {
	return handlers.Guard{
		AddressLimit: rateLimit(f.AddressRate, 5), SessionLimit: rateLimit(f.SessionRate, 100),
		MaxInFlight: f.MaxInFlight, MaxMemory: uint64(f.MaxMemory),
	}
}

// setMemoryLimit makes the runtime collect garbage harder before the server has to
// refuse requests.
func (f serveFlags) setMemoryLimit() {
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

// Validate refuses numbers that would turn a limit into its opposite: a negative
// retention would erase the data of sessions that have just closed.
func (f serveFlags) Validate() error {
	if f.TracesEndpoint != "" {
		if _, err := checkout.ParseWebURL(f.TracesEndpoint); err != nil {
			return fmt.Errorf("--traces-endpoint %w", err)
		}
	}

	if f.RetainPersonalData < 0 {
		return fmt.Errorf("--retain-personal-data must not be negative; 0 keeps it")
	}
	for name, keep := range map[string]time.Duration{"--retain-delivery-attempts": f.RetainAttempts, "--retain-audit": f.RetainAudit} {
		if keep != 0 && keep < minRetention {
			return fmt.Errorf("%s must be at least %dh, or 0 to keep all", name, minRetention/time.Hour)
		}
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

// minRetention of what is kept by the month; less is a mistake, such as hours meant as
// days, and would remove what is still looked at.
const minRetention = 31 * 24 * time.Hour

// Bounds of rates: one request in three hours, and more than any process can
// serve. Numbers computed from them stay far from overflowing.
const (
	minRate = 0.0001 // per second
	maxRate = 1_000_000
)

// checkRate checks the value of a flag that is a rate.
func checkRate(name string, rate float64) error {
	if rate != 0 && !(rate >= minRate && rate <= maxRate) { // written this way, it also refuses NaN
		return fmt.Errorf("%s must be from %v to %d, or 0", name, minRate, maxRate)
	}
	return nil
}
