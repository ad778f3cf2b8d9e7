package rules_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"hybridaudit/audit"
	"hybridaudit/audit/records"
	"hybridaudit/audit/rules"
)

// eachDNSCase judges every case of the rules that read the answers of DNS servers.
func eachDNSCase(t *testing.T, do func(rule *audit.Rule, name string, input map[string][]byte)) {
	t.Helper()
	for _, rule := range rules.All() {
		if rule.Category != "dns" && rule.ID != "DOM-001" && rule.ID != "DOM-004" && rule.ID != "TOP-003" {
			continue
		}
		archive, err := txtar.ParseFile(caseFile(rule))
		if err != nil {
			t.Fatal(err)
		}
		names, inputs := caseInputs(t, archive)
		for _, name := range names {
			do(rule, name, inputs[name])
		}
	}
}

// The order in which servers answered means nothing to findings and their evidence.
func TestOrderOfAnswersIsIrrelevant(t *testing.T) {
	eachDNSCase(t, func(rule *audit.Rule, name string, input map[string][]byte) {
		print := func() string {
			r := judgeCase(t, rule, input)
			text := fmt.Sprint(r.Outcomes[0].Status, r.Outcomes[0].Reason)
			for _, f := range r.Findings {
				text += fmt.Sprintln("\n", f.Subject.Key, f.Variant, f.Severity, f.Args, f.Evidence)
			}
			return text
		}
		want := print()
		for _, part := range []string{"dns.lookups", "tenant.domains", "tenant.domainRecords", "ad.users", "ad.topology", "probe.connections"} {
			lines := strings.SplitAfter(strings.TrimSuffix(string(input[part]), "\n")+"\n", "\n")
			slices.Reverse(lines)
			if text := strings.Join(lines, ""); strings.TrimSpace(text) != "" {
				input[part] = []byte(text)
			}
		}
		if diff := cmp.Diff(want, print()); diff != "" {
			t.Errorf("%s, case %q (-as written +reversed):\n%s", rule.ID, name, diff)
		}
	})
}

// Every finding shows what servers said, and no record that it asks for leads to a target that is known to be wrong.
func TestDNSFindingsShowAnswers(t *testing.T) {
	published := map[string]int{}
	eachDNSCase(t, func(rule *audit.Rule, name string, input map[string][]byte) {
		for _, f := range judgeCase(t, rule, input).Findings {
			answers := slices.ContainsFunc(f.Evidence, func(e audit.Fact) bool { return strings.HasPrefix(e.Name, "dns.") })
			if rule.Category == "dns" && !answers {
				t.Errorf("%s, case %q: %s has no answers: %v", rule.ID, name, f.Subject.Key, f.Evidence)
			}
			publish, ok := f.Arg("publish").(string)
			if !ok {
				continue
			}
			published[rule.ID]++
			fields := strings.Fields(publish)
			if len(fields) < 5 || fields[2] != "IN" || records.Mistaken(fields[len(fields)-1]) != "" {
				t.Errorf("%s, case %q: asks for %q", rule.ID, name, publish)
			}
		}
	})
	for _, id := range []string{"DNS-001", "DNS-002", "DNS-003", "DNS-004", "DNS-005", "DNS-007", "DNS-008", "DNS-009", "DNS-010"} {
		if published[id] == 0 {
			t.Errorf("%s never says which record to publish", id)
		}
	}
}

// The live state of the record that proves a domain decides what is left to be done.
func TestStateOfTheVerificationRecord(t *testing.T) {
	got := map[string]any{}
	eachDNSCase(t, func(rule *audit.Rule, name string, input map[string][]byte) {
		if rule.ID == "DOM-001" && name == "live state of the verification record" {
			for _, f := range judgeCase(t, rule, input).Findings {
				got[f.Subject.Key] = f.Arg("proof")
			}
		}
	})
	want := map[string]any{"there.com": "published", "waiting.com": "missing", "quiet.com": "unread", "unasked.com": "unread"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// Evidence of a change under way holds the serial numbers of the zone's servers; of a difference inside, which zone answers there.
func TestEvidenceOfDifferences(t *testing.T) {
	facts := map[string][]string{}
	eachDNSCase(t, func(rule *audit.Rule, name string, input map[string][]byte) {
		if rule.ID != "DNS-011" && rule.ID != "DNS-007" {
			return
		}
		for _, f := range judgeCase(t, rule, input).Findings {
			for _, e := range f.Evidence {
				if e.Name == "soaSerials" || e.Name == "internalZone" {
					key := rule.ID + " " + name + " " + fmt.Sprint(f.Arg("record")) + " " + e.Name
					facts[key] = e.Values
				}
			}
		}
	})
	for key, want := range map[string][]string{
		"DNS-011 not everywhere yet sip.contoso.com soaSerials":                    {"203.0.113.2:53 2026112201", "203.0.113.3:53 2026112001"},
		"DNS-007 cloud lyncdiscover.contoso.com internalZone":                      {"a zone of its own for contoso.com"},
		"DNS-007 cloud lyncdiscover.old.com internalZone":                          nil,
		"DNS-007 federation service and Autodiscover sts.contoso.com internalZone": {"the answer comes from the zone contoso.com"},
	} {
		if diff := cmp.Diff(want, facts[key]); diff != "" {
			t.Errorf("%s (-want +got):\n%s", key, diff)
		}
	}
}
