package hosts_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"hybridaudit/audit/hosts"
	"hybridaudit/sources/evidence"
)

var taken = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// index makes an index of observations.
func index(t testing.TB, fill func(b *evidence.Builder)) *hosts.Index {
	t.Helper()
	b := evidence.NewBuilder(taken)
	fill(b)
	return hosts.New(b.Seal())
}

func keep[T evidence.Observation](t testing.TB, b *evidence.Builder, rows ...T) {
	t.Helper()
	for _, r := range rows {
		if err := evidence.Observe(b, r); err != nil {
			t.Fatal(err)
		}
	}
}

func TestNames(t *testing.T) {
	tests := []struct {
		names, addresses []string
		host             string
		want             bool
	}{
		{[]string{"sip.contoso.com"}, nil, "sip.contoso.com", true},
		{[]string{"SIP.Contoso.com."}, nil, "sip.contoso.com", true},
		{[]string{"*.contoso.com"}, nil, "sip.contoso.com", true},
		{[]string{"*.contoso.com"}, nil, "a.sip.contoso.com", false},
		{[]string{"*.contoso.com"}, nil, "contoso.com", false},
		{[]string{"*contoso.com"}, nil, "sipcontoso.com", false},
		{[]string{"s*.contoso.com"}, nil, "sip.contoso.com", false},
		{[]string{"*.*.com"}, nil, "sip.contoso.com", false},
		{[]string{"*"}, nil, "contoso", false},
		{[]string{"xn--mller-kva.example"}, nil, "müller.example", true},
		{[]string{"192.0.2.1"}, nil, "192.0.2.1", false},
		{nil, []string{"192.0.2.1"}, "192.0.2.1", true},
		{nil, []string{"2001:db8::1"}, "2001:0db8::0001", true},
		{nil, []string{"not an address"}, "192.0.2.1", false},
		{[]string{""}, nil, "", false},
	}
	for _, tt := range tests {
		if got := hosts.Names(evidence.Certificate{Names: tt.names, Addresses: tt.addresses}, tt.host); got != tt.want {
			t.Errorf("%v %v is for %q: %t, want %t", tt.names, tt.addresses, tt.host, got, tt.want)
		}
	}
}

// Whatever stands in a certificate, a wildcard never holds a host with another number of labels.
func TestWildcardHoldsOneLabel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		label := rapid.StringMatching(`[a-z0-9]{1,5}`)
		host := strings.Join(rapid.SliceOfN(label, 1, 5).Draw(t, "host"), ".")
		name := rapid.SampledFrom([]string{"*.", "", "*"}).Draw(t, "front") + strings.Join(rapid.SliceOfN(label, 1, 5).Draw(t, "name"), ".")
		if hosts.Names(evidence.Certificate{Names: []string{name}}, host) && strings.Count(name, ".") != strings.Count(host, ".") {
			t.Errorf("%q holds %q", name, host)
		}
	})
}

func TestUnder(t *testing.T) {
	for _, tt := range []struct {
		name, domain string
		want         bool
	}{
		{"a.lync.com", "lync.com", true}, {"*.lync.com", "lync.com", true}, {"lync.com", "lync.com", true}, {"notlync.com", "lync.com", false}, {"lync.com", "a.lync.com", false},
		{"anything", "", false}, {"A.LYNC.com", "Lync.com", true},
	} {
		if got := hosts.Under(tt.name, tt.domain); got != tt.want {
			t.Errorf("%q under %q: %t", tt.name, tt.domain, got)
		}
	}
}

func TestReaching(t *testing.T) {
	try := func(via, protocol string, tries, answers int, stage string, status int) evidence.Connection {
		return evidence.Connection{Via: via, Protocol: protocol, Tries: tries, Answers: answers, Stage: stage, Status: status}
	}
	tcp, direct, proxy := evidence.StageTCP, evidence.ViaDirect, evidence.ViaProxy
	tests := map[string]struct {
		attempts []evidence.Connection
		far      hosts.Far
		want     hosts.Reach
	}{
		"nothing":                      {nil, hosts.Whole, hosts.Untold},
		"through":                      {[]evidence.Connection{try(direct, "tls", 3, 3, "", 0)}, hosts.Whole, hosts.Answered},
		"two of three lost":            {[]evidence.Connection{try(direct, "tls", 3, 1, "", 0)}, hosts.Whole, hosts.Silent},
		"one of three lost":            {[]evidence.Connection{try(direct, "tls", 3, 2, "", 0)}, hosts.Whole, hosts.Answered},
		"one try":                      {[]evidence.Connection{try(direct, "tls", 1, 0, tcp, 0)}, hosts.Whole, hosts.Untold},
		"one try, no address":          {[]evidence.Connection{try(direct, "tls", 1, 0, evidence.StageName, 0)}, hosts.Whole, hosts.Silent},
		"not permitted":                {[]evidence.Connection{try(direct, "tls", 3, 0, evidence.StagePolicy, 0)}, hosts.Whole, hosts.Untold},
		"TCP, but no handshake":        {[]evidence.Connection{try(direct, "tcp", 3, 3, "", 0), try(direct, "tls", 3, 0, evidence.StageTLS, 0)}, hosts.Whole, hosts.Silent},
		"TCP is enough":                {[]evidence.Connection{try(direct, "tls", 3, 0, evidence.StageTLS, 0)}, hosts.ToTCP, hosts.Answered},
		"the other way":                {[]evidence.Connection{try(direct, "tls", 3, 0, tcp, 0), try(proxy, "tls", 3, 3, "", 0)}, hosts.Whole, hosts.Answered},
		"neither way":                  {[]evidence.Connection{try(direct, "tls", 3, 0, tcp, 0), try(proxy, "tls", 3, 0, evidence.StageProxy, 403)}, hosts.Whole, hosts.Silent},
		"the proxy wants credentials":  {[]evidence.Connection{try(direct, "tls", 3, 0, tcp, 0), try(proxy, "tls", 3, 0, evidence.StageProxy, 407)}, hosts.Whole, hosts.Untold},
		"around a proxy that wants it": {[]evidence.Connection{try(direct, "tls", 3, 3, "", 0), try(proxy, "tls", 3, 0, evidence.StageProxy, 407)}, hosts.Whole, hosts.Answered},
		"one address of two":           {[]evidence.Connection{try(direct, "tls", 3, 0, tcp, 0), try(direct, "tls", 3, 3, "", 0)}, hosts.Whole, hosts.Answered},
	}
	for name, tt := range tests {
		if got := hosts.Reaching(tt.attempts, tt.far); got != tt.want {
			t.Errorf("%s: %d, want %d", name, got, tt.want)
		}
	}
}

func TestClock(t *testing.T) {
	minute := time.Minute
	read := func(host string, offset time.Duration, uncertainty time.Duration) evidence.Clock {
		return evidence.Clock{Site: "main", Host: host, Method: "http", Offset: offset, Uncertainty: uncertainty}
	}
	tests := map[string]struct {
		clocks []evidence.Clock
		known  bool
		time   time.Time
	}{
		"nobody":                   {nil, false, taken},
		"one":                      {[]evidence.Clock{read("a", 10*minute, time.Second)}, false, taken},
		"two agree":                {[]evidence.Clock{read("a", 10*minute, 2*time.Second), read("b", 10*minute+time.Second, time.Second)}, true, taken.Add(10*minute + time.Second)},
		"two agree that all well":  {[]evidence.Clock{read("a", minute, 0), read("b", minute, 0)}, true, taken},
		"just apart":               {[]evidence.Clock{read("a", 0, 0), read("b", minute+time.Millisecond, 0)}, false, taken},
		"two against one":          {[]evidence.Clock{read("a", 10*minute, 0), read("b", 10*minute, 0), read("c", 0, 0)}, true, taken.Add(10 * minute)},
		"two against two":          {[]evidence.Clock{read("a", 10*minute, 0), read("b", 10*minute, 0), read("c", 0, 0), read("d", 0, 0)}, false, taken},
		"one that failed":          {[]evidence.Clock{read("a", 10*minute, 0), {Site: "main", Host: "b", Failure: "no answer"}}, false, taken},
		"one host by two methods":  {[]evidence.Clock{read("a", 10*minute, 0), {Site: "main", Host: "a", Method: "ntp", Offset: 10 * minute}}, false, taken},
		"those of another place":   {[]evidence.Clock{{Site: "x", Host: "a", Offset: 10 * minute}, {Site: "x", Host: "b", Offset: 10 * minute}}, false, taken},
		"unsure within two minute": {[]evidence.Clock{read("a", 3*minute, 2*minute), read("b", 3*minute, 2*minute)}, true, taken},
	}
	for name, tt := range tests {
		x := index(t, func(b *evidence.Builder) { keep(t, b, tt.clocks...) })
		if got := x.Clock("main").Known(); got != tt.known {
			t.Errorf("%s: known %t", name, got)
		}
		if got := x.Time("main", taken); !got.Equal(tt.time) {
			t.Errorf("%s: it is %s, want %s", name, got, tt.time)
		}
	}
}

// What the index tells does not depend on the order in which rows were read.
func TestOrderOfRowsIsIrrelevant(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		var rows []evidence.Connection
		for range rapid.IntRange(0, 8).Draw(rt, "rows") {
			rows = append(rows, evidence.Connection{
				Site: rapid.SampledFrom([]string{"a", "b"}).Draw(rt, "site"), Host: rapid.SampledFrom([]string{"x.example.com", "y.example.com"}).Draw(rt, "host"), Port: 443,
				Via: rapid.SampledFrom([]string{evidence.ViaDirect, evidence.ViaProxy}).Draw(rt, "via"), Protocol: "tls", Tries: 3, Answers: rapid.IntRange(0, 3).Draw(rt, "answers"),
			})
		}
		told := func(rows []evidence.Connection) (lines []string) {
			x := index(t, func(b *evidence.Builder) { keep(t, b, rows...) })
			for _, h := range x.Hosts() {
				sites, of := hosts.BySite(h.Connections)
				for _, site := range sites {
					lines = append(lines, hosts.Key(h.Name, h.Port)+" "+site+" "+string('0'+rune(hosts.Reaching(of[site], hosts.Whole))))
				}
			}
			return lines
		}
		if diff := cmp.Diff(told(rows), told(rapid.Permutation(rows).Draw(rt, "order"))); diff != "" {
			rt.Errorf("-one order +another:\n%s", diff)
		}
	})
}

// A certificate may be known from another place than the one that names it, but the place's own comes first.
func TestCertificate(t *testing.T) {
	x := index(t, func(b *evidence.Builder) {
		keep(t, b, evidence.Certificate{Site: "b", Fingerprint: "aa", Subject: "CN=b"}, evidence.Certificate{Site: "a", Fingerprint: "aa", Subject: "CN=a"})
	})
	for site, want := range map[string]string{"a": "CN=a", "b": "CN=b", "c": "CN=a"} {
		if c, ok := x.Certificate(site, "aa"); !ok || c.Subject != want {
			t.Errorf("at %s: %q %t, want %q", site, c.Subject, ok, want)
		}
	}
	if _, ok := x.Certificate("a", "bb"); ok {
		t.Error("an unknown certificate is known")
	}
	chain, ok := x.Chain(evidence.Handshake{Site: "a", Chain: []string{"bb", "aa"}})
	if ok || len(chain) != 1 {
		t.Errorf("a chain without the server's own certificate: %d, %t", len(chain), ok)
	}
}

func TestView(t *testing.T) {
	x := index(t, func(b *evidence.Builder) {
		for site, roles := range map[string][]string{"in": {evidence.ResolverInternal, evidence.ResolverPublic}, "out": {evidence.ResolverPublic}, "untold": nil} {
			b.Cover(evidence.Coverage{Dataset: evidence.DNSLookups, State: evidence.Complete, Source: site, Attributes: roles})
		}
	})
	for want, sites := range map[string][]string{"inside": {"in", "untold"}, "outside": {"out"}, "both": {"in", "out"}, "unknown": {"untold", "elsewhere"}} {
		if got := x.Seen(sites...); got != want {
			t.Errorf("seen from %v: %s, want %s", sites, got, want)
		}
	}
}
