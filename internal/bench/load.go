package main

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// atRate begins n tasks, so many a second, however long each takes, and returns when
// all are done.
func atRate(n int, perSecond float64, do func(n int) error) error {
	return atTimes(n, func(n int) time.Duration { return time.Duration(float64(n) / perSecond * float64(time.Second)) }, do)
}

// atTimes begins n tasks, each so long after the call, and returns when all are done.
func atTimes(n int, at func(n int) time.Duration, do func(n int) error) error {
	var tasks sync.WaitGroup
	var failed failure
	begun := time.Now()
	for i := range n {
		time.Sleep(time.Until(begun.Add(at(i))))
		if failed.any() {
			break
		}
		tasks.Go(func() { failed.keep(do(i)) })
	}
	tasks.Wait()
	return failed.err()
}

// atOnce does n tasks, so many at a time.
func atOnce(n, callers int, do func(n int) error) error {
	var tasks sync.WaitGroup
	var next atomic.Int64
	var failed failure
	for range callers {
		tasks.Go(func() {
			for i := int(next.Add(1)) - 1; i < n && !failed.any(); i = int(next.Add(1)) - 1 {
				failed.keep(do(i))
			}
		})
	}
	tasks.Wait()
	return failed.err()
}

// failure keeps the first error of many tasks.
type failure struct{ first atomic.Pointer[error] }

func (f *failure) keep(err error) {
	if err != nil {
		f.first.CompareAndSwap(nil, &err)
	}
}

func (f *failure) any() bool { return f.first.Load() != nil }

func (f *failure) err() error {
	if first := f.first.Load(); first != nil {
		return *first
	}
	return nil
}

// rounds is how often two sides are measured in turn, so that both have the same of
// what else the machine does.
const rounds = 3

// meter returns the processor time that has been used.
type meter interface{ cpu() time.Duration }

// cost is what a task has taken.
type cost struct{ cpu, elapsed time.Duration }

// measure is what each of n tasks took, all of which run does.
func measure(of meter, n int, run func() error) (cost, error) {
	before, begun := of.cpu(), time.Now()
	err := run()
	return cost{(of.cpu() - before) / time.Duration(n), time.Since(begun) / time.Duration(n)}, err
}

// inTurn measures two sides in turn and returns the medians of each.
func inTurn(ours, floor func() (cost, error)) (of, beside cost, err error) {
	var sides [2][]cost
	for range rounds {
		for i, side := range []func() (cost, error){ours, floor} {
			one, err := side()
			if err != nil {
				return of, beside, err
			}
			sides[i] = append(sides[i], one)
		}
	}
	return median(sides[0]), median(sides[1]), nil
}

func median(costs []cost) cost {
	middle := func(of func(cost) time.Duration) time.Duration {
		var values []time.Duration
		for _, c := range costs {
			values = append(values, of(c))
		}
		slices.Sort(values)
		return values[len(values)/2]
	}
	return cost{middle(func(c cost) time.Duration { return c.cpu }), middle(func(c cost) time.Duration { return c.elapsed })}
}
