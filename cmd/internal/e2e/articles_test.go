package e2e

import (
	"context"
	"crypto/tls"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hybridaudit/audit"
	"hybridaudit/sources/evidence"
	"hybridaudit/sources/lab"
	"hybridaudit/sources/lab/server"
	weblab "hybridaudit/sources/lab/server/web"
)

// step is what a public article has an administrator check, and the network on which that check fails.
type step struct {
	article  string
	scenario string
	change   func(*world)
	want     []string // rule with variant, and subject, of all findings on the network
}

// A network in which nothing is wrong has no finding, whatever the scenario.
func TestNothingIsWrong(t *testing.T) {
	for _, scenario := range []string{cloud, hybrid, teamsOnly} {
		t.Run(scenario, func(t *testing.T) {
			t.Parallel()
			assertSeen(t, newWorld(scenario).audit(t, audit.Options{}), nil)
		})
	}
}

// assertSeen compares the findings on the network, without those that only inform.
func assertSeen(t *testing.T, r *audit.Result, want []string) {
	t.Helper()
	var got []string
	for i := range r.Findings {
		f := &r.Findings[i]
		if len(apart([]lab.Expected{{RuleID: f.Rule.ID, Variant: f.Variant}})) == 0 && f.Severity > audit.Info {
			got = append(got, strings.TrimSpace(f.Rule.ID+" "+f.Variant)+" "+f.Subject.Key)
		}
	}
	slices.Sort(got)
	want = slices.Sorted(slices.Values(want))
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
		for i := range r.Findings {
			if f := &r.Findings[i]; len(apart([]lab.Expected{{RuleID: f.Rule.ID, Variant: f.Variant}})) == 0 {
				t.Logf("%s%s %s %s %v", f.Rule.ID, f.Variant, f.Severity, f.Subject.Key, f.Args)
			}
		}
	}
}

func TestArticles(t *testing.T) {
	for _, s := range slices.Concat(walkthrough(), signInErrors(), firewall(), certificates(), exchange()) {
		t.Run(s.article+", "+s.scenario, func(t *testing.T) {
			t.Parallel()
			w := newWorld(s.scenario)
			s.change(w)
			assertSeen(t, w.audit(t, audit.Options{}), s.want)
		})
	}
}

const (
	federationSRV = "_sipfederationtls._tcp.contoso.com"
	edgeSRV       = "_sip._tls.contoso.com"
	internalSRV   = "_sipinternaltls._tcp.contoso.com"
)

// walkthrough are the steps of the guided walkthrough for administrators.
func walkthrough() []step {
	nobody := func(hosts ...string) func(*world) {
		return func(w *world) {
			for _, h := range hosts {
				w.silence(h)
			}
		}
	}
	return []step{
		{"KB 10133 step 7: DNS of a hybrid deployment", hybrid, func(w *world) {
			w.set(federationSRV, "SRV", "100 1 5061 sipfed.online.lync.com")
		}, []string{"DNS-004 contoso.com"}},
		{"KB 10133 step 7: DNS of a hybrid deployment, record missing", hybrid, func(w *world) { w.set(federationSRV, "SRV") }, []string{"DNS-001 contoso.com"}},
		{"KB 10133 step 8: remote connectivity", hybrid, nobody("sip.contoso.com"), []string{"NET-009 sip.contoso.com:5061"}},
		{"KB 10133 step 11: domain troubleshooter", cloud, func(w *world) { w.set("lyncdiscover.contoso.com", "CNAME") }, []string{"DNS-002 contoso.com"}},
		{"KB 10133 step 11: domain troubleshooter, records that the tenant wants", cloud, func(w *world) {
			w.rows[evidence.TenantDomainRecords] = []string{
				`{"domain":"contoso.com","recordType":"CName","label":"lyncdiscover.contoso.com","supportedService":"OfficeCommunicationsOnline","target":"webdir.online.lync.com"}`,
			}
			w.set("lyncdiscover.contoso.com", "CNAME", "web.contoso.com")
			w.set("web.contoso.com", "A", "198.51.100.80")
		}, []string{"DNS-002 contoso.com"}},
		{"KB 10133 step 14: domain troubleshooter (Small Business)", cloud, func(w *world) { w.set(federationSRV, "SRV") }, []string{"DNS-001 contoso.com"}},
		{"KB 10133 step 15: sign-in page", cloud, nobody("login.microsoftonline.com"), []string{"NET-002 login.microsoftonline.com:443"}},
		{"KB 10133 step 21: TRIPP transport probe", cloud, func(w *world) { w.net.Media = []int{3478} }, []string{"NET-003 worldaz.tr.teams.microsoft.com:3478"}},
		{"KB 10133 step 22: internal proxy", cloud, proxyThatAsks, []string{"NET-006 A proxy.contoso.com:8080"}},
		{"KB 10133 step 23: internal CNAME sip", teamsOnly, func(w *world) { w.inside("sip.contoso.com", "CNAME", "pool01.contoso.com") }, []string{"DNS-007 contoso.com"}},
		{"KB 10133 step 24: internal CNAME lyncdiscoverinternal", hybrid, func(w *world) { w.inside("lyncdiscoverinternal.contoso.com", "A") }, []string{"DNS-007 contoso.com"}},
		{"KB 10133 step 24: internal CNAME lyncdiscoverinternal, stale", teamsOnly, func(w *world) {
			w.inside("lyncdiscoverinternal.contoso.com", "A", "10.1.0.5")
		}, []string{"DNS-006 contoso.com"}},
		{"KB 10133 step 25: internal SRV _sip._tls", teamsOnly, func(w *world) {
			w.inside(edgeSRV, "SRV", "100 1 443 pool01.contoso.com")
			w.find("pool01.contoso.com", 443).Certificate.Names = []string{"pool01.contoso.com", "sip.contoso.com"}
		}, []string{"DNS-007 contoso.com"}},
		{"KB 10133 step 25: SRV with another port", cloud, func(w *world) { w.set(edgeSRV, "SRV", "100 1 5061 sipdir.online.lync.com") }, []string{"DNS-003 contoso.com"}},
		{"KB 10133 step 28: the clock", cloud, func(w *world) { w.net.Drift = 10 * time.Minute }, []string{"TIM-001 H probe.clocks"}},
		{"KB 10133 step 36: the clock (Mac)", cloud, func(w *world) { w.net.Drift = -10 * time.Minute }, []string{"TIM-001 H probe.clocks"}},
		{"KB 10133 step 40: manual configuration, sipdir", hybrid, nobody("sipdir.online.lync.com"), []string{"NET-001 sipdir.online.lync.com:443"}},
		{"KB 10133 step 41: manual configuration (Mac)", hybrid, nobody("sipdir.online.lync.com"), []string{"NET-001 sipdir.online.lync.com:443"}},
		{"KB 10133 step 42: manual configuration of mobile devices, webdir", hybrid, nobody("webdir.online.lync.com"), []string{"NET-001 webdir.online.lync.com:443"}},
		{"KB 10133 step 43: why discovery fails, lookup fails", cloud, func(w *world) {
			w.set("lyncdiscover.contoso.com", "CNAME", "gone.contoso.com")
		}, []string{"DNS-008 contoso.com"}},
		{"KB 10133 step 43: why discovery fails, blocked move", teamsOnly, func(w *world) {
			w.set("lyncdiscover.contoso.com", "A", "198.51.100.11")
			w.set("lyncdiscover.contoso.com", "A", "198.51.100.11")
		}, []string{"DNS-005 contoso.com"}},
		{"KB 10133 step 48: AD FS, not reachable", cloud, func(w *world) { w.federate(""); w.silence("sts.contoso.com") }, []string{"FED-004 contoso.com"}},
		{"KB 10133 step 48: AD FS, another token-signing certificate", cloud, func(w *world) {
			w.federate("the tenant does not know")
		}, []string{"FED-002 contoso.com"}},
		{"KB 10133 step 48: AD FS, certificate expired", cloud, func(w *world) {
			w.federate("")
			w.find("sts.contoso.com", 443).Certificate.Until = time.Now().Add(-24 * time.Hour)
			w.find("sts.contoso.com", 443).Certificate.From = time.Now().AddDate(-1, 0, 0)
		}, []string{"FED-003 contoso.com", "TLS-001 sts.contoso.com:443"}},
		{"KB 10133 step 53: stale answers", cloud, func(w *world) {
			w.net.Cached = []lab.Zone{{Name: "contoso.com", Records: []lab.Record{{Name: "lyncdiscover.contoso.com", Type: "CNAME", Value: "sipdir.online.lync.com"}}}}
		}, nil}, // DNS-011 informs
	}
}

// proxyThatAsks puts a proxy in front of the world that wants a name and a password.
func proxyThatAsks(w *world) {
	w.net.ProxyAsks = true
	w.set("proxy.contoso.com", "A", "198.51.100.88")
}

// signInErrors are the causes and remedies of the article about sign-in errors of Skype for Business Online.
func signInErrors() []step {
	selfSigned := func(w *world) {
		w.federate("")
		w.find("sts.contoso.com", 443).Certificate.Kind = lab.SelfSigned
	}
	foreign := func(w *world) {
		w.mailbox(onServer)
		w.noAutodiscover()
		w.set("_autodiscover._tcp.contoso.com", "SRV", "0 0 443 mail.fabrikam.com")
		w.set("mail.fabrikam.com", "A", "198.51.100.90")
		w.host("mail.fabrikam.com", 443).Pages = []lab.Page{{Status: 401}}
	}
	return []step{
		{"SfB Online sign-in errors: is the server trusted for the sign-in address", hybrid, foreign, []string{"TLS-007 mail.fabrikam.com:443"}},
		{"SfB Online sign-in errors: trust dialog on first sign-in", hybrid, foreign, []string{"TLS-007 mail.fabrikam.com:443"}},
		{"SfB Online sign-in errors: custom domain not propagated", cloud, func(w *world) {
			w.net.Cached = []lab.Zone{{Name: "contoso.com", Records: []lab.Record{{Name: edgeSRV, Type: "SRV", Value: "100 1 443 sip.contoso.com"}}}}
		}, nil},
		{"SfB Online sign-in errors: clock not in step", hybrid, func(w *world) { w.net.Drift = 6 * time.Minute }, []string{"TIM-001 H probe.clocks"}},
		{"SfB Online sign-in errors: sign-in assistant blocked", cloud, func(w *world) { w.silence("login.microsoftonline.com"); w.silence("graph.microsoft.com") },
			[]string{"NET-002 login.microsoftonline.com:443", "NET-002 graph.microsoft.com:443"}},
		{"SfB Online sign-in errors: server temporarily unavailable, DNS", cloud, func(w *world) { w.set("sip.contoso.com", "CNAME"); w.set(federationSRV, "SRV") }, []string{"DNS-001 contoso.com"}},
		{"SfB Online sign-in errors: server temporarily unavailable, AD FS self-signed", cloud, selfSigned, []string{"FED-003 contoso.com", "TLS-002 sts.contoso.com:443"}},
		{"SfB Online sign-in errors: CNAME sip as printed", cloud, func(w *world) { w.set("sip.contoso.com", "CNAME", "sipdir.online.microsoft.com") }, []string{"DNS-008 contoso.com"}},
		{"SfB Online sign-in errors: certificate of a public authority on AD FS", cloud, selfSigned, []string{"FED-003 contoso.com", "TLS-002 sts.contoso.com:443"}},
	}
}

// firewall are the exceptions and ports of KB 2409256.
func firewall() []step {
	blocked := func(hosts ...string) (func(*world), []string) {
		rule := map[string]string{
			"login.microsoftonline.com": "NET-002", "clientconfig.microsoftonline-p.net": "NET-002", "autodiscover.contoso.onmicrosoft.com": "NET-004", "contoso.sharepoint.com": "NET-004",
			"outlook.office365.com": "NET-004", "autodiscover.outlook.com": "NET-004", "teams.microsoft.com": "NET-001", "sipdir.online.lync.com": "NET-001",
		}
		var want []string
		for _, h := range hosts {
			want = append(want, rule[h]+" "+h+":443")
		}
		return func(w *world) {
			for _, h := range hosts {
				w.silence(h)
			}
		}, want
	}
	one := func(name string, hosts ...string) step {
		change, want := blocked(hosts...)
		return step{"KB 2409256 " + name, hybrid, change, want}
	}
	revocation := func(name string) step {
		return step{"KB 2409256 " + name, hybrid, func(w *world) {
			w.find("sip.contoso.com", 443).Certificate.CRL = "http://crl.example.net/ca.crl"
			w.set("crl.example.net", "A", "198.51.100.99")
		}, []string{"NET-005 crl.example.net:80"}}
	}
	ports := func(name string, open ...int) step {
		return step{"KB 2409256 " + name, cloud, func(w *world) { w.net.Media = open }, []string{"NET-003 worldaz.tr.teams.microsoft.com:3478"}}
	}
	return []step{
		one("exceptions on proxy and firewall", "teams.microsoft.com", "login.microsoftonline.com"),
		one("*.microsoftonline.com", "login.microsoftonline.com"),
		one("*.microsoftonline-p.com", "clientconfig.microsoftonline-p.net"),
		one("*.onmicrosoft.com", "autodiscover.contoso.onmicrosoft.com"),
		one("*.sharepoint.com", "contoso.sharepoint.com"),
		one("*.outlook.com", "outlook.office365.com"),
		one("*.lync.com", "sipdir.online.lync.com"),
		revocation("*.verisign.com"), revocation("*.verisign.net"), revocation("*.public-trust.com"), revocation("sa.symcb.com"),
		{"KB 2409256 protocols TCP and HTTPS", cloud, func(w *world) {
			w.options.Network.Web.Faults = []weblab.Fault{{Kind: weblab.Reset, Host: "teams.microsoft.com", Port: 443}}
		}, []string{"NET-001 teams.microsoft.com:443"}},
		{"KB 2409256 rule for all users", cloud, proxyThatAsks, []string{"NET-006 A proxy.contoso.com:8080"}},
		{"KB 2409256 time-out of sessions", cloud, func(w *world) {
			w.net.IdleCut = 2 * time.Second
		}, []string{"NET-006 I probe.settings"}},
		{"KB 2409256 address ranges of the service", cloud, func(w *world) {
			w.view = func(v *view, _ *server.Network) {
				v.probe.Firewall, v.probe.FirewallFile = []evidence.FirewallRule{{Host: "*", Ports: "", Line: 2}, {Host: "13.107.64.0/18", Ports: "3478-3481", Protocol: "udp", Line: 3}}, "firewall.csv"
			}
		}, nil}, // NET-008 informs
		{"KB 2409256 custom domain settings test", cloud, func(w *world) { w.set("lyncdiscover.contoso.com", "CNAME", "sipdir.online.lync.com") }, []string{"DNS-002 contoso.com"}},
		{"KB 2409256 exception for the authentication system (KB 2769142)", cloud, func(w *world) {
			w.view = func(v *view, _ *server.Network) { v.probe.PAC = "file:///c:/proxy.pac" }
		}, []string{"NET-006 F probe.settings"}},
		{"KB 2409256 deep packet inspection", cloud, func(w *world) {
			w.find("login.microsoftonline.com", 443).Certificate = lab.Certificate{Kind: lab.PrivateCertificate, Organisation: "Contoso Inspection"}
		}, []string{"TLS-005 login.microsoftonline.com:443"}},
		one("SIP signalling", "sipdir.online.lync.com"),
		one("PSOM web conferencing", "teams.microsoft.com"),
		one("HTTPS downloads", "teams.microsoft.com"),
		ports("audio", 3478, 3480, 3481), ports("video", 3478, 3479, 3481), ports("desktop sharing", 3478, 3479, 3480),
		one("blocked by the firewall", "teams.microsoft.com", "outlook.office365.com"),
	}
}

// certificates are the causes of KB 2604176.
func certificates() []step {
	at := func(host string, port int, change func(*lab.Host), want ...string) (func(*world), []string) {
		return func(w *world) { change(w.find(host, port)) }, want
	}
	one := func(article, host string, port int, change func(*lab.Host), want ...string) step {
		do, found := at(host, port, change, want...)
		return step{"KB 2604176 " + article, hybrid, do, found}
	}
	const edge = "sip.contoso.com"
	return []step{
		one("certificate from the server, expired", edge, 443, func(h *lab.Host) {
			h.Certificate.From, h.Certificate.Until = time.Now().AddDate(-1, 0, 0), time.Now().Add(-time.Hour)
		}, "TLS-001 sip.contoso.com:443"),
		one("certificate from the server, not yet valid", edge, 443, func(h *lab.Host) {
			h.Certificate.From, h.Certificate.Until = time.Now().Add(48*time.Hour), time.Now().AddDate(1, 0, 0)
		}, "TLS-001 sip.contoso.com:443"),
		one("certificate from the server, soon expired", "lyncdiscover.contoso.com", 443, func(h *lab.Host) { h.Certificate.Until = time.Now().AddDate(0, 0, 10) }, "TLS-001 lyncdiscover.contoso.com:443"),
		one("part of the chain is not trusted, unknown root", edge, 443, func(h *lab.Host) { h.Certificate.Kind = lab.UnknownCertificate }, "TLS-003 R sip.contoso.com:443"),
		one("part of the chain is not trusted, intermediate not sent", "lyncdiscover.contoso.com", 443, func(h *lab.Host) { h.Certificate.Kind = lab.Incomplete }, "TLS-003 I lyncdiscover.contoso.com:443"),
		one("part of the chain is not trusted, intermediate lost", "lyncdiscover.contoso.com", 443, func(h *lab.Host) { h.Certificate.Kind = lab.Lost }, "TLS-003 U lyncdiscover.contoso.com:443"),
		one("validate the certificate chain (KB 2965499), self-signed", edge, 443, func(h *lab.Host) { h.Certificate.Kind = lab.SelfSigned }, "TLS-002 sip.contoso.com:443"),
		one("validate the certificate chain (KB 2965499), another name", "lyncdiscover.contoso.com", 443, func(h *lab.Host) { h.Certificate.Names = []string{"web.contoso.com"} }, "TLS-004 lyncdiscover.contoso.com:443"),
		one("validate the certificate chain (KB 2965499), weak key", edge, 443, func(h *lab.Host) { h.Certificate.RSABits = 1024 }, "TLS-006 sip.contoso.com:443"),
		one("validate the certificate chain (KB 2965499), old protocol", edge, 443, func(h *lab.Host) { h.MinTLS, h.MaxTLS = tls.VersionTLS10, tls.VersionTLS11 }, "TLS-006 sip.contoso.com:443"),
		{"KB 2604176 after an outage", cloud, func(w *world) {
			w.federate("")
			w.find("sts.contoso.com", 443).Certificate.Kind = lab.UnknownCertificate
		}, []string{"FED-003 contoso.com", "TLS-003 R sts.contoso.com:443"}},
	}
}

// exchange are the steps of the Japanese support article about Lync 2010 and Exchange.
func exchange() []step {
	// onPremises leaves the SRV record as the only way to Autodiscover.
	onPremises := func(w *world) {
		w.mailbox(onServer)
		w.noAutodiscover()
		w.set("_autodiscover._tcp.contoso.com", "SRV", "0 0 443 mail.contoso.com")
		w.set("mail.contoso.com", "A", "198.51.100.13")
		w.host("mail.contoso.com", 443).Pages = []lab.Page{{Status: 401}}
	}
	connectionPoint := func(w *world) {
		w.rows[evidence.ADConnectionPoints] = []string{`{"objectGUID":"00000000-0000-0000-0000-0000000000c1","distinguishedName":"CN=EX01,CN=Autodiscover","forest":"contoso.com","objectClass":["top","serviceConnectionPoint"],"serviceBindingInformation":["https://mail.contoso.com/Autodiscover/Autodiscover.xml"]}`}
	}
	return []step{
		{"Lync 2010 and Exchange: EWS is reached", hybrid, func(w *world) {
			onPremises(w)
			connectionPoint(w)
			w.find("mail.contoso.com", 443).Pages = []lab.Page{{Path: "/EWS/Exchange.asmx", Status: 503}, {Status: 401}}
		}, []string{"NET-007 mail.contoso.com:443"}},
		{"Lync 2010 and Exchange: EWS not deployed", hybrid, func(w *world) {
			onPremises(w)
			connectionPoint(w)
			w.silence("mail.contoso.com")
		}, []string{"NET-007 mail.contoso.com:443", "NET-007 mail.contoso.com:443"}}, // Autodiscover and Exchange Web Services
		{"Lync 2010 and Exchange: a connection point and no record", hybrid, func(w *world) {
			onPremises(w)
			connectionPoint(w)
			w.set("_autodiscover._tcp.contoso.com", "SRV")
		}, []string{"DNS-010 contoso.com"}},
		{"Lync 2010 and Exchange: https://<domain>/autodiscover", cloud, func(w *world) {
			w.noAutodiscover()
			w.host("contoso.com", 443).Pages = []lab.Page{{Status: 401}}
		}, nil},
		{"Lync 2010 and Exchange: https://autodiscover.<domain>", cloud, func(w *world) {
			w.mailbox(onServer)
			w.set("autodiscover.contoso.com", "CNAME")
			w.set("autodiscover.contoso.com", "A", "198.51.100.13")
			w.host("autodiscover.contoso.com", 443).Pages = []lab.Page{{Status: 500}}
			w.host("autodiscover.contoso.com", 443).Certificate = lab.Certificate{}
			w.silence("autodiscover.contoso.com", 80)
		}, []string{"NET-007 autodiscover.contoso.com:443"}},
		{"Lync 2010 and Exchange: the SRV record", hybrid, onPremises, nil},
		{"Lync 2010 and Exchange: one of the records must exist", cloud, func(w *world) { w.noAutodiscover() }, []string{"DNS-010 contoso.com"}},
		{"Lync 2010 and Exchange: certificate of another authority", hybrid, func(w *world) {
			onPremises(w)
			w.find("mail.contoso.com", 443).Certificate.Kind = lab.UnknownCertificate
		}, []string{"TLS-003 R mail.contoso.com:443"}},
		{"Lync 2010 and Exchange: self-signed certificate", hybrid, func(w *world) {
			onPremises(w)
			w.find("mail.contoso.com", 443).Certificate.Kind = lab.SelfSigned
		}, []string{"TLS-002 mail.contoso.com:443"}},
		{"Lync 2010 and Exchange: the EWS address in a browser", hybrid, func(w *world) {
			onPremises(w)
			connectionPoint(w)
			w.find("mail.contoso.com", 443).Pages = []lab.Page{{Path: "/EWS/Exchange.asmx", Status: 404}, {Status: 401}}
		}, []string{"NET-007 mail.contoso.com:443"}},
	}
}

// Nothing on the network answers: the network is not assessed, in time, and nothing is found.
func TestNoNetwork(t *testing.T) {
	silent, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = silent.Close() }() // nobody writes to it
	w := newWorld(hybrid)
	known := w.evidence(t)
	v := view{}
	v.dns.Site, v.dns.Internal, v.dns.Public, v.dns.Authoritative = "local", []string{silent.LocalAddr().String()}, []string{silent.LocalAddr().String()}, true
	v.dns.Timeout, v.dns.Tries, v.dns.Workers = 200*time.Millisecond, 2, 16
	v.probe.Site, v.probe.Timeout, v.probe.Tries, v.probe.Workers = "local", 200*time.Millisecond, 3, 16
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	parts := append(v.lookIn(ctx, t, known), known)
	if ctx.Err() != nil {
		t.Fatal("the look did not end in time")
	}
	s, err := evidence.Merge(parts...)
	if err != nil {
		t.Fatal(err)
	}
	r := run(t, s, audit.Options{})
	assertSeen(t, r, nil)
	for _, o := range r.Outcomes {
		switch o.Rule.Category {
		case "dns", "tls", "net":
			if o.Status == audit.Passed || o.Status == audit.Failed {
				t.Errorf("%s is %s without a network", o.Rule.ID, o.Status)
			}
		}
	}
}
