package probe

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/targets"
)

// visits are the requests that servers of a test got, as host and path.
type visits struct {
	mu  sync.Mutex
	all []string
}

func (v *visits) note(r *http.Request) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.all = append(v.all, r.Host+r.URL.RequestURI())
}

// sorted gives the requests in order, and forgets them.
func (v *visits) sorted() []string {
	v.mu.Lock()
	defer v.mu.Unlock()
	all := slices.Sorted(slices.Values(v.all))
	v.all = nil
	return all
}

func contosoTargets(sip, mail bool, hosts ...targets.Host) targets.Targets {
	var names []string
	for _, h := range hosts {
		names = append(names, h.Name)
	}
	all := targets.Of(targets.More{Domains: []string{"contoso.com"}, Hosts: names})
	all.Domains[0].SIP, all.Domains[0].Mail = sip, mail
	all.Hosts = hosts
	return all
}

func TestWebDiscovery(t *testing.T) {
	var v visits
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v.note(r)
		if r.Header.Get("Accept") != "application/json" {
			t.Errorf("%s is asked for %q", r.URL, r.Header.Get("Accept"))
		}
		switch {
		case r.Host == "webdir.online.lync.com":
			w.WriteHeader(http.StatusUnauthorized)
		case r.TLS == nil:
			fmt.Fprint(w, `<AutodiscoverResponse><Root><Link token="User" href="http://lyncweb.contoso.com/user"/></Root></AutodiscoverResponse>`)
		default:
			fmt.Fprint(w, `{"_links":{"user":{"href":"https://lyncweb.contoso.com/user"}}}`)
		}
	})
	endpoints := []evidence.Endpoint{
		{Host: "*.lync.com", Purpose: evidence.ForTeams, Group: "12", Current: true, Ports: "443", Protocol: "tcp", Probes: []string{"webdir.online.lync.com", "sipdir.online.lync.com"}},
	}
	b := evidence.NewBuilder(time.Now())
	if err := evidence.Observe(b, evidence.Lookup{Name: "lyncdiscoverinternal.contoso.com", Type: "A", Resolver: evidence.ResolverPublic, Status: evidence.LookupNoName}); err != nil {
		t.Fatal(err)
	}
	p := proberFor(t, Config{Targets: contosoTargets(true, false), Endpoints: endpoints, Lookups: b.Seal()}, webServer(t, handler), plainServer(t, handler))
	p.web(t.Context(), p.plan())
	web := evidence.Connection{Host: "lyncdiscover.contoso.com", Purposes: []string{"web"}, Domains: []string{"contoso.com"}, Via: "direct", Tries: 1, Answers: 1, Status: 200}
	https, plain := web, web
	https.Port, https.Protocol, https.URL, https.Answer = 443, "https", "https://lyncdiscover.contoso.com/", "https://lyncweb.contoso.com/user"
	plain.Port, plain.Protocol, plain.URL, plain.Answer = 80, "http", "http://lyncdiscover.contoso.com/", "http://lyncweb.contoso.com/user"
	want := []evidence.Connection{plain, https, {
		Host: "webdir.online.lync.com", Port: 443, Protocol: "https", Purposes: []string{"teams"}, Group: "12", Via: "direct", Tries: 1, Answers: 1, Status: 401,
		URL: "https://webdir.online.lync.com/Autodiscover/autodiscoverservice.svc/Root",
	}}
	if diff := cmp.Diff(want, connections(t, p)); diff != "" {
		t.Error(diff)
	}
	if got := v.sorted(); len(got) != 3 {
		t.Errorf("asked for %q", got)
	}
}

func TestWebExchange(t *testing.T) {
	var v visits
	secure := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v.note(r)
		switch r.Host + r.URL.Path {
		case "contoso.com/autodiscover/autodiscover.xml":
			w.WriteHeader(http.StatusNotFound)
		case "mail.contoso.com/EWS/Exchange.asmx", "mail.contoso.com/autodiscover/autodiscover.xml", "elsewhere.example.net/autodiscover/autodiscover.xml":
			w.WriteHeader(http.StatusUnauthorized)
		default:
			http.Redirect(w, r, "https://mail.contoso.com/autodiscover/autodiscover.xml", http.StatusFound)
		}
	})
	plain := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v.note(r)
		http.Redirect(w, r, "https://user:secret@elsewhere.example.net/autodiscover/autodiscover.xml#x", http.StatusMovedPermanently)
	})
	all := contosoTargets(false, true,
		targets.Host{Name: "mail.contoso.com", Port: 443, Purpose: evidence.ForEWS, URLs: []string{"https://mail.contoso.com/EWS/Exchange.asmx"}},
		targets.Host{Name: "mail.contoso.com", Port: 443, Purpose: evidence.ForAutodiscover, URLs: []string{"https://mail.contoso.com/autodiscover/autodiscover.xml", "file:///etc/passwd"}})
	p := proberFor(t, Config{Targets: all, Private: []string{"127.0.0.0/8"}}, webServer(t, secure), plainServer(t, plain))
	plan := p.plan()
	plan.services = append(plan.services, service{record: "_autodiscover._tcp.contoso.com", domain: "contoso.com", host: "mail.contoso.com", port: 443}, service{record: "_sip._tls.contoso.com", host: "x.example.com", port: 443})
	p.web(t.Context(), plan)
	type short struct {
		URL, Stage, Location string
		Status               int
		Domains              []string
	}
	var got []short
	for _, c := range connections(t, p) {
		got = append(got, short{c.URL, c.Stage, c.Location, c.Status, c.Domains})
	}
	slices.SortFunc(got, func(a, b short) int { return strings.Compare(a.URL, b.URL) })
	of := []string{"contoso.com"}
	want := []short{
		{"http://autodiscover.contoso.com/autodiscover/autodiscover.xml", "", "https://user:secret@elsewhere.example.net/autodiscover/autodiscover.xml#x", 301, of},
		{"https://autodiscover.contoso.com/autodiscover/autodiscover.xml", "", "https://mail.contoso.com/autodiscover/autodiscover.xml", 302, of},
		{"https://contoso.com/autodiscover/autodiscover.xml", "", "", 404, of},
		{"https://elsewhere.example.net/autodiscover/autodiscover.xml", "", "", 401, of},
		{"https://mail.contoso.com/EWS/Exchange.asmx", "", "", 401, nil},
		{"https://mail.contoso.com/autodiscover/autodiscover.xml", "", "", 401, of},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if asked := v.sorted(); len(asked) != len(want) {
		t.Errorf("each address is to be asked for once: %q", asked)
	}
}

func TestWebRedirectsStayWithinBounds(t *testing.T) {
	var v visits
	to := ""
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v.note(r)
		target := to
		if target == "further" {
			target = r.URL.Path + "x"
		}
		w.Header().Set("Location", target)
		w.WriteHeader(http.StatusFound)
	})
	detour, plain := webServer(t, handler), plainServer(t, handler)
	p := func() *prober {
		all := contosoTargets(true, false, targets.Host{Name: "named.contoso.com", Port: 443, Purpose: evidence.ForAsked})
		return proberFor(t, Config{Targets: all, Resolver: everywhere{"lyncdiscoverinternal.contoso.com"}}, detour, plain)
	}
	for target, want := range map[string]struct{ asked, stage string }{
		"https://elsewhere.example.net/":   {"", evidence.StagePolicy}, // nobody names it, and discovery may not lead anywhere
		"https://named.contoso.com/":       {"named.contoso.com/", ""},
		"https://named.contoso.com:8443/":  {"", evidence.StagePolicy}, // a redirect opens no port
		"ftp://named.contoso.com/":         {"", "none"},
		"https://lyncdiscover.contoso.com": {"lyncdiscover.contoso.com/", "none"}, // to itself
		"://":                              {"", "none"},
	} {
		to = target
		v.sorted()
		one := p()
		one.web(t.Context(), one.plan())
		stage := "none"
		for _, c := range connections(t, one) {
			if c.URL == cleanAddress(target) {
				stage = c.Stage
			}
		}
		if stage != want.stage || want.asked != "" && !slices.Contains(v.sorted(), want.asked) {
			t.Errorf("%s: %q", target, stage)
		}
	}
	to = "further"
	v.sorted()
	one := p()
	one.web(t.Context(), one.plan())
	if got := v.sorted(); !slices.Contains(got, "lyncdiscover.contoso.com/xxx") || slices.Contains(got, "lyncdiscover.contoso.com/xxxx") {
		t.Errorf("asked for %q", got)
	}
}

// What could not be connected to before is not tried again.
func TestWebLeavesClosedPortsAlone(t *testing.T) {
	var v visits
	handler := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { v.note(r) })
	p := proberFor(t, Config{Targets: contosoTargets(true, false), Resolver: everywhere{"lyncdiscoverinternal.contoso.com"}}, webServer(t, handler), plainServer(t, handler))
	at := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	before := evidence.Connection{Host: "lyncdiscover.contoso.com", Port: 443, Protocol: "tls", Via: "direct", Address: "192.0.2.1:443", Tries: 3, Stage: evidence.StageTCP, Failure: "no answer in time", Asked: at}
	record(p, before)
	p.web(t.Context(), p.plan())
	if got := v.sorted(); !slices.Equal(got, []string{"lyncdiscover.contoso.com/"}) {
		t.Errorf("asked for %q", got)
	}
	want := before
	want.Site, want.Protocol, want.URL, want.Purposes, want.Domains = "office", "https", "https://lyncdiscover.contoso.com/", []string{"web"}, []string{"contoso.com"}
	for _, c := range seen[evidence.Connection](t, p) {
		if c.Protocol == "https" {
			if diff := cmp.Diff(want, c); diff != "" {
				t.Error(diff)
			}
			return
		}
	}
	t.Error("there is no row of the address")
}

func TestWebMailbox(t *testing.T) {
	root := newAuthority(t, "Root", nil, nil)
	rows, _ := ShippedEndpoints()
	rows = slices.DeleteFunc(rows, func(e evidence.Endpoint) bool { return e.Host != "outlook.office365.com" })
	for name, test := range map[string]struct {
		host        string
		public, own *x509.CertPool
		asked       bool
	}{
		"trusted":                          {"outlook.office365.com", pool(root.cert), nil, true},
		"trusted by the organisation":      {"outlook.office365.com", x509.NewCertPool(), pool(root.cert), true},
		"somebody else's certificate":      {"www.fabrikam.com", pool(root.cert), nil, false},
		"a certificate that nobody trusts": {"outlook.office365.com", x509.NewCertPool(), nil, false},
	} {
		t.Run(name, func(t *testing.T) {
			requests := make(chan url.Values, 10)
			s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				requests <- r.URL.Query()
				fmt.Fprint(w, `{"Protocol":"EWS","Url":"https://mail.contoso.com/EWS/Exchange.asmx"}`)
			}))
			s.TLS = &tls.Config{Certificates: []tls.Certificate{serving(testKey, root.leaf(t, []string{test.host}, nil))}}
			s.StartTLS()
			defer s.Close()
			p := proberFor(t, Config{Targets: contosoTargets(false, false), Mailbox: "kim+1@contoso.com", Endpoints: rows, Public: test.public, Own: test.own},
				"*:443="+s.Listener.Addr().String())
			p.web(t.Context(), p.plan())
			got := connections(t, p)
			if len(got) != 1 || got[0].Group != "1" || !slices.Equal(got[0].Purposes, []string{"exchange"}) {
				t.Fatalf("%+v", got)
			}
			if !test.asked {
				if len(requests) != 0 || got[0].Stage != evidence.StagePolicy || got[0].Through() {
					t.Errorf("%d requests, %+v", len(requests), got)
				}
				return
			}
			if got[0].Answer != "https://mail.contoso.com/EWS/Exchange.asmx" || got[0].Status != 200 {
				t.Errorf("%+v", got)
			}
			if asked := <-requests; asked.Get("Email") != "kim+1@contoso.com" || asked.Get("Protocol") != "EWS" || asked.Get("RedirectCount") != "5" {
				t.Errorf("asked %v", asked)
			}
		})
	}
}

// TestWebMailboxStaysSecret has the host that is asked about a mailbox lead on to clear text.
func TestWebMailboxStaysSecret(t *testing.T) {
	root := newAuthority(t, "Root", nil, nil)
	rows, _ := ShippedEndpoints()
	rows = slices.DeleteFunc(rows, func(e evidence.Endpoint) bool { return e.Host != "outlook.office365.com" })
	var v visits
	plain := plainServer(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { v.note(r) }))
	at := listen(t, func(conn net.Conn) {
		secured := tls.Server(conn, &tls.Config{Certificates: []tls.Certificate{serving(testKey, root.leaf(t, []string{"outlook.office365.com"}, nil))}})
		if r, err := http.ReadRequest(bufio.NewReader(secured)); err == nil {
			fmt.Fprintf(secured, "HTTP/1.1 302 Found\r\nLocation: http://outlook.office365.com%s\r\nContent-Length: 0\r\n\r\n", r.URL.RequestURI())
		}
	})
	p := proberFor(t, Config{Targets: contosoTargets(false, false), Mailbox: "kim@contoso.com", Endpoints: rows, Public: pool(root.cert)}, "*:443="+at.String(), plain)
	p.web(t.Context(), p.plan())
	got := connections(t, p)
	if len(got) != 2 || got[0].Status != 302 && got[1].Status != 302 || len(v.sorted()) != 0 {
		t.Errorf("%+v", got)
	}
}

func TestWebEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	release := make(chan struct{})
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { cancel(); <-release })
	p := proberFor(t, Config{Targets: contosoTargets(true, true), Workers: 2}, webServer(t, handler), plainServer(t, handler))
	p.web(ctx, p.plan())
	close(release)
	if c := coverageOf(t, p, evidence.ProbeConnections); !strings.Contains(c.Reason, "not asked in time") && !strings.Contains(c.Reason, "no host had answered") {
		t.Errorf("%+v", c)
	}
	if got := connections(t, p); len(got) != 0 {
		t.Errorf("%+v", got)
	}
}

// A server that drips for ever, sends without end or nothing at all costs no more than the time for one attempt each.
func TestWebHostileServers(t *testing.T) {
	for name, answer := range map[string]http.HandlerFunc{
		"drip": func(w http.ResponseWriter, r *http.Request) {
			for r.Context().Err() == nil {
				fmt.Fprint(w, " ")
				w.(http.Flusher).Flush()
				select {
				case <-r.Context().Done():
				case <-time.After(5 * time.Millisecond):
				}
			}
		},
		"endless": func(w http.ResponseWriter, r *http.Request) {
			block := []byte(strings.Repeat("<a>", 10_000))
			for r.Context().Err() == nil {
				if _, err := w.Write(block); err != nil {
					return
				}
			}
		},
		"silent": func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
	} {
		p := proberFor(t, Config{Targets: contosoTargets(true, false), Timeout: 800 * time.Millisecond}, webServer(t, answer), plainServer(t, answer))
		began := time.Now()
		p.web(t.Context(), p.plan())
		if took := time.Since(began); took > 10*time.Second {
			t.Errorf("%s: %s", name, took)
		}
		for _, c := range connections(t, p) {
			if c.Answer != "" || name == "silent" && (c.Stage != evidence.StageHTTP || c.Tries != 2) {
				t.Errorf("%s: %+v", name, c)
			}
		}
	}
}

func TestFederation(t *testing.T) {
	var v visits
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v.note(r)
		switch r.Host {
		case "sts.contoso.com":
			fmt.Fprint(w, adfsDocument)
		case "large.contoso.com":
			fmt.Fprint(w, "<EntityDescriptor entityID='urn:a'>", strings.Repeat(" ", maxDocument))
		case "page.contoso.com":
			fmt.Fprint(w, "<html><body>Sign in</body></html>")
		default:
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	})
	host := func(name, domain string) targets.Host {
		return targets.Host{Name: name, Port: 443, Purpose: evidence.ForFederation, Domain: domain, URLs: []string{"https://" + name + "/FederationMetadata/2007-06/FederationMetadata.xml"}}
	}
	all := contosoTargets(false, false, host("sts.contoso.com", "contoso.com"), host("sts.contoso.com", "fabrikam.com"), host("large.contoso.com", "a.example.com"),
		host("page.contoso.com", "b.example.com"), host("down.contoso.com", "c.example.com"), host("lost.contoso.com", "d.example.com"),
		targets.Host{Name: "bare.contoso.com", Port: 443, Purpose: evidence.ForFederation, Domain: "e.example.com"})
	p := proberFor(t, Config{Targets: all, Resolver: everywhere{"lost.contoso.com"}}, webServer(t, handler))
	p.federation(t.Context(), plan{})
	got := map[string]evidence.FederationMetadata{}
	for _, m := range seen[evidence.FederationMetadata](t, p) {
		got[strings.Split(m.URL, "/")[2]] = m
	}
	sts := got["sts.contoso.com"]
	if sts.Failure != "" || sts.Status != 200 || sts.EntityID == "" || len(sts.Certificates) != 2 || len(sts.Endpoints) != 3 || !slices.Equal(sts.Domains, []string{"contoso.com", "fabrikam.com"}) || sts.Site != "office" {
		t.Errorf("%+v", sts)
	}
	for host, want := range map[string]string{
		"large.contoso.com": "the document is larger than 1024 KiB", "page.contoso.com": `the document is no metadata: it begins with "html"`,
		"down.contoso.com": "the service answered with status 503", "lost.contoso.com": "the name has no address",
	} {
		if m := got[host]; m.Failure != want || m.EntityID != "" || m.Certificates != nil {
			t.Errorf("%s: %+v", host, m)
		}
	}
	if len(got) != 5 || len(v.sorted()) != 4 {
		t.Errorf("%d documents", len(got))
	}
	if c := coverageOf(t, p, evidence.ProbeFederation); c.State != evidence.Complete || c.Rows != 5 {
		t.Errorf("%+v", c)
	}
	for _, c := range connections(t, p) {
		if c.Protocol != "https" || !slices.Equal(c.Purposes, []string{evidence.ForFederation}) || c.Host == "lost.contoso.com" && c.Stage != evidence.StageName {
			t.Errorf("%+v", c)
		}
	}
}
