//go:build unix

package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"
)

// line is one line of the table.
type line struct{ work, ours, peer, name, ratio, target string }

// figure is what of a cost is compared, and how it is printed.
type figure struct {
	name string
	of   func(cost) float64
	form func(float64) string
}

func perSecond(what string) figure {
	return figure{what + "/s", func(k cost) float64 { return float64(k.Units) / k.Wall.Seconds() }, count}
}

func perCPUSecond(what string) figure {
	return figure{what + "/CPU s", func(k cost) float64 { return float64(k.Units) / k.CPU.Seconds() }, count}
}

func elapsed() figure {
	return figure{"s", func(k cost) float64 { return k.Wall.Seconds() }, seconds}
}

func processor() figure {
	return figure{"CPU s", func(k cost) float64 { return k.CPU.Seconds() }, seconds}
}

func memory() figure {
	return figure{"peak MiB", func(k cost) float64 { return float64(k.Peak) / (1 << 20) }, func(v float64) string { return fmt.Sprintf("%.0f", v) }}
}

func seconds(v float64) string { return fmt.Sprintf("%.2f", v) }

// count writes a whole number with commas.
func count(v float64) string {
	s := fmt.Sprintf("%.0f", v)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// target is what is to be reached.
type target struct {
	text string
	met  func(ours, peer float64) bool
}

func atLeast(ratio float64) *target {
	return &target{fmt.Sprintf("ratio ≥ %.1f", ratio), func(o, p float64) bool { return o/p >= ratio }}
}

func atMost(ratio float64) *target {
	return &target{fmt.Sprintf("ratio ≤ %.1f", ratio), func(o, p float64) bool { return o/p <= ratio }}
}

func below(limit float64, text string) *target {
	return &target{text, func(o, _ float64) bool { return o < limit }}
}

// against makes a line for a figure that both sides have.
func (f figure) against(work string, ours, peer cost, name string, t *target) line {
	o, p := f.of(ours), f.of(peer)
	return line{work + ", " + f.name, f.form(o), f.form(p), name, seconds(o / p), verdict(t, o, p)}
}

// alone makes a line for a figure without a peer.
func (f figure) alone(work string, ours cost, t *target) line {
	o := f.of(ours)
	return line{work + ", " + f.name, f.form(o), "", "", "", verdict(t, o, 0)}
}

func verdict(t *target, ours, peer float64) string {
	switch {
	case t == nil:
		return ""
	case t.met(ours, peer):
		return t.text + ": reached"
	}
	return t.text + ": not reached"
}

// printTable writes the lines below the head.
func printTable(w io.Writer, lines []line, notes []string) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	row := func(cells ...string) { _, _ = fmt.Fprintln(t, strings.Join(cells, "\t")) } // the error stays until Flush
	row("work", "ours", "peer", "peer's name", "ratio", "target")
	for _, l := range lines {
		row(l.work, l.ours, l.peer, l.name, l.ratio, l.target)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	for _, n := range notes {
		if _, err := fmt.Fprintln(w, n); err != nil {
			return err
		}
	}
	return nil
}

// clock says how long something took, for the notes on standard error.
func clock(began time.Time) string { return fmt.Sprintf("%.0f s", time.Since(began).Seconds()) }
