//go:build sdkcontract

package graph

import (
	"context"
	"fmt"
	"os"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hybridaudit/sources/evidence"
	graphlab "hybridaudit/sources/lab/server/graph"
)

// newWords are the enumeration values in testdata that are not in the SDK's enumerations. The SDK drops them; the collector keeps the text.
var newWords = map[string]bool{"aKindOfTomorrow": true, "shared": true, "aStatusOfTomorrow": true, "aClassOfTomorrow": true}

// withoutNewWords drops them from a row too.
func withoutNewWords(v any) any {
	switch v := v.(type) {
	case map[string]any:
		kept := map[string]any{}
		for name, inner := range v {
			if s, ok := inner.(string); !ok || !newWords[s] {
				kept[name] = withoutNewWords(inner)
			}
		}
		return kept
	case []any:
		kept := make([]any, len(v))
		for i := range v {
			kept[i] = withoutNewWords(v[i])
		}
		return kept
	}
	return v
}

// withoutOracle are the datasets that this SDK cannot decode: the beta has none that can be had, and telephone numbers came after it.
var withoutOracle = []evidence.Dataset{evidence.TenantSIPInfo, evidence.TenantLimits, evidence.TenantNumbers}

// oracle is a body in testdata and how the SDK decodes it; keep picks the rows that the collector asks for.
type oracle struct {
	file   string
	decode func(testing.TB, []byte) []sdkRow
	keep   func(sdkRow) bool
}

func oracles() map[evidence.Dataset]oracle {
	return map[evidence.Dataset]oracle{
		evidence.TenantOrganization:  {"organization", sdkOrganization, nil},
		evidence.TenantDomains:       {"domains", sdkDomains, nil},
		evidence.TenantDomainRecords: {"serviceConfigurationRecords", sdkRecordsOf("contoso.com"), nil},
		evidence.TenantVerification:  {"verificationDnsRecords", sdkRecordsOf("Fabrikam.example"), nil},
		evidence.TenantFederations:   {"federationConfiguration", sdkFederations, nil},
		evidence.TenantSKUs:          {"subscribedSkus", sdkSKUs, nil},
		evidence.TenantUsers:         {"users", sdkUsers, nil},
		evidence.TenantSignIns:       {"users", sdkSignIns, nil},
		evidence.TenantDeletedUsers:  {"deletedUsers", sdkDeletedUsers, nil},
		evidence.TenantGroups:        {"groups", sdkGroups, nil},
		evidence.TenantContacts:      {"contacts", sdkContacts, nil},
		evidence.TenantTeamsUsers:    {"userConfigurations", sdkTeams, nil},
		evidence.TenantHealth:        {"healthOverviews", sdkHealth, nil},
		evidence.TenantIssues:        {"issues", sdkIssues, nil},
		evidence.TenantRoles:         {"roleAssignments", sdkRoles, nil},
		evidence.TenantSyncFeatures:  {"onPremisesSynchronization", sdkSyncFeatures, nil},
		evidence.TenantPrincipals: {"servicePrincipals", sdkPrincipals, func(r sdkRow) bool {
			return slices.Contains(hybridApplications(), fmt.Sprint(r["appId"]))
		}},
	}
}

func TestSameAsTheSDK(t *testing.T) {
	tr := start(t, graphlab.Options{Tenant: fixtureTenant(t)}).everything()
	s, err := tr.collect(context.Background(), t, Datasets()...)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range Datasets() {
		o, ok := oracles()[d]
		if ok == slices.Contains(withoutOracle, d) {
			t.Errorf("%s is decoded by the SDK: %v", d, ok)
		}
		if !ok {
			continue
		}
		body, err := os.ReadFile("testdata/" + o.file + ".json")
		if err != nil {
			t.Fatal(err)
		}
		var want, got []map[string]any
		for _, r := range o.decode(t, body) {
			if o.keep == nil || o.keep(r) {
				want = append(want, map[string]any(r))
			}
		}
		for _, r := range rowsOf(t, s, d) {
			kept, ok := withoutNewWords(r).(map[string]any)
			if !ok {
				t.Fatalf("row %v", r)
			}
			got = append(got, kept)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-SDK +collector):\n%s", d, diff)
		}
	}
}
