package document_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hybridaudit/audit"
	"hybridaudit/audit/join"
	"hybridaudit/audit/text"
	"hybridaudit/audit/topology"
	"hybridaudit/reports/document"
	"hybridaudit/reports/document/documenttest"
	"hybridaudit/sources/evidence"
)

func sample(t *testing.T, o documenttest.Options) *document.Document {
	t.Helper()
	d, err := documenttest.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestSummaryCountsAgree(t *testing.T) {
	d := sample(t, documenttest.Options{})
	s := d.Summary
	if s.Findings == 0 || s.Findings != d.Count() {
		t.Fatalf("%d findings in the summary, %d in the document", s.Findings, d.Count())
	}
	byRule, byCategory := 0, 0
	for _, n := range s.Rules {
		byRule += n
	}
	for _, c := range s.Categories {
		byCategory += c.Total()
	}
	if s.BySeverity.Total() != s.Findings || byRule != s.Findings || byCategory != s.Findings {
		t.Errorf("by severity %d, by rule %d, by category %d, want %d each", s.BySeverity.Total(), byRule, byCategory, s.Findings)
	}
	if got := s.Clear + s.Affected + s.NotAssessed; got != s.People || s.People != d.CountPeople() {
		t.Errorf("%d people have a verdict, %d are counted, %d are listed", got, s.People, d.CountPeople())
	}
	affected := 0
	for _, t := range s.Departments {
		affected += t.Affected
	}
	if affected != s.Affected {
		t.Errorf("departments have %d affected people, want %d", affected, s.Affected)
	}
	for i := 1; i < len(s.Worst); i++ {
		if a, b := s.Worst[i-1], s.Worst[i]; a.Severity < b.Severity || a.Severity == b.Severity && a.Hits < b.Hits {
			t.Errorf("%s stands before %s", a.ID, b.ID)
		}
	}
}

func TestFindingsInBothOrders(t *testing.T) {
	d := sample(t, documenttest.Options{People: 100})
	var byRule, worstFirst []string
	last := audit.Critical
	for f := range d.Findings() {
		byRule = append(byRule, f.Fingerprint())
	}
	for f := range d.WorstFirst() {
		if f.Severity > last {
			t.Errorf("a finding of severity %s comes after one of severity %s", f.Severity, last)
		}
		last = f.Severity
		worstFirst = append(worstFirst, f.Fingerprint())
	}
	slices.Sort(byRule)
	slices.Sort(worstFirst)
	if diff := cmp.Diff(byRule, worstFirst); diff != "" {
		t.Errorf("the orders do not hold the same findings:\n%s", diff)
	}
	for range d.WorstFirst() {
		break // an iteration may end early
	}
}

func TestFindingInWords(t *testing.T) {
	d := sample(t, documenttest.Options{})
	var f document.Finding
	for x := range d.Findings() {
		if x.Rule.ID == "SIP-901" && x.Subject.Key == documenttest.ID('a', 1) {
			f = x
		}
	}
	if f.Finding == nil {
		t.Fatal("the shared SIP address was not found")
	}
	if got, want := f.Message(), "person0@contoso.com is also the SIP address of Anna Lindqvist"; got != want {
		t.Errorf("message %q, want %q", got, want)
	}
	if got := f.Remedy(); !strings.HasPrefix(got, "Decide who owns the address") {
		t.Errorf("remedy %q", got)
	}
	if diff := cmp.Diff([]string{"Anna Lindqvist"}, f.Others()); diff != "" {
		t.Errorf("others -want +got:\n%s", diff)
	}
	lines := f.EvidenceLines()
	for _, want := range []string{
		"msRTCSIP-PrimaryUserAddress: sip:person0@contoso.com", "Anna Lindqvist: userAccountControl: 512", "whenChanged: 2026-06-05T08:00:00Z",
		"proxyAddresses: SMTP:person1@contoso.com; smtp:alias.person1@contoso.com; sip:person0@contoso.com",
	} {
		if !slices.Contains(lines, want) {
			t.Errorf("the evidence lacks %q:\n%s", want, strings.Join(lines, "\n"))
		}
	}
}

func TestGaps(t *testing.T) {
	want := []document.Gap{
		{
			State: evidence.Failed, Rules: []string{"HOM-905"},
			Text: "Teams user configurations (Contoso) could not be read: 403 Forbidden: the application lacks the permission TeamsUserConfiguration.Read.All",
		},
		{
			State: evidence.Partial,
			Text:  "AD contacts (contoso.com) was read only in part (500 of 812 rows): the connection to dc1.contoso.com was lost after page 1",
		},
		{State: evidence.Complete, Text: "AD groups (contoso.com) was read, but without msExchHideFromAddressLists"},
	}
	if diff := cmp.Diff(want, sample(t, documenttest.Options{}).Summary.Gaps); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if got := sample(t, documenttest.Options{Complete: true}).Summary.Gaps; len(got) > 0 {
		t.Errorf("complete evidence has gaps: %v", got)
	}
}

func TestGapOfADatasetNobodyAskedFor(t *testing.T) {
	result, err := audit.Run(t.Context(), evidence.NewBuilder(documenttest.Taken).Seal(), audit.Options{Rules: documenttest.Rules()})
	if err != nil {
		t.Fatal(err)
	}
	m, err := documenttest.Meta(documenttest.Options{})
	if err != nil {
		t.Fatal(err)
	}
	want := []document.Gap{{
		State: evidence.NotRequested,
		Rules: []string{"SIP-901", "SIP-905", "ADR-908", "LIC-901", "DOM-901", "LIC-905", "HOM-905", "DQ-901"},
		Text:  "Not asked for in this run: AD users, Tenant domains, Tenant users, Subscriptions, Teams user configurations",
	}}
	if diff := cmp.Diff(want, document.New(result, m).Summary.Gaps); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestGapOfABrokenRule(t *testing.T) {
	s, err := documenttest.Evidence(documenttest.Options{Complete: true})
	if err != nil {
		t.Fatal(err)
	}
	rule := &audit.Rule{ID: "SIP-999", Category: "sip", Severity: audit.High, Check: audit.Once(func(*audit.Pass) { panic("oh") })}
	result, err := audit.Run(t.Context(), s, audit.Options{Rules: []*audit.Rule{rule}})
	if err != nil {
		t.Fatal(err)
	}
	m, err := documenttest.Meta(documenttest.Options{})
	if err != nil {
		t.Fatal(err)
	}
	gaps := document.New(result, m).Summary.Gaps
	if len(gaps) != 1 || !slices.Equal(gaps[0].Rules, []string{"SIP-999"}) {
		t.Errorf("gaps %v, want one of SIP-999", gaps)
	}
}

func TestHeadlineInWords(t *testing.T) {
	for _, c := range []struct {
		name    string
		options documenttest.Options
		want    string
	}{
		{"nothing read", documenttest.Options{Unread: true}, "Nobody could be judged, because the data that the rules need was not read."},
		{"all clear", documenttest.Options{Clean: true, Complete: true}, "No critical or high finding is open for any of the 24 people."},
		{
			"some affected", documenttest.Options{Complete: true},
			"No critical or high finding is open for 15 of the 24 people who could be judged; at least one is open for 9.",
		},
		{
			"some in doubt", documenttest.Options{},
			"No critical or high finding is open for 2 of the 11 people who could be judged; at least one is open for 9. " +
				"Another 13 could not be judged, because data is missing.",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := sample(t, c.options).Summary.Sentence; got != c.want {
				t.Errorf("got  %q\nwant %q", got, c.want)
			}
		})
	}
}

func TestShownNeverRoundsUp(t *testing.T) {
	for _, c := range []struct {
		clear, affected int
		want            string
	}{{0, 0, "–"}, {0, 3, "0%"}, {3, 0, "100%"}, {29, 71, "29%"}, {2, 1, "66%"}, {999, 1, "99.9%"}, {99999, 1, "99.9%"}, {1, 99999, "0.0%"}, {1, 199, "0.5%"}, {1, 1, "50%"}} {
		s := document.Summary{Headline: audit.Headline{Clear: c.clear, Affected: c.affected}}
		if got := s.ShownText(); got != c.want {
			t.Errorf("%d clear and %d affected are shown as %s, want %s", c.clear, c.affected, got, c.want)
		}
	}
}

func TestPeople(t *testing.T) {
	d := sample(t, documenttest.Options{})
	people := map[string]document.Person{}
	last := audit.Affected
	order := map[audit.Verdict]int{audit.Affected: 0, audit.InDoubt: 1, audit.Clear: 2}
	for p := range d.People() {
		people[p.Key] = p
		if order[p.Verdict] < order[last] {
			t.Errorf("%s comes after %s", p.Verdict, last)
		}
		last = p.Verdict
	}
	if len(people) != d.CountPeople() {
		t.Fatalf("%d people, want %d", len(people), d.CountPeople())
	}
	pair := people[documenttest.ID('a', 1)]
	if pair.Name != "Anna Lindqvist" && pair.Name != "Björn Lindqvist" {
		t.Errorf("name %q", pair.Name)
	}
	pair.LastLogon = pair.LastLogon.Truncate(0)
	if pair.LastLogon.Year() != 2025 {
		t.Errorf("last logon %v", pair.LastLogon)
	}
	pair.LastLogon = pair.LastSync
	want := document.Person{
		Key: documenttest.ID('a', 1), Name: pair.Name, UPN: "person1@contoso.com", SIP: "person0@contoso.com", Department: "営業部", Forest: "contoso.com",
		OU: "contoso.com/People/Team 1", Home: topology.OnPremises, Pool: "pool1.contoso.com", SIPEnabled: evidence.True, ADAccount: evidence.True,
		Tenant: evidence.True, InTenant: true, Match: join.ByAnchor, Licences: []string{"SPE_E5"}, Teams: "Enabled",
		LastLogon: pair.LastSync, LastSync: pair.LastSync, Verdict: audit.Affected, Worst: audit.Critical, Open: 1,
	}
	if diff := cmp.Diff(want, pair); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if p := people[documenttest.ID('t', 10)]; p.UPN != "person10@contoso.com" || p.SIP != "person10@contoso.com" || p.Match != join.Unmatched || p.Forest != "" {
		t.Errorf("a person of the tenant only is %+v", p)
	}
	if p := people[documenttest.ID('a', 8)]; p.InTenant || p.ADAccount != evidence.True {
		t.Errorf("a person of the directory only is %+v", p)
	}
}

func TestDomains(t *testing.T) {
	got := sample(t, documenttest.Options{}).Domains()
	services := []string{"Email", "OfficeCommunicationsOnline"}
	want := []document.Domain{
		{Name: "contoso.com", Tenant: "Contoso", InTenant: true, Verified: true, Default: true, Authentication: "Managed", Services: services, SIP: 24, UPN: 20, SMTP: 18},
		{Name: "contoso.net", Tenant: "Contoso", InTenant: true, Authentication: "Managed", Services: services},
		{Name: "contoso.onmicrosoft.com", Tenant: "Contoso", InTenant: true, Verified: true, Initial: true, Authentication: "Managed", Services: services},
		{Name: "fabrikam.com", Tenant: "Contoso", InTenant: true, Verified: true, Authentication: "Managed", Services: services},
		{Name: "contoso.local", UPN: 4, SMTP: 4},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestLicences(t *testing.T) {
	got := slices.Collect(sample(t, documenttest.Options{}).Licences())
	want := []document.Licence{
		{Name: "Microsoft 365 E5", Part: "SPE_E5", Tenant: "Contoso", State: "Enabled", Enabled: 20, Consumed: 18, Free: 2, Teams: true},
		{Name: "Office 365 E1", Part: "STANDARDPACK", Tenant: "Contoso", State: "Enabled", Enabled: 3, Warning: 2, Consumed: 6, Free: -1, Teams: true},
		{Name: "EMSPREMIUM", Part: "EMSPREMIUM", Tenant: "Contoso", State: "Enabled", Enabled: 10, Suspended: 5, Consumed: 2, Free: 8},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// A domain that two tenants have belongs to the one in which it is verified, and a subscription of two tenants is two rows.
func TestTwoTenants(t *testing.T) {
	b := evidence.NewBuilder(documenttest.Taken)
	var decoder evidence.Decoder
	for _, r := range []struct {
		d   evidence.Dataset
		row string
	}{
		{evidence.TenantDomains, `{"id":"both.com","tenant":"a","isVerified":true,"supportedServices":["Email"]}`},
		{evidence.TenantDomains, `{"id":"both.com","tenant":"b","supportedServices":["Intune"]}`},
		{evidence.TenantDomains, `{"id":"later.com","tenant":"a","supportedServices":["Intune"]}`},
		{evidence.TenantDomains, `{"id":"Later.com","tenant":"b","isVerified":true,"supportedServices":["Email"]}`},
		{evidence.TenantSKUs, `{"skuId":"11111111-1111-1111-1111-111111111111","skuPartNumber":"SPE_E5","tenant":"a"}`},
		{evidence.TenantSKUs, `{"skuId":"11111111-1111-1111-1111-111111111111","skuPartNumber":"SPE_E5","tenant":"b"}`},
	} {
		if err := decoder.Row(b.Table(r.d), []byte(r.row)); err != nil {
			t.Fatal(err)
		}
	}
	d := document.New(&audit.Result{Evidence: b.Seal()}, sample(t, documenttest.Options{}).Meta)
	domains := []document.Domain{
		{Name: "both.com", Tenant: "a", InTenant: true, Verified: true, Services: []string{"Email"}},
		{Name: "later.com", Tenant: "b", InTenant: true, Verified: true, Services: []string{"Email"}},
	}
	if diff := cmp.Diff(domains, d.Domains()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	licences := []document.Licence{{Name: "SPE_E5", Part: "SPE_E5", Tenant: "a"}, {Name: "SPE_E5", Part: "SPE_E5", Tenant: "b"}}
	if diff := cmp.Diff(licences, slices.Collect(d.Licences())); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestOrganisationTitle(t *testing.T) {
	for want, o := range map[string]document.Organisation{
		"":                {},
		"Contoso":         {Forests: []document.Named{{Name: "contoso.com"}}, Tenants: []document.Named{{Name: "Contoso"}}},
		"a.com, b.com":    {Forests: []document.Named{{Name: "a.com"}, {Name: "b.com"}}},
		"1, b, c, …":      {Tenants: []document.Named{{ID: "1"}, {Name: "b"}, {Name: "c"}, {Name: "d"}}},
		"fabrikam.com":    {Forests: []document.Named{{Name: "fabrikam.com"}}},
		"Fabrikam K.K.":   {Tenants: []document.Named{{Name: "Fabrikam K.K."}}},
		"contoso.example": {Forests: []document.Named{{ID: "x", Name: "contoso.example"}}},
	} {
		if got := o.Title(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// translated gives some texts in another language.
type translated struct {
	document.Words
	texts map[string]string
}

func (w translated) Get(key string) string {
	if s, ok := w.texts[key]; ok {
		return s
	}
	return w.Words.Get(key)
}

func (w translated) Has(key string) bool { return w.texts[key] != "" || w.Words.Has(key) }

func TestRuleTextsOfAnotherLanguage(t *testing.T) {
	english, err := text.English()
	if err != nil {
		t.Fatal(err)
	}
	words := translated{english, map[string]string{
		"SIP-901.title": "SIP アドレスの重複", "SIP-901.message": "{others} も {sip} を使っています", "SIP-905.message.A": "{sip} は無効です", "SIP-901.fix": "直す",
	}}
	d := sample(t, documenttest.Options{Words: words, Lang: "ja"})
	if got := d.Rules[0].Title; got != "SIP アドレスの重複" {
		t.Errorf("title %q", got)
	}
	messages := map[string]string{}
	for f := range d.Findings() {
		messages[f.Rule.ID] = f.Message()
		if f.Rule.ID == "SIP-901" && f.Remedy() != "直す" {
			t.Errorf("remedy %q", f.Remedy())
		}
	}
	if got, want := messages["SIP-901"], "Anna Lindqvist も person0@contoso.com を使っています"; got != want {
		t.Errorf("message %q, want %q", got, want)
	}
	if got, want := messages["SIP-905"], "sip:person12@contoso.com は無効です"; got != want {
		t.Errorf("message %q, want %q", got, want)
	}
	if got := d.Rules[0].Why; !strings.HasPrefix(got, "The service refuses") {
		t.Errorf("a text without translation is %q", got)
	}
}

func TestNumber(t *testing.T) {
	for n, want := range map[int]string{0: "0", 7: "7", 999: "999", 1000: "1,000", 1048576: "1,048,576", -1234: "-1,234"} {
		if got := document.Number(n); got != want {
			t.Errorf("Number(%d) = %s, want %s", n, got, want)
		}
	}
}

// TestEveryLabelIsThere: what reports show of closed sets has words.
func TestEveryLabelIsThere(t *testing.T) {
	words, err := text.English()
	if err != nil {
		t.Fatal(err)
	}
	var keys []string
	for _, s := range audit.Severities() {
		keys = append(keys, "severity."+s.String())
	}
	for _, s := range []audit.Status{audit.Passed, audit.Failed, audit.NotApplicable, audit.NotAssessed, audit.Broken} {
		keys = append(keys, "status."+s.String())
	}
	for _, s := range []evidence.State{evidence.NotRequested, evidence.Complete, evidence.Partial, evidence.Failed} {
		keys = append(keys, "state."+s.String())
	}
	for _, v := range []audit.Verdict{audit.Clear, audit.Affected, audit.InDoubt} {
		keys = append(keys, "verdict."+v.String())
	}
	for _, m := range []join.Match{join.Unmatched, join.ByAnchor, join.BySID, join.ByDN, join.ByUPN, join.BySMTP} {
		keys = append(keys, "match."+m.String())
	}
	for _, h := range []topology.Home{topology.NoHome, topology.OnPremises, topology.Online, topology.Other} {
		keys = append(keys, "home."+h.String())
	}
	for _, d := range evidence.Datasets() {
		keys = append(keys, "dataset."+string(d))
	}
	for _, k := range keys {
		if !words.Has(k) {
			t.Errorf("no text for %s", k)
		}
	}
}
