package domains_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hybridaudit/audit/domains"
	"hybridaudit/sources/evidence"
)

// Every object counts once, however many of its addresses are in a domain and however they are written.
func TestUse(t *testing.T) {
	b := evidence.NewBuilder(time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC))
	var decoder evidence.Decoder
	for _, r := range []struct {
		d   evidence.Dataset
		row string
	}{
		{evidence.ADUsers, `{"userPrincipalName":"a@Contoso.com","mail":"a@contoso.com","proxyAddresses":["SMTP:a@contoso.com","smtp:b@CONTOSO.com","sip:a@contoso.com","x500:a@contoso.com"],"msRTCSIP-PrimaryUserAddress":"sip:a@contoso.com","msRTCSIP-UserEnabled":true}`},
		{evidence.ADUsers, `{"userPrincipalName":"c@contoso.local","msRTCSIP-PrimaryUserAddress":"sip:c@contoso.com","msRTCSIP-UserEnabled":false}`},
		{evidence.ADUsers, `{"userPrincipalName":"nothing","mail":"","proxyAddresses":["sip:","smtp:x"]}`},
		{evidence.ADContacts, `{"mail":"d@münchen.example.com"}`},
		{evidence.ADGroups, `{"proxyAddresses":["smtp:e@contoso.com","smtp:e@xn--mnchen-3ya.example.com"]}`},
		{evidence.ADGroups, `{"displayName":"left out","mail":"f@contoso.com"}`},
	} {
		if err := decoder.Row(b.Table(r.d), []byte(r.row)); err != nil {
			t.Fatal(err)
		}
	}
	x := domains.New(b.Seal(), func(o evidence.ADObject) bool { return o.DisplayName() == "" })
	got := map[string]domains.Use{}
	for _, d := range []string{"contoso.com", "contoso.local", "xn--mnchen-3ya.example.com", "example.com", ""} {
		got[d] = x.Of(d)
	}
	want := map[string]domains.Use{
		"contoso.com":                {Objects: 3, UPN: 1, SIP: 2, SIPEnabled: 1, SIPProxy: 1, SMTP: 2},
		"contoso.local":              {Objects: 1, UPN: 1},
		"xn--mnchen-3ya.example.com": {Objects: 2, SMTP: 2},
		"example.com":                {},
		"":                           {},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
