package checkout

import (
	"errors"
	"fmt"
	"testing"
	"time"
)

func TestAttemptsOfASessionAreBounded(t *testing.T) {
	t.Parallel()
	now := time.Now()
	p := Purchase{Session: Session{Status: SessionOpen, ExpiresAt: now.Add(time.Hour)}}
	for i := range maxAttempts {
		if err := p.Start(Payment{ID: fmt.Sprint(i), Status: PaymentCreated}, now); err != nil {
			t.Fatalf("attempt %d: %v", i, err)
		}
	}
	if err := p.Start(Payment{ID: "more"}, now); !errors.Is(err, errAttempts) || len(p.Payments) != maxAttempts {
		t.Errorf("%v, %d attempts", err, len(p.Payments))
	}
	if p.Latest().Status != PaymentCreated {
		t.Error("the refused attempt replaced the one before")
	}
}
