package records_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"hybridaudit/audit/records"
	"hybridaudit/sources/evidence"
)

func TestTable(t *testing.T) {
	if diff := cmp.Diff([]string{"_sip._tls", "_sipfederationtls._tcp", "lyncdiscover", "sip"}, labels(records.Core())); diff != "" {
		t.Errorf("records that Microsoft 365 wants (-want +got):\n%s", diff)
	}
	seen := map[string]bool{}
	for _, e := range records.Table() {
		if seen[e.Label] || e.Kind != records.A && e.Kind != records.SRV || e.Asked != "verified" && e.Asked != "sip" && e.Asked != "mail" || e.Left != "" && e.Left != "stale" && e.Left != "shared" {
			t.Errorf("%+v", e)
		}
		seen[e.Label] = true
	}
	if e := records.EntryOf("_sipfederationtls._tcp"); e.Priority != 100 || e.Weight != 1 || e.Port != 5061 || e.Name("contoso.com") != "_sipfederationtls._tcp.contoso.com" {
		t.Errorf("%+v", e)
	}
	if e := records.EntryOf("unheard"); e.Label != "" {
		t.Errorf("%+v", e)
	}
}

func TestMistaken(t *testing.T) {
	for target, want := range map[string]string{
		"sipdir.online.microsoft.com": "sipdir", "SIPDIR.online.microsoft.com.": "sipdir", "sip.online.lync.com": "sipdir", "webdir1e.online.lync.com": "webdir",
		"webdir0f.online.gov.skypeforbusiness.us": "webdir", "sipfed2a.online.lync.com": "sipfed",
		"sipdir.online.lync.com": "", "webdir.online.lync.com": "", "sipfed.online.lync.com": "", "webdirect.contoso.com": "", "webdir1.contoso.com": "", "": "",
	} {
		if got := records.Mistaken(target); got != want {
			t.Errorf("%s: %q, want %q", target, got, want)
		}
	}
}

func domains(initial string) []row {
	return []row{{"id": "contoso.com", "isVerified": true, "tenant": "t"}, {"id": initial, "isVerified": true, "isInitial": true, "tenant": "t"}}
}

// A value that is known to be wrong is never recommended, whatever the cloud and whatever the tenant says.
func TestNothingWrongIsRecommended(t *testing.T) {
	for _, initial := range []string{"contoso.onmicrosoft.com", "contoso.onmicrosoft.us", "contoso.partner.onmschina.cn", "contoso.example.com"} {
		data := tables{evidence.TenantDomains: domains(initial)}
		for _, e := range records.Table() {
			kind := map[string]string{records.SRV: "Srv", records.A: "CName"}[e.Kind]
			data[evidence.TenantDomainRecords] = append(data[evidence.TenantDomainRecords], row{"domain": "contoso.com", "recordType": kind, "label": e.Name("contoso.com"), "target": "sipdir.online.microsoft.com", "port": 443})
		}
		x := index(t, nil, data, nil)
		for _, e := range records.Table() {
			for _, w := range []records.Want{x.Want(e, "contoso.com"), x.Access(e, "contoso.com")} {
				if records.Mistaken(w.Host) != "" || w.Tenant {
					t.Errorf("%s: %s", initial, w)
				}
			}
		}
	}
}

func TestWant(t *testing.T) {
	federation, discover := records.EntryOf("_sipfederationtls._tcp"), records.EntryOf("lyncdiscover")
	said := []row{
		{"domain": "Contoso.com", "recordType": "Srv", "label": "_sipfederationtls._tcp", "target": "sipfed.online.gov.skypeforbusiness.us", "port": 5061, "priority": 90, "weight": 2, "ttl": 1800},
		{"domain": "contoso.com", "recordType": "CName", "label": "lyncdiscover.contoso.com", "target": "Webdir.online.gov.skypeforbusiness.us"},
		{"domain": "contoso.com", "recordType": "Mx", "label": "contoso.com", "target": "contoso-com.mail.protection.outlook.com"},
	}
	for what, c := range map[string]struct {
		initial  string
		said     []row
		suffixes []string
		want     []string
	}{
		"the table": {
			"contoso.onmicrosoft.com", nil, nil,
			[]string{"_sipfederationtls._tcp.contoso.com 3600 IN SRV 100 1 5061 sipfed.online.lync.com", "lyncdiscover.contoso.com 3600 IN CNAME webdir.online.lync.com"},
		},
		"the tenant first": {
			"contoso.onmicrosoft.com", said, nil,
			[]string{"_sipfederationtls._tcp.contoso.com 1800 IN SRV 90 2 5061 sipfed.online.gov.skypeforbusiness.us", "lyncdiscover.contoso.com 3600 IN CNAME webdir.online.gov.skypeforbusiness.us"},
		},
		"the tenant says nothing of one": {
			"contoso.onmicrosoft.com", said[1:], nil,
			[]string{"_sipfederationtls._tcp.contoso.com 3600 IN SRV 100 1 5061 sipfed.online.lync.com", "lyncdiscover.contoso.com 3600 IN CNAME webdir.online.gov.skypeforbusiness.us"},
		},
		"another cloud": {
			"contoso.onmicrosoft.us", nil, nil,
			[]string{"_sipfederationtls._tcp.contoso.com 3600 IN SRV 100 1 5061 sipfed.online.gov.skypeforbusiness.us", "lyncdiscover.contoso.com 3600 IN CNAME webdir.online.gov.skypeforbusiness.us"},
		},
		"the configuration": {
			"contoso.onmicrosoft.com", nil, []string{".online.dod.skypeforbusiness.us"},
			[]string{"_sipfederationtls._tcp.contoso.com 3600 IN SRV 100 1 5061 sipfed.online.dod.skypeforbusiness.us", "lyncdiscover.contoso.com 3600 IN CNAME webdir.online.dod.skypeforbusiness.us"},
		},
	} {
		x := index(t, nil, tables{evidence.TenantDomains: domains(c.initial), evidence.TenantDomainRecords: c.said}, nil, c.suffixes...)
		got := []string{x.Want(federation, "contoso.com").String(), x.Want(discover, "contoso.com").String()}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", what, diff)
		}
	}
}

func TestChina(t *testing.T) {
	for initial, want := range map[string]bool{"contoso.onmicrosoft.com": false, "contoso.partner.onmschina.cn": true} {
		if got := index(t, nil, tables{evidence.TenantDomains: domains(initial)}, nil).China("contoso.com"); got != want {
			t.Errorf("%s: %t", initial, got)
		}
	}
	if !index(t, nil, nil, nil, ".online.partner.lync.cn").China("contoso.com") {
		t.Error("the configuration names the cloud")
	}
}

func TestAccess(t *testing.T) {
	edge := func(host string) row {
		return row{"forest": "contoso.com", "objectClass": []string{"msRTCSIP-EdgeProxy"}, "msRTCSIP-EdgeProxyFQDN": host}
	}
	forests := []row{{"name": "contoso.com"}}
	meet := answered("meet.contoso.com", "A", "answer", nil, []string{"203.0.113.20"})
	alias := answered("meet.contoso.com", "A", "answer", []string{"web.contoso.com"}, []string{"203.0.113.20"})
	moved := answered("meet.contoso.com", "A", "answer", []string{"webdir.online.lync.com"}, []string{"203.0.113.20"})
	dialin := answered("dialin.contoso.com", "A", "answer", nil, []string{"203.0.113.21"})
	at := answered("edge.fabrikam.com", "A", "answer", nil, []string{"203.0.113.10"})
	for what, c := range map[string]struct {
		label   string
		edges   []row
		lookups []evidence.Lookup
		want    string
	}{
		"an Edge in the domain":           {"_sip._tls", []row{edge("a.fabrikam.com"), edge("Access.contoso.com")}, nil, "_sip._tls.contoso.com 3600 IN SRV 100 1 443 access.contoso.com"},
		"no Edge in the domain":           {"_sip._tls", []row{edge("edge.fabrikam.com")}, nil, "_sip._tls.contoso.com 3600 IN SRV 100 1 443 sip.contoso.com"},
		"the name of the Edge":            {"sip", []row{edge("access.contoso.com")}, nil, "sip.contoso.com 3600 IN CNAME access.contoso.com"},
		"the address of the Edge":         {"sip", []row{edge("edge.fabrikam.com")}, []evidence.Lookup{at}, "sip.contoso.com 3600 IN A 203.0.113.10"},
		"no address of the Edge":          {"sip", nil, nil, "sip.contoso.com 3600 IN A <address of the Access Edge>"},
		"the proxy by its address":        {"lyncdiscover", nil, []evidence.Lookup{meet}, "lyncdiscover.contoso.com 3600 IN A 203.0.113.20"},
		"the proxy by its name":           {"lyncdiscover", nil, []evidence.Lookup{alias}, "lyncdiscover.contoso.com 3600 IN CNAME web.contoso.com"},
		"the proxy behind another name":   {"lyncdiscover", nil, []evidence.Lookup{moved, dialin}, "lyncdiscover.contoso.com 3600 IN A 203.0.113.21"},
		"the proxy is nowhere to be seen": {"lyncdiscover", nil, []evidence.Lookup{moved}, "lyncdiscover.contoso.com 3600 IN CNAME <name of the reverse proxy>"},
	} {
		x := index(t, c.lookups, tables{evidence.ADForests: forests, evidence.ADTopology: c.edges, evidence.TenantDomains: domains("contoso.onmicrosoft.com")}, nil)
		if got := x.Access(records.EntryOf(c.label), "contoso.com").String(); got != c.want {
			t.Errorf("%s: %s, want %s", what, got, c.want)
		}
	}
}
