package rules_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hybridaudit/audit"
	"hybridaudit/audit/rules"
)

// How many people are homed on a dead pool is shown when all people were read, and not made up when they were not.
func TestPeopleOfADeadPool(t *testing.T) {
	all := rules.All()
	rule := all[slices.IndexFunc(all, func(r *audit.Rule) bool { return r.ID == "TOP-003" })]
	input := map[string][]byte{
		"ad.pools": []byte(`{"objectGUID":"1","distinguishedName":"CN=1:1,CN=Pools,DC=contoso,DC=com","msRTCSIP-FrontEndServers":["CN=FE01,DC=contoso,DC=com"]}
{"objectGUID":"2","distinguishedName":"CN=1:2,CN=Pools,DC=contoso,DC=com"}`),
		"ad.users": []byte(`{"objectGUID":"3","msRTCSIP-UserEnabled":true,"msRTCSIP-DeploymentLocator":"SRV:","msRTCSIP-PrimaryHomeServer":"CN=LS,CN=1:2,CN=Pools,DC=contoso,DC=com"}`),
	}
	for coverage, want := range map[string][]string{
		"": {"1"}, "ad.users partial connection lost": nil, "ad.users missing msRTCSIP-PrimaryHomeServer": nil,
	} {
		input["coverage"] = []byte(coverage)
		findings := judgeCase(t, rule, input).Findings
		if len(findings) != 1 || findings[0].Variant != "F" {
			t.Fatalf("%q: findings %v, want one of variant F", coverage, findings)
		}
		var people []string
		for _, e := range findings[0].Evidence {
			if e.Name == "people" {
				people = e.Values
			}
		}
		if diff := cmp.Diff(want, people); diff != "" {
			t.Errorf("%q: -want +got:\n%s", coverage, diff)
		}
	}
}
