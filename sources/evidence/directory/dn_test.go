package directory_test

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"hybridaudit/sources/evidence/directory"
)

func parse(t interface {
	Helper()
	Fatalf(string, ...any)
}, s string) directory.DN {
	t.Helper()
	d, err := directory.ParseDN(s)
	if err != nil {
		t.Fatalf("ParseDN(%q): %v", s, err)
	}
	return d
}

func TestParseDN(t *testing.T) {
	for _, test := range []struct {
		name, in            string
		canonical           string // "" = as given
		attribute, rdnValue string
		length              int
	}{
		{"plain", "CN=Anna Berg,OU=Sales,DC=contoso,DC=com", "", "CN", "Anna Berg", 4},
		{"OpenLDAP", "uid=aberg,ou=people,dc=contoso,dc=com", "UID=aberg,OU=people,DC=contoso,DC=com", "UID", "aberg", 4},
		{"escaped comma", `CN=Berg\, Anna,DC=contoso,DC=com`, "", "CN", "Berg, Anna", 3},
		{"comma as a pair", `CN=Berg\2C Anna,DC=contoso`, `CN=Berg\, Anna,DC=contoso`, "CN", "Berg, Anna", 2},
		{"apostrophe", "CN=O'Brien,DC=contoso", "", "CN", "O'Brien", 2},
		{"all specials", `CN=\"\+\,\;\<\>\\,DC=contoso`, "", "CN", `"+,;<>\`, 2},
		{"equals sign as AD writes it", `CN=a\=b,DC=contoso`, "CN=a=b,DC=contoso", "CN", "a=b", 2},
		{"leading sharp", `CN=\#1,DC=contoso`, "", "CN", "#1", 2},
		{"inner sharp", "CN=No#1,DC=contoso", "", "CN", "No#1", 2},
		{"leading and trailing space", `CN=\ Anna \ ,DC=contoso`, "", "CN", " Anna  ", 2},
		{"trailing space as a pair", `CN=Anna\20,DC=contoso`, `CN=Anna\ ,DC=contoso`, "CN", "Anna ", 2},
		{"one space", `CN=\ ,DC=contoso`, "", "CN", " ", 2},
		{"spaces that do not count", "  CN = Anna Berg  ,  DC = contoso  ", "CN=Anna Berg,DC=contoso", "CN", "Anna Berg", 2},
		{"escape before spaces that do not count", `CN=a\,  ,DC=contoso`, `CN=a\,,DC=contoso`, "CN", "a,", 2},
		{"Japanese", "CN=山田 太郎,OU=営業部,DC=contoso,DC=com", "", "CN", "山田 太郎", 4},
		{"Japanese in pairs", `CN=\E5\B1\B1\E7\94\B0,DC=contoso`, "CN=山田,DC=contoso", "CN", "山田", 2},
		{"decomposed text stays so", "CN=Jose\u0301,DC=contoso", "", "CN", "Jose\u0301", 2},
		{"beyond the first plane", "CN=𠮷野,DC=contoso", "", "CN", "𠮷野", 2},
		{"bytes that are no text", `CN=a\FF\fe,DC=contoso`, `CN=a\FF\FE,DC=contoso`, "CN", "a\xff\xfe", 2},
		{"conflict", `CN=Anna\0ACNF:00112233-4455-6677-8899-aabbccddeeff,DC=contoso`, "", "CN", "Anna\nCNF:00112233-4455-6677-8899-aabbccddeeff", 2},
		{"deleted", `CN=Anna\0ADEL:00112233-4455-6677-8899-aabbccddeeff,CN=Deleted Objects,DC=contoso`, "", "CN", "Anna\nDEL:00112233-4455-6677-8899-aabbccddeeff", 3},
		{"line feed as it is", "CN=a\nb,DC=contoso", `CN=a\0Ab,DC=contoso`, "CN", "a\nb", 2},
		{"escaped NUL", `CN=a\00b`, "", "CN", "a\x00b", 1},
		{"multi-valued", "OU=Sales+CN=J.  Smith,DC=example,DC=net", "", "OU", "Sales", 3},
		{"dotted number and BER string", "1.3.6.1.4.1.1466.0=#04024869", "1.3.6.1.4.1.1466.0=Hi", "1.3.6.1.4.1.1466.0", "Hi", 1},
		{"BER UTF-8 string", "CN=#0c06e5b1b1e794b0 ,DC=contoso", "CN=山田,DC=contoso", "CN", "山田", 2},
		{"BER string of long form", "CN=#0c810161,DC=contoso", "CN=a,DC=contoso", "CN", "a", 2},
		{"BER integer stays", "CN=#020105,DC=contoso", "", "CN", "#020105", 2},
		{"cut BER stays", "CN=#0C05FF,DC=contoso", "CN=#0c05ff,DC=contoso", "CN", "#0c05ff", 2},
		{"quoted", `CN="Berg, Anna ",DC=contoso`, `CN=Berg\, Anna\ ,DC=contoso`, "CN", "Berg, Anna ", 2},
		{"quoted quote", `CN="a\"b" ; DC=contoso`, `CN=a\"b,DC=contoso`, "CN", `a"b`, 2},
		{"semicolon", "CN=a;DC=contoso", "CN=a,DC=contoso", "CN", "a", 2},
		{"empty value", "CN=,DC=contoso", "", "CN", "", 2},
		{"empty value at the end", "CN=a,DC=", "", "CN", "a", 2},
		{"root", "", "", "", "", 0},
		{"only spaces", "  ", "", "", "", 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			d := parse(t, test.in)
			want := test.canonical
			if want == "" && test.length > 0 {
				want = test.in
			}
			if diff := cmp.Diff(want, d.String()); diff != "" {
				t.Errorf("String (-want +got):\n%s", diff)
			}
			if d.Attribute() != test.attribute || d.Name() != test.rdnValue || d.Len() != test.length {
				t.Errorf("got %q %q %d, want %q %q %d", d.Attribute(), d.Name(), d.Len(), test.attribute, test.rdnValue, test.length)
			}
			if !parse(t, d.String()).Equal(d) {
				t.Errorf("%q does not read back", d.String())
			}
		})
	}
}

// unreadable are texts that are no distinguished names.
var unreadable = []string{
	"Anna Berg", "=a", "CN", "CN=a,", "CN=a,,DC=b", ",CN=a", "CN=a+", "CN=a+,DC=b", "1CN=a", "-a=b", "C N=a", "CÉ=a", "1.=a", "1..2=a", "01.2=a", "1=a",
	`CN=a\`, `CN=a\x`, `CN=a\4`, `CN=a\4g`, `CN="a`, `CN="a"b`, `CN="a\`, `CN=a"b`, "CN=a<b", "CN=a>b", "CN=a\x00", "CN=\"a\x00\"", "CN=#", "CN=#0", "CN=#0g", "CN=#04024869x",
	"OID.2.5.4.3=a",
}

func TestParseDNRefuses(t *testing.T) {
	for _, s := range unreadable {
		if d, err := directory.ParseDN(s); err == nil {
			t.Errorf("ParseDN(%q) = %q, want an error", s, d)
		}
		if got, want := directory.DNKey(s), strings.ToLower(s); got != want {
			t.Errorf("DNKey(%q) = %q, want %q", s, got, want)
		}
	}
}

func TestDNFamily(t *testing.T) {
	user := parse(t, `CN=Berg\, Anna,OU=Sales,DC=contoso,DC=com`)
	for _, test := range []struct {
		ancestor     string
		below, equal bool
	}{
		{"ou=sales, dc=CONTOSO, dc=com", true, false},
		{"DC=contoso,DC=com", true, false},
		{"", true, false},
		{`cn="berg, anna",ou=SALES,dc=contoso,dc=com`, false, true},
		{"OU=Presales,DC=contoso,DC=com", false, false},
		{"DC=fabrikam,DC=com", false, false},
		{"OU=Sales,DC=contoso", false, false},
		{"CN=x,CN=Berg\\, Anna,OU=Sales,DC=contoso,DC=com", false, false},
	} {
		ancestor := parse(t, test.ancestor)
		if user.Below(ancestor) != test.below || user.Equal(ancestor) != test.equal {
			t.Errorf("%q: below %v equal %v, want %v %v", test.ancestor, user.Below(ancestor), user.Equal(ancestor), test.below, test.equal)
		}
	}
	var chain []string
	for d := user; d.Len() > 0; d = d.Parent() {
		chain = append(chain, d.Name())
	}
	if diff := cmp.Diff([]string{"Berg, Anna", "Sales", "contoso", "com"}, chain); diff != "" {
		t.Error(diff)
	}
	var root directory.DN
	if root.Parent().Len() != 0 || root.String() != "" || root.Below(root) || !root.Equal(directory.DN{}) {
		t.Error("the empty name is not well-behaved")
	}
}

func TestDNKeyBringsSpellingsTogether(t *testing.T) {
	for _, group := range [][]string{
		{"cn=anna berg,dc=contoso,dc=com", "CN=Anna Berg,DC=contoso,DC=com", " cn = ANNA BERG , dc = contoso;DC=com ", `CN=\41nna Berg,DC="contoso",DC=com`, "CN=#0c09416e6e612042657267,DC=contoso,DC=com"},
		{`cn=berg\, anna,dc=contoso`, `CN=Berg\2C Anna,DC=contoso`, `CN="Berg, Anna",DC=contoso`},
		{"cn=a=b,dc=contoso", `CN=a\=b,DC=contoso`, `CN=a\3Db,DC=contoso`, `CN=a\3db,DC=contoso`},
		{"cn=a+ou=b,dc=contoso", "OU=B+CN=A,DC=contoso", "ou=b + cn=a,dc=contoso"},
		{`cn=a\0acnf:x,dc=contoso`, `CN=a\0ACNF:x,DC=contoso`, `CN=a\0aCNF:x,DC=contoso`, "CN=a\nCNF:x,DC=contoso"},
		{`cn=a\ ,dc=contoso`, `CN=a\20,DC=contoso`, `CN="a ",DC=contoso`},
		{"cn=山田 太郎é,dc=contoso", "CN=山田 太郎É,DC=CONTOSO", `CN=\E5\B1\B1田 太郎É,DC=contoso`},
		{`cn=\ff,dc=contoso`, "CN=\xff,DC=contoso", `CN=\FF,DC=contoso`},
		{"cn=a= b,dc=contoso", "CN=a= B,DC=contoso"},
		{"", "  "},
	} {
		for _, spelling := range group {
			if got := directory.DNKey(spelling); got != group[0] {
				t.Errorf("DNKey(%q) = %q, want %q", spelling, got, group[0])
			}
		}
	}
	if directory.DNKey("cn=\xff,x") == directory.DNKey("cn=\xfe,x") {
		t.Error("different broken bytes have one key")
	}
}

func TestEscapeRDN(t *testing.T) {
	for value, want := range map[string]string{
		"": "", "Anna": "Anna", "山田 太郎": "山田 太郎", "a=b": "a=b", "O'Brien": "O'Brien",
		"Berg, Anna": `Berg\, Anna`, " a ": `\ a\ `, " ": `\ `, "  ": `\ \ `, "#a#": `\#a#`, "a\x00\n\x7f": `a\00\0A\7F`, "\xff�": `\FF�`,
	} {
		if got := directory.EscapeRDN(value); got != want {
			t.Errorf("EscapeRDN(%q) = %q, want %q", value, got, want)
		}
	}
}

func TestIsConflictDN(t *testing.T) {
	const guid = "00112233-4455-6677-8899-aabbccddeeff"
	for dn, want := range map[string]bool{
		`CN=Anna\0ACNF:` + guid + `,OU=Sales,DC=contoso,DC=com`:    true,
		`cn=anna\0acnf:` + guid + `,dc=contoso`:                    true,
		"CN=Anna\nCNF:" + guid:                                     true,
		`CN=Berg\, Anna\0ACNF:` + guid + `,DC=contoso`:             true,
		`CN="Berg, Anna\0ACNF:` + guid + `",DC=contoso`:            true,
		`CN=Anna,OU=Sales\0ACNF:` + guid + `,DC=contoso`:           false,
		`CN=Anna\0ADEL:` + guid + `,CN=Deleted Objects,DC=contoso`: false,
		`CN=Anna CNF:` + guid + `,DC=contoso`:                      false,
		`CN=Anna\\0ACNF:` + guid + `,DC=contoso`:                   false,
		`CN=Anna\5C0ACNF:` + guid + `,DC=contoso`:                  false,
		`CN=Anna\0A`: false, `CN=Anna\0ACNF`: false, `CN=Anna\`: false, "": false,
	} {
		if got := directory.IsConflictDN(dn); got != want {
			t.Errorf("IsConflictDN(%q) = %v, want %v", dn, got, want)
		}
	}
}

func TestDomainOf(t *testing.T) {
	for dn, want := range map[string]string{
		"DC=a,DC=com":                              "a.com",
		"CN=Anna,OU=Sales,DC=Contoso,DC=COM":       "contoso.com",
		"cn=anna , dc = contoso , dc = com ":       "contoso.com",
		`CN=Berg\, Anna,DC=emea,DC=contoso,DC=com`: "emea.contoso.com",
		`CN=x\,DC=fabrikam,DC=contoso,DC=com`:      "contoso.com",
		`CN="x,DC=fabrikam",DC=contoso,DC=com`:     "contoso.com",
		"CN=x;DC=contoso;DC=com":                   "contoso.com",
		"DC=x,CN=y,DC=contoso,DC=com":              "contoso.com",
		"DC=DomainDnsZones,DC=contoso,DC=com":      "domaindnszones.contoso.com",
		"CN=DC=x":                                  "",
		"DC=a,DC=":                                 "",
		"DC=,DC=com":                               "com",
		"DC=a+CN=b,DC=com":                         "com",
		"uid=anna,o=Contoso":                       "",
		"CN=x,DC=Ünïcode,DC=com":                   "ünïcode.com",
		"Anna":                                     "",
		"":                                         "",
		`CN=broken\`:                               "",
	} {
		if got := directory.DomainOf(dn); got != want {
			t.Errorf("DomainOf(%q) = %q, want %q", dn, got, want)
		}
	}
}

// values draws attribute values, among them those that need every kind of escape.
func values() *rapid.Generator[string] {
	return rapid.OneOf(
		rapid.String(),
		rapid.StringOfN(rapid.RuneFrom([]rune(" #,+\"\\<>;=aZ0\n\x00é山𠮷\u0301")), 0, 12, -1),
		rapid.Map(rapid.SliceOfN(rapid.Byte(), 0, 8), func(b []byte) string { return string(b) }),
	)
}

func TestDNRoundTrip(t *testing.T) {
	kinds := rapid.SampledFrom([]string{"CN", "OU", "DC", "UID", "2.5.4.3"})
	rapid.Check(t, func(t *rapid.T) {
		var names, texts []string
		for range rapid.IntRange(1, 5).Draw(t, "names") {
			value := values().Draw(t, "value")
			names = append(names, value)
			texts = append(texts, kinds.Draw(t, "kind")+"="+directory.EscapeRDN(value))
		}
		text := strings.Join(texts, ",")
		d := parse(t, text)
		if d.String() != text {
			t.Fatalf("%q prints as %q", text, d)
		}
		if slow := directory.KeyByParsing(d); slow != directory.DNKey(text) {
			t.Fatalf("DNKey(%q) = %q, by parsing %q", text, directory.DNKey(text), slow)
		}
		var back []string
		for up := d; up.Len() > 0; up = up.Parent() {
			back = append(back, up.Name())
		}
		if !slices.Equal(back, names) {
			t.Fatalf("%q gives the values %q, want %q", text, back, names)
		}
		if spelt := respell(t, names, texts); directory.DNKey(spelt) != directory.DNKey(text) || !parse(t, spelt).Equal(d) {
			t.Fatalf("%q and %q have the keys %q and %q", text, spelt, directory.DNKey(text), directory.DNKey(spelt))
		}
	})
}

// respell writes the same name with every byte in hexadecimal and idle spaces.
func respell(t *rapid.T, values, texts []string) string {
	var parts []string
	for i, value := range values {
		kind, _, _ := strings.Cut(texts[i], "=")
		var b strings.Builder
		b.WriteString(rapid.SampledFrom([]string{"", " "}).Draw(t, "idle") + strings.ToLower(kind) + " = ")
		for j := range len(value) {
			b.WriteString(`\` + string("0123456789abcdef"[value[j]>>4]) + string("0123456789ABCDEF"[value[j]&15]))
		}
		parts = append(parts, b.String())
	}
	return strings.Join(parts, rapid.SampledFrom([]string{",", " , ", ";"}).Draw(t, "separator"))
}

func FuzzParseDN(f *testing.F) {
	f.Add(`CN=Berg\, Anna,OU=Sales,DC=contoso,DC=com`)
	f.Add(`CN=Anna\0ACNF:00112233-4455-6677-8899-aabbccddeeff,DC=contoso`)
	f.Add(`cn = "a;b" + ou=#0c0161 ; dc=\E5\B1\B1`)
	f.Add("CN=Yamada 山田,DC=Contoso")
	f.Add(`CN=\ a \ ,DC=x`)
	for _, s := range unreadable {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		key := directory.DNKey(s)
		if again := directory.DNKey(key); again != key {
			t.Fatalf("DNKey(%q) = %q, whose key is %q", s, key, again)
		}
		_ = directory.DomainOf(s)
		conflict := directory.IsConflictDN(s)
		d, err := directory.ParseDN(s)
		if err != nil {
			return
		}
		if slow := directory.KeyByParsing(d); slow != key {
			t.Fatalf("DNKey(%q) = %q, by parsing %q", s, key, slow)
		}
		text := d.String()
		if !utf8.ValidString(text) {
			t.Fatalf("%q prints as %q, which is not UTF-8", s, text)
		}
		back := parse(t, text)
		if back.String() != text || !back.Equal(d) {
			t.Fatalf("%q prints as %q, which reads back as %q", s, text, back)
		}
		if directory.DNKey(text) != key {
			t.Fatalf("%q has the key %q, its canonical form %q", s, key, directory.DNKey(text))
		}
		if directory.DomainOf(s) != directory.DomainOf(text) || conflict != directory.IsConflictDN(text) {
			t.Fatalf("%q and its canonical form %q differ in domain or conflict", s, text)
		}
	})
}

func TestPlainNamesAreCheap(t *testing.T) {
	for _, test := range []struct {
		dn     string
		allocs float64
	}{
		{"cn=anna berg,ou=sales,dc=contoso,dc=com", 0},
		{"CN=Anna Berg,OU=Sales,DC=contoso,DC=com", 1},
		{`CN=Berg\, Anna,OU=Sales,DC=contoso,DC=com`, 1},
	} {
		if got := testing.AllocsPerRun(100, func() { sink = directory.DNKey(test.dn) }); got > test.allocs {
			t.Errorf("DNKey(%q) allocates %v times, want %v", test.dn, got, test.allocs)
		}
	}
}

// sink keeps results from being optimised away.
var sink string

func BenchmarkDNKey(b *testing.B) {
	for name, dn := range map[string]string{
		"lower":   "cn=anna berg,ou=sales,ou=people,dc=emea,dc=contoso,dc=com",
		"plain":   "CN=Anna Berg,OU=Sales,OU=People,DC=emea,DC=contoso,DC=com",
		"comma":   `CN=Berg\, Anna,OU=Sales,OU=People,DC=emea,DC=contoso,DC=com`,
		"escaped": `CN=Berg\2C Anna,OU=Sales,OU=People,DC=emea,DC=contoso,DC=com`,
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				sink = directory.DNKey(dn)
			}
		})
	}
}
