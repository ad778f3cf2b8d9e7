package e2e

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"hybridaudit/audit"
	"hybridaudit/sources/dns"
	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/targets"
)

// The states of a record.
const (
	absent      = iota // there is none
	elsewhere          // it leads to a host of somebody else
	atMicrosoft        // it leads to Microsoft 365
	dead               // it leads to a name that does not exist
	misprint           // it leads to a name at Microsoft that never existed
	states
)

// record is a record of contoso.com, and the rules that report it in each scenario and state: the rule's id with the severity that it has there. "" is right.
type record struct {
	name, kind string
	inside     bool   // only the internal servers have it
	online     string // what it has where people are in Microsoft 365
	format     string // of a value for a host
	want       map[string][states]string
}

// records is the table of the catalogue: what is right where nobody ever had a server, where people are homed on one, and where nobody is any more.
func records() []record {
	return []record{
		{federationSRV, "SRV", false, "sipfed.online.lync.com", "100 1 5061 %s", map[string][states]string{
			cloud:     {"DNS-001 high", "DNS-001 high", "", "DNS-008 high", "DNS-008 high"},
			hybrid:    {"DNS-001 high", "DNS-001 high", "DNS-004 critical", "DNS-008 high", "DNS-008 high"},
			teamsOnly: {"DNS-001 medium", "DNS-005 high", "", "DNS-005 high, DNS-008 high", "DNS-005 high, DNS-008 high"},
		}},
		{"lyncdiscover.contoso.com", "CNAME", false, "webdir.online.lync.com", "%s", map[string][states]string{
			cloud:     {"DNS-002 high", "DNS-002 high", "", "DNS-008 high", "DNS-008 high"},
			hybrid:    {"DNS-002 high", "", "DNS-004 critical", "DNS-008 high", "DNS-008 high"},
			teamsOnly: {"DNS-002 low", "DNS-005 high", "", "DNS-005 high, DNS-008 high", "DNS-005 high, DNS-008 high"},
		}},
		{edgeSRV, "SRV", false, "sipdir.online.lync.com", "100 1 443 %s", map[string][states]string{
			cloud:     {"DNS-003 info", "DNS-003 medium", "", "DNS-008 high", "DNS-008 high"},
			hybrid:    {"DNS-003 medium", "DNS-003 medium", "DNS-004 critical", "DNS-008 high", "DNS-008 high"},
			teamsOnly: {"DNS-003 info", "DNS-005 high", "", "DNS-005 high, DNS-008 high", "DNS-005 high, DNS-008 high"},
		}},
		{"sip.contoso.com", "CNAME", false, "sipdir.online.lync.com", "%s", map[string][states]string{
			cloud: {"DNS-003 info", "DNS-003 medium", "", "DNS-008 high", "DNS-008 high"},
			// the SRV records lead to it
			hybrid:    {"DNS-003 medium, DNS-008 high", "", "DNS-004 critical", "DNS-008 high", "DNS-008 high"},
			teamsOnly: {"DNS-003 info", "DNS-005 high", "", "DNS-005 high, DNS-008 high", "DNS-005 high, DNS-008 high"},
		}},
		{"meet.contoso.com", "CNAME", false, "webdir.online.lync.com", "%s", map[string][states]string{
			cloud:     {"", "", "", "DNS-008 high", "DNS-008 high"},
			hybrid:    {"", "", "DNS-004 critical", "DNS-008 high", "DNS-008 high"},
			teamsOnly: {"", "DNS-006 info", "DNS-006 info", "DNS-008 high", "DNS-008 high"},
		}},
		{"dialin.contoso.com", "CNAME", false, "webdir.online.lync.com", "%s", map[string][states]string{
			cloud:     {"", "", "", "DNS-008 high", "DNS-008 high"},
			hybrid:    {"", "", "DNS-004 critical", "DNS-008 high", "DNS-008 high"},
			teamsOnly: {"", "DNS-006 info", "DNS-006 info", "DNS-008 high", "DNS-008 high"},
		}},
		{"sipexternal.contoso.com", "CNAME", false, "sipdir.online.lync.com", "%s", map[string][states]string{
			cloud:     {"", "DNS-006 low", "DNS-006 low", "DNS-008 high", "DNS-008 high"},
			hybrid:    {"", "", "", "DNS-008 high", "DNS-008 high"},
			teamsOnly: {"", "DNS-006 low", "DNS-006 low", "DNS-008 high", "DNS-008 high"},
		}},
		{internalSRV, "SRV", true, "sipdir.online.lync.com", "0 0 5061 %s", map[string][states]string{
			hybrid:    {"", "", "", "DNS-008 high", "DNS-008 high"},
			teamsOnly: {"", "DNS-006 low", "DNS-006 low", "DNS-008 high", "DNS-008 high"},
		}},
		{"lyncdiscoverinternal.contoso.com", "CNAME", true, "webdir.online.lync.com", "%s", map[string][states]string{
			hybrid:    {"", "", "", "DNS-008 high", "DNS-008 high"},
			teamsOnly: {"", "DNS-006 low", "DNS-006 low", "DNS-008 high", "DNS-008 high"},
		}},
		{"autodiscover.contoso.com", "CNAME", false, "autodiscover.outlook.com", "%s", map[string][states]string{
			// whether the web site at the bare domain answers, nobody has asked
			cloud:     {"", "DNS-010 medium", "", "DNS-008 high", "DNS-008 high"},
			teamsOnly: {"", "DNS-010 medium", "", "DNS-008 high", "DNS-008 high"},
		}},
		{"msoid.contoso.com", "CNAME", false, "clientconfig.microsoftonline-p.net", "%s", map[string][states]string{
			cloud:     {"", "DNS-012 high", "DNS-012 high", "DNS-012 high", "DNS-012 high"},
			hybrid:    {"", "DNS-012 high", "DNS-012 high", "DNS-012 high", "DNS-012 high"},
			teamsOnly: {"", "DNS-012 high", "DNS-012 high", "DNS-012 high", "DNS-012 high"},
		}},
	}
}

// Each record in each scenario: missing, leading elsewhere, to Microsoft, to nothing, and to the misprint of an article.
func TestScenariosAndRecords(t *testing.T) {
	names := [states]string{"missing", "elsewhere", "to Microsoft 365", "to nothing", "misprint"}
	for _, r := range records() {
		for _, scenario := range []string{cloud, hybrid, teamsOnly} {
			want, ok := r.want[scenario]
			if !ok {
				continue
			}
			for state := range states {
				t.Run(fmt.Sprintf("%s/%s/%s", scenario, r.name, names[state]), func(t *testing.T) {
					t.Parallel()
					w := newWorld(scenario)
					r.put(w, state)
					if got := strings.Join(w.dns(t), ", "); got != want[state] {
						t.Errorf("found %q, want %q", got, want[state])
					}
				})
			}
		}
	}
}

func (r record) put(w *world, state int) {
	set := w.set
	if r.inside {
		set = w.inside
	}
	for _, kind := range []string{"A", "CNAME", "SRV"} {
		set(r.name, kind)
	}
	host := ""
	switch state {
	case absent:
		return
	case elsewhere:
		host = "host.fabrikam.com"
		w.set(host, "A", "198.51.100.77")
	case atMicrosoft:
		host = r.online
	case dead:
		host = "gone.fabrikam.com"
		w.set("fabrikam.com", "A", "198.51.100.78")
	case misprint:
		host = "sipdir.online.microsoft.com"
		w.set("online.microsoft.com", "A", "203.0.113.10")
	}
	set(r.name, r.kind, fmt.Sprintf(r.format, host))
}

// dns serves the world and asks its DNS servers only; it gives what is found, sorted.
func (w *world) dns(t *testing.T) []string {
	t.Helper()
	known, v := w.evidence(t), w.serve(t)
	v.dns.Targets = targets.Of(v.more, known)
	b := evidence.NewBuilder(time.Now())
	if err := dns.Collect(t.Context(), v.dns, b); err != nil {
		t.Fatal(err)
	}
	s, err := evidence.Merge(known, b.Seal())
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	result := run(t, s, audit.Options{})
	for i := range result.Findings {
		if f := &result.Findings[i]; f.Rule.Category == "dns" && f.Rule.ID != "DNS-007" && f.Rule.ID != "DNS-011" {
			all = append(all, f.Rule.ID+" "+f.Severity.String())
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}
