package audit_test

import (
	"testing"

	"hybridaudit/audit"
	"hybridaudit/sources/evidence"
)

// A rule that tells itself what it could not judge takes data that was read in part, and what was read at some places only.
func TestRulesThatDoubt(t *testing.T) {
	lookups := func(site string, state evidence.State) evidence.Coverage {
		return evidence.Coverage{Dataset: evidence.DNSLookups, Source: site, State: state, Reason: "no answer"}
	}
	for name, c := range map[string]struct {
		coverage []evidence.Coverage
		leftOut  []string
		want     string
	}{
		"complete":                       {[]evidence.Coverage{lookups("hq", evidence.Complete)}, nil, "passed"},
		"in part":                        {[]evidence.Coverage{lookups("hq", evidence.Partial)}, nil, "passed"},
		"at one of two places":           {[]evidence.Coverage{lookups("hq", evidence.Complete), lookups("tokyo", evidence.Failed)}, nil, "passed"},
		"nowhere":                        {[]evidence.Coverage{lookups("hq", evidence.Failed)}, nil, "notAssessed datasetFailed"},
		"not asked":                      {[]evidence.Coverage{lookups("hq", evidence.NotRequested)}, nil, "notAssessed notRequested"},
		"left out on purpose":            {[]evidence.Coverage{lookups("hq", evidence.NotRequested)}, []string{"network"}, "notAssessed notRequested *"},
		"another source was left out":    {[]evidence.Coverage{lookups("hq", evidence.NotRequested)}, []string{"ad"}, "notAssessed notRequested"},
		"an attribute is lacking anyway": {[]evidence.Coverage{{Dataset: evidence.DNSLookups, State: evidence.Complete, Missing: []string{"internal"}}}, nil, "notAssessed attributeMissing"},
	} {
		need := audit.Need{Dataset: evidence.DNSLookups, Doubts: true}
		if name == "an attribute is lacking anyway" {
			need.Attributes = []string{"internal"}
		}
		rule := nobody("SIP-901", need)
		r := run(t, snapshot(t, tables{evidence.ADUsers: people(1)}, c.coverage...), audit.Options{Rules: []*audit.Rule{rule}, LeftOut: c.leftOut})
		if got := status(r.Outcomes[0]); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

// What a check doubts keeps the rule from passing. It is excused only when the reason is nothing but a source that was left out on purpose.
func TestDoubt(t *testing.T) {
	unasked := audit.Because("notRequested", audit.Str("dataset", "ad.users"))
	real := audit.Because("recordUnread", audit.Str("record", "sip.contoso.com"))
	for name, c := range map[string]struct {
		doubts  []audit.Reason
		leftOut []string
		want    string
	}{
		"none":                              {nil, nil, "passed"},
		"one":                               {[]audit.Reason{real}, nil, "notAssessed recordUnread"},
		"a source that was not asked":       {[]audit.Reason{unasked}, nil, "notAssessed notRequested"},
		"a source that was left out":        {[]audit.Reason{unasked}, []string{"ad"}, "notAssessed notRequested *"},
		"left out, and another one":         {[]audit.Reason{unasked, real}, []string{"ad"}, "notAssessed recordUnread"},
		"another one, and left out":         {[]audit.Reason{real, unasked}, []string{"ad"}, "notAssessed recordUnread"},
		"two that are not excuses":          {[]audit.Reason{real, audit.Because("noInternalDNS")}, []string{"ad"}, "notAssessed recordUnread"},
		"a source that is read, left out":   {[]audit.Reason{audit.Because("notRequested", audit.Str("dataset", "tenant.users"))}, []string{"tenant"}, "notAssessed notRequested"},
		"the same words about another word": {[]audit.Reason{audit.Because("notRequested", audit.Str("name", "ad.users"))}, []string{"ad"}, "notAssessed notRequested"},
	} {
		rule := nobody("DNS-901")
		rule.Check = audit.Once(func(p *audit.Pass) {
			for _, why := range c.doubts {
				p.Doubt(why)
			}
		})
		s := snapshot(t, nil, evidence.Coverage{Dataset: evidence.ADUsers, State: evidence.NotRequested})
		r := run(t, s, audit.Options{Rules: []*audit.Rule{rule}, LeftOut: c.leftOut})
		if got := status(r.Outcomes[0]); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}
