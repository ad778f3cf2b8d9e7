//go:build unix

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"

	"hybridaudit/audit"
	"hybridaudit/audit/rules"
	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/file"
)

// load reads the evidence file.
func (b *bench) load(ctx context.Context) ([]line, error) {
	if err := need("zstd", "wc"); err != nil {
		return nil, err
	}
	s, err := b.sampled(ctx)
	if err != nil {
		return nil, err
	}
	rows := 0
	ours, theirs, err := alternate(ctx, b.rounds, func(ctx context.Context) (cost, error) {
		k, err := own(ctx, nil, "load", s.evidence)
		rows = k.Units
		return k, err
	}, func(ctx context.Context) (cost, error) {
		k, err := shell(`zstd -dc "$@" | wc -l`, s.members...).run(ctx)
		k.Units = rows
		return k, err
	})
	if err != nil {
		return nil, err
	}
	work, name := fmt.Sprintf("evidence file, loading %s people", count(float64(b.people))), "zstd -dc | wc -l over its members"
	return []line{
		elapsed().against(work, ours, theirs, name, atMost(3)),
		processor().against(work, ours, theirs, name, nil),
		memory().alone(work, ours, nil),
	}, nil
}

// judge runs all rules over the sample.
func (b *bench) judge(ctx context.Context) ([]line, error) {
	s, err := b.sampled(ctx)
	if err != nil {
		return nil, err
	}
	ours, _, err := alternate(ctx, b.rounds, func(ctx context.Context) (cost, error) { return own(ctx, nil, "judge", s.evidence) }, nil)
	if err != nil {
		return nil, err
	}
	// The design's limits are for a million; of fewer people less is expected.
	share := float64(b.people) / 1e6
	work := fmt.Sprintf("judging %s people in AD and tenant, all rules", count(float64(b.people)))
	return []line{
		elapsed().alone(work, ours, below(10*share, fmt.Sprintf("< %.0f s", 10*share))),
		processor().alone(work, ours, nil),
		memory().alone(work+", evidence included", ours, below(2048*share, fmt.Sprintf("< %.0f MiB", 2048*share))),
	}, nil
}

func readFile(path string) (_ *evidence.Snapshot, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	return file.Read(f, info.Size(), nil, file.Limits{})
}

// loadWork loads an evidence file.
func loadWork(_ context.Context, args []string) (any, error) {
	if len(args) != 1 {
		return nil, errArguments
	}
	s, err := readFile(args[0])
	if err != nil {
		return nil, err
	}
	n := 0
	for _, d := range evidence.Datasets() {
		n += s.Rows(d)
	}
	return cost{Units: n}, nil
}

// judgeWork loads an evidence file and measures the judging.
func judgeWork(ctx context.Context, args []string) (any, error) {
	if len(args) != 1 {
		return nil, errArguments
	}
	s, err := readFile(args[0])
	if err != nil {
		return nil, err
	}
	runtime.GC()
	p := begin()
	r, err := audit.Run(ctx, s, audit.Options{Rules: rules.All()})
	if err != nil {
		return nil, err
	}
	for _, o := range r.Outcomes {
		if o.Status == audit.Broken {
			return nil, fmt.Errorf("%s ended broken: %v", o.Rule.ID, o.Reason.Args)
		}
	}
	return p.end(len(r.Findings)), nil
}
