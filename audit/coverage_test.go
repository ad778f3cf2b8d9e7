package audit_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hybridaudit/audit"
	"hybridaudit/sources/evidence"
)

func users(state evidence.State) evidence.Coverage {
	return evidence.Coverage{Dataset: evidence.ADUsers, State: state}
}

func narrowed(state evidence.State) evidence.Coverage {
	return evidence.Coverage{Dataset: evidence.ADUsers, State: state, Source: "a", Narrowed: true}
}

// What was not read is never a pass.
func TestCoverageDecides(t *testing.T) {
	need := audit.Need{Dataset: evidence.ADUsers}
	partOK := audit.Need{Dataset: evidence.ADUsers, PartOK: true}
	whole := audit.Need{Dataset: evidence.ADUsers, Whole: true}
	wholeOrPart := audit.Need{Dataset: evidence.ADUsers, Whole: true, PartOK: true}
	optional := audit.Need{Dataset: evidence.ADUsers, Optional: true}
	mail := audit.Need{Dataset: evidence.ADUsers, Attributes: []string{"mail"}, PartOK: true}
	tenant := audit.Need{Dataset: evidence.TenantUsers}
	ofForest := func(source string, state evidence.State) evidence.Coverage {
		return evidence.Coverage{Dataset: evidence.ADUsers, State: state, Source: source}
	}
	for name, c := range map[string]struct {
		needs    []audit.Need
		coverage []evidence.Coverage
		leftOut  []string
		clean    string // status of a rule that finds nothing
		hit      string // of one that reports everybody
	}{
		"complete":                {[]audit.Need{need}, nil, nil, "passed", "failed"},
		"needs nothing":           {nil, []evidence.Coverage{users(evidence.Failed)}, nil, "passed", "failed"},
		"failed":                  {[]audit.Need{need}, []evidence.Coverage{users(evidence.Failed)}, nil, "notAssessed datasetFailed", "notAssessed datasetFailed"},
		"partial":                 {[]audit.Need{need}, []evidence.Coverage{users(evidence.Partial)}, nil, "notAssessed datasetPartial", "notAssessed datasetPartial"},
		"partial, a part will do": {[]audit.Need{partOK}, []evidence.Coverage{users(evidence.Partial)}, nil, "notAssessed datasetPartial", "failed datasetPartial"},
		"failed, a part will do":  {[]audit.Need{partOK}, []evidence.Coverage{users(evidence.Failed)}, nil, "notAssessed datasetFailed", "notAssessed datasetFailed"},
		"optional":                {[]audit.Need{optional}, []evidence.Coverage{users(evidence.Failed)}, nil, "passed", "failed"},
		"not requested":           {[]audit.Need{need}, []evidence.Coverage{users(evidence.NotRequested)}, nil, "notAssessed notRequested", "notAssessed notRequested"},
		"left out": {
			[]audit.Need{need}, []evidence.Coverage{users(evidence.NotRequested)}, []string{"ad"}, "notAssessed notRequested *", "notAssessed notRequested *",
		},
		"another source left out": {
			[]audit.Need{need}, []evidence.Coverage{users(evidence.NotRequested)}, []string{"tenant"}, "notAssessed notRequested", "notAssessed notRequested",
		},
		"one left out, one failed": {
			[]audit.Need{need, tenant}, []evidence.Coverage{users(evidence.NotRequested), {Dataset: evidence.TenantUsers, State: evidence.Failed}}, []string{"ad"},
			"notAssessed notRequested", "notAssessed notRequested",
		},
		"left out and yet failed": {
			[]audit.Need{need}, []evidence.Coverage{users(evidence.Failed)}, []string{"ad"}, "notAssessed datasetFailed", "notAssessed datasetFailed",
		},
		"one left out, one read in part": {
			[]audit.Need{partOK, tenant}, []evidence.Coverage{users(evidence.Partial), {Dataset: evidence.TenantUsers}}, []string{"tenant"},
			"notAssessed notRequested *", "notAssessed notRequested *",
		},
		"attribute refused": {
			[]audit.Need{mail}, []evidence.Coverage{{Dataset: evidence.ADUsers, State: evidence.Complete, Missing: []string{"mail"}}}, nil,
			"notAssessed attributeMissing", "notAssessed attributeMissing",
		},
		"attribute not asked for": {
			[]audit.Need{mail}, []evidence.Coverage{{Dataset: evidence.ADUsers, State: evidence.Complete, Attributes: []string{"objectGUID"}}}, nil,
			"notAssessed attributeMissing", "notAssessed attributeMissing",
		},
		"attribute unknown to the schema": {
			[]audit.Need{mail}, []evidence.Coverage{{Dataset: evidence.ADUsers, State: evidence.Complete, Attributes: []string{"mail"}, NotInSchema: []string{"mail"}}}, nil,
			"passed", "failed",
		},
		"another attribute refused": {
			[]audit.Need{mail}, []evidence.Coverage{{Dataset: evidence.ADUsers, State: evidence.Complete, Missing: []string{"c"}}}, nil, "passed", "failed",
		},
		"one forest of two failed": {
			[]audit.Need{partOK}, []evidence.Coverage{ofForest("a", evidence.Complete), ofForest("b", evidence.Failed)}, nil,
			"notAssessed datasetFailed", "failed datasetFailed",
		},
		"one forest of two read in part, all needed": {
			[]audit.Need{need}, []evidence.Coverage{ofForest("a", evidence.Partial), ofForest("b", evidence.Complete)}, nil,
			"notAssessed datasetPartial", "notAssessed datasetPartial",
		},
		"failed, another dataset does as well": {
			[]audit.Need{{Dataset: evidence.ADUsers, Instead: []audit.Substitute{{Dataset: evidence.TenantUsers}}}}, []evidence.Coverage{users(evidence.Failed)}, nil, "passed", "failed",
		},
		"failed, and so did the other dataset": {
			[]audit.Need{{Dataset: evidence.ADUsers, Instead: []audit.Substitute{{Dataset: evidence.TenantUsers}}}},
			[]evidence.Coverage{users(evidence.Failed), {Dataset: evidence.TenantUsers, State: evidence.Failed}}, nil, "notAssessed datasetFailed", "notAssessed datasetFailed",
		},
		"failed, another dataset does a part": {
			[]audit.Need{{Dataset: evidence.ADUsers, Partly: []audit.Substitute{{Dataset: evidence.TenantUsers}}}}, []evidence.Coverage{users(evidence.Failed)}, nil,
			"notAssessed datasetFailed", "failed datasetFailed",
		},
		"failed, another dataset lacks the attribute": {
			[]audit.Need{{Dataset: evidence.ADUsers, Instead: []audit.Substitute{{Dataset: evidence.TenantUsers, Attributes: []string{"mail"}}}}},
			[]evidence.Coverage{users(evidence.Failed), {Dataset: evidence.TenantUsers, State: evidence.Complete, Missing: []string{"mail"}}}, nil,
			"notAssessed datasetFailed", "notAssessed datasetFailed",
		},
		"failed, one of two that do as well has the attribute": {
			[]audit.Need{{Dataset: evidence.ADUsers, Instead: []audit.Substitute{
				{Dataset: evidence.TenantUsers, Attributes: []string{"mail"}}, {Dataset: evidence.TenantUsers, Attributes: []string{"id"}},
			}}},
			[]evidence.Coverage{users(evidence.Failed), {Dataset: evidence.TenantUsers, State: evidence.Complete, Missing: []string{"mail"}}}, nil, "passed", "failed",
		},
		"failed at one source, and the other dataset is of another": {
			[]audit.Need{{Dataset: evidence.ADUsers, Instead: []audit.Substitute{{Dataset: evidence.ADContacts}}}},
			[]evidence.Coverage{ofForest("a", evidence.Complete), ofForest("b", evidence.Failed), {Dataset: evidence.ADContacts, State: evidence.Complete, Source: "a"}}, nil,
			"notAssessed datasetFailed", "notAssessed datasetFailed",
		},
		"failed at one source, and the other dataset is of it": {
			[]audit.Need{{Dataset: evidence.ADUsers, Instead: []audit.Substitute{{Dataset: evidence.ADContacts}}}},
			[]evidence.Coverage{ofForest("a", evidence.Complete), ofForest("b", evidence.Failed), {Dataset: evidence.ADContacts, State: evidence.Complete, Source: "B"}}, nil,
			"passed", "failed",
		},
		"narrowed": {[]audit.Need{need}, []evidence.Coverage{narrowed(evidence.Complete)}, nil, "passed", "failed"},
		"narrowed, all needed": {
			[]audit.Need{whole}, []evidence.Coverage{narrowed(evidence.Complete)}, nil, "notAssessed narrowed *", "notAssessed narrowed *",
		},
		"narrowed, all needed, a part will do": {
			[]audit.Need{wholeOrPart}, []evidence.Coverage{narrowed(evidence.Complete)}, nil, "notAssessed narrowed *", "failed narrowed",
		},
		"narrowed and read in part": {
			[]audit.Need{whole}, []evidence.Coverage{narrowed(evidence.Partial)}, nil, "notAssessed datasetPartial", "notAssessed datasetPartial",
		},
		"narrowed in one forest, read in part in another": {
			[]audit.Need{wholeOrPart}, []evidence.Coverage{narrowed(evidence.Complete), ofForest("b", evidence.Partial)}, nil,
			"notAssessed datasetPartial", "failed datasetPartial",
		},
		"narrowed, and another dataset failed": {
			[]audit.Need{whole, tenant}, []evidence.Coverage{narrowed(evidence.Complete), {Dataset: evidence.TenantUsers, State: evidence.Failed}}, nil,
			"notAssessed narrowed", "notAssessed narrowed",
		},
		"narrowed, a part will do, and another dataset read in part": {
			[]audit.Need{wholeOrPart, {Dataset: evidence.TenantUsers, PartOK: true}},
			[]evidence.Coverage{narrowed(evidence.Complete), {Dataset: evidence.TenantUsers, State: evidence.Partial}}, nil,
			"notAssessed narrowed", "failed narrowed",
		},
		"all needed and all read":   {[]audit.Need{whole}, nil, nil, "passed", "failed"},
		"narrowed, better if whole": {[]audit.Need{{Dataset: evidence.ADUsers, Whole: true, Optional: true}}, []evidence.Coverage{narrowed(evidence.Complete)}, nil, "passed", "failed"},
		"evidence of two places, one was not asked": {
			[]audit.Need{need}, []evidence.Coverage{ofForest("a", evidence.NotRequested), ofForest("b", evidence.Complete)}, nil, "passed", "failed",
		},
	} {
		s := snapshot(t, tables{evidence.ADUsers: people(2)}, c.coverage...)
		r := run(t, s, audit.Options{Rules: []*audit.Rule{nobody("SIP-901", c.needs...), everybody("SIP-902", c.needs...)}, LeftOut: c.leftOut})
		if diff := cmp.Diff([]string{c.clean, c.hit}, []string{status(r.Outcomes[0]), status(r.Outcomes[1])}); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		if o := r.Outcomes[1]; (o.Status == audit.NotAssessed) != (o.Hits == 0) || o.Hits != len(r.Findings) {
			t.Errorf("%s: %s with %d hits", name, o.Status, o.Hits)
		}
	}
}

// A rule without findings does not pass when one of its variants could not be judged, unless that waits for data that nobody reads yet.
func TestUnreadVariantIsNoPass(t *testing.T) {
	rule := everybody("SIP-901", audit.Need{Dataset: evidence.ADUsers})
	rule.Check = audit.EachADUser(func(*audit.Pass, evidence.ADObject) {})
	for name, c := range map[string]struct {
		variants []audit.Variant
		leftOut  []string
		status   audit.Status
		excused  bool
	}{
		"all read":  {nil, nil, audit.Passed, false},
		"later":     {[]audit.Variant{{Code: "C", Message: "c", Later: "the planned waves"}}, nil, audit.Passed, false},
		"not asked": {[]audit.Variant{{Code: "B", Message: "b", Needs: []audit.Need{{Dataset: evidence.TenantDomains}}}}, nil, audit.NotAssessed, false},
		"left out":  {[]audit.Variant{{Code: "B", Message: "b", Needs: []audit.Need{{Dataset: evidence.TenantDomains}}}}, []string{"tenant"}, audit.NotAssessed, true},
	} {
		rule.Variants = c.variants
		unread := evidence.Coverage{Dataset: evidence.TenantDomains, State: evidence.NotRequested}
		r := run(t, snapshot(t, tables{evidence.ADUsers: people(1)}, unread), audit.Options{Rules: []*audit.Rule{rule}, LeftOut: c.leftOut})
		if o := r.Outcomes[0]; o.Status != c.status || o.Excused != c.excused || o.Reason.IsZero() != (c.status == audit.Passed) {
			t.Errorf("%s: %s, excused %v, because %v", name, o.Status, o.Excused, o.Reason)
		}
	}
}

func TestVariantNeeds(t *testing.T) {
	rule := everybody("SIP-901", audit.Need{Dataset: evidence.ADUsers})
	rule.Message = ""
	rule.Variants = []audit.Variant{
		{Code: "A", Message: "a"}, {Code: "B", Message: "b", Needs: []audit.Need{{Dataset: evidence.TenantDomains, Attributes: []string{"isVerified"}}}},
		{Code: "C", Later: "the planned waves"},
	}
	var assessed []bool
	rule.Check = audit.EachADUser(func(p *audit.Pass, o evidence.ADObject) {
		for _, v := range rule.Variants {
			assessed = append(assessed, p.Assessed(v.Code))
			p.Report(audit.Finding{Subject: audit.ADSubject(o), Variant: v.Code})
		}
	})
	for _, c := range []struct {
		coverage evidence.Coverage
		assessed string
		findings string
		variants string
	}{
		{evidence.Coverage{Dataset: evidence.TenantDomains, State: evidence.Complete}, "[true true false]", "AB", "[{C {later [{data the planned waves}]} true false false}]"},
		{
			evidence.Coverage{Dataset: evidence.TenantDomains, State: evidence.Partial, Reason: "throttled"}, "[true false false]", "A",
			"[{B {datasetPartial [{dataset tenant.domains} {rows 0} {reason throttled}]} false false false} {C {later [{data the planned waves}]} true false false}]",
		},
	} {
		assessed = nil
		r := run(t, snapshot(t, tables{evidence.ADUsers: people(1)}, c.coverage), audit.Options{Rules: []*audit.Rule{rule}, Workers: 1})
		found := ""
		for _, f := range r.Findings {
			found += f.Variant
		}
		got := []string{fmt.Sprint(assessed), found, fmt.Sprint(r.Outcomes[0].Variants)}
		if diff := cmp.Diff([]string{c.assessed, c.findings, c.variants}, got); diff != "" {
			t.Errorf("%v (-want +got):\n%s", c.coverage.State, diff)
		}
		if r.Outcomes[0].Status != audit.Failed {
			t.Errorf("the rest of the rule does not stand: %s", r.Outcomes[0].Status)
		}
	}
}
