package document

import (
	"cmp"
	"slices"
	"strings"

	"hybridaudit/audit"
	"hybridaudit/sources/evidence"
)

// Coverage lists how completely each dataset was read from each source.
func (d *Document) Coverage() []evidence.Coverage { return d.result.Evidence.Coverage() }

// Dataset is what readers call a dataset.
func (d *Document) Dataset(s evidence.Dataset) string { return dataset(d.Words, s) }

func dataset(w Words, s evidence.Dataset) string {
	if key := "dataset." + string(s); w.Has(key) {
		return w.Get(key)
	}
	return string(s)
}

// NothingUnread is what to say when there are no gaps: that everything was read, or all but optional data that no rule missed.
func (d *Document) NothingUnread() string {
	var names []string
	for _, c := range d.Coverage() {
		if c.Optional && (c.State == evidence.Failed || c.State == evidence.Partial) {
			names = append(names, d.Dataset(c.Dataset))
		}
	}
	if len(names) == 0 {
		return d.Say("gap.none")
	}
	return d.Say("gap.onlyOptional", audit.List("datasets", names))
}

// Gap is something that was not read, in plain words.
type Gap struct {
	State evidence.State // NotRequested, Partial, Failed; Complete when only attributes are missing
	Text  string         // what is missing and why, as one or two sentences
	Rules []string       // ids of the rules that were not judged, or not wholly, because of it; in the order of the rules
}

// gaps lists what was not read: first what failed, then what was read in part, then what nobody asked for or brought along although rules wanted it, then the
// rules that failed themselves. Data that is optional is a gap only when a rule missed it.
func gaps(d *Document) []Gap {
	var failed, partial, cut []Gap
	for _, c := range d.Coverage() {
		if c.Dataset.Network() && c.State == evidence.Failed {
			continue
		}
		g := Gap{State: c.State, Rules: d.silenced(c)}
		if c.Optional && len(g.Rules) == 0 {
			continue
		}
		switch {
		case c.State == evidence.Failed:
			g.Text = d.gapText("gap.failed", c)
			failed = append(failed, g)
		case c.State == evidence.Partial && c.Expected > c.Rows:
			g.Text = d.gapText("gap.partialOf", c)
			partial = append(partial, g)
		case c.State == evidence.Partial:
			g.Text = d.gapText("gap.partial", c)
			partial = append(partial, g)
		case c.State == evidence.Complete && len(c.Missing) > 0:
			key := "gap.attributes"
			if c.Dataset == evidence.DNSLookups {
				key = "gap.resolvers"
			}
			g.Text = d.gapText(key, c)
			cut = append(cut, g)
		}
	}
	failed = append(failed, d.offline()...)
	all := slices.Concat(worst(failed), worst(partial), worst(cut))
	for _, of := range []func() (Gap, bool){d.notRequested, d.notSupplied} {
		if g, ok := of(); ok {
			all = append(all, g)
		}
	}
	if g := (Gap{State: evidence.Failed, Text: d.Say("gap.broken")}); len(d.broken()) > 0 {
		g.Rules = d.broken()
		all = append(all, g)
	}
	if g := (Gap{State: evidence.Partial, Text: d.Say("gap.untold"), Rules: d.untold(all)}); len(g.Rules) > 0 {
		all = append(all, g)
	}
	return all
}

// offline tells of each place what could not be looked at there for one reason: where there is no network that is nearly everything.
func (d *Document) offline() []Gap {
	type cause struct{ site, reason string }
	of := map[cause][]evidence.Coverage{}
	var order []cause
	for _, c := range d.Coverage() {
		if !c.Dataset.Network() || c.State != evidence.Failed || c.Optional && len(d.silenced(c)) == 0 {
			continue
		}
		k := cause{c.Source, c.Reason}
		if of[k] == nil {
			order = append(order, k)
		}
		of[k] = append(of[k], c)
	}
	gaps := make([]Gap, 0, len(order))
	for _, k := range order {
		var sets []string
		silent := map[string]bool{}
		for _, c := range of[k] {
			sets = append(sets, d.Dataset(c.Dataset))
			for _, id := range d.silenced(c) {
				silent[id] = true
			}
		}
		g := Gap{State: evidence.Failed, Text: d.gapOf("gap.failed", strings.Join(sets, ", "), of[k][0])}
		for _, r := range d.Rules {
			if silent[r.ID] {
				g.Rules = append(g.Rules, r.ID)
			}
		}
		gaps = append(gaps, g)
	}
	return gaps
}

// untold lists the rules that were not judged although nothing of what they need is among the gaps: what was read does not tell enough. Those that found something
// besides are left to the sheet of rules, since nearly everywhere there is a host or a record of which nobody knows.
func (d *Document) untold(gaps []Gap) []string {
	told := map[string]bool{}
	for _, g := range gaps {
		for _, id := range g.Rules {
			told[id] = true
		}
	}
	var ids []string
	for _, r := range d.Rules {
		if r.Status == audit.NotAssessed && !r.Excused && !told[r.ID] {
			ids = append(ids, r.ID)
		}
	}
	return ids
}

// worst puts the gaps that silence more rules first.
func worst(g []Gap) []Gap {
	slices.SortStableFunc(g, func(a, b Gap) int { return cmp.Compare(len(b.Rules), len(a.Rules)) })
	return g
}

// broken lists the rules that failed themselves.
func (d *Document) broken() []string {
	var ids []string
	for _, r := range d.Rules {
		if r.Status == audit.Broken {
			ids = append(ids, r.ID)
		}
	}
	return ids
}

func (d *Document) gapText(key string, c evidence.Coverage) string {
	return d.gapOf(key, d.Dataset(c.Dataset), c)
}

func (d *Document) gapOf(key, name string, c evidence.Coverage) string {
	if c.Source != "" {
		name += " (" + c.Source + ")"
	}
	why := c.Reason
	if why == "" {
		why = d.Say("gap.noReason")
	}
	return d.Say(key, audit.Str("dataset", name), audit.Str("reason", why), audit.Str("rows", Number(c.Rows)), audit.Str("expected", Number(c.Expected)),
		audit.List("attributes", d.missing(c)))
}

// missing names the attributes that could not be read; of DNS these are the kinds of servers that never answered.
func (d *Document) missing(c evidence.Coverage) []string {
	if c.Dataset != evidence.DNSLookups {
		return c.Missing
	}
	names := make([]string, len(c.Missing))
	for i, role := range c.Missing {
		names[i] = d.word("resolverRole", role)
	}
	return names
}

// notRequested gathers the datasets that rules wanted and nobody asked for: a run over one side only leaves out many of them for one reason.
func (d *Document) notRequested() (Gap, bool) {
	return d.unread("gap.notRequested", func(s evidence.Dataset) bool { return !s.Supplied() })
}

// notSupplied gathers what rules wanted and nobody brought along or switched on.
func (d *Document) notSupplied() (Gap, bool) {
	return d.unread("gap.notSupplied", evidence.Dataset.Supplied)
}

func (d *Document) unread(key string, counts func(evidence.Dataset) bool) (Gap, bool) {
	g := Gap{State: evidence.NotRequested}
	var missing []string
	for _, r := range d.Rules {
		if r.Status != audit.NotAssessed {
			continue
		}
		wanted := false
		for _, n := range r.rule.Needs {
			if n.Optional || !counts(n.Dataset) || d.result.Evidence.State(n.Dataset) != evidence.NotRequested {
				continue
			}
			wanted = true
			if name := d.Dataset(n.Dataset); !slices.Contains(missing, name) {
				missing = append(missing, name)
			}
		}
		if wanted {
			g.Rules = append(g.Rules, r.ID)
		}
	}
	if len(missing) == 0 {
		return g, false
	}
	g.Text = d.Say(key, audit.Str("datasets", strings.Join(missing, ", ")))
	return g, true
}

// silenced lists the rules that were not judged, only on what was there, or not in all their variants, for want of what this coverage lacks.
func (d *Document) silenced(c evidence.Coverage) []string {
	var ids []string
	for _, r := range d.Rules {
		needs := r.rule.Needs
		if r.Partial {
			for _, v := range r.rule.Variants {
				needs = append(slices.Clip(needs), v.Needs...)
			}
		}
		if (r.Status == audit.NotAssessed || r.Partial) && slices.ContainsFunc(needs, func(n audit.Need) bool { return lacks(n, c) }) {
			ids = append(ids, r.ID)
			continue
		}
		for _, m := range r.Missing {
			if v, ok := r.rule.Variant(m.Code); ok && slices.ContainsFunc(v.Needs, func(n audit.Need) bool { return lacks(n, c) }) {
				ids = append(ids, r.ID)
				break
			}
		}
	}
	return ids
}

func lacks(n audit.Need, c evidence.Coverage) bool {
	if n.Optional || n.Dataset != c.Dataset {
		return false
	}
	return c.State == evidence.Failed || c.State == evidence.Partial || n.Doubts && len(c.Missing) > 0 || slices.ContainsFunc(n.Attributes, c.Lacks)
}
