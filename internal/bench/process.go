package main

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const (
	startWithin = 2 * time.Minute
	ticks       = 100 // in which Linux counts a second of processor time
)

// process is a program that runs beside this one, so that its processor time and its
// memory are its own.
type process struct {
	cmd   *exec.Cmd
	said  *os.File
	ended chan struct{} // closed once it has
	err   error         // how it has ended
}

// start starts a program, whose output goes to a file in folder.
func start(ctx context.Context, folder string, env []string, program string, args ...string) (*process, error) {
	said, err := os.CreateTemp(folder, "output-*")
	if err != nil {
		return nil, err
	}

	p := &process{cmd: exec.CommandContext(ctx, program, args...), said: said, ended: make(chan struct{})}
	p.cmd.Env = append(os.Environ(), env...)
	p.cmd.Stdout, p.cmd.Stderr = said, said
	p.cmd.Cancel = func() error { return p.cmd.Process.Signal(syscall.SIGTERM) }
	p.cmd.WaitDelay = 30 * time.Second
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}

	go func() {
		defer close(p.ended)
		p.err = p.cmd.Wait()
	}()
	return p, nil
}

// waitFor returns when an address answers 200.
func (p *process) waitFor(address string) error {
	for deadline := time.Now().Add(startWithin); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if answer, err := http.Get(address); err == nil {
			_ = answer.Body.Close()
			if answer.StatusCode == http.StatusOK {
				return nil
			}
		}

		select {
		case <-p.ended:
			return fmt.Errorf("%s ended: %v\n%s", p.cmd.Path, p.err, p.output())
		default:
		}
	}

	return fmt.Errorf("%s does not answer at %s:\n%s", p.cmd.Path, address, p.output())
}

func (p *process) output() []byte {
	text, _ := os.ReadFile(p.said.Name()) // missing: nothing was said
	return text
}

// stop asks the process to end and waits until it has.
func (p *process) stop() error {
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	<-p.ended
	return p.err
}

// cpu is the processor time that the process has used.
func (p *process) cpu() time.Duration {
	used, _, _ := statOf(p.cmd.Process.Pid)
	return used
}

// resident is the memory of the process, in bytes.
func (p *process) resident() int64 {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", p.cmd.Process.Pid))
	if err != nil {
		return 0
	}
	fields := strings.Fields(string(text))
	pages, _ := strconv.ParseInt(fields[1], 10, 64)
	return pages * int64(os.Getpagesize())
}

// statOf reads what a process has used, what its children that ended have used, and
// its parent, from /proc/PID/stat.
func statOf(pid int) (used, ended time.Duration, parent int) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, 0, 0
	}

	fields := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:])) // from the third on
	number := func(n int) int {
		value, _ := strconv.Atoi(fields[n-3])
		return value
	}
	time := func(first int) time.Duration {
		return time.Duration(number(first)+number(first+1)) * time.Second / ticks
	}
	return time(14), time(16), number(4)
}

// familyCPU is the processor time of a process and all its children.
func familyCPU(pid int) time.Duration {
	used, ended, _ := statOf(pid)
	all := used + ended
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, stat := range stats {
		child, _ := strconv.Atoi(filepath.Base(filepath.Dir(stat)))
		if used, _, parent := statOf(child); parent == pid {
			all += used
		}
	}
	return all
}

// freeAddress is an address that nothing listens on.
func freeAddress() (string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return listener.Addr().String(), listener.Close()
}
