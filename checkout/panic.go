package checkout

import (
	"fmt"
	"log/slog"
	"maps"
	"runtime/debug"
	"sync"
)

// PanicError is what a contained panic becomes. Its text goes to the log only.
type PanicError struct{ Value any }

func (e *PanicError) Error() string { return fmt.Sprintf("panic: %v", e.Value) }

// Contain turns a panic of the function that defers it into that function's
// error, counts it and logs it with its stack, so that a fault in one task ends
// neither the process nor the tasks beside it:
//
//	defer checkout.Contain(log, "provider bakong", &err)
//
// boundary names where panics stop; there are few, for they label a metric.
func Contain(log *slog.Logger, boundary string, err *error) {
	if value := recover(); value != nil {
		*err = Panicked(log, boundary, value)
	}
}

// Panicked counts and logs a panic that was recovered at a boundary, while its
// stack is still there, and gives its error.
func Panicked(log *slog.Logger, boundary string, value any) error {
	panics.Lock()
	panics.counts[boundary]++
	panics.Unlock()
	log.Error("panic contained", "boundary", boundary, "panic", value, "stack", string(debug.Stack()))
	return &PanicError{Value: value}
}

// panics counts for the whole process, whichever package contains them.
var panics = struct {
	sync.Mutex
	counts map[string]int
}{counts: map[string]int{}}

// Panics are the panics contained since the process began, by boundary.
func Panics() map[string]int {
	panics.Lock()
	defer panics.Unlock()
	return maps.Clone(panics.counts)
}

// Contained calls a provider's adapter. A panic in it is an error, which says
// nothing of what was asked.
func Contained[T any](log *slog.Logger, provider string, call func() (T, error)) (result T, err error) {
	defer Contain(log, "provider "+provider, &err)
	return call()
}
