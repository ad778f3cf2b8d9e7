package address_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"hybridaudit/sources/evidence/address"
)

// sink and the like keep results from being optimised away.
var (
	sink      string
	sinkProxy address.Proxy
)

func TestParseProxy(t *testing.T) {
	for _, test := range []struct {
		in   string
		want address.Proxy
	}{
		{"SMTP:anna@contoso.com", address.Proxy{Kind: address.SMTP, Prefix: "SMTP", Primary: true, Value: "anna@contoso.com"}},
		{"smtp:Anna@contoso.com", address.Proxy{Kind: address.SMTP, Prefix: "smtp", Value: "Anna@contoso.com"}},
		{"Smtp:anna@contoso.com", address.Proxy{Kind: address.SMTP, Prefix: "Smtp", Value: "anna@contoso.com"}},
		{"sip:anna@contoso.com", address.Proxy{Kind: address.SIP, Prefix: "sip", Value: "anna@contoso.com"}},
		{"SIP:anna@contoso.com:5061", address.Proxy{Kind: address.SIP, Prefix: "SIP", Primary: true, Value: "anna@contoso.com:5061"}},
		{"X500:/o=Contoso/ou=x/cn=a:b", address.Proxy{Kind: address.X500, Prefix: "X500", Primary: true, Value: "/o=Contoso/ou=x/cn=a:b"}},
		{"x.500:/o=Contoso", address.Proxy{Kind: address.X500, Prefix: "x.500", Value: "/o=Contoso"}},
		{"X400:c=US;a= ;p=Contoso;", address.Proxy{Kind: address.X400, Prefix: "X400", Primary: true, Value: "c=US;a= ;p=Contoso;"}},
		{"x.400:c=US", address.Proxy{Kind: address.X400, Prefix: "x.400", Value: "c=US"}},
		{"EUM:12345;phone-context=plan.contoso.com", address.Proxy{Kind: address.EUM, Prefix: "EUM", Primary: true, Value: "12345;phone-context=plan.contoso.com"}},
		{"SPO:SPO_1@SPO_2", address.Proxy{Kind: address.SPO, Prefix: "SPO", Primary: true, Value: "SPO_1@SPO_2"}},
		{"NOTES:Anna/Contoso", address.Proxy{Kind: address.Other, Prefix: "NOTES", Primary: true, Value: "Anna/Contoso"}},
		{"400:x", address.Proxy{Kind: address.Other, Prefix: "400", Value: "x"}},
		{"smtp:", address.Proxy{Kind: address.SMTP, Prefix: "smtp"}},
		{"  smtp :anna@contoso.com", address.Proxy{Kind: address.SMTP, Prefix: "  smtp ", Value: "anna@contoso.com"}},
		{"anna@contoso.com", address.Proxy{Value: "anna@contoso.com"}},
		{"anna@contoso.com:25", address.Proxy{Value: "anna@contoso.com:25"}},
		{"ſmtp:anna@contoso.com", address.Proxy{Value: "ſmtp:anna@contoso.com"}},
		{"ＳＭＴＰ:anna@contoso.com", address.Proxy{Value: "ＳＭＴＰ:anna@contoso.com"}},
		{":anna", address.Proxy{Value: ":anna"}},
		{" :anna", address.Proxy{Value: " :anna"}},
		{"a b:c", address.Proxy{Value: "a b:c"}},
		{"", address.Proxy{}},
	} {
		got := address.ParseProxy(test.in)
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("ParseProxy(%q) (-want +got):\n%s", test.in, diff)
		}
		if got.String() != test.in {
			t.Errorf("ParseProxy(%q).String() = %q", test.in, got)
		}
	}
}

func TestKindString(t *testing.T) {
	want := map[address.Kind]string{address.None: "none", address.SMTP: "SMTP", address.SIP: "SIP", address.X500: "X500",
		address.X400: "X400", address.EUM: "EUM", address.SPO: "SPO", address.Other: "other", 200: "other"}
	for kind, text := range want {
		if kind.String() != text {
			t.Errorf("Kind(%d) = %q, want %q", kind, kind, text)
		}
	}
}

// proxies draws values with and without sensible prefixes.
func proxies() *rapid.Generator[string] {
	prefix := rapid.SampledFrom([]string{"", ":", "smtp:", "SMTP:", " sIp:", "X500:", "x400:", "eum:", "SPO:", "fax :", "::"})
	return rapid.Custom(func(t *rapid.T) string {
		return prefix.Draw(t, "prefix") + anyText().Draw(t, "rest")
	})
}

// anyText draws text, often of characters that mean something here, and bytes.
func anyText() *rapid.Generator[string] {
	return rapid.OneOf(
		rapid.String(),
		rapid.StringOfN(rapid.RuneFrom([]rune("aB1.-_@:;' \t\"<\\é山𠮷\u0301\u00a0\x00ſK")), 0, 16, -1),
		rapid.Map(rapid.SliceOfN(rapid.Byte(), 0, 8), func(b []byte) string { return string(b) }),
	)
}

func TestProxyRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := proxies().Draw(t, "value")
		p := address.ParseProxy(s)
		if p.String() != s {
			t.Fatalf("ParseProxy(%q) prints as %q", s, p)
		}
		if (p.Kind == address.None) != (p.Prefix == "") || p.Primary && p.Prefix == "" {
			t.Fatalf("ParseProxy(%q) = %+v", s, p)
		}
	})
}

func FuzzParseProxy(f *testing.F) {
	for _, s := range []string{"SMTP:anna@contoso.com", " smtp:x", "x500:/o=C/cn=\xff", "EUM:1;phone-context=p", ":", "sip:o'brien@contoso.com", "smtp:a@b.c:d"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		p := address.ParseProxy(s)
		if p.String() != s {
			t.Fatalf("ParseProxy(%q) prints as %q", s, p)
		}
		if (p.Kind == address.None) != (p.Prefix == "") {
			t.Fatalf("ParseProxy(%q) = %+v", s, p)
		}
		checkPlace(t, s, address.ProxyProblem(s))
		checkPlace(t, s, address.SMTPProxyProblem(s))
	})
}

func TestParseProxyAllocatesNothing(t *testing.T) {
	if got := testing.AllocsPerRun(100, func() { sinkProxy = address.ParseProxy("SMTP:anna.berg@contoso.com") }); got != 0 {
		t.Errorf("ParseProxy allocates %v times", got)
	}
}

func BenchmarkParseProxy(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		sinkProxy = address.ParseProxy("SMTP:anna.berg@contoso.com")
	}
}
