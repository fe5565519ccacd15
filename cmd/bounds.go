package cmd

import (
	"fmt"
	"time"

	"rieltime/checkout"
)

// Bounds of rates: one request in three hours, and more than any process can
// answer. What is counted out of them stays far from overflowing.
const (
	minRate = 0.0001 // a second
	maxRate = 1_000_000
)

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

// Validate also looks at what only serve is given.
func (c *serveCommand) Validate() error {
	if c.Grace < 0 {
		return fmt.Errorf("--grace must not be negative")
	}
	if err := checkRate("--api-rate", c.APIRate); err != nil {
		return err
	}
	return c.opsFlags.Validate()
}

func checkRate(name string, rate float64) error {
	if rate != 0 && !(rate >= minRate && rate <= maxRate) { // so written, NaN is refused too
		return fmt.Errorf("%s must be from %v to %d, or 0", name, minRate, maxRate)
	}
	return nil
}

// Validate keeps the feed from being asked for without a pause.
func (c *listenCommand) Validate() error {
	if _, err := checkout.ParseWebURL(c.ForwardTo); err != nil {
		return fmt.Errorf("--forward-to %w", err)
	}
	if c.Interval < time.Millisecond {
		return fmt.Errorf("--interval must be at least 1ms")
	}
	if c.From < -1 {
		return fmt.Errorf("--from must be a sequence, from 0")
	}
	return nil
}

// Validate keeps "the newest" from meaning none or all.
func (c *auditCommand) Validate() error {
	if c.Limit < 1 || c.Limit > maxAuditLines {
		return fmt.Errorf("--limit must be from 1 to %d", maxAuditLines)
	}
	return nil
}

const maxAuditLines = 1_000_000
