package plant

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hybridaudit/sources/evidence/directory"
	"hybridaudit/sources/lab"
)

// delivered are the rules and variants of which each must be planted.
const delivered = `SIP-001 SIP-002/A SIP-002/B SIP-003 SIP-004/A SIP-004/B SIP-004/C SIP-005/A SIP-005/B SIP-005/C SIP-006 SIP-007 SIP-008
	SIP-009/U SIP-009/M SIP-009/H SIP-010 SIP-011/D SIP-011/E SIP-011/R SIP-012
	ADR-001 ADR-002 ADR-003/N ADR-003/T ADR-004 ADR-005 ADR-006/A ADR-006/C ADR-006/P ADR-007 ADR-008/N ADR-008/V ADR-009/N ADR-009/T
	ADR-010/D ADR-010/P ADR-010/S ADR-011/D ADR-011/G ADR-011/S
	HOM-001/N HOM-001/O HOM-002 HOM-003/E HOM-003/X HOM-003/D HOM-004/C HOM-004/P HOM-005 HOM-006
	HOM-007 HOM-007/F HOM-008 HOM-008/U HOM-009/R HOM-009/L HOM-010 HOM-010/L HOM-011/O HOM-011/L HOM-012 HOM-012/O HOM-013
	JOIN-001 JOIN-002 JOIN-003 JOIN-004 JOIN-004/A JOIN-006/Q JOIN-006/F JOIN-006/V JOIN-006/D JOIN-007 JOIN-008 JOIN-009 JOIN-012
	JOIN-005 JOIN-009/C JOIN-009/G JOIN-010 JOIN-011 JOIN-011/A JOIN-013 JOIN-014 VOI-005 VOI-006 VOI-007 VOI-008 LIC-011/D LIC-011/P LIC-011/S LIC-011/U LIC-012 LIC-012/G
	LIC-001 LIC-002 LIC-003 LIC-004 LIC-005 LIC-006 LIC-007 LIC-008/O LIC-008/L LIC-009 LIC-010
	DOM-001 DOM-003 DOM-004 DOM-004/N DNS-001 DNS-002 DNS-003 DNS-004 DNS-005 DNS-006 DNS-007 DNS-008 DNS-009 DNS-010 DNS-010/X DNS-011/P DNS-012 SYN-001 SYN-002 SYN-003 SYN-004 SYN-005 SYN-006 DQ-001 DQ-003
	FED-001 FED-001/U FED-002 FED-005/D FED-005/N FED-005/W FED-006 FED-007 FED-007/A FED-007/B FED-008 SVC-001 SVC-001/S SVC-002
	TOP-002/B TOP-004 TOP-005 TOP-006 TOP-006/P TOP-010
	VOI-001 VOI-001/F VOI-001/I VOI-001/P VOI-001/S VOI-001/X VOI-002 VOI-003/B VOI-003/T VOI-004/L VOI-004/N VOI-009/C VOI-009/M VOI-009/U
	TIM-001/D TOP-001/F TOP-001/P TOP-002/E TOP-002/O TOP-003/C TOP-003/N TOP-003/F TOP-003/S TOP-007/I TOP-007/V TOP-009 TOP-011
	TLS-001 TLS-002 TLS-003/I TLS-003/R TLS-003/U TLS-004 TLS-005 TLS-006 TLS-007 FED-003 FED-004 TIM-001/H
	NET-001 NET-002 NET-003 NET-004 NET-005 NET-006/A NET-006/F NET-006/I NET-007 NET-008 NET-008/M NET-008/O NET-009`

func moment() time.Time { return time.Date(2026, 11, 22, 3, 4, 5, 0, time.UTC) }

func make300(t *testing.T, o Options) lab.Organisation {
	t.Helper()
	if o.Now.IsZero() {
		o.Now = moment()
	}
	org, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return org
}

func TestSameOptionsGiveTheSame(t *testing.T) {
	for _, variant := range Variants() {
		o := Options{People: 700, Seed: 7, Variant: variant}
		first, again := written(t, make300(t, o)), written(t, make300(t, o))
		if diff := cmp.Diff(first, again); diff != "" {
			t.Errorf("%s differs from itself:\n%s", variant, diff)
		}
		o.Seed = 8
		if first == written(t, make300(t, o)) {
			t.Errorf("%s does not depend on the seed", variant)
		}
	}
}

// written gives an organisation as text.
func written(t *testing.T, o lab.Organisation) string {
	t.Helper()
	text, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// A truth that mentions each rule and variant, over the variants of the organisation; nothing that is not in the list.
func TestEveryRuleIsPlanted(t *testing.T) {
	want := map[string]bool{}
	for _, id := range strings.Fields(delivered) {
		want[id] = true
	}
	rules := map[string]bool{}
	for id := range want {
		rule, _, _ := strings.Cut(id, "/")
		rules[rule] = true
	}
	got := map[string]bool{}
	for _, variant := range Variants() {
		for _, e := range make300(t, Options{Variant: variant}).Truth {
			id := strings.TrimSuffix(e.RuleID+"/"+e.Variant, "/")
			if !want[id] {
				t.Errorf("%s expects %s, which is no delivered rule and variant", variant, id)
			}
			got[id] = true
		}
	}
	for id := range want {
		if !got[id] {
			t.Errorf("%s is not planted", id)
		}
	}
	inDefault := map[string]bool{}
	for _, e := range make300(t, Options{}).Truth {
		inDefault[e.RuleID] = true
	}
	inFirst := map[string]bool{}
	for _, e := range make300(t, Options{Alone: true}).Truth {
		inFirst[e.RuleID] = true
	}
	for rule := range rules {
		if !inDefault[rule] && VariantOf(rule) != NoFlow {
			t.Errorf("%s is not planted in the default organisation with its subsidiary", rule)
		}
		if variant := VariantOf(rule); (variant == Default) != inFirst[rule] && !needsForests(rule) {
			t.Errorf("VariantOf(%s) is %s, and the first organisation says otherwise", rule, variant)
		}
	}
}

// needsForests tells whether a rule's faults show only where two forests are read.
func needsForests(rule string) bool {
	return slices.ContainsFunc(plants(), func(p plant) bool { return p.rule == rule && p.forests })
}

// facts are findings that are no fault: they stand for what an organisation is like, and nobody plants them.
func facts() []string { return []string{"HOM-012/O", "HOM-013"} }

// Each rule alone: its own findings are those of the full organisation, in number, and those of other rules are knock-ons only.
func TestEachRuleAlone(t *testing.T) {
	alone := map[string]lab.Organisation{}
	for _, p := range plants() {
		if p.clean {
			continue
		}
		variant := VariantOf(p.rule)
		if p.only == BadNetwork {
			variant = p.only
		}
		org, ok := alone[p.rule+variant]
		if !ok {
			org = make300(t, Options{People: 60, Only: []string{p.rule}, Variant: variant})
			alone[p.rule+variant] = org
			checkKeys(t, org)
		}
		if !slices.ContainsFunc(org.Truth, func(e lab.Expected) bool { return e.RuleID == p.rule && e.Variant == p.variant }) {
			t.Errorf("%s/%s is not in its own truth %v", p.rule, p.variant, org.Truth)
		}
	}
}

func TestWithoutFaults(t *testing.T) {
	for _, variant := range Variants() {
		for _, loadable := range []bool{false, true} {
			org := make300(t, Options{Only: []string{NoFaults}, Variant: variant, Loadable: loadable})
			for _, e := range org.Truth {
				if id := strings.TrimSuffix(e.RuleID+"/"+e.Variant, "/"); !slices.Contains(facts(), id) && !slices.Contains(Standing(), e.RuleID) {
					t.Errorf("%s without faults expects %s", variant, id)
				}
			}
			if len(org.Tenant.Refused) > 0 {
				t.Errorf("%s without faults refuses %v", variant, org.Tenant.Refused)
			}
		}
	}
}

func TestFaultsGrowWithThePeople(t *testing.T) {
	small, large := make300(t, Options{}), make300(t, Options{People: 1200})
	count := func(o lab.Organisation, rule string) (n int) {
		for _, e := range o.Truth {
			if e.RuleID == rule {
				n++
			}
		}
		return n
	}
	for _, rule := range []string{"SIP-001", "ADR-004", "HOM-010", "JOIN-009", "LIC-005"} {
		if got, want := count(large, rule), 4*count(small, rule); got != want {
			t.Errorf("%s is expected %d times among 1200 people, want %d", rule, got, want)
		}
	}
	if got := count(large, "DOM-001"); got != 2 {
		t.Errorf("DOM-001 is expected %d times, want 2", got)
	}
}

func TestBadOptions(t *testing.T) {
	for _, c := range []struct {
		o    Options
		want string
	}{
		{Options{People: -1}, "-1 people"},
		{Options{People: 20}, "20 people are too few"},
		{Options{Variant: "moon"}, "unknown variant"},
		{Options{Only: []string{"SIP-999"}}, "no fault of rule"},
		{Options{Only: []string{"HOM-002"}, Alone: true}, "use " + NoServer},
		{Options{Only: []string{"SYN-001"}, Variant: NoServer}, "use " + SyncOff},
	} {
		if _, err := New(c.o); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("New(%+v) fails with %v, want %q", c.o, err, c.want)
		}
	}
	if _, err := New(Options{People: 12, Only: []string{"SIP-003"}}); err != nil {
		t.Errorf("twelve people and one fault: %v", err)
	}
}

// Every subject is there, under the key that a finding gives it.
func checkKeys(t *testing.T, org lab.Organisation) {
	t.Helper()
	keys := map[string]bool{org.Tenant.ID: true, "tenant.syncFeatures": true, "teams.upgradeConfiguration": true, "teams.onlineUsers": true}
	for _, one := range org.All() {
		keysOf(t, one, keys)
	}
	for _, e := range org.Truth {
		host, _, _ := strings.Cut(e.Key, ":")
		if !keys[e.Key] && !keys["host "+host] {
			t.Errorf("%s/%s names the subject %s, which is not there", e.RuleID, e.Variant, e.Key)
		}
	}
}

func keysOf(t *testing.T, org lab.Organisation, keys map[string]bool) {
	t.Helper()
	keys[org.Tenant.ID], keys[org.Directory.DCHost], keys[org.Directory.ForestName] = true, true, true
	for _, e := range org.Directory.Entries {
		for _, name := range []string{"dNSHostName", "msRTCSIP-TrustedServerFQDN"} {
			for _, host := range e.Values(name) {
				keys[string(host)] = true
			}
		}
		for _, v := range e.Values("proxyAddresses") {
			_, domain, _ := strings.Cut(string(v), "@")
			keys[domain] = true
		}
		if v := e.Values("objectGUID"); len(v) == 1 {
			g, err := directory.GUIDFromBytes(v[0])
			if err != nil {
				t.Fatalf("%s: %v", e.DN, err)
			}
			keys[g.String()] = true
		}
	}
	networkKeys(org.Network, keys)
	for _, e := range org.Exports {
		for _, raw := range e.Objects {
			var o struct{ Server string }
			if err := json.Unmarshal(raw, &o); err != nil {
				t.Fatalf("%s: %v in %s", e.Command, err, raw)
			}
			keys[strings.ToLower(o.Server)] = true
		}
	}
	for _, c := range org.Tenant.Collections {
		for _, raw := range c.Objects {
			var o struct{ ID, SKUID, AppID, PassiveSignInURI string }
			if err := json.Unmarshal(raw, &o); err != nil {
				t.Fatalf("%s: %v in %s", c.Path, err, raw)
			}
			keys[o.ID], keys[o.SKUID], keys[o.AppID], keys[strings.ToLower(o.ID)] = true, true, true, true
			if u, err := url.Parse(o.PassiveSignInURI); err == nil {
				keys[u.Hostname()+":443"] = true
			}
		}
	}
}

// networkKeys are the hosts that DNS knows, the domains that have a zone, and the datasets of the network.
func networkKeys(n lab.Network, keys map[string]bool) {
	for _, z := range slices.Concat(n.Outside, n.Inside) {
		keys[z.Name] = true
		for _, r := range z.Records {
			keys["host "+r.Name] = true
			if r.Type == typeSRV {
				keys["host "+strings.Fields(r.Value)[3]] = true
			}
		}
	}
	for _, dataset := range []string{"settings", "endpoints", "firewall", "clocks"} {
		keys["probe."+dataset] = true
	}
}

func TestSubjectsAreThere(t *testing.T) {
	for _, variant := range Variants() {
		checkKeys(t, make300(t, Options{Variant: variant, People: 650}))
		checkKeys(t, make300(t, Options{Variant: variant, Loadable: true}))
	}
}

func BenchmarkNew(b *testing.B) {
	for _, n := range []int{300, 20_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := New(Options{People: n, Now: moment()}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
