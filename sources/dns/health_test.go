package dns

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	miekg "github.com/miekg/dns"

	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/targets"
)

// many makes a number of verified domains.
func many(n int) targets.Targets {
	var t targets.Targets
	for i := range n {
		t.Domains = append(t.Domains, targets.Domain{Name: fmt.Sprintf("d%03d.example.com", i), Verified: true})
	}
	return t
}

// TestNoNetwork has servers that drop everything, one whose port is closed, and ones that no route leads to. What counts is that the time does not grow with the
// number of questions.
func TestNoNetwork(t *testing.T) {
	silent := listen(t, func(*miekg.Msg, bool) [][]byte { return nil })
	also := listen(t, func(*miekg.Msg, bool) [][]byte { return nil })
	start := time.Now()
	s := collect(t, Config{
		Internal: []string{silent.addr, "127.0.0.1:1"}, Public: []string{also.addr, "127.0.0.2:1"}, Authoritative: true, Timeout: 300 * time.Millisecond, Workers: 8, Targets: many(200),
	})
	if took := time.Since(start); took > 20*time.Second {
		t.Errorf("took %s", took)
	}
	c := coverage(t, s)
	if c.State != evidence.Failed || len(c.Missing) != 3 || c.Reason == "" {
		t.Errorf("coverage %+v", c)
	}
	if n := len(silent.questions()); n > 40 {
		t.Errorf("a server that is down was asked %d questions", n)
	}
	if n := s.Rows(evidence.DNSLookups); n < 200*3 {
		t.Errorf("%d rows", n)
	}
}

// TestServerGoesDead has a server stop answering in the middle.
func TestServerGoesDead(t *testing.T) {
	d := zoneData(t, true, []string{"example.com"})
	var mu sync.Mutex
	left := 300
	p := listen(t, func(q *miekg.Msg, tcp bool) [][]byte {
		mu.Lock()
		defer mu.Unlock()
		if left--; left < 0 {
			return nil
		}
		return d.say(q, tcp)
	})
	start := time.Now()
	s := collect(t, Config{Public: []string{p.addr}, Timeout: 500 * time.Millisecond, Workers: 4, Targets: many(100)})
	if took := time.Since(start); took > 20*time.Second {
		t.Errorf("took %s", took)
	}
	if c := coverage(t, s); c.State != evidence.Partial || len(c.Missing) != 0 {
		t.Errorf("coverage %+v", c)
	}
	if n := len(p.questions()); n > 300+60 {
		t.Errorf("%d questions", n)
	}
}

// TestLameDomain has a server be silent about one domain, as one is whose own wait for that domain's servers is longer than ours. It must not be given up for the
// others, though the domain comes first.
func TestLameDomain(t *testing.T) {
	tg := many(20)
	tg.Domains = append([]targets.Domain{{Name: "a.example.com", SIP: true, Verified: true, Mail: true}}, tg.Domains...)
	d := zoneData(t, true, []string{"example.com"}, "sip.d005.example.com. 60 IN A 192.0.2.5")
	p := listen(t, func(q *miekg.Msg, tcp bool) [][]byte {
		if inside(plainName(q.Question[0].Name), "a.example.com") {
			return nil
		}
		return d.say(q, tcp)
	})
	for _, workers := range []int{2, 16} {
		s := collect(t, Config{Internal: []string{p.addr}, Timeout: 500 * time.Millisecond, Workers: workers, Targets: tg})
		for l := range s.Lookups() {
			if l.Told() == inside(l.Name, "a.example.com") {
				t.Errorf("%d workers: %s %s: %s %s", workers, l.Type, l.Name, l.Status, l.Detail)
			}
		}
	}
	if n := p.count("a.example.com"); n > 2*2*(16+maxSilentDomain) {
		t.Errorf("%d questions about the domain", n)
	}
}

// TestServerOverslept has a server that answers all but the first questions, and leaves the first try of the one unanswered that shows whether it is there at all: a moment
// without network must not cost all that is left to ask.
func TestServerOverslept(t *testing.T) {
	d := zoneData(t, true, []string{"example.com"})
	var mu sync.Mutex
	deaf, roots := true, 0
	p := listen(t, func(q *miekg.Msg, tcp bool) [][]byte {
		mu.Lock()
		defer mu.Unlock()
		if q.Question[0].Name == "." {
			if roots++; roots == 1 {
				return nil
			}
			deaf = false
		}
		if deaf {
			return nil
		}
		return d.say(q, tcp)
	})
	s := collect(t, Config{Internal: []string{p.addr}, Timeout: 500 * time.Millisecond, Workers: 8, Targets: many(20)})
	told, all := 0, 0
	for l := range s.Lookups() {
		if all++; l.Told() {
			told++
		}
	}
	if told < all-2*8 {
		t.Errorf("%d of %d questions were answered", told, all)
	}
}

// TestServersOfARole asks the next one when one fails, refuses or is silent.
func TestServersOfARole(t *testing.T) {
	code := func(rcode int) speak {
		return func(q *miekg.Msg, _ bool) [][]byte { return packed(new(miekg.Msg).SetRcode(q, rcode)) }
	}
	refers := func(q *miekg.Msg, _ bool) [][]byte {
		m := new(miekg.Msg).SetReply(q)
		rr, _ := miekg.NewRR("com. 60 IN NS a.gtld-servers.net.")
		m.Ns = []miekg.RR{rr}
		return packed(m)
	}
	silent := func(*miekg.Msg, bool) [][]byte { return nil }
	good := zoneData(t, true, []string{"contoso.com"}, "www.contoso.com. 60 IN A 192.0.2.1").say
	for _, test := range []struct {
		name   string
		say    []speak
		status string
		server int
	}{
		{"SERVFAIL, then an answer", []speak{code(miekg.RcodeServerFailure), good}, evidence.LookupAnswer, 1},
		{"REFUSED, then an answer", []speak{code(miekg.RcodeRefused), good}, evidence.LookupAnswer, 1},
		{"silence, then an answer", []speak{silent, good}, evidence.LookupAnswer, 1},
		{"a referral, then an answer", []speak{refers, good}, evidence.LookupAnswer, 1},
		{"NXDOMAIN is an answer", []speak{code(miekg.RcodeNameError), good}, evidence.LookupNoName, 0},
		{"SERVFAIL says more than silence", []speak{code(miekg.RcodeServerFailure), silent}, evidence.LookupServerFailure, 0},
		{"REFUSED", []speak{silent, code(miekg.RcodeRefused)}, evidence.LookupRefused, 1},
		{"NOTIMP", []speak{code(miekg.RcodeNotImplemented)}, evidence.LookupRefused, 0},
		{"a referral alone", []speak{refers}, evidence.LookupRefused, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var at []string
			for _, say := range test.say {
				at = append(at, listen(t, say).addr)
			}
			l := askOf(t, Config{Internal: at, Timeout: 500 * time.Millisecond}, evidence.ResolverInternal, "A", "www.contoso.com")
			if l.Status != test.status || l.Server != at[test.server] {
				t.Errorf("%s by %s (%s), want %s by %s", l.Status, l.Server, l.Detail, test.status, at[test.server])
			}
		})
	}
}

// TestUnreachable asks at a closed port.
func TestUnreachable(t *testing.T) {
	l := askOf(t, Config{Internal: []string{"127.0.0.1:1"}}, evidence.ResolverInternal, "A", "www.contoso.com")
	if l.Status != evidence.LookupUnreachable || l.Server != "127.0.0.1:1" || l.Detail == "" {
		t.Errorf("%+v", l)
	}
}

// TestWithoutEDNS asks a server that does not know EDNS, in each of the ways in which such servers show it.
func TestWithoutEDNS(t *testing.T) {
	d := zoneData(t, true, []string{"example.com"})
	for name, refuse := range map[string]func(q *miekg.Msg) [][]byte{
		"FORMERR": func(q *miekg.Msg) [][]byte { return packed(new(miekg.Msg).SetRcode(q, miekg.RcodeFormatError)) },
		"FORMERR without the question": func(q *miekg.Msg) [][]byte {
			m := new(miekg.Msg).SetRcode(q, miekg.RcodeFormatError)
			m.Question = nil
			return packed(m)
		},
		"NOTIMP": func(q *miekg.Msg) [][]byte { return packed(new(miekg.Msg).SetRcode(q, miekg.RcodeNotImplemented)) },
		"BADVERS": func(q *miekg.Msg) [][]byte {
			m := new(miekg.Msg).SetReply(q)
			m.SetEdns0(1232, false)
			m.Rcode = miekg.RcodeBadVers
			return packed(m)
		},
		"silence": func(*miekg.Msg) [][]byte { return nil },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			with := 0
			var mu sync.Mutex
			p := listen(t, func(q *miekg.Msg, tcp bool) [][]byte {
				if q.IsEdns0() != nil {
					mu.Lock()
					defer mu.Unlock()
					with++
					return refuse(q)
				}
				return d.say(q, tcp)
			})
			s := collect(t, Config{Internal: []string{p.addr}, Timeout: 300 * time.Millisecond, Workers: 1, Targets: many(1)})
			for l := range s.Lookups() {
				if !l.Told() {
					t.Errorf("%s %s: %s %s", l.Type, l.Name, l.Status, l.Detail)
				}
			}
			mu.Lock()
			defer mu.Unlock()
			if name != "silence" && with != 1 {
				t.Errorf("EDNS was tried %d times, want once", with)
			}
		})
	}
}

// TestBounds counts at the server and at home.
func TestBounds(t *testing.T) {
	const workers = 7
	d := zoneData(t, true, []string{"example.com"})
	p := listenAt(t, "127.0.0.1:0", 2*time.Millisecond, d.say)
	c, err := newCollection(Config{Internal: []string{p.addr}, Public: []string{p.addr}, Workers: workers, Timeout: 5 * time.Second, Targets: many(20)}, evidence.NewBuilder(time.Now()))
	if err != nil {
		t.Fatal(err)
	}
	c.plan()
	c.pool.run(t.Context(), c.config.Workers)
	client := c.asker.client
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.most > workers || client.most > workers || client.open != 0 {
		t.Errorf("%d questions at a time, %d sockets, %d still open: want at most %d and none", p.most, client.most, client.open, workers)
	}
	if p.most < workers-1 {
		t.Errorf("only %d questions at a time", p.most)
	}
	want := 20 * 2 * 14 // questions of a verified domain and the random one
	if n := len(p.asked); n != want || client.queries.Load() != int64(want) {
		t.Errorf("%d questions at the server, %d sent, want %d", n, client.queries.Load(), want)
	}
}

// TestPoliteness asks each server that is not the network's own no faster than it may, and the network's own as fast as it answers.
func TestPoliteness(t *testing.T) {
	const perSecond = 400
	d := zoneData(t, true, []string{"example.com"})
	inside, one, two := listen(t, d.say), listen(t, d.say), listen(t, d.say)
	began := time.Now()
	collect(t, Config{Internal: []string{inside.addr}, Public: []string{one.addr, two.addr}, Workers: 16, PerSecond: perSecond, Timeout: 5 * time.Second, Targets: many(15)})
	took := time.Since(began)
	for _, p := range []*peer{one, two} {
		least := time.Duration(len(p.questions())-burst-1) * time.Second / perSecond
		if len(p.questions()) < 200 || took < least {
			t.Errorf("%d questions in %s, which should have taken %s at least", len(p.questions()), took, least)
		}
	}
}

// TestGuard asks no server of a zone at an address that is nobody's in public, unless the configuration says so.
func TestGuard(t *testing.T) {
	own := listen(t, zoneData(t, false, []string{"contoso.com"}, contosoZone...).say)
	for _, test := range []struct {
		address  string
		detour   string
		internal string // without public servers
		asked    bool
	}{
		{address: "127.0.0.1"},
		{address: "10.1.2.3"},
		{address: "169.254.169.254"},
		{address: "::1"},
		{address: "::ffff:10.0.0.1"},
		{address: "64:ff9b:1::a00:1"},
		{address: "::ffff:0:10.0.0.1"},
		{address: "2001:0:0:0:0:0:80ff:fffe"},
		{address: "10.1.2.3", internal: "10.1.2.3"},
		{address: "10.1.2.3", detour: "10.1.2.3:53=" + own.addr, asked: true},
		{address: "127.0.0.9", detour: "ns1.contoso.com:53=" + own.addr, asked: true},
	} {
		typ := "A"
		if !slices.Contains([]byte(test.address), '.') || test.address[0] == ':' {
			typ = "AAAA"
		}
		p := listen(t, zoneData(t, true, []string{"contoso.com"}, "contoso.com. 60 IN NS ns1.contoso.com.", "ns1.contoso.com. 60 IN "+typ+" "+test.address).say)
		config := Config{Public: []string{p.addr}, Authoritative: true, Timeout: time.Second, Targets: contoso()}
		if test.detour != "" {
			config.Detours = detours(t, test.detour)
		}
		if test.internal != "" {
			config.Public, config.Internal = nil, []string{p.addr, test.internal}
		}
		c, err := newCollection(config, evidence.NewBuilder(time.Now()))
		if err != nil {
			t.Fatal(err)
		}
		c.plan()
		c.pool.run(t.Context(), 4)
		for _, i := range c.items {
			if i.role != evidence.ResolverAuthoritative || i.random {
				continue
			}
			if l := i.lookup; l.Told() != test.asked || !test.asked && (l.Status != evidence.LookupUnreachable || l.Detail == "") {
				t.Errorf("%s: %s %s: %s (%s)", test.address, l.Type, l.Name, l.Status, l.Detail)
			}
		}
	}
	c, err := newCollection(Config{Public: []string{"1.1.1.1"}, Internal: []string{"10.1.2.3"}}, evidence.NewBuilder(time.Now()))
	if err != nil {
		t.Fatal(err)
	}
	if s := c.zoneServer("ns1.contoso.com", netip.MustParseAddr("10.1.2.3")); s.refuse != "" {
		t.Errorf("a server that the configuration names is not asked: %s", s.refuse)
	}
}

// TestOnlyIPv6 stands in a network from which nothing but IPv6 leads out: the IPv4 addresses of the zone's servers, of which there are more than are asked, must not
// hide the others.
func TestOnlyIPv6(t *testing.T) {
	own := listen(t, zoneData(t, false, []string{"contoso.com"}, contosoZone...).say)
	var records, to []string
	for i := range 5 {
		records = append(records, fmt.Sprintf("contoso.com. 60 IN NS ns%d.contoso.com.", i), fmt.Sprintf("ns%d.contoso.com. 60 IN A 192.0.2.%d", i, i+1),
			fmt.Sprintf("ns%d.contoso.com. 60 IN AAAA 2001:db8::%d", i, i+1))
		to = append(to, fmt.Sprintf("192.0.2.%d:53=127.0.0.1:1", i+1), fmt.Sprintf("[2001:db8::%d]:53=%s", i+1, own.addr))
	}
	p := listen(t, zoneData(t, true, []string{"contoso.com"}, records...).say)
	s := collect(t, Config{Public: []string{p.addr}, Authoritative: true, Timeout: time.Second, Targets: contoso(), Detours: detours(t, to...)})
	asked := map[string]bool{}
	for l := range s.Lookups() {
		if l.Resolver != evidence.ResolverAuthoritative {
			continue
		}
		if !l.Told() || !strings.HasPrefix(l.Server, "[2001:db8::") {
			t.Errorf("%s %s: %s by %s", l.Type, l.Name, l.Status, l.Server)
		}
		if l.Type == "SOA" {
			asked[l.Server] = true
		}
	}
	if c := coverage(t, s); len(asked) != 5 || len(c.Missing) > 0 {
		t.Errorf("%d servers were asked for the start of authority; coverage %+v", len(asked), c)
	}
}
