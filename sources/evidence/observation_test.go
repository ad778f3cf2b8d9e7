package evidence_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hybridaudit/sources/evidence"
)

func TestObservationsComeBackAsTheyWere(t *testing.T) {
	b := evidence.NewBuilder(taken)
	at := taken.Add(-time.Minute)
	lookup := evidence.Lookup{
		Site: "branch", Domain: "contoso.com", Name: "lyncdiscover.contoso.com", Type: "A", Resolver: evidence.ResolverPublic, Server: "192.0.2.1:53", Status: evidence.LookupAnswer,
		Chain: []string{"webdir.online.lync.com"}, Values: []string{"203.0.113.1", "203.0.113.2"}, TTL: 300, Zone: "contoso.com", Mixed: true, Forged: true, TCP: true, Detail: "shortened",
		Asked: at, Took: 12 * time.Millisecond,
	}
	clock := evidence.Clock{Host: "time.example.com", Method: "ntp", Offset: -90 * time.Second, Uncertainty: 3 * time.Millisecond, Asked: at}
	for _, err := range []error{evidence.Observe(b, lookup), evidence.Observe(b, evidence.Lookup{}), evidence.Observe(b, clock)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	s := b.Seal()
	if d := cmp.Diff([]evidence.Lookup{lookup, {}}, slices.Collect(s.Lookups())); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]evidence.Clock{clock}, slices.Collect(s.Clocks())); d != "" {
		t.Error(d)
	}
	if n := len(slices.Collect(s.Connections())); n != 0 {
		t.Errorf("%d connections were never made", n)
	}
}

// An observation with a value that is too long keeps the rest of its row.
func TestObservationWithTooLongAValue(t *testing.T) {
	b := evidence.NewBuilder(taken)
	err := evidence.Observe(b, evidence.Connection{Host: "contoso.com", Failure: strings.Repeat("x", evidence.MaxValue+1), Port: 443})
	if err == nil {
		t.Error("no error")
	}
	got := slices.Collect(b.Seal().Connections())
	if d := cmp.Diff([]evidence.Connection{{Host: "contoso.com", Port: 443}}, got); d != "" {
		t.Error(d)
	}
}

func TestLookupTellsOnlyWhenAnswered(t *testing.T) {
	told := map[string]bool{
		evidence.LookupAnswer: true, evidence.LookupNoData: true, evidence.LookupNoName: true, evidence.LookupLoop: true, evidence.LookupTooLong: true,
		evidence.LookupServerFailure: false, evidence.LookupRefused: false, evidence.LookupTimeout: false, evidence.LookupUnreachable: false, evidence.LookupMalformed: false, "": false,
	}
	for status, want := range told {
		if got := (evidence.Lookup{Status: status}).Told(); got != want {
			t.Errorf("%q tells %t", status, got)
		}
	}
	if got := (evidence.Lookup{Name: "a.example.com"}).Final(); got != "a.example.com" {
		t.Errorf("without aliases it ends at %q", got)
	}
	if got := (evidence.Lookup{Name: "a.example.com", Chain: []string{"b.example.com", "c.example.com"}}).Final(); got != "c.example.com" {
		t.Errorf("the aliases end at %q", got)
	}
}

// Two looks from one place are an error, whatever its letter case; one of DNS and one of hosts make a whole, and so do two places.
func TestMergeOfPlaces(t *testing.T) {
	look := func(site string, d evidence.Dataset) *evidence.Snapshot {
		b := evidence.NewBuilder(taken)
		b.Cover(evidence.Coverage{Dataset: d, State: evidence.Complete, Rows: 1, Source: site})
		return b.Seal()
	}
	if _, err := evidence.Merge(look("Branch", evidence.DNSLookups), look("branch", evidence.DNSLookups)); err == nil || !strings.Contains(err.Error(), "branch") {
		t.Errorf("twice from one place: %v", err)
	}
	if _, err := evidence.Merge(look("branch", evidence.DNSLookups), look("branch", evidence.ProbeConnections), look("home", evidence.DNSLookups)); err != nil {
		t.Error(err)
	}
}
