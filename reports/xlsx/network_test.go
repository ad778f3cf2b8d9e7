package xlsx_test

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hybridaudit/audit"
	"hybridaudit/reports/document"
	"hybridaudit/reports/document/documenttest"
	"hybridaudit/reports/xlsx"
	"hybridaudit/sources/evidence"
)

// none takes the empty cells out of a row.
func none(row map[string]string) map[string]string {
	full := map[string]string{}
	for k, v := range row {
		if v != "" {
			full[k] = v
		}
	}
	return full
}

func TestNetworkSheets(t *testing.T) {
	d := sample(t, documenttest.Options{Network: true})
	f := open(t, write(t, d, xlsx.Options{}))
	_, records := table(t, f, "DNS")
	_, hosts := table(t, f, "Hosts")
	if len(records) != len(d.Records()) || len(hosts) != len(d.Hosts()) {
		t.Fatalf("%d records and %d hosts, want %d and %d", len(records), len(hosts), len(d.Records()), len(d.Hosts()))
	}
	at := slices.IndexFunc(records, func(r map[string]string) bool { return r["Type"] == "SRV" && r["Place"] == documenttest.Branch })
	if diff := cmp.Diff(map[string]string{
		"Domain": "contoso.com", "Record": "_sip._tls.contoso.com", "Type": "SRV", "Place": "branch", "Internal DNS": "no such name",
		"Public DNS":             "1.1.1.1: 100 1 443 sip.contoso.com\n8.8.8.8: 100 1 443 sipdir.online.lync.com",
		"The zone's own servers": "100 1 443 sipdir.online.lync.com",
		"TTL (seconds)":          "3600",
		"Rules with findings":    "DNS-901",
	}, none(records[at])); diff != "" {
		t.Errorf("record -want +got:\n%s", diff)
	}
	at = slices.IndexFunc(hosts, func(r map[string]string) bool {
		return strings.HasPrefix(r["Days left"], "-") && r["Place"] == documenttest.Branch
	})
	got := none(hosts[at])
	if until, err := excelDays(got["Valid until (UTC)"]); err != nil || until.Sub(documenttest.Taken.Add(-time.Hour)).Abs() > time.Second {
		t.Errorf("valid until %v (%v)", until, err)
	}
	delete(got, "Valid until (UTC)")
	if diff := cmp.Diff(map[string]string{
		"Host": "sip.contoso.com", "Port": "443", "What for": "web services", "Place": "branch", "Directly": "reached", "Address": "203.0.113.8:443", "TLS": "TLS 1.2",
		"Certificate of": "CN=old.contoso.com", "Issued by": "CN=Old CA", "Days left": "-1", "Trust": "no", "Rules with findings": "NET-901",
		"What went wrong": "the root is not known\nthe certificate is for old.contoso.com", "TLS versions accepted": "TLS 1.2, TLS 1.3",
	}, got); diff != "" {
		t.Errorf("host -want +got:\n%s", diff)
	}
}

// A certificate may say of itself what it likes.
func TestHostileCertificatesAndRecords(t *testing.T) {
	f := open(t, write(t, sample(t, documenttest.Options{Hostile: true, Network: true}), xlsx.Options{}))
	_, hosts := table(t, f, "Hosts")
	_, records := table(t, f, "DNS")
	for _, want := range []string{`=HYPERLINK("http://evil.example","click")`, "+1+cmd|' /C calc'!A0", "\uFFFD=1+1", "line\uFFFD\uFFFDbreak", "right\uFFFDto left", "\uFFFD[31mred", "nul\uFFFDbyte"} {
		if !slices.ContainsFunc(hosts, func(r map[string]string) bool { return r["Certificate of"] == want && r["Issued by"] == want }) {
			t.Errorf("no certificate of %q", want)
		}
		if !slices.ContainsFunc(records, func(r map[string]string) bool { return r["Public DNS"] == want }) {
			t.Errorf("no record %q", want)
		}
	}
}

// wide is what an organisation with so many domains shows: twenty records, three hosts and a finding in each.
func wide(tb testing.TB, domains int) *document.Document {
	tb.Helper()
	b := evidence.NewBuilder(documenttest.Taken)
	keep := func(err error) {
		if err != nil {
			tb.Fatal(err)
		}
	}
	for i := range domains {
		domain := fmt.Sprintf("d%d.example.com", i)
		for n := range 20 {
			for _, role := range []string{evidence.ResolverInternal, evidence.ResolverPublic, evidence.ResolverAuthoritative} {
				keep(evidence.Observe(b, evidence.Lookup{
					Site: "hq", Domain: domain, Name: fmt.Sprintf("r%d.%s", n, domain), Type: "A", Resolver: role, Server: "192.0.2.1:53", Status: evidence.LookupAnswer, Values: []string{"192.0.2.7"},
				}))
			}
		}
		for n := range 3 {
			host, print := fmt.Sprintf("r%d.%s", n, domain), fmt.Sprintf("%d-%d", i, n)
			keep(evidence.Observe(b, evidence.Connection{Site: "hq", Host: host, Port: 443, Protocol: "tls", Via: evidence.ViaDirect, Tries: 2, Answers: 2}))
			keep(evidence.Observe(b, evidence.Handshake{Site: "hq", Host: host, Port: 443, Via: evidence.ViaDirect, Chain: []string{print}, Trust: evidence.TrustSystem}))
			keep(evidence.Observe(b, evidence.Certificate{Site: "hq", Fingerprint: print, Subject: "CN=" + host, Ends: documenttest.Taken}))
		}
	}
	rule := &audit.Rule{
		ID: "DNS-901", Category: "dns", Severity: audit.Low, Title: "t", Why: "w", Fix: "f", Message: "m", Needs: []audit.Need{{Dataset: evidence.DNSLookups}}, Identity: []string{"record"},
		Check: audit.Once(func(p *audit.Pass) {
			for i := range domains {
				domain := fmt.Sprintf("d%d.example.com", i)
				p.Report(audit.Finding{Subject: audit.DomainSubject(domain), Args: []audit.Arg{audit.Str("record", "r1."+domain)}})
			}
		}),
	}
	b.Cover(evidence.Coverage{Dataset: evidence.DNSLookups, Source: "hq", State: evidence.Complete})
	result, err := audit.Run(tb.Context(), b.Seal(), audit.Options{Rules: []*audit.Rule{rule}, Workers: 1})
	keep(err)
	m, err := documenttest.Meta(documenttest.Options{})
	keep(err)
	return document.New(result, m)
}

func TestManyDomains(t *testing.T) {
	const domains, limit = 500, 4001
	f := open(t, write(t, wide(t, domains), xlsx.Options{MaxRows: limit}))
	count, found := 0, 0
	for n := 1; ; n++ {
		name := "DNS"
		if n > 1 {
			name += " " + strconv.Itoa(n)
		}
		if !slices.Contains(f.GetSheetList(), name) {
			break
		}
		checkDataSheet(t, f, name)
		_, rows := table(t, f, name)
		count += len(rows)
		for _, r := range rows {
			if r["Rules with findings"] == "DNS-901" {
				found++
			}
		}
	}
	if count != 20*domains || found != domains {
		t.Errorf("%d records, %d with findings, want %d and %d", count, found, 20*domains, domains)
	}
	if _, rows := table(t, f, "Hosts"); len(rows) != 3*domains {
		t.Errorf("%d hosts, want %d", len(rows), 3*domains)
	}
}

// BenchmarkDomains shows that the time for a domain does not grow with their number.
func BenchmarkDomains(b *testing.B) {
	for _, n := range []int{125, 500, 2000} {
		d := wide(b, n)
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			for b.Loop() {
				if err := xlsx.Write(b.Context(), io.Discard, d, xlsx.Options{TempDir: b.TempDir()}); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*n), "µs/domain")
		})
	}
}
