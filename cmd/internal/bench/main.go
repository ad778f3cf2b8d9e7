//go:build unix

// Command bench measures the program beside its peers and prints one table. "make bench" runs it.
//
// Each side is a process of its own, so that processor time and peak memory are the kernel's figures for it. Ours and the peer's take turns, and the
// median of the rounds counts: other programs on the machine then disturb both alike. Nothing here fails because something is slow; the exit code is 1
// only when something could not be measured although its peer is there.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var err error
	if len(os.Args) > 1 && os.Args[1] == workWord {
		err = work(ctx, os.Args[2:])
	} else {
		err = run(ctx, os.Args[1:])
	}
	switch {
	case errors.Is(err, flag.ErrHelp):
		os.Exit(2)
	case err != nil:
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}
