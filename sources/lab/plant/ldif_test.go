package plant

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hybridaudit/sources/evidence/directory"
	"hybridaudit/sources/lab"
)

// readLDIF reads content records with a reader of its own: what RFC 2849 says of folding, base64 and values in plain text.
func readLDIF(t *testing.T, text []byte) []lab.Entry {
	t.Helper()
	var lines []string
	scan := bufio.NewScanner(bytes.NewReader(text))
	scan.Buffer(nil, 1<<20)
	for scan.Scan() {
		line := scan.Text()
		if len(line) > lineWidth {
			t.Fatalf("a line of %d bytes", len(line))
		}
		if more, ok := strings.CutPrefix(line, " "); ok {
			lines[len(lines)-1] += more
			continue
		}
		lines = append(lines, line)
	}
	if len(lines) == 0 || lines[0] != "version: 1" {
		t.Fatal("no version line")
	}
	var entries []lab.Entry
	for _, line := range lines[1:] {
		if line == "" {
			entries = append(entries, lab.Entry{})
			continue
		}
		name, value := splitLine(t, line)
		e := &entries[len(entries)-1]
		switch {
		case name == "dn" && e.DN == "":
			e.DN = string(value)
		case name == "dn":
			t.Fatalf("two names in the record of %s", e.DN)
		default:
			i := slices.IndexFunc(e.Attributes, func(a lab.Attribute) bool { return a.Name == name })
			if i < 0 {
				i = len(e.Attributes)
				e.Attributes = append(e.Attributes, lab.Attribute{Name: name})
			}
			e.Attributes[i].Values = append(e.Attributes[i].Values, value)
		}
	}
	return entries
}

func splitLine(t *testing.T, line string) (name string, value []byte) {
	t.Helper()
	name, rest, ok := strings.Cut(line, ":")
	if !ok {
		t.Fatalf("no colon in %q", line)
	}
	if encoded, ok := strings.CutPrefix(rest, ": "); ok {
		value, err := base64.StdEncoding.DecodeString(encoded)
		if err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		return name, value
	}
	plain, ok := strings.CutPrefix(rest, " ")
	if !ok || strings.HasPrefix(plain, " ") || strings.HasPrefix(plain, ":") || strings.HasPrefix(plain, "<") || strings.HasSuffix(plain, " ") {
		t.Fatalf("%q is no plain value", line)
	}
	for _, c := range []byte(plain) {
		if c >= 0x80 || c == 0 {
			t.Fatalf("%q should be in base64", line)
		}
	}
	return name, []byte(plain)
}

func TestLDIF(t *testing.T) {
	org := make300(t, Options{Loadable: true, People: 900})
	var text bytes.Buffer
	if err := WriteLDIF(&text, org.Directory); err != nil {
		t.Fatal(err)
	}
	got := map[string]lab.Entry{}
	parents := map[string]bool{}
	for dn := range present(org.Directory) {
		parents[dn] = true
	}
	sams, upns := map[string]string{}, map[string]string{}
	for _, e := range readLDIF(t, text.Bytes()) {
		key := directory.DNKey(e.DN)
		got[key] = e
		checkParent(t, e.DN, parents)
		parents[key] = true
		once(t, sams, e, "sAMAccountName")
		once(t, upns, e, "userPrincipalName")
		checkStorable(t, e)
	}
	checkSame(t, org.Directory, got)
}

// checkParent wants the container to come before what is in it.
func checkParent(t *testing.T, dn string, parents map[string]bool) {
	t.Helper()
	name, err := directory.ParseDN(dn)
	if err != nil {
		t.Fatalf("%q: %v", dn, err)
	}
	if parent := name.Parent().String(); !parents[directory.DNKey(parent)] {
		t.Errorf("%s comes before its container", dn)
	}
	if parents[directory.DNKey(dn)] {
		t.Errorf("%s is there twice", dn)
	}
}

// once wants a value on one entry only, whatever its case.
func once(t *testing.T, seen map[string]string, e lab.Entry, name string) {
	t.Helper()
	for _, v := range e.Values(name) {
		key := strings.ToLower(string(v))
		if other, twice := seen[key]; twice {
			t.Errorf("%s %q is on %s and %s", name, v, other, e.DN)
		}
		seen[key] = e.DN
	}
}

// checkStorable holds an entry to what a domain controller stores.
func checkStorable(t *testing.T, e lab.Entry) {
	t.Helper()
	if v := e.Values("sAMAccountName"); len(v) == 1 && (len(v[0]) > samLimit || strings.ContainsAny(string(v[0]), `"/\[]:;|=,+*?<>@`)) {
		t.Errorf("%s has the sAMAccountName %q", e.DN, v[0])
	}
	for _, a := range e.Attributes {
		if len(a.Values) > 1 && !slices.Contains([]string{"objectClass", "proxyAddresses", "member", "msRTCSIP-UserPolicies", "userCertificate", "msRTCSIP-FrontEndServers", "keywords", "servicePrincipalName"}, a.Name) {
			t.Errorf("%s has %d values of %s", e.DN, len(a.Values), a.Name)
		}
		seen := map[string]bool{}
		for _, v := range a.Values {
			key := strings.ToLower(string(v))
			if seen[key] {
				t.Errorf("%s has %s %q twice", e.DN, a.Name, v)
			}
			seen[key] = true
			if len(v) == 0 {
				t.Errorf("%s has an empty %s", e.DN, a.Name)
			}
		}
	}
}

// checkSame compares with what was written: everything but what a domain controller makes or has.
func checkSame(t *testing.T, d lab.Directory, got map[string]lab.Entry) {
	t.Helper()
	made, there := serverMade(), present(d)
	left := 0
	for _, e := range d.Entries {
		key := directory.DNKey(e.DN)
		if there[key] || control(e)&(uacServer|uacTrust) != 0 {
			left++
			continue
		}
		want := lab.Entry{DN: e.DN}
		for _, a := range e.Attributes {
			if made[a.Name] {
				continue
			}
			if a.Name == "pwdLastSet" || a.Name == "userAccountControl" {
				a.Values = got[key].Values(a.Name)
			}
			want.Attributes = append(want.Attributes, a)
		}
		if diff := cmp.Diff(want, got[key]); diff != "" {
			t.Errorf("%s:\n%s", e.DN, diff)
		}
		delete(got, key)
	}
	if left == 0 {
		t.Error("nothing was left out")
	}
	for _, e := range got {
		t.Errorf("%s was not asked for", e.DN)
	}
}

func TestLDIFValues(t *testing.T) {
	entry := func(pairs ...string) lab.Entry {
		e := lab.Entry{DN: "CN=A,DC=contoso,DC=com"}
		for i := 0; i+1 < len(pairs); i += 2 {
			e.Attributes = append(e.Attributes, lab.Attribute{Name: pairs[i], Values: [][]byte{[]byte(pairs[i+1])}})
		}
		return e
	}
	for _, c := range []struct {
		name string
		e    lab.Entry
		want string
	}{
		{"plain", entry("cn", "A"), "cn: A\n"},
		{"colon first", entry("cn", ":A"), "cn:: OkE=\n"},
		{"space behind", entry("msRTCSIP-PrimaryUserAddress", "sip:a@contoso.com "), "msRTCSIP-PrimaryUserAddress:: c2lwOmFAY29udG9zby5jb20g\n"},
		{"beyond ASCII", entry("cn", "森"), "cn:: 5qOu\n"},
		{"line feed", entry("cn", "A\nB"), "cn:: QQpC\n"},
		{"enabled without password", entry("userAccountControl", "512", "pwdLastSet", "133000000000000000"), "userAccountControl: 544\npwdLastSet: -1\n"},
		{"disabled, password to be changed", entry("userAccountControl", "514", "pwdLastSet", "0"), "userAccountControl: 514\npwdLastSet: 0\n"},
		{"made by the server", entry("objectGUID", "0123456789abcdef", "whenChanged", "20260101000000.0Z", "cn", "A"), "cn: A\n"},
		{"folded", entry("cn", strings.Repeat("x", 100)), "cn: " + strings.Repeat("x", 72) + "\n " + strings.Repeat("x", 28) + "\n"},
	} {
		var text bytes.Buffer
		if err := WriteLDIF(&text, lab.Directory{BaseDN: "DC=contoso,DC=com", Entries: []lab.Entry{c.e}}); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff("version: 1\n\ndn: CN=A,DC=contoso,DC=com\n"+c.want, text.String()); diff != "" {
			t.Errorf("%s:\n%s", c.name, diff)
		}
	}
}

func TestWhatCannotBeLoaded(t *testing.T) {
	list := NotLoadable()
	if len(list) == 0 {
		t.Fatal("nothing is left out")
	}
	kept := map[string]bool{}
	for _, variant := range Variants() {
		for _, e := range make300(t, Options{Variant: variant, Loadable: true}).Truth {
			kept[e.RuleID+"/"+e.Variant] = true
		}
	}
	gone := map[string]bool{"ADR-002/": true, "HOM-003/X": true, "SIP-012/": true, "ADR-006/C": true, "ADR-006/P": true, "ADR-011/S": true, "TIM-001/D": true, "TIM-001/H": true, "FED-005/D": true, "JOIN-014/": true}
	for _, l := range list {
		if l.Reason == "" || !strings.Contains(delivered, l.RuleID) {
			t.Errorf("%+v", l)
		}
		if id := l.RuleID + "/" + l.Variant; kept[id] == gone[id] {
			t.Errorf("%s is left out: kept otherwise %t", id, kept[id])
		}
	}
	for _, e := range make300(t, Options{Loadable: true}).Directory.Entries {
		if directory.IsConflictDN(e.DN) || len(e.Values("msRTCSIP-OriginatorSid")) > 0 {
			t.Errorf("%s cannot be loaded", e.DN)
		}
	}
}
