//go:build unix

package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"
)

// sizes are how much there is of everything.
type sizes struct{ entries, controlled, people, tenant, addresses, rows, domains int }

var (
	usual = sizes{entries: 200_000, controlled: 50_000, people: 100_000, tenant: tenantPeople, addresses: 4_000_000, rows: 200_000, domains: lookupDomains}
	large = sizes{entries: 200_000, controlled: 50_000, people: 1_000_000, tenant: tenantPeople, addresses: 4_000_000, rows: 1_000_000, domains: lookupDomains}
)

// bench is one run.
type bench struct {
	sizes
	rounds int
	dir    string // for files, removed in the end
	root   string // of the module
	sample *sample
}

// row is one kind of work; it may give several lines.
type row struct {
	name    string
	measure func(*bench, context.Context) ([]line, error)
}

func rows() []row {
	return []row{
		{"ad", (*bench).openLDAP}, {"samba", (*bench).samba}, {"graph", (*bench).graph}, {"pages", (*bench).pages}, {"lookups", (*bench).lookups}, {"sdk", (*bench).sdk}, {"load", (*bench).load},
		{"judge", (*bench).judge}, {"duplicates", (*bench).duplicates}, {"excel", (*bench).excel}, {"binary", (*bench).binary},
	}
}

func run(ctx context.Context, args []string) (err error) {
	b := &bench{sizes: usual}
	f := flag.NewFlagSet("bench", flag.ContinueOnError)
	all := f.Bool("large", false, "1,000,000 people, 1,000,000 rows (half an hour)")
	only := f.String("only", "", "measure only these `ROWS`, with commas: "+strings.Join(names(), ", "))
	f.IntVar(&b.rounds, "rounds", 3, "how often each side runs")
	controlled := f.Int("controlled", 0, "people in the domain controller that is read")
	entries, people := f.Int("entries", 0, "people in the directory that is read"), f.Int("people", 0, "people in the evidence that is loaded and judged")
	tenant := f.Int("tenant", 0, "users of the tenant whose pages are read")
	addresses, cells := f.Int("addresses", 0, "addresses among which duplicates are found"), f.Int("rows", 0, "findings that are written")
	domains := f.Int("domains", 0, "domains that are looked up")
	if err := f.Parse(args); err != nil {
		return err
	}
	if *all {
		b.sizes = large
	}
	for flag, field := range map[*int]*int{entries: &b.entries, controlled: &b.controlled, people: &b.people, tenant: &b.sizes.tenant, addresses: &b.sizes.addresses, cells: &b.sizes.rows, domains: &b.sizes.domains} {
		if *flag > 0 {
			*field = *flag
		}
	}
	chosen, err := choose(*only)
	if err != nil {
		return err
	}
	if b.root, err = moduleRoot(); err != nil {
		return err
	}
	if b.dir, err = os.MkdirTemp("", "hb"); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.close()) }()
	lines, notes, err := b.measure(ctx, chosen)
	fmt.Fprintf(os.Stdout, "%s/%s, %d processors, %s; medians of %d rounds, both sides in turn\n\n", runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), runtime.Version(), b.rounds)
	return errors.Join(printTable(os.Stdout, lines, notes), err)
}

func names() []string {
	var all []string
	for _, r := range rows() {
		all = append(all, r.name)
	}
	return all
}

func choose(only string) ([]row, error) {
	if only == "" {
		return rows(), nil
	}
	var chosen []row
	for name := range strings.SplitSeq(only, ",") {
		i := slices.Index(names(), name)
		if i < 0 {
			return nil, fmt.Errorf("there is no row %q: one of %s", name, strings.Join(names(), ", "))
		}
		chosen = append(chosen, rows()[i])
	}
	return chosen, nil
}

// measure runs the rows one after the other. A row whose peer is missing is a note; one that fails is told and the others go on.
func (b *bench) measure(ctx context.Context, chosen []row) (lines []line, notes []string, err error) {
	for _, r := range chosen {
		began := time.Now()
		got, fault := r.measure(b, ctx)
		lines = append(lines, got...)
		switch {
		case ctx.Err() != nil:
			return lines, notes, ctx.Err()
		case fault != nil && skipped(fault):
			notes = append(notes, "not measured: "+r.name+": "+fault.Error())
		case fault != nil:
			err = errors.Join(err, fmt.Errorf("%s: %w", r.name, fault))
		}
		fmt.Fprintf(os.Stderr, "bench: %s took %s\n", r.name, clock(began))
	}
	if len(notes) > 0 {
		notes = append([]string{""}, notes...)
	}
	return lines, notes, err
}

func (b *bench) path(name string) string { return filepath.Join(b.dir, name) }

func (b *bench) close() error {
	return errors.Join(b.sample.stop(), os.RemoveAll(b.dir))
}

// moduleRoot is the nearest folder upward that holds go.mod.
func moduleRoot() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		if filepath.Dir(dir) == dir {
			return "", errors.New("bench runs inside the module's folder")
		}
		dir = filepath.Dir(dir)
	}
}
