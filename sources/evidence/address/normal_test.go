package address_test

import (
	"strings"
	"testing"

	"golang.org/x/net/idna"
	"pgregory.net/rapid"

	"hybridaudit/sources/evidence/address"
)

func TestNormalSIP(t *testing.T) {
	for in, want := range map[string]string{
		"sip:anna@contoso.com":                 "anna@contoso.com",
		"SIP:Anna@Contoso.COM":                 "anna@contoso.com",
		"sips:anna@contoso.com":                "anna@contoso.com",
		" \t\u3000sip: anna@contoso.com\u00a0": "anna@contoso.com",
		"anna@contoso.com":                     "anna@contoso.com",
		"sip:O'Brien@contoso.com":              "o'brien@contoso.com",
		"sip:山田@contoso.com":                   "山田@contoso.com",
		"sip:JOSÉ@contoso.com":                 "josé@contoso.com",
		"sip:JOSE\u0301@contoso.com":           "jose\u0301@contoso.com",
		"sip:\xff@contoso.com":                 "\xff@contoso.com",
		"sip:sip:a@contoso.com":                "sip:a@contoso.com",
		"sipper@contoso.com":                   "sipper@contoso.com",
		"sip:":                                 "",
		"  ":                                   "",
	} {
		if got := address.NormalSIP(in); got != want {
			t.Errorf("NormalSIP(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestNormalSMTP(t *testing.T) {
	for in, want := range map[string]string{
		"SMTP:Anna@Contoso.com": "anna@contoso.com", " smtp:anna@contoso.com ": "anna@contoso.com",
		"Anna@contoso.com": "anna@contoso.com", "sip:anna@contoso.com": "sip:anna@contoso.com", "": "",
	} {
		if got := address.NormalSMTP(in); got != want {
			t.Errorf("NormalSMTP(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestSameSIP(t *testing.T) {
	if !address.SameSIP("sip:Anna@contoso.com", " anna@CONTOSO.com") || address.SameSIP("sip:anna@contoso.com", "sip:anne@contoso.com") {
		t.Error("SameSIP is wrong")
	}
	if address.SameSIP("sip:\xfe@contoso.com", "sip:\xff@contoso.com") {
		t.Error("different broken bytes are the same")
	}
}

func TestFold(t *testing.T) {
	for in, want := range map[string]string{"": "", "anna": "anna", "ANNA": "anna", "ÅSA": "åsa", "山田": "山田", "A\xffÉ": "a\xffé", "Σ𐐀": "σ𐐨"} {
		if got := address.Fold(in); got != want {
			t.Errorf("Fold(%q) = %q, want %q", in, got, want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		s := anyText().Draw(t, "text")
		if once := address.Fold(s); address.Fold(once) != once {
			t.Fatalf("Fold(%q) = %q, then %q", s, once, address.Fold(once))
		}
	})
}

func TestSplit(t *testing.T) {
	for _, test := range []struct {
		in, local, domain string
		ok                bool
	}{
		{"anna@contoso.com", "anna", "contoso.com", true},
		{"sip:a@b", "sip:a", "b", true},
		{"山田@例え.jp", "山田", "例え.jp", true},
		{"a@b@c", "", "", false}, {"@b", "", "", false}, {"a@", "", "", false}, {"@", "", "", false}, {"@@", "", "", false}, {"a", "", "", false}, {"", "", "", false},
	} {
		local, domain, ok := address.Split(test.in)
		if local != test.local || domain != test.domain || ok != test.ok {
			t.Errorf("Split(%q) = %q, %q, %v", test.in, local, domain, ok)
		}
	}
}

func TestDomain(t *testing.T) {
	for in, want := range map[string]string{
		"anna@Contoso.COM":                        "contoso.com",
		"SIP:anna@contoso.com":                    "contoso.com",
		"smtp:anna@münchen.example":               "xn--mnchen-3ya.example",
		"anna@MU\u0308NCHEN.example":              "xn--mnchen-3ya.example",
		"anna@例え.jp":                              "xn--r8jz45g.jp",
		"anna@例え。jp":                              "xn--r8jz45g.jp",
		"anna@ｃｏｎｔｏｓｏ.com":                        "contoso.com",
		"anna@XN--R8JZ45G.jp":                     "xn--r8jz45g.jp",
		"anna@straße.example":                     "xn--strae-oqa.example",
		"anna@con_toso.com":                       "con_toso.com",
		"anna@Ⴀ":                                  "xn--rkj",
		"anna@É_x.com":                            "é_x.com",
		"anna@xn--zzzzzzzzzz99999999":             "xn--zzzzzzzzzz99999999",
		"anna@contoso.com. ":                      "contoso.com",
		"sip:anna@contoso.com:5061;transport=tls": "contoso.com",
		"a@b@fabrikam.com":                        "fabrikam.com",
		"anna@":                                   "", "anna": "", "": "", "anna@.": "", "X500:/o=Contoso/cn=anna": "",
	} {
		if got := address.Domain(in); got != want {
			t.Errorf("Domain(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestDomainKey(t *testing.T) {
	for in, want := range map[string]string{
		"contoso.com": "contoso.com", " Contoso.COM. ": "contoso.com", "bücher.example": "xn--bcher-kva.example", ".": "", "": "", "a..": "a", "a . ": "a", "例え.jp。": "xn--r8jz45g.jp",
	} {
		if got := address.DomainKey(in); got != want {
			t.Errorf("DomainKey(%q) = %q, want %q", in, got, want)
		}
	}
}

// The short way for ASCII must give what the profile gives.
func TestDomainKeyAgreesWithTheProfile(t *testing.T) {
	label := rapid.StringMatching(`(xn--)?[A-Za-z0-9_-]{1,10}`)
	rapid.Check(t, func(t *rapid.T) {
		domain := strings.Join(rapid.SliceOfN(label, 1, 4).Draw(t, "labels"), ".")
		want, err := idna.Lookup.ToASCII(domain)
		if err != nil {
			want = strings.ToLower(domain)
		}
		if got := address.DomainKey(domain); got != want {
			t.Fatalf("DomainKey(%q) = %q, want %q", domain, got, want)
		}
	})
}

func TestDomainKeySettles(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		domain := rapid.OneOf(anyText(), rapid.StringMatching(`[a-zäöüßé例え山K]{1,6}\.[a-z]{2,3}\.?`)).Draw(t, "domain")
		if once := address.DomainKey(domain); address.DomainKey(once) != once {
			t.Fatalf("DomainKey(%q) = %q, then %q", domain, once, address.DomainKey(once))
		}
	})
}

func TestRoutable(t *testing.T) {
	for domain, want := range map[string]bool{
		"contoso.com": true, "CONTOSO.COM.": true, "例え.jp": true, "contoso.xn--p1ai": true, "local.contoso.com": true, "corp.contoso.com": true, "contoso.arpa": true,
		"myhome.arpa": true, "contoso.locals": true,
		"contoso": false, "": false, ".": false, ".com": false, "contoso.local": false, "contoso.LOCAL.": false, "contoso.lan": false, "contoso.internal": false, "contoso.corp": false,
		"contoso.home": false, "contoso.invalid": false, "contoso.test": false, "x.localhost": false, "x.localdomain": false, "x.intranet": false,
		"x.private": false, "x.home.arpa": false, "home.arpa": false, "a.contoso.ｌｏｃａｌ": false,
	} {
		if got := address.Routable(domain); got != want {
			t.Errorf("Routable(%q) = %v, want %v", domain, got, want)
		}
	}
}

func TestNormalFormsAreCheap(t *testing.T) {
	for name, f := range map[string]func(){
		"NormalSIP":         func() { sink = address.NormalSIP("anna.berg@contoso.com") },
		"NormalSIP, prefix": func() { sink = address.NormalSIP("sip:anna.berg@contoso.com") },
		"NormalSMTP":        func() { sink = address.NormalSMTP("smtp:anna.berg@contoso.com") },
		"Fold":              func() { sink = address.Fold("anna.berg@contoso.com") },
		"Domain":            func() { sink = address.Domain("SMTP:Anna.Berg@contoso.com") },
		"SIPProblem":        func() { _ = address.SIPProblem("sip:anna.berg@contoso.com") },
		"ProxyProblem":      func() { _ = address.ProxyProblem("SMTP:anna.berg@contoso.com") },
		"UPNProblem":        func() { _ = address.UPNProblem("anna.berg@contoso.com") },
	} {
		if got := testing.AllocsPerRun(100, f); got != 0 {
			t.Errorf("%s allocates %v times", name, got)
		}
	}
}

func BenchmarkNormalSIP(b *testing.B) {
	for name, s := range map[string]string{"normal": "anna.berg@contoso.com", "prefix": "sip:anna.berg@contoso.com", "upper": "sip:Anna.Berg@contoso.com"} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				sink = address.NormalSIP(s)
			}
		})
	}
}
