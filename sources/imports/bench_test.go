package imports_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"hybridaudit/sources/evidence"
	"hybridaudit/sources/imports"
	"hybridaudit/sources/imports/ldif"
)

// generated is a domain with many people as ldifde would export it, made while it is read.
type generated struct {
	people  int
	next    int
	pending strings.Builder
	rest    string
}

func (g *generated) Read(p []byte) (int, error) {
	if g.rest == "" {
		if g.next > g.people {
			return 0, io.EOF
		}
		g.pending.Reset()
		g.write()
		g.rest = g.pending.String()
		g.next++
	}
	n := copy(p, g.rest)
	g.rest = g.rest[n:]
	return n, nil
}

func (g *generated) Close() error { return nil }

func (g *generated) write() {
	if g.next == 0 {
		g.pending.WriteString(ldifde(sampleDomain()[:1], sampleConfiguration()))
		return
	}
	i := g.next
	fmt.Fprintf(&g.pending, "dn: CN=Person %[1]d,OU=Tokyo,OU=People,DC=contoso,DC=com\r\nchangetype: add\r\nobjectClass: top\r\nobjectClass: person\r\n"+
		"objectClass: organizationalPerson\r\nobjectClass: user\r\ncn: Person %[1]d\r\nsn:: 5bKh5pys\r\ngivenName:: 5aSq6YOO\r\ndistinguishedName: CN=Person %[1]d,OU=Tokyo,OU=People,DC=contoso,DC=com\r\n"+
		"instanceType: 4\r\nwhenCreated: 20250102030405.0Z\r\nwhenChanged: 20260102030405.0Z\r\ndisplayName:: 5bKh5pysIOWkqumDjg==\r\nuSNCreated: 123456\r\nuSNChanged: 234567\r\n"+
		"department: Sales\r\ncompany: Contoso\r\nproxyAddresses: SMTP:person%[1]d@contoso.com\r\nproxyAddresses: smtp:person%[1]d@contoso.mail.onmicrosoft.com\r\n"+
		"proxyAddresses: sip:person%[1]d@contoso.com\r\nname: Person %[1]d\r\nobjectGUID:: %[2]s\r\nuserAccountControl: 512\r\nbadPwdCount: 0\r\ncodePage: 0\r\ncountryCode: 392\r\n"+
		"badPasswordTime: 0\r\nlastLogoff: 0\r\nlastLogon: 134000000000000000\r\npwdLastSet: 134000000000000000\r\nprimaryGroupID: 513\r\n"+
		"objectSid:: AQUAAAAAAAUVAAAAxkLjVIfYOnL8xKQWUAQAAA==\r\naccountExpires: 9223372036854775807\r\nlogonCount: 17\r\nsAMAccountName: person%[1]d\r\nsAMAccountType: 805306368\r\n"+
		"userPrincipalName: person%[1]d@contoso.com\r\nobjectCategory: CN=Person,CN=Schema,CN=Configuration,DC=contoso,DC=com\r\n"+
		"dSCorePropagationData: 16010101000000.0Z\r\nlastLogonTimestamp: 134000000000000000\r\nmail: person%[1]d@contoso.com\r\nmailNickname: person%[1]d\r\n"+
		"msExchRecipientTypeDetails: 1\r\nmsRTCSIP-PrimaryUserAddress: sip:person%[1]d@contoso.com\r\nmsRTCSIP-UserEnabled: TRUE\r\nmsRTCSIP-DeploymentLocator: SRV:\r\n"+
		"msRTCSIP-OptionFlags: 385\r\nmsRTCSIP-Line: tel:+8135550%05[1]d\r\n\r\n", i, fmt.Sprintf("%06dAAAAAAAAAAAAAAAA==", i%1_000_000))
}

// people gives an import file, and its size.
func people(n int) (imports.File, int64) {
	open := func() (io.ReadCloser, error) { return &generated{people: n}, nil }
	source, _ := open()
	size, _ := io.Copy(io.Discard, source)
	return imports.File{Name: "people.ldf", Modified: exported(), Open: open}, size
}

// kept is a file in memory, so that benchmarks do not measure how it is made.
func kept(b *testing.B, n int) (imports.File, int64) {
	b.Helper()
	f, _ := people(n)
	source, err := f.Open()
	if err != nil {
		b.Fatal(err)
	}
	data, err := io.ReadAll(source)
	if err != nil {
		b.Fatal(err)
	}
	text := string(data)
	f.Open = func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(text)), nil }
	return f, int64(len(data))
}

const benchmarked = 200_000

// BenchmarkReader reads 200,000 records and does nothing with them.
func BenchmarkReader(b *testing.B) {
	f, size := kept(b, benchmarked)
	b.SetBytes(size)
	b.ReportAllocs()
	for b.Loop() {
		source, _ := f.Open()
		r := ldif.NewReader(source, f.Name, ldif.Limits{})
		n := 0
		for ; ; n++ {
			if _, err := r.Next(); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(n), "records")
	}
}

// BenchmarkLDIF turns 200,000 records into evidence. It reads them twice; the rate is that of the file's size.
func BenchmarkLDIF(b *testing.B) {
	f, size := kept(b, benchmarked)
	b.SetBytes(size)
	b.ReportAllocs()
	for b.Loop() {
		s, err := imports.LDIF(context.Background(), []imports.File{f}, imports.Options{AllAttributes: true})
		if err != nil || s[0].Rows(evidence.ADUsers) != benchmarked {
			b.Fatal(err, s)
		}
	}
	b.ReportMetric(float64(benchmarked)*float64(b.N)/b.Elapsed().Seconds(), "records/s")
}

// TestAllocations holds the import to no memory for records of which no rows are made; what rows take is the evidence's.
func TestAllocations(t *testing.T) {
	importing := func(n int) float64 {
		text := ldifde(sampleDomain(), sampleConfiguration()) + strings.Repeat(ldifde([]entry{computer(99, "PC1")}), n)
		return testing.AllocsPerRun(1, func() {
			if _, err := imports.LDIF(context.Background(), []imports.File{file("d.ldf", text)}, imports.Options{AllAttributes: true}); err != nil {
				t.Fatal(err)
			}
		})
	}
	const few, many = 100, 2100
	if each := (importing(many) - importing(few)) / (many - few); each > 5 {
		t.Errorf("%.1f allocations for each record", each)
	}
}
