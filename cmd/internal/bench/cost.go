//go:build unix

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"time"
)

// cost is what a process took, or the part of one that is measured.
type cost struct {
	Wall, CPU time.Duration
	Peak      int64 // bytes of the largest resident set of any one of its processes
	Units     int   // rows, users, duplicates: what it worked on, so that both sides can be held against each other
}

// command is a process to run and measure.
type command struct {
	name string
	args []string
	env  []string  // added to ours
	in   io.Reader // nil for nothing
	dir  string
	out  io.Writer // nil discards
}

// worker is this program doing one job. See work for the names.
func worker(in any, name string, args ...string) (command, error) {
	self, err := os.Executable()
	if err != nil {
		return command{}, err
	}
	c := command{name: self, args: append([]string{workWord, name}, args...)}
	if in != nil {
		data, err := json.Marshal(in)
		if err != nil {
			return c, err
		}
		c.in = bytes.NewReader(data)
	}
	return c, nil
}

// shell is a pipeline; a fault of any of its parts is one of the whole.
func shell(script string, args ...string) command {
	return command{name: "bash", args: append([]string{"-euo", "pipefail", "-c", script, "bash"}, args...), env: []string{"LC_ALL=C"}}
}

// run starts the process, waits for it and says what it took.
func (c command) run(ctx context.Context) (cost, error) {
	cmd := exec.CommandContext(ctx, c.name, c.args...)
	cmd.Env = append(os.Environ(), c.env...)
	cmd.Stdin, cmd.Stdout, cmd.Dir = c.in, c.out, c.dir
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	began := time.Now()
	err := cmd.Run()
	k := cost{Wall: time.Since(began)}
	if ctx.Err() != nil {
		return k, ctx.Err()
	}
	if err != nil {
		text := strings.TrimSpace(stderr.String())
		if len(text) > 400 {
			text = "…" + text[len(text)-400:]
		}
		return k, fmt.Errorf("%s: %w: %s", c.label(), err, text)
	}
	k.CPU = cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	if usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
		k.Peak = usage.Maxrss << 10
	}
	return k, nil
}

func (c command) label() string {
	if len(c.args) > 1 && c.args[0] == workWord {
		return c.args[1]
	}
	return c.name
}

// own runs a worker and takes what it says about the part that it measured. A time or size that it does not give is that of the whole process.
func own(ctx context.Context, in any, name string, args ...string) (cost, error) {
	c, err := worker(in, name, args...)
	if err != nil {
		return cost{}, err
	}
	var out bytes.Buffer
	c.out = &out
	whole, err := c.run(ctx)
	if err != nil {
		return whole, err
	}
	var part cost
	if err := json.Unmarshal(out.Bytes(), &part); err != nil {
		return whole, fmt.Errorf("%s: what it printed: %w", name, err)
	}
	if part.Wall > 0 {
		whole.Wall, whole.CPU = part.Wall, part.CPU
	}
	if part.Peak > 0 {
		whole.Peak = part.Peak
	}
	whole.Units = part.Units
	return whole, nil
}

// side is one of two that are compared.
type side func(context.Context) (cost, error)

// alternate runs both sides in turn and gives the medians. peer may be nil.
func alternate(ctx context.Context, rounds int, ours, peer side) (a, b cost, err error) {
	var as, bs []cost
	for range rounds {
		k, err := ours(ctx)
		if err != nil {
			return a, b, err
		}
		as = append(as, k)
		if peer == nil {
			continue
		}
		if k, err = peer(ctx); err != nil {
			return a, b, err
		}
		bs = append(bs, k)
	}
	if peer != nil {
		if n, m := as[0].Units, bs[0].Units; n != m {
			return a, b, fmt.Errorf("both sides do not do the same: %d and %d", n, m)
		}
	}
	return median(as), median(bs), nil
}

// median takes each figure for itself.
func median(all []cost) cost {
	if len(all) == 0 {
		return cost{}
	}
	return cost{
		Wall: middle(all, func(k cost) time.Duration { return k.Wall }), CPU: middle(all, func(k cost) time.Duration { return k.CPU }),
		Peak: middle(all, func(k cost) int64 { return k.Peak }), Units: all[0].Units,
	}
}

func middle[T int64 | time.Duration](all []cost, of func(cost) T) T {
	var values []T
	for _, k := range all {
		values = append(values, of(k))
	}
	slices.Sort(values)
	n := len(values)
	return (values[(n-1)/2] + values[n/2]) / 2
}

// phase measures a part of this process.
type phase struct {
	began time.Time
	cpu   time.Duration
}

func begin() phase { return phase{time.Now(), used()} }

// end gives what the part took. The peak is that of the whole process.
func (p phase) end(units int) cost {
	return cost{Wall: time.Since(p.began), CPU: used() - p.cpu, Units: units}
}

// used is the processor time of this process so far.
func used() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// missingError says that a program that a row needs is not installed.
type missingError struct{ program, enable string }

func (e *missingError) Error() string {
	return fmt.Sprintf("%s is missing; enable with: %s", e.program, e.enable)
}

// need looks for programs.
func need(programs ...string) error {
	for _, p := range programs {
		if _, err := exec.LookPath(p); err != nil {
			return &missingError{p, "make peers"}
		}
	}
	return nil
}

func skipped(err error) bool {
	var m *missingError
	return errors.As(err, &m)
}
