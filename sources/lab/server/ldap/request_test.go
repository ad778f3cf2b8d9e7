package ldaplab

import (
	"bytes"
	"testing"

	"github.com/go-ldap/ldap/v3"

	ber "github.com/go-asn1-ber/asn1-ber"

	"hybridaudit/sources/lab"
)

// searchPacket is a search as go-ldap sends it.
func searchPacket(t testing.TB, filterText string) []byte {
	t.Helper()
	f, err := ldap.CompileFilter(filterText)
	if err != nil {
		t.Fatal(err)
	}
	p := ber.NewSequence("")
	p.AppendChild(ber.NewInteger(ber.ClassUniversal, ber.TypePrimitive, ber.TagInteger, 7, ""))
	op := ber.Encode(ber.ClassApplication, ber.TypeConstructed, opSearchRequest, nil, "")
	op.AppendChild(ber.NewString(ber.ClassUniversal, ber.TypePrimitive, ber.TagOctetString, testBase, ""))
	for _, n := range []int64{2, 0} {
		op.AppendChild(ber.NewInteger(ber.ClassUniversal, ber.TypePrimitive, ber.TagEnumerated, n, ""))
	}
	for range 2 {
		op.AppendChild(ber.NewInteger(ber.ClassUniversal, ber.TypePrimitive, ber.TagInteger, int64(0), ""))
	}
	op.AppendChild(ber.NewBoolean(ber.ClassUniversal, ber.TypePrimitive, ber.TagBoolean, false, ""))
	op.AppendChild(f)
	op.AppendChild(ber.NewSequence(""))
	p.AppendChild(op)
	return p.Bytes()
}

func TestFilterText(t *testing.T) {
	for _, text := range []string{
		"(&(objectClass=user)(!(mail=*)))", "(|(cn=a*b*c)(cn=*b*)(cn=x*))", "(a>=1)", "(a<=1)", "(a~=1)", "(userAccountControl:1.2.840.113556.1.4.803:=2)",
		`(objectGUID=\00\2a\28\29\5c\ff)`,
	} {
		e, err := readEnvelope(bytes.NewReader(searchPacket(t, text)))
		if err != nil {
			t.Fatal(err)
		}
		r, err := parseSearch(e.op)
		if err != nil {
			t.Fatal(err)
		}
		if got := r.filter.String(); got != text {
			t.Errorf("%s, want %s", got, text)
		}
	}
}

func FuzzRequest(f *testing.F) {
	f.Add(searchPacket(f, "(&(objectClass=user)(!(mail=*))(cn=a*b)(x:1.2:=3))"))
	f.Add(garbage)
	f.Add([]byte{0x30, 0x05, 0x02, 0x01, 0x01, 0x42, 0x00})
	t := &tree{schema: newSchema([]lab.Directory{sample(1)}), names: map[string]int32{}}
	f.Fuzz(func(_ *testing.T, data []byte) {
		e, err := readEnvelope(bytes.NewReader(data))
		if err != nil || e.op.Tag != opSearchRequest {
			return
		}
		r, err := parseSearch(e.op)
		if err != nil {
			return
		}
		_ = r.filter.String()
		if m, bad := t.prepare(r.filter); bad == nil {
			m.match(&node{})
		}
	})
}

func BenchmarkPagedSubtree(b *testing.B) {
	const entries = 50_000
	address := start(b, Options{Directory: sample(entries)}, false)
	c := connect(b, address, "reader@fabrikam.com")
	b.ResetTimer()
	for b.Loop() {
		got, err := c.SearchWithPaging(subtree(testBase, "(&(objectCategory=person)(objectClass=user))", "mail", "objectGUID", "proxyAddresses"), 1000)
		if err != nil || len(got.Entries) != entries+1 {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(entries*b.N)/b.Elapsed().Seconds(), "entries/s")
}
