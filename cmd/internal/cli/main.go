// Package cli is the command line: one file for each command, and the one place that turns errors into exit codes.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"strings"
	"syscall"
)

// IO are the streams of a run. Machine output goes to Out, everything else to Err.
type IO struct {
	In  io.Reader
	Out io.Writer
	Err io.Writer
}

// The exit codes. Of several that apply, the first in this order is given: 130, 2, 5, 4, 3, 1, 0.
const (
	exitOK          = 0
	exitFindings    = 1
	exitUsage       = 2
	exitIncomplete  = 3
	exitSignIn      = 4
	exitReport      = 5
	exitInterrupted = 130
)

// exitHelp stands in the help of every command that can end with more than 0 and 2.
const exitHelp = `Exit codes:
  0    no open finding at or above --fail-on (default high), everything was read
  1    open findings at or above --fail-on; whole reports are written
  2    wrong usage or configuration; nothing is written
  3    something that was asked for was not read completely, or a rule was not assessed; reports show the gap
  4    a source refused the sign-in; the others are read and reported
  5    a report could not be written
  130  interrupted; earlier reports are untouched`

// exitError ends a run with a code. A nil err means that everything has been said.
type exitError struct {
	code int
	err  error
}

func (e *exitError) Error() string {
	if e.err == nil {
		return fmt.Sprintf("exit code %d", e.code)
	}
	return e.err.Error()
}

func (e *exitError) Unwrap() error { return e.err }

func exit(code int, err error) error { return &exitError{code, err} }

func usage(format string, args ...any) error { return exit(exitUsage, fmt.Errorf(format, args...)) }

// Main runs one command and gives its exit code.
func Main(args []string, streams IO) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	// After the first signal the default handling comes back, so that a second one ends the program at once.
	release := context.AfterFunc(ctx, stop)
	defer release()
	return Run(ctx, args, streams)
}

// Run is Main with a context of the caller's, which stands for the interrupt.
func Run(ctx context.Context, args []string, streams IO) int {
	a := &app{io: streams}
	root := newRoot(a)
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return exitOK
	}
	if ctx.Err() != nil && !a.placed {
		a.fail(exitInterrupted, "interrupted; what an earlier run wrote is untouched")
		return exitInterrupted
	}
	var coded *exitError
	if !errors.As(err, &coded) {
		// What has no code comes from the command line parser.
		a.fail(exitUsage, err.Error()+"\nRun 'hybridaudit --help' for usage.")
		return exitUsage
	}
	if coded.err != nil {
		a.fail(coded.code, coded.err.Error())
	}
	return coded.code
}

// fail says why the run ends as it does.
func (a *app) fail(code int, problem string) {
	if a.logFormat == "json" {
		log := a.log
		if log == nil { // the command line was refused before there was a log
			log = slog.New(slog.NewJSONHandler(a.io.Err, nil))
		}
		log.Error(problem, "exitCode", code)
		return
	}
	_, _ = fmt.Fprintln(a.io.Err, "hybridaudit: "+strings.ReplaceAll(problem, "\n", "\n  "))
}
