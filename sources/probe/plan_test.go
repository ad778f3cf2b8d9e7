package probe

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hybridaudit/sources/evidence"
)

func TestPlan(t *testing.T) {
	answer := func(resolver, name string, chain ...string) evidence.Lookup {
		return evidence.Lookup{Name: name, Type: "A", Resolver: resolver, Status: evidence.LookupAnswer, Chain: chain, Values: []string{"203.0.113.1"}}
	}
	none := func(resolver, name string) evidence.Lookup {
		return evidence.Lookup{Name: name, Type: "A", Resolver: resolver, Status: evidence.LookupNoName}
	}
	srv := func(name, value string) evidence.Lookup {
		return evidence.Lookup{Name: name, Domain: "contoso.com", Type: "SRV", Resolver: evidence.ResolverPublic, Status: evidence.LookupAnswer, Values: []string{value}}
	}
	p := newTestProber(t, Config{
		Targets: of([]string{"adfs.contoso.com", "mail.contoso.com:8443", "admin1a.online.lync.com", "teams.microsoft.com"}, "contoso.com", "fabrikam.com"),
		Lookups: lookups(t,
			// split: inside it leads to the pool, outside to Microsoft 365
			answer(evidence.ResolverPublic, "lyncdiscover.contoso.com", "webdir.online.lync.com"), answer(evidence.ResolverInternal, "lyncdiscover.contoso.com", "pool.contoso.com"),
			none(evidence.ResolverPublic, "lyncdiscoverinternal.contoso.com"), answer(evidence.ResolverInternal, "lyncdiscoverinternal.contoso.com"),
			answer(evidence.ResolverPublic, "meet.contoso.com", "meet.lync.glbdns.microsoft.com"),
			none(evidence.ResolverPublic, "dialin.contoso.com"),
			answer(evidence.ResolverPublic, "sip.contoso.com"),
			answer(evidence.ResolverPublic, "autodiscover.contoso.com", "autodiscover.outlook.com", "atod.tm.office.com"),
			evidence.Lookup{Name: "sip.fabrikam.com", Type: "A", Resolver: evidence.ResolverPublic, Status: evidence.LookupTimeout},
			none(evidence.ResolverPublic, "lyncdiscover.fabrikam.com"), none(evidence.ResolverPublic, "lyncdiscoverinternal.fabrikam.com"), none(evidence.ResolverPublic, "meet.fabrikam.com"),
			none(evidence.ResolverPublic, "dialin.fabrikam.com"), none(evidence.ResolverPublic, "autodiscover.fabrikam.com"),
			srv("_sipfederationtls._tcp.contoso.com", "0 0 5061 sip.contoso.com"), srv("_sip._tls.contoso.com", "0 0 443 sipdir.online.lync.com"),
			srv("_autodiscover._tcp.contoso.com", "0 0 443 owa.example.net"), srv("_ntp._udp.contoso.com", "0 0 123 ntp.contoso.com"),
		),
		Endpoints: []evidence.Endpoint{
			{Host: "*.lync.com", Ports: "443;80", Protocol: "tcp", Purpose: evidence.ForTeams, Group: "12", Current: true, Probes: []string{"webdir.online.lync.com"}},
			{Host: "teams.microsoft.com", Ports: "443", Protocol: "tcp", Purpose: evidence.ForTeams, Group: "12", Current: true, Probes: []string{"teams.microsoft.com"}},
			{Host: "*", Ports: "50000-59999", Protocol: "tcp", Purpose: evidence.ForMedia, Current: true, Probes: []string{"teams.microsoft.com"}},
			{Host: "media", Ports: "3478", Protocol: "udp", Purpose: evidence.ForMedia, Current: true, Probes: []string{"relay.teams.microsoft.com"}},
			{Host: "gone", Ports: "443", Protocol: "tcp", Purpose: evidence.ForOther, Probes: []string{"gone.skype.com"}},
			{Host: "sipfed", Ports: "5061", Protocol: "tcp", Purpose: evidence.ForMigration, Current: true, Probes: []string{"sipfed.online.lync.com"}},
			{Host: "<sts>", Ports: "443", Protocol: "tcp", Purpose: evidence.ForFederation, Current: true, Probes: []string{"<sts>"}},
		},
	})
	plan := p.plan()
	var got []string
	for _, one := range plan.places {
		var marks []string
		for mark, on := range map[string]bool{"tls": one.tls, "own": one.own, "lenient": one.lenient} {
			if on {
				marks = append(marks, mark)
			}
		}
		slices.Sort(marks)
		got = append(got, fmt.Sprintf("%s:%d %s [%s] %s", one.host, one.port, strings.Join(one.purposes, ","), strings.Join(one.domains, ","), strings.Join(append(marks, one.group), " ")))
	}
	want := []string{
		"adfs.contoso.com:443 asked [] own tls ",
		"admin1a.online.lync.com:443 asked [] lenient tls ",
		"lyncdiscover.contoso.com:443 web [contoso.com] own tls ",
		"lyncdiscoverinternal.contoso.com:443 web [contoso.com] own tls ",
		"mail.contoso.com:8443 asked [] lenient own tls ",
		"owa.example.net:443 autodiscover [contoso.com] own tls ",
		"sip.contoso.com:443 edge [contoso.com] own tls ",
		"sip.contoso.com:5061 edge [contoso.com] own tls ",
		"sip.fabrikam.com:443 edge [fabrikam.com] own tls ",
		"sipfed.online.lync.com:5061 migration [] lenient ",
		"teams.microsoft.com:443 asked,microsoft,teams [] tls 12",
		"webdir.online.lync.com:80 teams [] lenient 12",
		"webdir.online.lync.com:443 teams [] lenient tls 12",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if last, known, exists := plan.final("LyncDiscover.contoso.com"); last != "pool.contoso.com" || !known || !exists {
		t.Error(last, known, exists)
	}
	if last, known, exists := plan.final("sip.fabrikam.com"); last != "sip.fabrikam.com" || known || exists {
		t.Error(last, known, exists)
	}
	if !plan.microsoft("autodiscover.contoso.com") || plan.microsoft("lyncdiscover.contoso.com") || plan.microsoft("notlync.com") {
		t.Error("what is Microsoft's is not")
	}
	if len(plan.services) != 4 {
		t.Errorf("%+v", plan.services)
	}
}

func TestPlanWithTenants(t *testing.T) {
	cfg := Config{Endpoints: []evidence.Endpoint{{Ports: "443", Protocol: "tcp", Purpose: evidence.ForSharePoint, Current: true, Probes: []string{"<tenant>.sharepoint.com"}}}}
	cfg.Targets.Tenants = []string{"contoso", "fabrikam"}
	plan := newTestProber(t, cfg).plan()
	var hosts []string
	for _, one := range plan.places {
		hosts = append(hosts, one.host)
	}
	if diff := cmp.Diff([]string{"contoso.sharepoint.com", "fabrikam.sharepoint.com"}, hosts); diff != "" {
		t.Error(diff)
	}
}
