package e2e

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hybridaudit/audit"
	"hybridaudit/sources/evidence"
	"hybridaudit/sources/graph"
	"hybridaudit/sources/lab"
	"hybridaudit/sources/lab/plant"
	"hybridaudit/sources/lab/server"
	graphlab "hybridaudit/sources/lab/server/graph"
)

// The tenant read by what changed since an earlier run has the findings of a full read: people renamed, stripped of licences and addresses, gone and come, groups and contacts too.
func TestTenantCaughtUpHasTheSameFindings(t *testing.T) {
	org := organisation(t, plant.Options{Seed: 12, Alone: true})
	running, err := server.Start(t.Context(), org, server.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := running.Stop(); err != nil {
			t.Error(err)
		}
	})
	directory := collectAD(t, running)
	// The earlier run goes through a file, as it does between two days.
	earlier := saved(t, collectTenant(t, running))
	for _, d := range []evidence.Dataset{evidence.TenantUsers, evidence.TenantGroups, evidence.TenantContacts} {
		if c := earlier.Of(d); len(c) != 1 || c[0].Delta == "" {
			t.Fatalf("%s left no place to go on from: %+v", d, c)
		}
	}
	if err := running.Tenant.Mutate(mutations(t, org.Tenant)...); err != nil {
		t.Fatal(err)
	}
	caughtUp := collectTenant(t, running, func(c *graph.Config) { c.Previous = earlier })
	full := collectTenant(t, running)
	for _, d := range []evidence.Dataset{evidence.TenantUsers, evidence.TenantGroups, evidence.TenantContacts} {
		c := caughtUp.Of(d)[0]
		if c.State != evidence.Complete || !slices.ContainsFunc(c.Notes, func(n string) bool { return strings.Contains(n, "changed") }) {
			t.Errorf("%s was not caught up: %s %q", d, c.State, c.Notes)
		}
	}
	judged := func(tenant *evidence.Snapshot) *audit.Result {
		merged, err := evidence.Merge(directory, tenant)
		if err != nil {
			t.Fatal(err)
		}
		return run(t, merged, audit.Options{})
	}
	before, got, want := judged(earlier), judged(caughtUp), judged(full)
	if diff := cmp.Diff(outcomes(want), outcomes(got)); diff != "" {
		t.Errorf("-full +caught up:\n%s", diff)
	}
	if cmp.Equal(outcomes(before), outcomes(want)) {
		t.Error("the changes changed no finding: the test shows nothing")
	}
}

// outcomes are the status of every rule and the findings, each with its severity and what it says.
func outcomes(r *audit.Result) []string {
	var all []string
	for _, o := range r.Outcomes {
		all = append(all, o.Rule.ID+" "+o.Status.String())
	}
	for i := range r.Findings {
		f := &r.Findings[i]
		args, err := json.Marshal(f.Args)
		if err != nil {
			return []string{err.Error()}
		}
		all = append(all, f.Rule.ID+f.Variant+" "+f.Severity.String()+" "+f.Subject.Key+" "+string(args))
	}
	return all
}

// mutations change some of a tenant's users, groups and contacts.
func mutations(t *testing.T, tenant lab.Tenant) []graphlab.Mutation {
	t.Helper()
	var all []graphlab.Mutation
	set := func(path, id, members string) {
		all = append(all, graphlab.Mutation{Path: path, ID: id, Set: json.RawMessage(members)})
	}
	for _, c := range tenant.Collections {
		for i, raw := range c.Objects {
			var o struct{ ID string }
			if err := json.Unmarshal(raw, &o); err != nil {
				t.Fatal(err)
			}
			switch {
			case c.Path == "users" && i%17 == 3:
				set(c.Path, o.ID, `{"userPrincipalName":"renamed`+o.ID[:8]+`@contoso.onmicrosoft.com"}`)
			case c.Path == "users" && i%19 == 5:
				set(c.Path, o.ID, `{"assignedLicenses":[],"assignedPlans":[],"provisionedPlans":[],"licenseAssignmentStates":[]}`)
			case c.Path == "users" && i%23 == 7:
				all = append(all, graphlab.Mutation{Path: c.Path, ID: o.ID, Remove: i%2 == 0, Purge: i%2 == 1})
			case c.Path == "users" && i%29 == 11:
				set(c.Path, o.ID, `{"proxyAddresses":["SMTP:moved`+o.ID[:8]+`@contoso.com"],"accountEnabled":false,"usageLocation":null}`)
			case (c.Path == "groups" || c.Path == "contacts") && i%3 == 0:
				set(c.Path, o.ID, `{"onPremisesProvisioningErrors":[{"category":"PropertyConflict","occurredDateTime":"2026-11-01T08:00:00Z","propertyCausingError":"ProxyAddresses","value":"SMTP:refused@contoso.com"}]}`)
			case c.Path == "contacts" && i%5 == 1:
				all = append(all, graphlab.Mutation{Path: c.Path, ID: o.ID, Purge: true})
			}
		}
	}
	set("users", "7d1c0a52-0000-4000-8000-000000000001", `{"userPrincipalName":"newcomer@contoso.com","displayName":"New Comer","accountEnabled":true,"userType":"Member","proxyAddresses":["SMTP:refused@contoso.com"],"assignedLicenses":[],"assignedPlans":[]}`)
	return all
}
