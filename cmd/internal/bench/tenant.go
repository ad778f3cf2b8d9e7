//go:build unix

package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"regexp"
	"strconv"
	"time"
)

// graph reads the sample tenant's users.
func (b *bench) graph(ctx context.Context) ([]line, error) {
	s, err := b.sampled(ctx)
	if err != nil {
		return nil, err
	}
	ours, theirs, err := alternate(ctx, b.rounds, func(ctx context.Context) (cost, error) { return own(ctx, s.address, "graph") },
		func(ctx context.Context) (cost, error) { return own(ctx, s.address, "http") })
	if err != nil {
		return nil, err
	}
	work, name := fmt.Sprintf("Graph collection, lab, %s users", count(float64(ours.Units))), "net/http loop that throws the pages away"
	return []line{
		perSecond("users").against(work, ours, theirs, name, nil),
		perCPUSecond("users").against(work, ours, theirs, name, nil),
		memory().against(work, ours, theirs, name, nil),
	}, nil
}

// sdk compares our decoding of a page with that of the typed SDK: the benchmarks of sources/graph, since the SDK's models take minutes to compile.
func (b *bench) sdk(ctx context.Context) ([]line, error) {
	if os.Getenv(sdkVariable) == "" {
		return nil, &missingError{"a build with the typed Graph SDK", sdkVariable + "=1 make bench"}
	}
	var out bytes.Buffer
	test := command{
		name: "go", args: []string{"test", "-tags", "sdkcontract", "-run", "^$", "-bench", "UsersPage", "-cpu", "1", "-count", strconv.Itoa(b.rounds), "./sources/graph/"}, dir: b.root, out: &out,
	}
	if _, err := test.run(ctx); err != nil {
		return nil, err
	}
	ours, theirs := benchmarked(out.Bytes(), "BenchmarkUsersPage"), benchmarked(out.Bytes(), "BenchmarkUsersPageSDK")
	if ours.Wall == 0 || theirs.Wall == 0 {
		return nil, fmt.Errorf("the benchmarks of sources/graph printed no users/s")
	}
	rate := perSecond("users")
	rate.name = "users/s on one processor"
	return []line{rate.against("Graph decoding, pages of 999 users", ours, theirs, "msgraph-sdk-go", atLeast(4))}, nil
}

// benchmarked is the median of the users/s that a benchmark printed, as a cost.
func benchmarked(out []byte, name string) cost {
	var all []cost
	for _, m := range regexp.MustCompile(`(?m)^`+name+`\s.*?\s([0-9.e+]+) users/s`).FindAllSubmatch(out, -1) {
		if rate, err := strconv.ParseFloat(string(m[1]), 64); err == nil && rate > 0 {
			all = append(all, cost{Wall: time1e6(rate), Units: 1e6})
		}
	}
	return median(all)
}

// time1e6 is how long a million take at that rate.
func time1e6(rate float64) time.Duration { return time.Duration(1e6 / rate * float64(time.Second)) }
