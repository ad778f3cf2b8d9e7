package rules_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hybridaudit/audit"
	"hybridaudit/audit/rules"
)

// The DNS records that one tenant asks for say nothing about the domain in another one, where it may be verified.
func TestRecordsOfTheOwnTenant(t *testing.T) {
	all := rules.All()
	rule := all[slices.IndexFunc(all, func(r *audit.Rule) bool { return r.ID == "DOM-001" })]
	findings := judgeCase(t, rule, map[string][]byte{
		"tenant.organization": []byte(`{"id":"e1","tenant":"contoso"}
{"id":"e2","tenant":"fabrikam"}`),
		"tenant.domains": []byte(`{"id":"contoso.com","isVerified":true,"tenant":"contoso"}
{"id":"contoso.com","isVerified":false,"tenant":"fabrikam"}`),
		"tenant.domainRecords": []byte(`{"domain":"contoso.com","recordType":"Txt","label":"contoso.com","target":"v=spf1","tenant":"contoso"}
{"domain":"contoso.com","recordType":"Mx","label":"contoso.com","target":"mail.invalid","tenant":"fabrikam"}`),
		"tenant.verificationRecords": []byte(`{"domain":"contoso.com","recordType":"Txt","label":"contoso.com","target":"MS=ms1","tenant":"fabrikam"}`),
	}).Findings
	if len(findings) != 1 {
		t.Fatalf("%d findings, want one", len(findings))
	}
	want := []audit.Fact{{Name: "verifiedIn", Values: []string{"contoso"}}, {Name: "dnsRecords", Values: []string{"contoso.com Mx mail.invalid"}}}
	if diff := cmp.Diff(want, findings[0].Evidence); diff != "" {
		t.Errorf("evidence (-want +got):\n%s", diff)
	}
	if record := findings[0].Arg("record"); record != nil {
		t.Errorf("the remedy offers %v, which proves nothing while the other tenant has the domain", record)
	}
}
