package document_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hybridaudit/audit"
	"hybridaudit/reports/document"
	"hybridaudit/reports/document/documenttest"
	"hybridaudit/sources/evidence"
)

const (
	office = documenttest.HeadOffice
	branch = documenttest.Branch
)

func TestRecords(t *testing.T) {
	var got []document.Record
	for _, r := range sample(t, documenttest.Options{Network: true}).Records() {
		if r.Site == branch {
			got = append(got, r)
		} else if r.Name == "lyncdiscover.contoso.com" && len(r.Rules) > 0 {
			t.Errorf("a finding of the branch stands at %s: %v", r.Site, r.Rules)
		}
	}
	const sip, discover, domain = "_sip._tls.contoso.com", "lyncdiscover.contoso.com", "contoso.com"
	online := []string{"webdir.online.lync.com → 2001:db8::7, 203.0.113.7, 203.0.113.8"}
	want := []document.Record{
		{
			Domain: domain, Name: sip, Type: "SRV", Site: branch, Inside: []string{"no such name"},
			Public:    []string{"1.1.1.1: 100 1 443 sip.contoso.com", "8.8.8.8: 100 1 443 sipdir.online.lync.com"},
			Authority: []string{"100 1 443 sipdir.online.lync.com"}, TTL: 3600, Rules: []string{"DNS-901"},
		},
		{
			Domain: domain, Name: domain, Type: "SOA", Site: branch, Authority: []string{"ns1.contoso.com hostmaster.contoso.com 1 7200 900 1209600 3600"}, TTL: 3600,
			Rules: []string{"DNS-903"},
		},
		{
			Domain: domain, Name: discover, Type: "A", Site: branch, Inside: []string{"no answer in time"}, Public: online,
			Authority: []string{"a.contoso.com → " + discover + ": the aliases lead in a circle"}, TTL: 300, Rules: []string{"DNS-902"},
		},
		{Domain: domain, Name: "meet.contoso.com", Type: "A", Site: branch, Public: []string{"203.0.113.9 (wildcard, alias beside other records)"}, TTL: 3600},
		{Name: "pool1.contoso.com", Type: "A", Site: branch, Inside: []string{"10.0.0.9"}, TTL: 1200},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestHosts(t *testing.T) {
	var got []document.Host
	for _, h := range sample(t, documenttest.Options{Network: true}).Hosts() {
		if h.Site == branch {
			got = append(got, h)
		} else if h.Port == 5061 && len(h.Rules) == 0 {
			t.Errorf("the finding of %s is not there", h.Site)
		}
	}
	web := []string{"web services"}
	good, old := documenttest.Taken.Add(19*24*time.Hour+time.Hour), documenttest.Taken.Add(-time.Hour)
	reached := document.Way{Text: "reached"}
	behind, ahead := -1500*time.Millisecond, 250*time.Millisecond
	versions := []string{"TLS 1.2", "TLS 1.3"}
	want := []document.Host{
		{
			Name: "away.contoso.com", Port: 123, Purposes: []string{"time"}, Site: branch, Direct: document.Way{Text: "failed: no answer", State: document.Shut},
			Failures: []string{"no answer in time"},
		},
		{
			Name: "lyncdiscover.contoso.com", Port: 443, Purposes: web, Site: branch, Direct: document.Way{Text: "reached, HTTP 503", State: document.Shaky},
			Proxy: document.Way{Text: "not known: the proxy wants credentials", State: document.Untold}, Address: []string{"203.0.113.7:443"}, TLS: versions[1:], Accepted: versions,
			Served: true, Subject: "CN=*.contoso.com", Issuer: "CN=Some CA,O=Some", Until: good, DaysLeft: 19, Trust: document.Trust{Text: "yes: the system's roots"},
			Failures: []string{"the proxy wants credentials"}, Clock: &behind, Rules: []string{"NET-901"},
		},
		{
			Name: "meet.contoso.com", Port: 443, Purposes: web, Site: branch, Direct: document.Way{Text: "reached 1 of 3 times", State: document.Shaky},
			Address: []string{"203.0.113.7:443"}, Failures: []string{"the connection was closed"},
		},
		{
			Name: "private.contoso.com", Port: 443, Purposes: web, Site: branch, Direct: document.Way{Text: "not tried", State: document.Untold}, Address: []string{"203.0.113.7:443"},
			Failures: []string{"its only address 10.0.0.9 is private"},
		},
		{
			Name: "sip.contoso.com", Port: 443, Purposes: web, Site: branch, Direct: reached, Address: []string{"203.0.113.7:443"}, TLS: versions[1:], Accepted: versions, Served: true,
			Subject: "CN=*.contoso.com", Issuer: "CN=Some CA,O=Some", Until: good, DaysLeft: 19, Trust: document.Trust{Text: "yes: a configured root"}, Rules: []string{"NET-901"},
		},
		{
			Name: "sip.contoso.com", Port: 443, Purposes: web, Site: branch, Direct: reached, Address: []string{"203.0.113.8:443"}, TLS: versions[:1], Accepted: versions, Served: true,
			Subject: "CN=old.contoso.com", Issuer: "CN=Old CA", Until: old, DaysLeft: -1, Trust: document.Trust{Text: "no", State: document.Shut},
			Failures: []string{"the root is not known", "the certificate is for old.contoso.com"}, Rules: []string{"NET-901"},
		},
		{
			Name: "sip.contoso.com", Port: 5061, Purposes: web, Site: branch, Direct: document.Way{Text: "failed: connecting (TCP)", State: document.Shut},
			Address: []string{"203.0.113.7:443"}, Failures: []string{"connection refused"},
		},
		{Name: "time.contoso.com", Port: 123, Purposes: []string{"time"}, Site: branch, Direct: reached, Clock: &ahead},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// Without a look at the network there is nothing to show.
func TestNoNetworkEvidence(t *testing.T) {
	d := sample(t, documenttest.Options{})
	if h, r := d.Hosts(), d.Records(); len(h) > 0 || len(r) > 0 {
		t.Errorf("hosts %v, records %v", h, r)
	}
}

// networkRule needs what was seen on the network; doubt has it say that it could not judge something.
func networkRule(id string, d evidence.Dataset, doubt bool) *audit.Rule {
	return &audit.Rule{
		ID: id, Category: "net", Severity: audit.Low, Title: "t", Why: "w", Fix: "f", Message: "m", Needs: []audit.Need{{Dataset: d, Doubts: true}},
		Check: audit.Once(func(p *audit.Pass) {
			if doubt {
				p.Doubt(audit.Because("noHostTried"))
			}
		}),
	}
}

// TestNetworkGaps: where there is no network, one sentence for each place and reason says so, and rules that could not judge are named even when nothing failed to be read.
func TestNetworkGaps(t *testing.T) {
	const offline = "no host answered at all"
	of := func(d evidence.Dataset, site string, state evidence.State, reason string) evidence.Coverage {
		return evidence.Coverage{Dataset: d, Source: site, State: state, Reason: reason}
	}
	dns := of(evidence.DNSLookups, office, evidence.Complete, "")
	dns.Attributes = []string{evidence.ResolverInternal, evidence.ResolverPublic}
	silent := dns
	silent.Missing = []string{evidence.ResolverPublic}
	tests := map[string]struct {
		coverage []evidence.Coverage
		rules    []*audit.Rule
		want     []document.Gap
	}{
		"no network at one of two places": {
			[]evidence.Coverage{
				dns, of(evidence.ProbeConnections, office, evidence.Complete, ""), of(evidence.ProbeConnections, branch, evidence.Failed, offline),
				of(evidence.ProbeHandshakes, branch, evidence.Failed, offline), of(evidence.DNSLookups, branch, evidence.Failed, "no DNS server answered"),
			},
			[]*audit.Rule{networkRule("NET-901", evidence.ProbeConnections, true), networkRule("TLS-901", evidence.ProbeHandshakes, true)},
			[]document.Gap{
				{State: evidence.Failed, Text: "Connections to hosts, TLS handshakes (branch) could not be read: " + offline, Rules: []string{"NET-901", "TLS-901"}},
				{State: evidence.Failed, Text: "DNS lookups (branch) could not be read: no DNS server answered"},
			},
		},
		"no public resolver": {
			[]evidence.Coverage{silent}, []*audit.Rule{networkRule("DNS-901", evidence.DNSLookups, true)},
			[]document.Gap{{State: evidence.Complete, Text: "DNS lookups (head-office) was read, but nothing was heard of public DNS servers", Rules: []string{"DNS-901"}}},
		},
		"all was read": {[]evidence.Coverage{dns}, []*audit.Rule{networkRule("DNS-901", evidence.DNSLookups, false)}, nil},
		"all was read, and told nothing": {
			[]evidence.Coverage{dns}, []*audit.Rule{networkRule("DNS-901", evidence.DNSLookups, true)},
			[]document.Gap{{State: evidence.Partial, Text: "What was read does not tell enough for some rules; the sheet Rules says why", Rules: []string{"DNS-901"}}},
		},
	}
	m, err := documenttest.Meta(documenttest.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			b := evidence.NewBuilder(documenttest.Taken)
			for _, c := range tt.coverage {
				b.Cover(c)
			}
			result, err := audit.Run(t.Context(), b.Seal(), audit.Options{Rules: tt.rules, Workers: 1})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, document.New(result, m).Summary.Gaps); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// The order of rows does not depend on that of the evidence, and a place that has no name is one, too.
func TestHostsOfTwoProtocols(t *testing.T) {
	b := evidence.NewBuilder(documenttest.Taken)
	for _, c := range []evidence.Connection{
		{Host: "a.contoso.com", Port: 443, Protocol: "tls", Via: evidence.ViaDirect, Address: "203.0.113.1:443", Tries: 2, Stage: evidence.StageTCP, Failure: "no route"},
		{Host: "a.contoso.com", Port: 443, Protocol: "tls", Via: evidence.ViaDirect, Address: "203.0.113.2:443", Tries: 2, Answers: 2},
		{Host: "b.contoso.com", Port: 443, Protocol: "tls", Via: evidence.ViaDirect, Tries: 2, Answers: 2},
		{Host: "b.contoso.com", Port: 443, Protocol: "https", Via: evidence.ViaDirect, URL: "https://b.contoso.com/", Tries: 1, Stage: evidence.StageHTTP},
	} {
		if err := evidence.Observe(b, c); err != nil {
			t.Fatal(err)
		}
	}
	result, err := audit.Run(t.Context(), b.Seal(), audit.Options{Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	m, err := documenttest.Meta(documenttest.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, h := range document.New(result, m).Hosts() {
		got = append(got, h.Name+" "+h.Direct.Text)
	}
	if diff := cmp.Diff([]string{"a.contoso.com reached", "b.contoso.com failed: the HTTP answer"}, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// No text of the catalogue is missing for what evidence can say.
func TestWordsForTheNetwork(t *testing.T) {
	d := sample(t, documenttest.Options{Network: true})
	for section, codes := range map[string][]string{
		"purpose": {
			evidence.ForTeams, evidence.ForIdentity, evidence.ForExchange, evidence.ForSharePoint, evidence.ForMedia, evidence.ForRevocation, evidence.ForMigration, evidence.ForOther,
			evidence.ForFederation, evidence.ForEdge, evidence.ForWeb, evidence.ForAutodiscover, evidence.ForEWS, evidence.ForMicrosoft, evidence.ForAsked, "time",
		},
		"hostTrust": {evidence.TrustSystem, evidence.TrustConfigured, evidence.TrustCompleted, evidence.TrustNone, evidence.TrustUnknown},
		"lookupStatus": {
			evidence.LookupNoData, evidence.LookupNoName, evidence.LookupServerFailure, evidence.LookupRefused, evidence.LookupTimeout, evidence.LookupUnreachable,
			evidence.LookupMalformed, evidence.LookupLoop, evidence.LookupTooLong,
		},
		"stage":        {evidence.StageName, evidence.StageTCP, evidence.StageProxy, evidence.StageTLS, evidence.StageHTTP, evidence.StageUDP, "none"},
		"resolverRole": {evidence.ResolverInternal, evidence.ResolverPublic, evidence.ResolverAuthoritative},
	} {
		for _, c := range codes {
			if key := section + "." + c; strings.Contains(d.Say(key), ".") && d.Say(key) == key {
				t.Errorf("no words for %s", key)
			}
		}
	}
}
