package dns

import (
	"context"
	"errors"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	miekg "github.com/miekg/dns"

	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/targets"
)

func TestAddresses(t *testing.T) {
	inside := listen(t, zoneData(t, true, []string{"contoso.com", "contoso.local"},
		"www.contoso.com. 60 IN A 10.0.0.1", "pool.contoso.local. 60 IN A 10.0.0.2", "empty.contoso.com. 60 IN TXT x").say)
	outside := listen(t, zoneData(t, true, []string{"contoso.com", "fabrikam.com"},
		"www.contoso.com. 60 IN A 192.0.2.1", "sts.contoso.com. 60 IN CNAME Host.fabrikam.com.", "host.fabrikam.com. 60 IN A 192.0.2.2", "host.fabrikam.com. 60 IN AAAA 2001:db8::2",
		"six.contoso.com. 60 IN AAAA 2001:db8::6", "xn--mnchen-3ya.contoso.com. 60 IN A 192.0.2.3", "loop.contoso.com. 60 IN CNAME loop.contoso.com.").say)
	r := NewResolver(Config{Internal: []string{inside.addr}, Public: []string{outside.addr}, Timeout: 5 * time.Second,
		Targets: targets.Targets{Domains: []targets.Domain{{Name: "contoso.com", Verified: true}}}})
	for _, test := range []struct {
		host, want, chain, status string
	}{
		{"www.contoso.com", "10.0.0.1", "", ""},
		{"sts.contoso.com", "192.0.2.2 2001:db8::2", "host.fabrikam.com", ""},
		{"STS.Contoso.com.", "192.0.2.2 2001:db8::2", "host.fabrikam.com", ""},
		{"six.contoso.com", "2001:db8::6", "", ""},
		{"münchen.contoso.com", "192.0.2.3", "", ""},
		{"pool.contoso.local", "10.0.0.2", "", ""},
		{"192.0.2.9", "192.0.2.9", "", ""},
		{"[2001:db8::9]", "2001:db8::9", "", ""},
		{"gone.contoso.local", "", "", evidence.LookupNoName},
		{"gone.contoso.com", "", "", evidence.LookupNoName},
		{"loop.contoso.com", "", "", evidence.LookupLoop},
		{"empty.contoso.com", "", "", evidence.LookupNoName}, // outside
		{"short", "", "", evidence.LookupNoName},
		{"a..b", "", "", evidence.LookupNoName},
		{"", "", "", evidence.LookupNoName},
	} {
		got, chain, err := r.Addresses(t.Context(), test.host)
		var text []string
		for _, a := range got {
			text = append(text, a.String())
		}
		if strings.Join(text, " ") != test.want || strings.Join(chain, " ") != test.chain {
			t.Errorf("%s: %v over %v, want %s over %s", test.host, got, chain, test.want, test.chain)
		}
		var fault *LookupError
		if errors.As(err, &fault) != (test.status != "") || fault != nil && (fault.Status != test.status || !strings.HasPrefix(fault.Error(), "looking up "+fault.Host+": "+test.status)) {
			t.Errorf("%s: %v, want %s", test.host, err, test.status)
		}
	}
	if n := outside.count("local"); n != 0 {
		t.Errorf("%d questions about local names outside", n)
	}
	if n := outside.count("A sts.contoso.com"); n != 2 { // A and AAAA, although it was asked for twice
		t.Errorf("%d questions about one host, want 2", n)
	}
}

// TestAddressesTogether has many ask at once, of whom one gives up.
func TestAddressesTogether(t *testing.T) {
	p := listenAt(t, "127.0.0.1:0", 50*time.Millisecond, zoneData(t, true, []string{"contoso.com"}, "www.contoso.com. 60 IN A 192.0.2.1").say)
	r := NewResolver(Config{Public: []string{p.addr}, Timeout: 5 * time.Second})
	impatient, cancel := context.WithCancel(t.Context())
	var all sync.WaitGroup
	all.Go(func() {
		if _, _, err := r.Addresses(impatient, "www.contoso.com"); !errors.Is(err, context.Canceled) {
			t.Errorf("the one who gave up got %v", err)
		}
	})
	for deadline := time.Now().Add(5 * time.Second); p.count("A www") == 0 && time.Now().Before(deadline); {
		time.Sleep(time.Millisecond)
	}
	for range 10 {
		all.Go(func() {
			got, _, err := r.Addresses(t.Context(), "www.contoso.com")
			if err != nil || !slices.Equal(got, []netip.Addr{netip.MustParseAddr("192.0.2.1")}) {
				t.Errorf("%v, %v", got, err)
			}
		})
	}
	cancel()
	all.Wait()
}

// TestAddressesAreNotRemembered asks again after a failure that can pass.
func TestAddressesAreNotRemembered(t *testing.T) {
	d := zoneData(t, true, []string{"contoso.com"}, "www.contoso.com. 60 IN A 192.0.2.1")
	var mu sync.Mutex
	fails := true
	p := listen(t, func(q *miekg.Msg, tcp bool) [][]byte {
		mu.Lock()
		defer mu.Unlock()
		if fails {
			return packed(new(miekg.Msg).SetRcode(q, miekg.RcodeServerFailure))
		}
		return d.say(q, tcp)
	})
	r := NewResolver(Config{Public: []string{p.addr}, Timeout: 5 * time.Second})
	var fault *LookupError
	if _, _, err := r.Addresses(t.Context(), "www.contoso.com"); !errors.As(err, &fault) || fault.Status != evidence.LookupServerFailure || fault.Server != p.addr {
		t.Errorf("%v", err)
	}
	mu.Lock()
	fails = false
	mu.Unlock()
	if got, _, err := r.Addresses(t.Context(), "www.contoso.com"); err != nil || len(got) != 1 {
		t.Errorf("%v, %v", got, err)
	}
}

func TestAddressesWithoutServers(t *testing.T) {
	var fault *LookupError
	if _, _, err := NewResolver(Config{Internal: []string{"nonsense"}}).Addresses(t.Context(), "www.contoso.com"); !errors.As(err, &fault) || fault.Status != evidence.LookupUnreachable {
		t.Errorf("%v", err)
	}
}

func TestTargetsOfAnswers(t *testing.T) {
	for _, test := range []struct {
		lookup evidence.Lookup
		want   []string
	}{
		{evidence.Lookup{Type: "SRV", Values: []string{"100 1 443 sipdir.online.lync.com", "1 1 443 sipdirr.online.lync.com", "1 1 443 edge.contoso.com", "0 0 0 .", "1 1 1 192.0.2.1", "1 1 1 host"}},
			[]string{"sipdirr.online.lync.com", "edge.contoso.com"}},
		{evidence.Lookup{Type: "CNAME", Values: []string{"www.fabrikam.com"}}, []string{"www.fabrikam.com"}},
		{evidence.Lookup{Type: "CNAME", Values: []string{"clientconfig.microsoftonline-p.net"}}, nil},
		{evidence.Lookup{Type: "A", Name: "a.com", Chain: []string{"b.com", "c.com"}, Status: evidence.LookupNoName}, []string{"c.com"}},
		{evidence.Lookup{Type: "A", Name: "a.com", Chain: []string{"b.com", "b.com"}, Status: evidence.LookupLoop}, nil},
		{evidence.Lookup{Type: "AAAA", Name: "a.com", Chain: []string{"webdir.online.lync.com", "x.trafficmanager.net"}}, nil},
		{evidence.Lookup{Type: "NS", Values: []string{"ns1.contoso.com"}}, nil},
		{evidence.Lookup{Type: "A", Name: "a.com", Values: []string{"192.0.2.1"}}, nil},
	} {
		if diff := cmp.Diff(test.want, targetsOf(test.lookup), cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%+v (-want +got):\n%s", test.lookup, diff)
		}
	}
}

func TestNames(t *testing.T) {
	for _, test := range []struct {
		name, zone string
		want       bool
	}{
		{"contoso.com", "contoso.com", true}, {"a.contoso.com", "contoso.com", true}, {"acontoso.com", "contoso.com", false}, {`a\.contoso.com`, "contoso.com", false},
		{"com", "contoso.com", false}, {"a.com", ".", true},
	} {
		if got := inside(test.name, test.zone); got != test.want {
			t.Errorf("inside(%s, %s) = %v", test.name, test.zone, got)
		}
	}
	for name, want := range map[string]string{"a.b.c": "b.c", "c": "", `a\.b.c`: "c"} {
		if got := above(name); got != want {
			t.Errorf("above(%s) = %s, want %s", name, got, want)
		}
	}
	for name, want := range map[string]string{"Www.Contoso.COM.": "www.contoso.com", ".": ".", `a\..`: `a\.`} {
		if got := plainName(name); got != want {
			t.Errorf("plainName(%s) = %s, want %s", name, got, want)
		}
	}
}

// TestAddressesWithoutIPv6 has a server leave questions about IPv6 addresses unanswered, as some do, and devices before them: a host must not become unreachable by
// that.
func TestAddressesWithoutIPv6(t *testing.T) {
	d := zoneData(t, true, []string{"contoso.com"}, "www.contoso.com. 60 IN A 192.0.2.1")
	p := listen(t, func(q *miekg.Msg, tcp bool) [][]byte {
		if q.Question[0].Qtype == miekg.TypeAAAA {
			return nil
		}
		return d.say(q, tcp)
	})
	r := NewResolver(Config{Internal: []string{p.addr}, Public: []string{p.addr}, Timeout: 20 * time.Second})
	ctx, cancel := context.WithTimeout(t.Context(), 15*time.Second)
	defer cancel()
	for range 2 {
		got, _, err := r.Addresses(ctx, "www.contoso.com")
		if err != nil || !slices.Equal(got, []netip.Addr{netip.MustParseAddr("192.0.2.1")}) {
			t.Fatalf("%v, %v", got, err)
		}
	}
	if n := p.count("www.contoso.com"); n != 2 {
		t.Errorf("%d questions about a host that is remembered, want 2", n)
	}
	var fault *LookupError
	if _, _, err := r.Addresses(ctx, "gone.contoso.com"); !errors.As(err, &fault) || fault.Status != evidence.LookupNoName {
		t.Errorf("%v", err)
	}
}
