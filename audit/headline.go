package audit

import (
	"hybridaudit/audit/scope"
	"hybridaudit/sources/evidence"
)

// Headline is the one figure that management can hold on to. Its meaning never changes.
type Headline struct {
	People      int      `json:"people"`
	Clear       int      `json:"clear"`       // no open critical or high finding, and every such rule was assessed
	Affected    int      `json:"affected"`    // subject of an open critical or high finding
	NotAssessed int      `json:"notAssessed"` // neither: something that matters was not read
	Waived      int      `json:"waivedPeople"`
	Share       *float64 `json:"share"` // clear / (clear + affected); nil when both are 0
}

// Verdict is what the headline says of one person.
type Verdict uint8

// The verdicts.
const (
	Clear Verdict = iota
	Affected
	InDoubt
)

var verdictNames = []string{"clear", "affected", "notAssessed"}

func (v Verdict) String() string { return verdictNames[v] }

// Person is one person: a directory user of class person in scope, or a tenant member without a directory partner. A pair is one person.
type Person struct {
	AD      evidence.ADObject   // may be zero
	Tenant  evidence.TenantUser // may be zero
	Verdict Verdict
	Worst   Severity // of the open findings, 0 when there are none
	Open    int      // open findings of any severity
}

// Key is the key of the directory user, or of the tenant user when there is none.
func (p Person) Key() string {
	if !p.AD.IsZero() {
		return p.AD.GUID().String()
	}
	return p.Tenant.ID().String()
}

// people lists the persons in the order of the tables, directory users first, with what the findings say of each.
func people(r *run, result *Result) []Person {
	s, sc, pairs := r.evidence, r.facts.scope(), r.facts.pairs()
	byKey := map[string][]int32{}
	for i := range result.Findings {
		f := &result.Findings[i]
		byKey[f.Subject.Key] = append(byKey[f.Subject.Key], int32(i))
	}
	doubtAD, doubtTenant := doubt(result)
	judge := func(p Person) Person {
		keys := make([]string, 0, 2)
		if !p.AD.IsZero() {
			keys = append(keys, p.AD.GUID().String())
		}
		if !p.Tenant.IsZero() {
			keys = append(keys, p.Tenant.ID().String())
		}
		for _, k := range keys {
			for _, i := range byKey[k] {
				p.Open++
				p.Worst = max(p.Worst, result.Findings[i].Severity)
			}
		}
		switch {
		case p.Worst >= High:
			p.Verdict = Affected
		case doubtTenant, doubtAD && !p.AD.IsZero():
			p.Verdict = InDoubt
		}
		return p
	}
	var all []Person
	for o := range s.ADObjects(evidence.ADUsers) {
		if sc.In(o) && sc.Class(o) == scope.Person {
			u, _ := pairs.Tenant(o)
			all = append(all, judge(Person{AD: o, Tenant: u}))
		}
	}
	teams := r.facts.teams()
	for u := range s.TenantUsers() {
		if o, _ := pairs.AD(u); o.IsZero() && !r.facts.outside(u) && scope.TenantClassOf(u, teams[u.ID()]) == scope.Member {
			all = append(all, judge(Person{Tenant: u}))
		}
	}
	return all
}

// doubt says whether a critical or high rule that judges people was not assessed, or on a part only; rules for which nobody brought the data along judge nobody. ad is of those that judge directory users only, tenant of those that
// judge everybody.
func doubt(r *Result) (ad, everybody bool) {
	for _, o := range r.Outcomes {
		unsure := o.Status == NotAssessed || o.Status == Broken || o.Partial
		if o.Rule.Severity < High || !unsure || o.Wanting || o.Beside || !o.Rule.Check.kind.perPerson() {
			continue
		}
		if o.Rule.Check.kind.needsAD() {
			ad = true
		} else {
			everybody = true
		}
	}
	return ad, everybody
}

func headline(people []Person) Headline {
	h := Headline{People: len(people)}
	for _, p := range people {
		switch p.Verdict {
		case Clear:
			h.Clear++
		case Affected:
			h.Affected++
		case InDoubt:
			h.NotAssessed++
		}
	}
	if n := h.Clear + h.Affected; n > 0 {
		share := float64(h.Clear) / float64(n)
		h.Share = &share
	}
	return h
}
