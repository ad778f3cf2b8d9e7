package ldif_test

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"hybridaudit/sources/imports/ldif"
)

// read gives the records of a text as "dn | name=value,value | ...", and how the reading ended.
func read(source io.Reader, l ldif.Limits) (records []string, r *ldif.Reader, err error) {
	r = ldif.NewReader(source, "users.ldf", l)
	for {
		got, err := r.Next()
		if err == io.EOF { //nolint:errorlint // a wrapped one is a fault
			return records, r, nil
		}
		if err != nil {
			if _, again := r.Next(); !errors.Is(again, err) {
				return records, r, fmt.Errorf("the next call says %w", again)
			}
			return records, r, err
		}
		text := string(got.DN)
		for _, a := range got.Attributes {
			text += " | " + string(a.Name) + "="
			for i, v := range a.Values {
				if i > 0 {
					text += ","
				}
				text += string(v)
			}
		}
		records = append(records, text)
	}
}

func TestRecords(t *testing.T) {
	b64 := func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }
	tests := []struct {
		name, text string
		want       []string
	}{
		{"nothing", "", nil},
		{"version alone", "version: 1\n", nil},
		{"one", "version: 1\n\ndn: CN=a,DC=contoso,DC=com\ncn: a\nmail: a@contoso.com\n\n", []string{"CN=a,DC=contoso,DC=com | cn=a | mail=a@contoso.com"}},
		{"no empty line at the end", "dn: CN=a\ncn: a\n", []string{"CN=a | cn=a"}},
		{"ldifde", "dn: CN=a\r\nchangetype: add\r\ncn: a\r\n\r\ndn: CN=b\r\nchangetype: add\r\ncn: b\r\n\r\n", []string{"CN=a | cn=a", "CN=b | cn=b"}},
		{"folded", "dn: CN=a,\n DC=contoso,\r\n DC=com\ndescr\n iption:  on\n  e\n\n", []string{"CN=a,DC=contoso,DC=com | description=on e"}},
		{"base64", "dn:: " + b64("CN=岡本") + "\ndisplayName:: " + b64("岡本 太郎")[:8] + "\n " + b64("岡本 太郎")[8:] + "\nx::\n\n", []string{"CN=岡本 | displayName=岡本 太郎 | x="}},
		{"blanks", "dn: CN=a\nempty:\nblank: \nfilled:   x y  \ntrailing:: " + b64(" z ") + "\n\n", []string{"CN=a | empty= | blank= | filled=x y   | trailing= z "}},
		{"values that begin like something else", "dn: CN=a\na: :b\nb: <c\nc: #d\nd:e\n\n", []string{"CN=a | a=:b | b=<c | c=#d | d=e"}},
		{"values of one attribute apart", "dn: CN=a\nm: 1\nn: 2\nm: 3\n\n", []string{"CN=a | m=1,3 | n=2"}},
		{"options", "dn: CN=a\nmember;range=0-1: x\nmember;range=0-1: y\nuserCertificate;binary:: AAEC\n\n", []string{"CN=a | member;range=0-1=x,y | userCertificate;binary=\x00\x01\x02"}},
		{"comments", "# one\n  folded\n\n# two\ndn: CN=a\n# within\n  and folded\ncn: a\n# at the end\n\n#\n", []string{"CN=a | cn=a"}},
		{"many empty lines", "\n\n\r\ndn: CN=a\ncn: a\n\n\n  \n\ndn: CN=b\ncn: b\n\n\n", []string{"CN=a | cn=a", "CN=b | cn=b"}},
		{"the root", "dn:\ncurrentTime: 1\n\ndn: \ncurrentTime: 2\n\n", []string{" | currentTime=1", " | currentTime=2"}},
		{"twice the same name", "dn: CN=a\ncn: a\n\nDN: CN=a\ncn: b\n\n", []string{"CN=a | cn=a", "CN=a | cn=b"}},
		{"control of an added entry", "dn: CN=a\ncontrol: 1.2.840.113556.1.4.417 true\nchangetype:  ADD \ncn: a\n\n", []string{"CN=a | cn=a"}},
		{"a name with a line feed", "# a\nCNF:f8ed6cb3-ac35-4400-a69f-e0439ff3ed34, Users, contoso.com\ndn:: " + b64("CN=a\nCNF:f8") + "\ncn: a\n\n", []string{"CN=a\nCNF:f8 | cn=a"}},
		{"put together", "version: 1\n\ndn: CN=a\ncn: a\n\n\uFEFFversion: 1\n\n\uFEFFdn: CN=b\ncn: b\n\n", []string{"CN=a | cn=a", "CN=b | cn=b"}},
	}
	for _, tt := range tests {
		for encoding, encode := range encodings() {
			t.Run(tt.name+"/"+encoding, func(t *testing.T) {
				got, r, err := read(iotest.OneByteReader(strings.NewReader(encode(tt.text))), ldif.Limits{})
				if err != nil {
					t.Fatal(err)
				}
				if why, line := r.Cut(); why != "" {
					t.Errorf("cut in line %d: %s", line, why)
				}
				if diff := cmp.Diff(tt.want, got); diff != "" {
					t.Error(diff)
				}
			})
		}
	}
}

// encodings are the ways in which the tools write text.
func encodings() map[string]func(string) string {
	wide := func(first, second int) func(string) string {
		return func(s string) string {
			var b []byte
			for _, unit := range utf16.Encode([]rune(s)) {
				pair := [2]byte{}
				pair[first], pair[second] = byte(unit), byte(unit>>8)
				b = append(b, pair[:]...)
			}
			return string(b)
		}
	}
	return map[string]func(string) string{
		"UTF-8": func(s string) string { return s }, "UTF-8 with a mark": func(s string) string { return "\uFEFF" + s },
		"CRLF":     func(s string) string { return strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\n", "\r\n") },
		"UTF-16LE": func(s string) string { return wide(0, 1)("\uFEFF" + s) }, "UTF-16BE": func(s string) string { return wide(1, 0)("\uFEFF" + s) },
	}
}

func TestUTF16WithoutMark(t *testing.T) {
	for _, text := range []string{"d\x00n\x00:\x00a\x00\n\x00\n\x00", "\x00d\x00n\x00:\x00a\x00\n\x00\n"} {
		got, _, err := read(strings.NewReader(text), ldif.Limits{})
		if err != nil || !cmp.Equal(got, []string{"a"}) {
			t.Errorf("%q: %q %v", text, got, err)
		}
	}
}

func TestRefused(t *testing.T) {
	small := ldif.Limits{Line: 40, Record: 60, Values: 4, Attributes: 3, Searches: 2}
	long := small
	long.Line = 100
	tests := []struct {
		name, text string
		limits     ldif.Limits
		kind       ldif.Kind
		want       string // of the message, up to the advice
	}{
		{"URL", "dn: CN=a\njpegPhoto:< file:///etc/passwd\n\n", small, ldif.Unsupported, "users.ldf:2: the value lies in another file or behind a URL, which is not fetched"},
		{"deletion", "\ndn: CN=a\nchangetype: delete\n\n", small, ldif.Unsupported, "users.ldf:3: the record changes an entry"},
		{"modification", "dn: CN=a\nchangetype: modify\nreplace: cn\ncn: b\n-\n\n", small, ldif.Unsupported, "users.ldf:2: the record changes an entry"},
		{"modification without its kind", "dn: CN=a\nreplace: cn\ncn: b\n-\n\n", small, ldif.Unsupported, "users.ldf:4: the record changes an entry"},
		{"change out of place", "changetype: add\n", small, ldif.Malformed, "users.ldf:1: a change without a record that it belongs to"},
		{"version", "version: 2\n", small, ldif.Unsupported, "users.ldf:1: the version of LDIF is not 1"},
		{"no LDIF", "<html>\n<body>\n", small, ldif.Malformed, "users.ldf:1: neither a record, which begins with \"dn:\", nor a comment"},
		{"CSV", "DN,objectClass\n", small, ldif.Malformed, "users.ldf:1: neither a record, which begins with \"dn:\", nor a comment"},
		{"no dn", "cn: a\nmail: b\n", small, ldif.Malformed, "users.ldf:1: a record begins with \"dn:\""},
		{"asked for pages", "Press [size] Enter for the next {1000|size} entries.\n", long, ldif.Malformed, "users.ldf:1: neither a record, which begins with \"dn:\", nor a comment"},
		{"no colon", "dn: CN=a\nnonsense\ncn: a\n\n", small, ldif.Malformed, "users.ldf:2: the line has no colon"},
		{"no name", "dn: CN=a\n: a\n\n", small, ldif.Malformed, "users.ldf:2: no attribute can be called as the line says: see its column 1"},
		{"bad name", "dn: CN=a\nde scr: a\n\n", small, ldif.Malformed, "users.ldf:2: no attribute can be called as the line says: see its column 3"},
		{"record in a record", "dn: CN=a\ncn: a\ndn: CN=b\n\n", small, ldif.Malformed, "users.ldf:3: a record begins within another"},
		{"continuation of nothing", "dn: CN=a\ncn: a\n\n more\n", small, ldif.Malformed, "users.ldf:4: neither a record"},
		{"base64", "dn: CN=a\ncn:: %%%%\nmail: a\n\n", small, ldif.Malformed, "users.ldf:2: the value is no base64"},
		{"base64 of the name", "dn:: AAA\ncn: a\n\n", small, ldif.Malformed, "users.ldf:1: the value is no base64"},
		{"not UTF-8", "dn: CN=a\ncn: M\xfcller\n\n", small, ldif.Malformed, "users.ldf:2: the value is not UTF-8"},
		{"zero bytes", "dn: CN=a\ncn: \x00\x00\n\n", small, ldif.Malformed, "users.ldf:2: the value holds a zero byte: the file is damaged"},
		{"result", "result: fine\n", small, ldif.Malformed, "users.ldf:1: the result of the search is no number"},
		{"long line", "dn: CN=a\n\ncn: " + strings.Repeat("x", 40) + "\n", small, ldif.TooLarge, "users.ldf:3: the line is longer than 40 bytes"},
		{"long folded line", "dn: CN=a\ncn: " + strings.Repeat("x\n ", 40) + "\n", small, ldif.TooLarge, "users.ldf:2: the line is longer than 40 bytes"},
		{"large record", "dn: CN=a\n" + strings.Repeat("cn: "+strings.Repeat("x", 30)+"\n", 3), small, ldif.TooLarge, "users.ldf:3: the record is larger than 60 bytes"},
		{"many values", "dn: CN=a\n" + strings.Repeat("cn: x\n", 5), small, ldif.TooLarge, "users.ldf:6: the record has more than 4 values"},
		{"many attributes", "dn: CN=a\na: 1\nb: 2\nc: 3\nd: 4\n", small, ldif.TooLarge, "users.ldf:5: the record has more than 3 attributes"},
		{"many searches", strings.Repeat("# LDAPv3\n\n", 3), small, ldif.TooLarge, "users.ldf:6: the file holds the output of more than 2 searches"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, _, err := read(strings.NewReader(tt.text), tt.limits)
			var fault *ldif.Error
			if !errors.As(err, &fault) || fault.Kind != tt.kind || !strings.HasPrefix(fault.Error(), tt.want) {
				t.Errorf("got %v, want %s", err, tt.want)
			}
		})
	}
}

func TestSourceFails(t *testing.T) {
	broken := errors.New("disk on fire")
	ended := fmt.Errorf("the share is gone: %w", io.EOF)
	if _, _, err := read(io.MultiReader(strings.NewReader("dn: CN=a\ncn: a\n\n"), iotest.ErrReader(ended)), ldif.Limits{}); !errors.Is(err, ended) {
		t.Errorf("error %v", err)
	}
	for _, text := range []string{"", "dn: CN=a\ncn: ", "dn: CN=a\ncn: a\n"} {
		if _, _, err := read(io.MultiReader(strings.NewReader(text), iotest.ErrReader(broken)), ldif.Limits{}); !errors.Is(err, broken) {
			t.Errorf("%q: error %v", text, err)
		}
	}
}

// TestCut ends a file at each of its bytes: the reader must either notice or stand behind a whole record.
func TestCut(t *testing.T) {
	whole := "dn: CN=a\r\ncn: a\r\nphoto:: AAECAwQF\r\n BgcICQoL\r\n\r\ndn: CN=b\r\ncn: b\r\n\r\n"
	for end := range len(whole) {
		got, r, err := read(strings.NewReader(whole[:end]), ldif.Limits{})
		if err != nil {
			t.Errorf("%q: %v", whole[:end], err)
			continue
		}
		why, line := r.Cut()
		switch {
		case end > 0 && whole[end-1] != '\n' && !strings.HasSuffix(whole[:end], "\n\r") && why == "":
			t.Errorf("%q is not found cut: %q", whole[:end], got)
		case why != "" && line == 0:
			t.Errorf("%q: no line", whole[:end])
		case why == "" && end > 0 && !strings.HasSuffix(whole[:end], "\n\r\n") && !r.Searches()[0].Abrupt() && !strings.HasSuffix(whole[:end], "\n\r"):
			t.Errorf("%q does not end abruptly", whole[:end])
		}
	}
	for text, want := range map[string]string{
		"dn: CN=a\ncn: a":                 "the file ends in the middle of a record, without a line break",
		"dn: CN=a\ncn:: AAE\n":            "the file ends in the middle of a record: the value is no base64",
		"dn: CN=a\ncn: a\n\ndn":           "the file ends in the middle of a line",
		"dn: CN=a\ncn: a\n\ndn:: AA":      "the file ends in the middle of a record: the value is no base64",
		"dn: CN=a\nmail: \xe5\xb2":        "the file ends in the middle of a record: the value is not UTF-8",
		"dn: CN=a\ncn: a\ndispl":          "the file ends in the middle of a record: the line has no colon",
		"dn: CN=a\ncn: a\n\n# a comment":  "",
		"dn: CN=a\ncn: a\n# a comment":    "",
		"dn: CN=a\ncn: a\n\nresult: 0 Su": "",
	} {
		_, r, err := read(strings.NewReader(text), ldif.Limits{})
		if why, _ := r.Cut(); why != want || err != nil {
			t.Errorf("%q: %q %v, want %q", text, why, err, want)
		}
	}
}

// TestManyAttributes is for the index of names.
func TestManyAttributes(t *testing.T) {
	var text, want strings.Builder
	text.WriteString("dn: CN=a\n")
	want.WriteString("CN=a")
	for i := range 300 {
		fmt.Fprintf(&text, "a%d: x\n", i)
	}
	for i := range 300 {
		fmt.Fprintf(&text, "a%d: y\n", i)
		fmt.Fprintf(&want, " | a%d=x,y", i)
	}
	text.WriteString("\ndn: CN=b\na1: z\n\n")
	got, _, err := read(strings.NewReader(text.String()), ldif.Limits{})
	if diff := cmp.Diff([]string{want.String(), "CN=b | a1=z"}, got); diff != "" || err != nil {
		t.Error(err, diff)
	}
}

// TestMemory reads a long file: the memory of a record is used again.
func TestMemory(t *testing.T) {
	text := strings.Repeat("dn: CN=a,DC=contoso,DC=com\nobjectClass: top\nobjectClass: person\nmail: a@contoso.com\nphoto:: AAECAwQF\n\n", 2000)
	r := ldif.NewReader(strings.NewReader(text), "users.ldf", ldif.Limits{})
	for range 10 {
		if _, err := r.Next(); err != nil {
			t.Fatal(err)
		}
	}
	if n := testing.AllocsPerRun(1000, func() { _, _ = r.Next() }); n > 0 {
		t.Errorf("%v allocations for each record", n)
	}
}

// TestFoldedAnywhere folds a text at random places, which must change nothing.
func TestFoldedAnywhere(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		value := rapid.SliceOfN(rapid.Byte(), 0, 200).Draw(t, "value")
		line := "photo:: " + base64.StdEncoding.EncodeToString(value)
		for range rapid.IntRange(0, 10).Draw(t, "folds") {
			i := rapid.IntRange(1, len(line)-1).Draw(t, "at")
			if line[i-1] != '\n' && line[i-1] != '\r' {
				line = line[:i] + rapid.SampledFrom([]string{"\n ", "\r\n "}).Draw(t, "break") + line[i:]
			}
		}
		got, _, err := read(strings.NewReader("dn: CN=a\n"+line+"\n\n"), ldif.Limits{})
		if err != nil || len(got) != 1 || got[0] != "CN=a | photo="+string(value) {
			t.Fatalf("%q gives %q, %v", line, got, err)
		}
	})
}
