package records_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"hybridaudit/audit/records"
	"hybridaudit/audit/scope"
	"hybridaudit/audit/topology"
	"hybridaudit/sources/evidence"
)

type row map[string]any

type tables map[evidence.Dataset][]row

// index makes evidence of which every dataset is complete unless states says otherwise.
func index(t testing.TB, lookups []evidence.Lookup, data tables, states map[evidence.Dataset]evidence.State, suffixes ...string) *records.Index {
	t.Helper()
	b := evidence.NewBuilder(time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC))
	var decoder evidence.Decoder
	for d, rows := range data {
		for _, r := range rows {
			line, err := json.Marshal(r)
			if err != nil {
				t.Fatal(err)
			}
			if err := decoder.Row(b.Table(d), line); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, l := range lookups {
		if err := evidence.Observe(b, l); err != nil {
			t.Fatal(err)
		}
	}
	for _, d := range evidence.Datasets() {
		state, ok := states[d]
		if !ok {
			state = evidence.Complete
		}
		b.Cover(evidence.Coverage{Dataset: d, State: state})
	}
	s := b.Seal()
	forests := func(string) (names []string) {
		for f := range s.Forests() {
			names = append(names, f.Name())
		}
		return names
	}
	return records.New(s, records.Facts{Scope: scope.New(s, scope.Config{}), Topology: topology.New(s, suffixes, false), Forests: forests, Suffixes: suffixes})
}

func answered(name, kind, status string, chain, values []string) evidence.Lookup {
	return evidence.Lookup{Site: "hq", Domain: "contoso.com", Name: name, Type: kind, Resolver: evidence.ResolverPublic, Server: "198.51.100.53:53", Status: status, Chain: chain, Values: values, TTL: 300}
}

func by(l evidence.Lookup, resolver, server string) evidence.Lookup {
	l.Resolver, l.Server = resolver, server
	return l
}

func TestState(t *testing.T) {
	const name = "sip.contoso.com"
	a := func(status string, chain, values []string) evidence.Lookup {
		return answered(name, "A", status, chain, values)
	}
	six := func(status string, values ...string) evidence.Lookup {
		return answered(name, "AAAA", status, nil, values)
	}
	address := []string{"192.0.2.1"}
	authoritative := func(l evidence.Lookup) evidence.Lookup {
		return by(l, evidence.ResolverAuthoritative, "203.0.113.2:53")
	}
	for what, c := range map[string]struct {
		lookups []evidence.Lookup
		want    records.State
	}{
		"nobody was asked":                         {nil, records.Unknown},
		"an address":                               {[]evidence.Lookup{a("answer", nil, address)}, records.Present},
		"no such name":                             {[]evidence.Lookup{a("noName", nil, nil)}, records.Absent},
		"no such record":                           {[]evidence.Lookup{a("noData", nil, nil)}, records.Absent},
		"server failure":                           {[]evidence.Lookup{a("serverFailure", nil, nil)}, records.Unknown},
		"refused":                                  {[]evidence.Lookup{a("refused", nil, nil)}, records.Unknown},
		"silence":                                  {[]evidence.Lookup{a("timeout", nil, nil)}, records.Unknown},
		"no way to the server":                     {[]evidence.Lookup{a("unreachable", nil, nil)}, records.Unknown},
		"nonsense":                                 {[]evidence.Lookup{a("malformed", nil, nil)}, records.Unknown},
		"some failed and one answered":             {[]evidence.Lookup{a("timeout", nil, nil), by(a("answer", nil, address), "public", "198.51.100.54:53")}, records.Present},
		"some failed and one denied":               {[]evidence.Lookup{a("timeout", nil, nil), by(a("noName", nil, nil), "public", "198.51.100.54:53")}, records.Absent},
		"one denied and one answered":              {[]evidence.Lookup{a("noName", nil, nil), by(a("answer", nil, address), "public", "198.51.100.54:53")}, records.Present},
		"an alias that leads nowhere":              {[]evidence.Lookup{a("noName", []string{"gone.contoso.com"}, nil)}, records.Present},
		"an alias whose end nobody told":           {[]evidence.Lookup{a("serverFailure", []string{"far.example.com"}, nil)}, records.Present},
		"aliases in a circle":                      {[]evidence.Lookup{a("loop", []string{"b.contoso.com", name}, nil)}, records.Present},
		"an IPv6 address alone":                    {[]evidence.Lookup{a("noData", nil, nil), six("answer", "2001:db8::1")}, records.Present},
		"no IPv6 address, and the rest is silence": {[]evidence.Lookup{a("timeout", nil, nil), six("noData")}, records.Unknown},
		"no name of any kind":                      {[]evidence.Lookup{a("timeout", nil, nil), six("noName")}, records.Absent},
		"the zone's own server counts first":       {[]evidence.Lookup{a("answer", nil, address), authoritative(a("noName", nil, nil))}, records.Absent},
		"unless it fails":                          {[]evidence.Lookup{a("answer", nil, address), authoritative(a("refused", nil, nil))}, records.Present},
		"internal servers say nothing of outside":  {[]evidence.Lookup{by(a("answer", nil, address), "internal", "10.0.0.53:53")}, records.Unknown},
	} {
		x := index(t, c.lookups, nil, nil)
		if got := x.Outside(name, records.A).State; got != c.want {
			t.Errorf("%s: state %d, want %d", what, got, c.want)
		}
	}
	srv := func(values ...string) records.Record {
		return index(t, []evidence.Lookup{answered("_sip._tls.contoso.com", "SRV", "answer", nil, values)}, nil, nil).Outside("_sip._tls.contoso.com", records.SRV)
	}
	if r := srv("0 0 0 ."); r.State != records.Absent {
		t.Error("the root as target says that there is no service")
	}
	r := srv("100 1 443 sipdir.online.lync.com", "not a record", "1 2 x host", "0 0 443 .")
	if diff := cmp.Diff([]records.Target{{"sipdir.online.lync.com", 100, 1, 443}}, r.Targets()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// Failing servers never make a record absent or present, and the order of rows means nothing.
func TestFailuresSayNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		statuses := []string{"answer", "noData", "noName", "serverFailure", "refused", "timeout", "unreachable", "malformed"}
		var told, all []evidence.Lookup
		for i := range rapid.IntRange(0, 6).Draw(t, "rows") {
			l := answered("lyncdiscover.contoso.com", rapid.SampledFrom([]string{"A", "AAAA"}).Draw(t, "type"), rapid.SampledFrom(statuses).Draw(t, "status"), nil, nil)
			l = by(l, rapid.SampledFrom([]string{"public", "authoritative"}).Draw(t, "role"), fmt.Sprintf("192.0.2.%d:53", i))
			if l.Status == "answer" {
				l.Values = []string{"192.0.2.7"}
			}
			if all = append(all, l); l.Told() {
				told = append(told, l)
			}
		}
		state := func(rows []evidence.Lookup) records.State {
			b := evidence.NewBuilder(time.Unix(0, 0))
			for _, l := range rows {
				if err := evidence.Observe(b, l); err != nil {
					t.Fatal(err)
				}
			}
			s := b.Seal()
			x := records.New(s, records.Facts{Scope: scope.New(s, scope.Config{}), Topology: topology.New(s, nil, false), Forests: func(string) []string { return nil }})
			return x.Outside("lyncdiscover.contoso.com", records.A).State
		}
		want := state(told)
		if got := state(rapid.Permutation(all).Draw(t, "order")); got != want {
			t.Errorf("state %d with failures, %d without", got, want)
		}
		if len(told) == 0 && want != records.Unknown {
			t.Errorf("state %d although nobody told anything", want)
		}
	})
}

func TestTrouble(t *testing.T) {
	sip := func(status string, chain, values []string) evidence.Lookup {
		return answered("sip.contoso.com", "A", status, chain, values)
	}
	srv := func(value string) evidence.Lookup {
		return answered("_sip._tls.contoso.com", "SRV", "answer", nil, []string{value})
	}
	target := func(status string, values ...string) evidence.Lookup {
		return answered("edge.contoso.com", "A", status, nil, values)
	}
	own := func(l evidence.Lookup, zone string) evidence.Lookup {
		l = by(l, evidence.ResolverAuthoritative, "203.0.113.2:53")
		l.Zone = zone
		return l
	}
	edge := []string{"edge.contoso.com"}
	for what, c := range map[string]struct {
		record  string
		lookups []evidence.Lookup
		want    records.Fault
		target  string
	}{
		"a sound alias":           {"sip.contoso.com", []evidence.Lookup{sip("answer", edge, []string{"192.0.2.1"})}, records.Sound, ""},
		"an address":              {"sip.contoso.com", []evidence.Lookup{sip("answer", nil, []string{"192.0.2.1"})}, records.Sound, ""},
		"no record":               {"sip.contoso.com", []evidence.Lookup{sip("noName", nil, nil)}, records.Sound, ""},
		"an alias to nothing":     {"sip.contoso.com", []evidence.Lookup{sip("noName", edge, nil)}, records.Gone, "edge.contoso.com"},
		"an alias to no address":  {"sip.contoso.com", []evidence.Lookup{sip("noData", edge, nil)}, records.Gone, "edge.contoso.com"},
		"an alias, end not told":  {"sip.contoso.com", []evidence.Lookup{sip("timeout", edge, nil)}, records.Unclear, "edge.contoso.com"},
		"end told by another row": {"sip.contoso.com", []evidence.Lookup{sip("timeout", edge, nil), target("answer", "192.0.2.1")}, records.Sound, ""},
		"another server knows it": {"sip.contoso.com", []evidence.Lookup{sip("noName", edge, nil), by(sip("answer", edge, []string{"192.0.2.1"}), "public", "198.51.100.54:53")}, records.Sound, ""},
		"circle":                  {"sip.contoso.com", []evidence.Lookup{sip("loop", []string{"a.contoso.com", "sip.contoso.com"}, nil)}, records.Loop, "sip.contoso.com"},
		"too long":                {"sip.contoso.com", []evidence.Lookup{sip("tooLong", []string{"a.contoso.com", "b.contoso.com"}, nil)}, records.TooLong, "b.contoso.com"},
		"the misprint":            {"sip.contoso.com", []evidence.Lookup{sip("noName", []string{"sipdir.online.microsoft.com"}, nil)}, records.Wrong, "sipdir.online.microsoft.com"},
		"a single server":         {"sip.contoso.com", []evidence.Lookup{sip("answer", []string{"sipdir2b.online.lync.com"}, []string{"192.0.2.1"})}, records.Wrong, "sipdir2b.online.lync.com"},
		"a single server behind":  {"sip.contoso.com", []evidence.Lookup{sip("answer", []string{"sipdir.online.lync.com", "sipdir2b.online.lync.com"}, []string{"192.0.2.1"})}, records.Sound, ""},
		"Microsoft's own trouble": {"sip.contoso.com", []evidence.Lookup{sip("noName", []string{"sipdir.online.lync.com"}, nil)}, records.Sound, ""},
		"a slip that exists not":  {"sip.contoso.com", []evidence.Lookup{sip("noName", []string{"sipdr.online.lync.com"}, nil)}, records.Gone, "sipdr.online.lync.com"},
		"foreign zone, own word":  {"sip.contoso.com", []evidence.Lookup{own(sip("noName", []string{"x.example.com"}, nil), "contoso.com")}, records.Unclear, "x.example.com"},
		"own zone, own word":      {"sip.contoso.com", []evidence.Lookup{own(sip("noName", edge, nil), "contoso.com")}, records.Gone, "edge.contoso.com"},
		"service":                 {"_sip._tls.contoso.com", []evidence.Lookup{srv("0 0 443 edge.contoso.com"), target("answer", "192.0.2.1")}, records.Sound, ""},
		"service to nothing":      {"_sip._tls.contoso.com", []evidence.Lookup{srv("0 0 443 edge.contoso.com"), target("noName")}, records.Gone, "edge.contoso.com"},
		"service, failure":        {"_sip._tls.contoso.com", []evidence.Lookup{srv("0 0 443 edge.contoso.com"), target("serverFailure")}, records.Unclear, "edge.contoso.com"},
		"service, not asked":      {"_sip._tls.contoso.com", []evidence.Lookup{srv("0 0 443 edge.contoso.com")}, records.Unclear, "edge.contoso.com"},
		"service to Microsoft":    {"_sip._tls.contoso.com", []evidence.Lookup{srv("100 1 443 sipdir.online.lync.com")}, records.Sound, ""},
		"service inside only":     {"_sip._tls.contoso.com", []evidence.Lookup{srv("0 0 443 edge.contoso.local")}, records.Gone, "edge.contoso.local"},
	} {
		x := index(t, c.lookups, nil, nil)
		kind := records.A
		if strings.HasPrefix(c.record, "_") {
			kind = records.SRV
		}
		if got, at := x.Trouble(x.Outside(c.record, kind)); got != c.want || at != c.target {
			t.Errorf("%s: %q at %q, want %q at %q", what, got, at, c.want, c.target)
		}
	}
}

// A target inside is looked for at the same site.
func TestTroubleInside(t *testing.T) {
	inside := func(site string, l evidence.Lookup) evidence.Lookup {
		l = by(l, evidence.ResolverInternal, "10.0.0.53:53")
		l.Site = site
		return l
	}
	srv := answered("_sipinternaltls._tcp.contoso.com", "SRV", "answer", nil, []string{"0 0 5061 pool.contoso.local"})
	x := index(t, []evidence.Lookup{
		inside("berlin", srv), inside("tokyo", srv),
		inside("berlin", answered("pool.contoso.local", "A", "answer", nil, []string{"10.0.0.1"})), inside("tokyo", answered("pool.contoso.local", "A", "noName", nil, nil)),
	}, nil, nil)
	if diff := cmp.Diff([]string{"berlin", "tokyo"}, x.Sites()); diff != "" {
		t.Errorf("sites (-want +got):\n%s", diff)
	}
	for site, want := range map[string]records.Fault{"berlin": records.Sound, "tokyo": records.Gone} {
		if got, _ := x.Trouble(x.Inside(site, srv.Name, records.SRV)); got != want {
			t.Errorf("%s: %q, want %q", site, got, want)
		}
	}
	if r := x.Outside(srv.Name, records.SRV); r.State != records.Unknown || len(r.Answers) != 0 {
		t.Errorf("seen from outside: %+v", r)
	}
}

func TestLeads(t *testing.T) {
	cname := func(chain ...string) evidence.Lookup {
		return answered("lyncdiscover.contoso.com", "A", "answer", chain, []string{"192.0.2.1"})
	}
	srv := func(values ...string) evidence.Lookup {
		return answered("_sip._tls.contoso.com", "SRV", "answer", nil, values)
	}
	for what, c := range map[string]struct {
		l         evidence.Lookup
		all, some bool
	}{
		"an address":             {cname(), false, false},
		"its own host":           {cname("web.contoso.com"), false, false},
		"Microsoft 365":          {cname("WEBDIR.online.lync.com"), true, true},
		"through another name":   {cname("discover.contoso.com", "webdir.online.lync.com", "x.trafficmanager.net"), true, true},
		"looks like it":          {cname("evilonline.lync.com"), false, false},
		"a service there":        {srv("100 1 443 sipdir.online.lync.com"), true, true},
		"a service in two parts": {srv("100 1 443 sipdir.online.lync.com", "100 1 443 sip.contoso.com"), false, true},
		"a service here":         {srv("100 1 443 sip.contoso.com"), false, false},
	} {
		x := index(t, []evidence.Lookup{c.l}, nil, nil)
		all, some := x.Leads(x.Outside(c.l.Name, c.l.Type))
		if all != c.all || some != c.some {
			t.Errorf("%s: all %t, some %t", what, all, some)
		}
	}
}

func TestSplit(t *testing.T) {
	soa := func(role, site, zone, value string) evidence.Lookup {
		l := answered(zone, "SOA", "answer", nil, []string{value})
		l.Resolver, l.Site = role, site
		return l
	}
	const outside, inside = "ns1.registrar.example.com admin.example.com 5 1 1 1 1", "dc01.contoso.com hostmaster.contoso.com 9 1 1 1 1"
	x := index(t, []evidence.Lookup{
		soa("authoritative", "berlin", "contoso.com", outside), soa("internal", "berlin", "contoso.com", inside), soa("internal", "tokyo", "contoso.com", strings.Replace(outside, " 5 ", " 4 ", 1)),
	}, nil, nil)
	for site, want := range map[string][2]bool{"berlin": {true, true}, "tokyo": {false, true}, "osaka": {false, false}} {
		if split, known := x.Split(site, "contoso.com"); split != want[0] || known != want[1] {
			t.Errorf("%s: split %t, known %t", site, split, known)
		}
	}
	if diff := cmp.Diff([]string{"198.51.100.53:53 5"}, x.Serials("contoso.com")); diff != "" {
		t.Errorf("serials (-want +got):\n%s", diff)
	}
}

func TestLines(t *testing.T) {
	l := answered("sip.contoso.com", "A", "answer", []string{"sipdir.online.lync.com"}, []string{"192.0.2.1"})
	other := by(answered("sip.contoso.com", "A", "serverFailure", nil, nil), "public", "")
	forged := by(answered("sip.contoso.com", "A", "answer", nil, []string{"192.0.2.2"}), "internal", "10.0.0.53:53")
	forged.Forged, forged.Mixed, forged.Site = true, true, "tokyo"
	none := answered("sip.contoso.com", "AAAA", "noData", nil, nil)
	got := index(t, []evidence.Lookup{l, other, forged, none}, nil, nil).Answers("sip.contoso.com", records.A)
	want := map[string][]string{
		"public":   {"hq no server: SERVFAIL", "hq 198.51.100.53:53: CNAME sipdir.online.lync.com, A 192.0.2.1, TTL 300"},
		"internal": {"tokyo 10.0.0.53:53: A 192.0.2.2, TTL 300, wildcard, CNAME beside other records"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	for _, status := range []string{"noData", "noName", "serverFailure", "refused", "timeout", "unreachable", "malformed", "loop", "tooLong"} {
		x := index(t, []evidence.Lookup{answered("sip.contoso.com", "A", status, nil, nil)}, nil, nil)
		if line := x.Answers("sip.contoso.com", records.A)["public"][0]; strings.Contains(line, status) && status != "refused" && status != "unreachable" || strings.Contains(line, "TTL") {
			t.Errorf("%s is shown as %q", status, line)
		}
	}
}

func labels(list []records.Entry) []string {
	var names []string
	for _, e := range list {
		names = append(names, e.Label)
	}
	slices.Sort(names)
	return names
}
