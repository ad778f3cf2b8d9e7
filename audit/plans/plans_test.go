package plans_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hybridaudit/audit/plans"
	"hybridaudit/sources/evidence"
)

const (
	teams  = "57ff2da0-773e-42df-b2af-ffb7a2317929"
	skype  = "0feaeb32-d00e-4d66-bd5a-43b5b83db82c"
	both   = "00000000-0000-0000-0000-000000000005"
	single = "00000000-0000-0000-0000-000000000003"
)

// catalogue reads one user and two subscriptions.
func catalogue(t *testing.T, user string) (*plans.Catalogue, evidence.TenantUser) {
	t.Helper()
	b := evidence.NewBuilder(time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC))
	var decoder evidence.Decoder
	for _, r := range []struct {
		d   evidence.Dataset
		row string
	}{
		{evidence.TenantSKUs, `{"skuId":"` + both + `","skuPartNumber":"SPE_E5","consumedUnits":10,"prepaidUnits.enabled":12,"prepaidUnits.warning":1,
			"servicePlans":[{"servicePlanId":"` + teams + `"},{"servicePlanId":"` + skype + `"}]}`},
		{evidence.TenantSKUs, `{"skuId":"` + single + `","skuPartNumber":"MCOSTANDARD","consumedUnits":5,"prepaidUnits.enabled":4,"servicePlans":[{"servicePlanId":"` + skype + `"}]}`},
		{evidence.TenantUsers, user},
	} {
		if err := decoder.Row(b.Table(r.d), []byte(r.row)); err != nil {
			t.Fatal(err)
		}
	}
	s := b.Seal()
	return plans.New(s, plans.Names{}), s.TenantUserAt(0)
}

func TestAssignments(t *testing.T) {
	for _, c := range []struct {
		name, user string
		want       []plans.Assignment
		off        bool
	}{
		{"no licence", `{}`, nil, false},
		{
			"direct and by group",
			`{"licenseAssignmentStates":[{"skuId":"` + both + `","state":"Active","disabledPlans":["` + teams + `"]},{"skuId":"` + both + `","state":"ActiveWithError","assignedByGroup":"g"}]}`,
			[]plans.Assignment{{SKU: both, Off: true}, {SKU: both, Group: "g"}},
			false,
		},
		{
			"an assignment that failed is none, even if it is listed as held",
			`{"licenseAssignmentStates":[{"skuId":"` + both + `","state":"Error"}],"assignedLicenses":[{"skuId":"` + both + `"}]}`,
			nil, false,
		},
		{
			"without states",
			`{"assignedLicenses":[{"skuId":"` + both + `","disabledPlans":["` + teams + `"]},{"skuId":"` + single + `"}]}`,
			[]plans.Assignment{{SKU: both, Off: true}},
			true,
		},
		{
			"a state of another licence only",
			`{"licenseAssignmentStates":[{"skuId":"` + single + `","state":"Active"}],"assignedLicenses":[{"skuId":"` + single + `"},{"skuId":"` + both + `"}]}`,
			[]plans.Assignment{{SKU: both}},
			false,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			catalogue, u := catalogue(t, c.user)
			got, off := catalogue.SwitchedOff(u, plans.Teams)
			if diff := cmp.Diff(c.want, got); diff != "" || off != c.off {
				t.Errorf("switched off %t, want %t; -want +got:\n%s", off, c.off, diff)
			}
		})
	}
}

func TestSeats(t *testing.T) {
	catalogue, _ := catalogue(t, `{}`)
	got := map[plans.Group][]plans.Seats{plans.Teams: catalogue.Seats("", plans.Teams), plans.Skype: catalogue.Seats("", plans.Skype)}
	want := map[plans.Group][]plans.Seats{plans.Teams: {{SKU: "SPE_E5", Free: 3}}, plans.Skype: {{SKU: "MCOSTANDARD", Free: -1}, {SKU: "SPE_E5", Free: 3}}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestOf(t *testing.T) {
	catalogue, u := catalogue(t, `{"assignedPlans":[{"servicePlanId":"`+teams+`","capabilityStatus":"Deleted","assignedDateTime":"2026-11-20T08:00:00Z"},
		{"servicePlanId":"`+teams+`","capabilityStatus":"Enabled","assignedDateTime":"2026-01-05T08:00:00Z"},{"servicePlanId":"`+skype+`","capabilityStatus":"deleted"}]}`)
	if s := catalogue.Of(u, plans.Teams); !s.Enabled() || !s.Usable() || s.Deleted() || s.Assigned.Month() != time.January {
		t.Errorf("the best state of Teams is %+v", s)
	}
	if s := catalogue.Of(u, plans.Skype); s.Usable() || !s.Deleted() {
		t.Errorf("the best state of Skype for Business is %+v", s)
	}
}

// A state with another spelling, or one that nobody knows, is told as it is.
func TestUnusualStates(t *testing.T) {
	catalogue, u := catalogue(t, `{"assignedPlans":[{"servicePlanId":"`+teams+`","capabilityStatus":"NEW"},{"servicePlanId":"`+teams+`","capabilityStatus":"warning"},
		{"servicePlanId":"`+skype+`","capabilityStatus":"NEW"}]}`)
	if s := catalogue.Of(u, plans.Teams); s.State != "warning" || !s.Usable() {
		t.Errorf("the best state of Teams is %+v", s)
	}
	if s := catalogue.Of(u, plans.Skype); s.State != "NEW" || s.Usable() || s.Plan != skype {
		t.Errorf("the best state of Skype for Business is %+v", s)
	}
}

// Names that an operator brings go before the compiled-in ones, and make unknown ids readable.
func TestBroughtNames(t *testing.T) {
	c := plans.New(evidence.NewBuilder(time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)).Seal(), plans.Names{
		SKUs: map[string]string{"05e9a617-0261-4cee-bb44-138d3ef5d965": "M365 E3", single: "New thing"}, Plans: map[string]string{teams: "Teams", single: "New plan"},
	})
	got := []string{c.Display("05E9A617-0261-4CEE-BB44-138D3EF5D965"), c.Display(single), c.Display(both), c.PlanDisplay(teams), c.PlanDisplay(single), c.PlanDisplay(skype)}
	want := []string{"M365 E3", "New thing", both, "Teams", "New plan", "Skype for Business Online (Plan 2)"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// What a licence gives: the groups whose plan is switched on, the others not.
func TestGroups(t *testing.T) {
	catalogue, _ := catalogue(t, `{}`)
	for _, c := range []struct {
		sku  string
		off  []string
		want map[plans.Group]string
	}{
		{both, nil, map[plans.Group]string{plans.Teams: teams, plans.Skype: skype}}, {both, []string{teams}, map[plans.Group]string{plans.Skype: skype}}, {"unknown", nil, nil},
	} {
		if diff := cmp.Diff(c.want, catalogue.Groups(c.sku, slices.Values(c.off))); diff != "" {
			t.Errorf("%s without %v (-want +got):\n%s", c.sku, c.off, diff)
		}
	}
}
