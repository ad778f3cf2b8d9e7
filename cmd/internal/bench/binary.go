//go:build unix

package main

import (
	"context"
	"os"
)

// binary builds the program as "make build" does, and lets it audit its own sample.
func (b *bench) binary(ctx context.Context) ([]line, error) {
	program := b.path("hybridaudit")
	build := command{name: "go", args: []string{"build", "-trimpath", "-ldflags", "-s -w", "-o", program, "./cmd/hybridaudit"}, dir: b.root}
	if _, err := build.run(ctx); err != nil {
		return nil, err
	}
	info, err := os.Stat(program)
	if err != nil {
		return nil, err
	}
	demo := func(ctx context.Context) (cost, error) {
		return command{name: program, args: []string{"demo", "--quiet", "--out", b.path("demo")}}.run(ctx)
	}
	ours, _, err := alternate(ctx, b.rounds, demo, nil)
	if err != nil {
		return nil, err
	}
	size := figure{"MB", func(cost) float64 { return float64(info.Size()) / 1e6 }, func(v float64) string { return seconds(v) }}
	const work = "hybridaudit demo, whole process"
	return []line{
		size.alone("program, stripped", ours, below(30, "< 30 MB")),
		elapsed().alone(work, ours, below(3, "< 3 s")),
		processor().alone(work, ours, nil),
		memory().alone(work, ours, nil),
	}, nil
}
