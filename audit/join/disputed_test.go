package join_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hybridaudit/audit/join"
	"hybridaudit/sources/evidence"
)

func TestDisputedHolders(t *testing.T) {
	b := evidence.NewBuilder(time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC))
	var decoder evidence.Decoder
	for _, row := range []string{
		`{"id":"00000000-0000-0000-0000-000000000003","userPrincipalName":"c@contoso.com","proxyAddresses":["SMTP:Anna@contoso.com","smtp:anna@contoso.com","sip:anna@contoso.com"]}`,
		`{"id":"00000000-0000-0000-0000-000000000001","userPrincipalName":"Anna@contoso.com","proxyAddresses":["smtp:anna@contoso.com"]}`,
		`{"id":"00000000-0000-0000-0000-000000000002","userPrincipalName":"b@contoso.com","proxyAddresses":["SMTP:b@contoso.com"],"onPremisesProvisioningErrors":[
			{"propertyCausingError":"UserPrincipalName","value":" anna@contoso.com"},{"propertyCausingError":"ProxyAddresses","value":"anna@contoso.com"},
			{"propertyCausingError":"ProxyAddresses","value":"SIP:anna@contoso.com"},{"propertyCausingError":"ProxyAddresses","value":"smtp:nobody@contoso.com"}]}`,
	} {
		if err := decoder.Row(b.Table(evidence.TenantUsers), []byte(row)); err != nil {
			t.Fatal(err)
		}
	}
	s := b.Seal()
	d := join.NewDisputed(s)
	var got [][]string
	for u := range s.TenantUsers() {
		for e := range u.SyncErrors() {
			names := []string{}
			for _, h := range d.Holders("", e) {
				names = append(names, h.UPN())
			}
			got = append(got, names)
		}
	}
	want := [][]string{{"Anna@contoso.com"}, {"Anna@contoso.com", "c@contoso.com"}, {"c@contoso.com"}, {}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if holders := d.Holders("", evidence.SyncError{Property: "ProxyAddresses", Value: "smtp:b@contoso.com"}); len(holders) != 0 {
		t.Errorf("%d holders of a value that nobody refused", len(holders))
	}
}

// Groups, contacts and deleted users hold values as well, each within its own tenant.
func TestOtherHolders(t *testing.T) {
	b := evidence.NewBuilder(time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC))
	var decoder evidence.Decoder
	for _, r := range []struct {
		d   evidence.Dataset
		row string
	}{
		{evidence.TenantUsers, `{"id":"00000000-0000-0000-0000-000000000001","tenant":"a","userPrincipalName":"u","onPremisesProvisioningErrors":[{"propertyCausingError":"ProxyAddresses","value":"smtp:x@contoso.com"}]}`},
		{evidence.TenantContacts, `{"id":"00000000-0000-0000-0000-000000000002","tenant":"a","displayName":"contact","proxyAddresses":["SMTP:X@contoso.com"]}`},
		{evidence.TenantGroups, `{"id":"00000000-0000-0000-0000-000000000003","tenant":"a","displayName":"group","proxyAddresses":["smtp:x@contoso.com","smtp:X@contoso.com"]}`},
		{evidence.TenantGroups, `{"id":"00000000-0000-0000-0000-000000000004","tenant":"b","displayName":"other","proxyAddresses":["smtp:x@contoso.com"],"onPremisesProvisioningErrors":[{"propertyCausingError":"ProxyAddresses","value":"smtp:y@contoso.com"}]}`},
		{evidence.TenantDeletedUsers, `{"id":"00000000-0000-0000-0000-000000000005","tenant":"a","userPrincipalName":"gone@contoso.com","mail":"x@contoso.com"}`},
		{evidence.TenantDeletedUsers, `{"id":"00000000-0000-0000-0000-000000000006","tenant":"b","userPrincipalName":"x@contoso.com","mail":"x@contoso.com"}`},
	} {
		if err := decoder.Row(b.Table(r.d), []byte(r.row)); err != nil {
			t.Fatal(err)
		}
	}
	s := b.Seal()
	e := evidence.SyncError{Property: "ProxyAddresses", Value: "smtp:x@contoso.com"}
	var got []string
	for _, r := range join.NewDisputed(s).Recipients("a", e) {
		got = append(got, r.DisplayName())
	}
	former := join.NewFormer(s)
	for _, u := range former.Refused("a", e) {
		got = append(got, u.UPN())
	}
	if diff := cmp.Diff([]string{"group", "contact", "gone@contoso.com"}, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if former.None() || !join.NewFormer(evidence.NewBuilder(s.Taken()).Seal()).None() {
		t.Error("there are deleted users, and there are none")
	}
}
