package probe

import (
	"cmp"
	"context"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"

	"hybridaudit/sources/evidence"
)

// rows are what was seen so far. They come from many goroutines and are written by one, in an order that does not depend on which came first.
type rows struct {
	mu    sync.Mutex
	began time.Time
	byKey map[evidence.Dataset][]entry
}

type entry struct {
	key   string
	write func(*evidence.Builder) error
}

// maxText is the longest text of a row. What certificates and servers say can be long; nobody reads more.
const maxText = 2 << 10

// record keeps a row of this site. Texts that are too long are cut.
func record[T evidence.Observation](p *prober, row T) {
	v := reflect.ValueOf(&row).Elem()
	v.FieldByName("Site").SetString(p.cfg.Site)
	var key strings.Builder
	for i := range v.NumField() {
		switch f := v.Field(i).Addr().Interface().(type) {
		case *string:
			*f = clip(*f, maxText)
			key.WriteString(*f)
		case *[]string:
			kept := make([]string, len(*f))
			longest := maxText
			if v.Type() == reflect.TypeFor[evidence.FederationMetadata]() {
				longest = maxBody // certificates are of use only whole
			}
			for i, s := range *f {
				kept[i] = clip(s, longest)
			}
			*f = kept
			key.WriteString(strings.Join(kept, "\x01"))
		case *int:
			fmt.Fprintf(&key, "%012d", *f)
		}
		key.WriteByte(0)
	}
	d := evidence.DatasetOf(row)
	p.rows.mu.Lock()
	if p.rows.byKey == nil {
		p.rows.byKey = map[evidence.Dataset][]entry{}
	}
	p.rows.byKey[d] = append(p.rows.byKey[d], entry{key.String(), func(b *evidence.Builder) error { return evidence.Observe(b, row) }})
	n := len(p.rows.byKey[d])
	p.rows.mu.Unlock()
	p.cfg.Progress(d, n, -1)
}

// clip makes a text valid, and cuts it at a character's beginning when it is too long.
func clip(s string, longest int) string {
	if len(s) <= longest {
		return strings.ToValidUTF8(s, "\ufffd")
	}
	return strings.ToValidUTF8(s[:longest], "") + "…"
}

// notes are what the coverages will say.
type notes struct {
	mu     sync.Mutex
	faults map[evidence.Dataset][]string
	tried  map[evidence.Dataset]bool
}

// fault notes that something of a dataset was not read.
func (p *prober) fault(d evidence.Dataset, format string, args ...any) {
	p.notes.mu.Lock()
	defer p.notes.mu.Unlock()
	if p.notes.faults == nil {
		p.notes.faults = map[evidence.Dataset][]string{}
	}
	p.notes.faults[d] = append(p.notes.faults[d], fmt.Sprintf(format, args...))
}

// tried notes that the network was asked for something of a dataset.
func (p *prober) tried(d evidence.Dataset) {
	p.notes.mu.Lock()
	defer p.notes.mu.Unlock()
	if p.notes.tried == nil {
		p.notes.tried = map[evidence.Dataset]bool{}
	}
	p.notes.tried[d] = true
}

// ownDatasets are those of connections and what comes of them.
func ownDatasets() []evidence.Dataset {
	return []evidence.Dataset{evidence.ProbeConnections, evidence.ProbeHandshakes, evidence.ProbeCertificates, evidence.ProbeRevocation}
}

// write adds all rows and the coverages.
func (p *prober) write(ctx context.Context, b *evidence.Builder, run []part) {
	p.rows.mu.Lock()
	defer p.rows.mu.Unlock()
	for d, entries := range p.rows.byKey {
		slices.SortStableFunc(entries, func(a, b entry) int { return cmp.Compare(a.key, b.key) })
		for _, e := range entries {
			if err := e.write(b); err != nil {
				p.fault(d, "%v", err)
			}
		}
	}
	for _, d := range ownDatasets() {
		p.cover(ctx, b, d, true)
	}
	for _, one := range run {
		for _, d := range one.datasets {
			p.cover(ctx, b, d, !one.evenSilent)
		}
	}
}

// cover records the coverage of a dataset. Needy says that it cannot be had where nothing answers.
func (p *prober) cover(ctx context.Context, b *evidence.Builder, d evidence.Dataset, needy bool) {
	p.notes.mu.Lock()
	defer p.notes.mu.Unlock()
	c := evidence.Coverage{Dataset: d, State: evidence.Complete, Expected: -1, Source: p.cfg.Site, Started: p.rows.began.UTC(), Ended: p.now().UTC(), Rows: b.Table(d).Rows()}
	faults := p.notes.faults[d]
	switch {
	case needy && p.deaf && p.notes.tried[evidence.ProbeConnections], p.silent() && p.notes.tried[d]:
		c.State, c.Reason = evidence.Failed, "no host answered at all: there is no network, or nothing gets through"
		if ctx.Err() != nil {
			c.Reason = "no host had answered when the time for it was over"
		}
	case len(faults) > 0:
		slices.Sort(faults)
		faults = slices.Compact(faults)
		c.Reason = strings.Join(faults[:min(3, len(faults))], "; ")
		if n := len(faults) - 3; n > 0 {
			c.Reason += fmt.Sprintf("; and %d more", n)
		}
		c.State = evidence.Partial
		if c.Rows == 0 {
			c.State = evidence.Failed
		}
	case ctx.Err() != nil && d != evidence.ProbeEndpoints && d != evidence.ProbeSettings && d != evidence.ProbeFirewall:
		c.State, c.Reason = evidence.Partial, "the time for it was over"
		if c.Rows == 0 {
			c.State = evidence.Failed
		}
	}
	b.Cover(c)
}
