package audit

import (
	"slices"
	"strings"

	"hybridaudit/sources/evidence"
)

// verdict says whether needs were read, and why not.
type verdict struct {
	assessed, partial, excused, wanting bool
	reason                              Reason
}

// coverage says whether the needs were read.
func (r *run) coverage(needs []Need) verdict {
	v := verdict{assessed: true}
	excused, partExcused, wanting, partWanting := true, true, true, true
	for _, n := range needs {
		if n.Optional {
			continue
		}
		reason, part := lack(r.evidence, n)
		brought := n.Dataset.Supplied() && r.leftOut(n.Dataset)
		if reason.IsZero() && r.oneSided(n.Dataset) { // findings in what was brought along hold, but nobody knows the other tenants
			v.partial = true
			if v.reason.IsZero() {
				v.reason = unasked(n.Dataset)
			}
			continue
		}
		switch {
		case reason.IsZero(), r.replaced(n, n.Instead):
		case part && n.PartOK, r.replaced(n, n.Partly):
			v.partial = true
			if v.reason.IsZero() {
				v.reason = reason
			}
			partExcused = partExcused && (reason.Code == narrowed || brought)
			partWanting = partWanting && brought
		default:
			if v.assessed {
				v.reason = reason
			}
			v.assessed = false
			excused = excused && (r.leftOut(n.Dataset) || reason.Code == narrowed)
			wanting = wanting && brought
		}
	}
	v.excused = !v.assessed && excused || v.assessed && v.partial && partExcused
	v.wanting = !v.assessed && wanting || v.assessed && v.partial && partWanting
	return v
}

// replaced says that other data stands in for what a need lacks, at each source that lacks it.
func (r *run) replaced(n Need, by []Substitute) bool {
	return len(by) > 0 && !slices.ContainsFunc(r.lacking(n), func(source string) bool {
		return !slices.ContainsFunc(by, func(s Substitute) bool { return r.gives(s, source, n.Dataset.OfTenant() == s.Dataset.OfTenant()) })
	})
}

// lacking lists the sources that a need was not read from: those that were asked in vain, or all tenants when none was asked.
func (r *run) lacking(n Need) []string {
	var sources []string
	asked := false
	for _, c := range r.evidence.Of(n.Dataset) {
		if c.State == evidence.NotRequested {
			continue
		}
		asked = true
		if c.State != evidence.Complete || slices.ContainsFunc(n.Attributes, c.Lacks) {
			sources = append(sources, c.Source)
		}
	}
	if !asked {
		for _, c := range r.evidence.Of(evidence.TenantUsers) {
			sources = append(sources, c.Source)
		}
	}
	if len(sources) == 0 {
		return []string{""}
	}
	return sources
}

// oneSided says that the output of a command was brought along for some of the tenants only.
func (r *run) oneSided(d evidence.Dataset) bool {
	if !d.Export() || !d.OfTenant() || r.evidence.Rows(evidence.TenantOrganization) <= 1 {
		return false
	}
	return slices.ContainsFunc(r.evidence.Of(evidence.TenantOrganization), func(tenant evidence.Coverage) bool {
		return !slices.ContainsFunc(r.evidence.Of(d), func(c evidence.Coverage) bool { return strings.EqualFold(c.Source, tenant.Source) })
	})
}

// gives says that data was read completely, with its attributes, from a source; alike says that sources of both sides can be compared. What does not say whose it is is that
// of the only tenant.
func (r *run) gives(s Substitute, source string, alike bool) bool {
	only := r.evidence.Rows(evidence.TenantOrganization) <= 1
	return slices.ContainsFunc(r.evidence.Of(s.Dataset), func(c evidence.Coverage) bool {
		return c.State == evidence.Complete && !slices.ContainsFunc(s.Attributes, c.Lacks) &&
			(!alike || strings.EqualFold(c.Source, source) || only && (c.Source == "" || source == ""))
	})
}

// narrowed is the reason of a rule that needs the whole of a dataset which the configuration narrowed.
const narrowed = "narrowed"

// notRequested is the reason when no source was asked for a dataset.
const notRequested = "notRequested"

// unasked is the reason when attributes that are collected on request only were asked for by nobody.
func (r *run) unasked(needs []Need) Reason {
	for _, n := range needs {
		if !n.OnRequest || n.Optional {
			continue
		}
		read := slices.DeleteFunc(r.evidence.Of(n.Dataset), func(c evidence.Coverage) bool { return c.State == evidence.NotRequested })
		for _, a := range n.Attributes {
			if len(read) > 0 && !slices.ContainsFunc(read, func(c evidence.Coverage) bool { return len(c.Attributes) == 0 || slices.Contains(c.Attributes, a) }) {
				return Because("onRequest", Str("dataset", string(n.Dataset)), Str("attribute", a))
			}
		}
	}
	return Reason{}
}

// leftOut says that nobody asked for a dataset on purpose: its source was left out, or it is one that an operator brings along.
func (r *run) leftOut(d evidence.Dataset) bool {
	return r.evidence.State(d) == evidence.NotRequested && (d.Supplied() || slices.Contains(r.options.LeftOut, d.Side()))
}

// excuses says that a reason is only that a source was left out on purpose.
func (r *run) excuses(why Reason) bool {
	return why.Code == notRequested && slices.ContainsFunc(why.Args, func(a Arg) bool {
		dataset, ok := a.Value.(string)
		return ok && a.Name == "dataset" && r.leftOut(evidence.Dataset(dataset))
	})
}

// lack says what of a need was not read; part is true when rows were read that can be judged. A source that was not asked for the dataset says nothing when
// another one was.
func lack(s *evidence.Snapshot, n Need) (reason Reason, part bool) {
	dataset := Str("dataset", string(n.Dataset))
	asked, read := false, false
	for _, c := range s.Of(n.Dataset) {
		switch c.State {
		case evidence.NotRequested:
			continue
		case evidence.Failed:
			asked, reason = true, Because("datasetFailed", dataset, Str("reason", c.Reason))
			continue
		case evidence.Partial:
			if reason.IsZero() || reason.Code == narrowed {
				reason = Because("datasetPartial", dataset, Num("rows", c.Rows), Str("reason", c.Reason))
			}
		case evidence.Complete:
			if n.Whole && c.Narrowed && reason.IsZero() {
				reason = Because(narrowed, dataset)
			}
		}
		asked, read = true, true
		for _, a := range n.Attributes {
			if c.Lacks(a) {
				return Because("attributeMissing", dataset, Str("attribute", a)), false
			}
		}
	}
	switch {
	case !asked:
		return unasked(n.Dataset), false
	case read && n.Doubts:
		return Reason{}, false
	}
	return reason, read && !reason.IsZero()
}

// unasked is the reason when no source was asked for a dataset.
func unasked(d evidence.Dataset) Reason {
	dataset := Str("dataset", string(d))
	switch {
	case d.Export():
		return Because("notSupplied", dataset)
	case d == evidence.ProbeFirewall:
		return Because("notSwitchedOn", dataset, Str("key", "network.firewallRules"))
	case d == evidence.TenantSignIns:
		return Because("notSwitchedOn", dataset, Str("key", "graph.signIns"))
	case d.Supplied():
		return Because("notSwitchedOn", dataset, Str("key", "graph.beta"))
	}
	return Because(notRequested, dataset)
}
