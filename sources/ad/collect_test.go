package ad

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/directory"
	"hybridaudit/sources/evidence/entries"
	"hybridaudit/sources/lab"
	ldaplab "hybridaudit/sources/lab/server/ldap"
)

func TestCollect(t *testing.T) {
	clock := &testClock{}
	c := configFor(start(t, ldaplab.Options{Directory: sample(25), Now: clock.Now}, false))
	s, err := collect(t, c)
	if err != nil {
		t.Fatal(err)
	}
	for d, rows := range map[evidence.Dataset]int{
		evidence.ADForests: 1, evidence.ADPools: 1, evidence.ADUsers: 25, evidence.ADContacts: 2, evidence.ADGroups: 2,
	} {
		got := coverage(t, s, d)
		if got.State != evidence.Complete || got.Rows != rows || got.Expected != rows || s.Rows(d) != rows || got.Reason != "" {
			t.Errorf("%s: %+v, want %d rows complete", d, got, rows)
		}
		if got.Source != "contoso.com" || got.Server != "dc01.contoso.com" || !got.Started.Equal(clock.Now()) || !got.Ended.Equal(clock.Now()) {
			t.Errorf("%s: source, server or times are wrong: %+v", d, got)
		}
	}
	for f := range s.Forests() {
		if f.Name() != "contoso.com" || f.GUID() != (directory.GUID{1, 2, 3}) || f.Server() != "dc01.contoso.com" || f.RTCService() != testRTC ||
			!slices.Equal(slices.Collect(f.Domains()), []string{"contoso.com"}) ||
			!slices.Equal(slices.Collect(f.UPNSuffixes()), []string{"contoso.net", "fabrikam.com"}) {
			t.Errorf("forest: %v %v %v %v", f.Name(), f.GUID(), f.RTCService(), slices.Collect(f.Domains()))
		}
	}
	for p := range s.Pools() {
		version, ok := p.Version()
		if p.Host() != "pool01.contoso.com" || p.DisplayName() != "Berlin" || version != 7 || !ok || p.Forest() != "contoso.com" ||
			p.DN() != "CN=pool01,CN=Pools,"+testRTC || p.GUID().IsZero() {
			t.Errorf("pool: %v", p)
		}
	}
	want := user(3)
	for o := range s.ADObjects(evidence.ADUsers) {
		if o.SAMAccountName() != "u00003" {
			continue
		}
		if o.DN() != want.DN || o.GUID().IsZero() || o.SID() != sid(1003) || o.UPN() != "u00003@contoso.com" || o.Department() != "Department 3" ||
			o.UserAccountControl() != 512 || o.SIPEnabled() != evidence.True || o.Forest() != "contoso.com" || o.Line() != "tel:+493000003" ||
			!o.Created().Equal(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)) ||
			!slices.Equal(slices.Collect(o.ProxyAddresses()), []string{"SMTP:u00003@contoso.com", "sip:u00003@contoso.com"}) ||
			!slices.Equal(slices.Collect(o.ObjectClasses()), []string{"top", "person", "organizationalPerson", "user"}) {
			t.Errorf("user 3: %v", o.DN())
		}
		if flags, ok := o.OptionFlags(); flags != 384 || !ok {
			t.Errorf("option flags %d %v", flags, ok)
		}
		return
	}
	t.Error("user 3 is missing")
}

func TestAttributesAreAskedForSparingly(t *testing.T) {
	var mu sync.Mutex
	var seen []ldaplab.Request
	o := ldaplab.Options{Observe: func(r ldaplab.Request) {
		mu.Lock()
		defer mu.Unlock()
		seen = append(seen, r)
	}}
	c := configFor(start(t, o, false))
	c.Attributes = []string{"mail", "jpegPhoto"}
	if err := c.Validate(); err == nil {
		t.Error("an attribute that evidence does not keep was accepted")
	}
	c.Attributes = []string{"mail", "mailNickname", "msRTCSIP-Line"}
	s, err := collect(t, c)
	if err != nil {
		t.Fatal(err)
	}
	got := coverage(t, s, evidence.ADUsers)
	if diff := cmp.Diff([]string{"objectGUID", "distinguishedName", "objectClass", "mail", "mailNickname", "msRTCSIP-Line"}, got.Attributes); diff != "" {
		t.Errorf("asked for (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"mailNickname"}, got.NotInSchema); diff != "" {
		t.Errorf("not in the schema (-want +got):\n%s", diff)
	}
	if got.Lacks("mail") || !got.Lacks("userPrincipalName") {
		t.Error("what was not asked for does not count as lacking")
	}
	mu.Lock()
	defer mu.Unlock()
	users := 0
	for _, r := range seen {
		switch r.Operation {
		case "bind", "unbind", "extended", "search":
		default:
			t.Errorf("the collector sent %s", r.Operation)
		}
		if r.Operation == "search" && r.Scope == 2 && r.PageSize != 10 {
			t.Errorf("search of %s is not paged: %+v", r.Base, r)
		}
		if r.Filter == entries.UserFilter {
			users++
			if diff := cmp.Diff([]string{"objectGUID", "objectClass", "mail", "msRTCSIP-Line"}, r.Attributes); diff != "" {
				t.Errorf("user search (-want +got):\n%s", diff)
			}
		}
	}
	if users != 3 {
		t.Errorf("%d pages of users, want 3", users)
	}
}

func TestMemberOfAndRanges(t *testing.T) {
	const many = 3600
	d := sample(2)
	var addresses, groups []string
	for i := range many {
		addresses = append(addresses, "smtp:a"+strings.Repeat("x", i%5)+string(rune('a'+i%26))+"@contoso.com")
		groups = append(groups, "CN=G"+string(rune('a'+i%26))+",DC=contoso,DC=com")
	}
	d.Entries = append(d.Entries, entry("CN=Many,OU=Other,"+testBase, "top,person,organizationalPerson,user", "sAMAccountName", "many",
		"proxyAddresses", strings.Join(addresses, "\n"), "memberOf", strings.Join(groups, "\n")))
	for _, memberOf := range []bool{false, true} {
		c := configFor(start(t, ldaplab.Options{Directory: d}, false))
		c.ReadMemberOf = memberOf
		s, err := collect(t, c)
		if err != nil {
			t.Fatal(err)
		}
		for o := range s.ADObjects(evidence.ADUsers) {
			if o.SAMAccountName() != "many" {
				continue
			}
			if diff := cmp.Diff(addresses, slices.Collect(o.ProxyAddresses())); diff != "" {
				t.Errorf("addresses (-want +got):\n%s", diff)
			}
			want := 0
			if memberOf {
				want = many
			}
			if got := len(slices.Collect(o.MemberOf())); got != want {
				t.Errorf("%d groups, want %d", got, want)
			}
		}
		if got := coverage(t, s, evidence.ADUsers); got.State != evidence.Complete || got.Lacks("memberOf") == memberOf {
			t.Errorf("coverage %+v", got)
		}
	}
}

func TestSearchBases(t *testing.T) {
	address := start(t, ldaplab.Options{}, false)
	tests := []struct {
		name                    string
		bases                   []string
		users, contacts, groups int
		state                   evidence.State
		reason                  string
	}{
		{"one unit", []string{"ou=other,dc=contoso,dc=com"}, 0, 2, 2, evidence.Complete, ""},
		{"overlapping", []string{"OU=Staff," + testBase, testBase}, 25, 2, 2, evidence.Complete, ""},
		{"missing", []string{"OU=Staff," + testBase, "OU=Gone," + testBase}, 25, 1, 0, evidence.Partial, "No Such Object (32)"},
		{"elsewhere", []string{"OU=Staff," + testBase, "DC=fabrikam,DC=com"}, 25, 1, 0, evidence.Partial, "lies in no domain"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := configFor(address)
			c.SearchBases = tt.bases
			s, err := collect(t, c)
			if err != nil {
				t.Fatal(err)
			}
			if s.Rows(evidence.ADUsers) != tt.users || s.Rows(evidence.ADContacts) != tt.contacts || s.Rows(evidence.ADGroups) != tt.groups {
				t.Errorf("%d users, %d contacts, %d groups", s.Rows(evidence.ADUsers), s.Rows(evidence.ADContacts), s.Rows(evidence.ADGroups))
			}
			if got := coverage(t, s, evidence.ADUsers); got.State != tt.state || !strings.Contains(got.Reason, tt.reason) {
				t.Errorf("coverage %v %q", got.State, got.Reason)
			}
		})
	}
}

func TestForestWithoutSkypeForBusiness(t *testing.T) {
	d := sample(2)
	d.Entries = slices.DeleteFunc(d.Entries, func(e lab.Entry) bool { return strings.Contains(e.DN, "RTC Service") })
	s, err := collect(t, configFor(start(t, ldaplab.Options{Directory: d}, false)))
	if err != nil {
		t.Fatal(err)
	}
	if got := coverage(t, s, evidence.ADPools); got.State != evidence.Complete || got.Rows != 0 {
		t.Errorf("pools: %+v", got)
	}
	hidden := []ldaplab.Fault{{Kind: ldaplab.HiddenSubtree, Names: []string{"CN=Services," + testConfig}}}
	if s, err = collect(t, configFor(start(t, ldaplab.Options{Directory: sample(2), Faults: hidden}, false))); err != nil {
		t.Fatal(err)
	}
	if got := coverage(t, s, evidence.ADPools); got.State != evidence.Failed || !strings.Contains(got.Reason, "not visible") {
		t.Errorf("hidden pools: %+v", got)
	}
	if got := coverage(t, s, evidence.ADForests); got.State != evidence.Partial {
		t.Errorf("forest: %+v", got)
	}
}

// childReference makes emea.contoso.com a domain of the forest.
func childReference() lab.Entry {
	return entry("CN=EMEA,CN=Partitions,"+testConfig, "top,crossRef", "nCName", "DC=emea,"+testBase, "dnsRoot", "emea.contoso.com", "systemFlags", "3")
}

func TestUnreadDomainIsNoPass(t *testing.T) {
	d := sample(3)
	d.Entries = append(d.Entries, childReference())
	c := configFor(start(t, ldaplab.Options{Directory: d}, false))
	s, err := collect(t, c)
	if err != nil {
		t.Fatal(err)
	}
	got := coverage(t, s, evidence.ADUsers)
	if got.State != evidence.Partial || got.Rows != 3 || !strings.Contains(got.Reason, "the domain emea.contoso.com was not read") {
		t.Errorf("users: %+v", got)
	}
	c.SearchBases = []string{"OU=Staff," + testBase}
	if s, err = collect(t, c); err != nil {
		t.Fatal(err)
	}
	if got := coverage(t, s, evidence.ADUsers); got.State != evidence.Complete {
		t.Errorf("users of a base in the first domain: %+v", got)
	}
}

// child is the domain emea.contoso.com with n users.
func child(n int) lab.Directory {
	d := lab.Directory{ForestName: "emea.contoso.com", NetBIOSName: "CONTOSO", DCHost: "dc21.emea.contoso.com", BaseDN: "DC=emea," + testBase}
	d.Entries = append(d.Entries, entry("CN=Users,DC=emea,"+testBase, "top,container"))
	for i := range n {
		u := user(500 + i)
		u.DN = strings.Replace(u.DN, "OU=Staff,", "CN=Users,DC=emea,", 1)
		d.Entries = append(d.Entries, u)
	}
	return d
}

func TestSeveralDomains(t *testing.T) {
	d := sample(25)
	d.Entries = append(d.Entries, childReference())
	root := start(t, ldaplab.Options{Directory: d}, false)
	for name, tt := range map[string]struct {
		faults []ldaplab.Fault
		bases  []string
		users  int
		state  evidence.State
		reason string
	}{
		"all":             {nil, nil, 37, evidence.Complete, ""},
		"base in one":     {nil, []string{"CN=Users,DC=emea," + testBase}, 12, evidence.Complete, ""},
		"lost in one":     {[]ldaplab.Fault{{Kind: ldaplab.CutConnection, Filter: "objectClass=user", Pages: 1}}, nil, 37, evidence.Complete, ""},
		"always in one":   {[]ldaplab.Fault{{Kind: ldaplab.CutConnection, Filter: "objectClass=user", Pages: 1, Times: -1}}, nil, 35, evidence.Partial, "lost 4 times"},
		"refused by one":  {[]ldaplab.Fault{{Kind: ldaplab.RefusedBind, Data: "533"}}, nil, 0, evidence.Failed, "is disabled"},
		"cut at the root": {[]ldaplab.Fault{{Kind: ldaplab.Refused, Code: 50, Filter: "objectClass=user", Times: -1}}, nil, 25, evidence.Partial, "Insufficient"},
	} {
		t.Run(name, func(t *testing.T) {
			c := configFor(root)
			c.SearchBases = tt.bases
			c.Servers = append(c.Servers, "ldap://"+start(t, ldaplab.Options{Directory: child(12), RootDomainDN: testBase, Faults: tt.faults}, false))
			s, err := collect(t, c)
			if tt.users == 0 {
				// An account that one domain refuses is not tried anywhere else, and says so; what was read before stays.
				var fault *Error
				if !errors.As(err, &fault) || !fault.SignIn() {
					t.Fatalf("error %v", err)
				}
				got := coverage(t, s, evidence.ADUsers)
				if !got.SignIn || got.State == evidence.Complete || !strings.Contains(got.Reason, tt.reason) {
					t.Errorf("coverage %+v", got)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			got := coverage(t, s, evidence.ADUsers)
			if got.State != tt.state || got.Rows != tt.users || !strings.Contains(got.Reason, tt.reason) {
				t.Errorf("%v, %d users: %s", got.State, got.Rows, got.Reason)
			}
			for o := range s.ADObjects(evidence.ADUsers) {
				if o.Forest() != "contoso.com" {
					t.Errorf("%s is of the forest %s", o.DN(), o.Forest())
				}
			}
		})
	}
}

func TestOtherForestAmongServers(t *testing.T) {
	other := sample(1)
	other.ForestName, other.BaseDN = "fabrikam.com", "DC=fabrikam,DC=com"
	other.Entries = nil
	d := sample(3)
	d.Entries = append(d.Entries, childReference())
	c := configFor(start(t, ldaplab.Options{Directory: d}, false))
	c.Servers = append(c.Servers, "ldap://"+start(t, ldaplab.Options{Directory: other}, false))
	s, err := collect(t, c)
	if err != nil {
		t.Fatal(err)
	}
	if got := coverage(t, s, evidence.ADUsers); !strings.Contains(got.Reason, "belongs to the forest fabrikam.com and not to contoso.com") {
		t.Errorf("users: %+v", got)
	}
}

func TestProgressAndRate(t *testing.T) {
	c := configFor(start(t, ldaplab.Options{Directory: sample(95), Estimate: true}, false))
	var story []int
	c.Progress = func(d evidence.Dataset, rows, expected int) {
		if d == evidence.ADUsers {
			story = append(story, rows)
			if expected != 95 {
				t.Errorf("expected %d", expected)
			}
		}
	}
	c.MaxEntriesPerSecond = 500 // 10 at once, then 85 more: about 0.17 s
	began := time.Now()
	s, err := collect(t, c)
	if err != nil {
		t.Fatal(err)
	}
	if took := time.Since(began); took < 150*time.Millisecond {
		t.Errorf("took %s in spite of the limit", took)
	}
	if diff := cmp.Diff([]int{10, 20, 30, 40, 50, 60, 70, 80, 90, 95}, story); diff != "" {
		t.Errorf("progress (-want +got):\n%s", diff)
	}
	if got := coverage(t, s, evidence.ADUsers); got.Expected != 95 {
		t.Errorf("coverage %+v", got)
	}
}

func TestCancellation(t *testing.T) {
	c := configFor(start(t, ldaplab.Options{}, false))
	c.Connections = 1 // one after the other, the users first
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	c.Progress = func(d evidence.Dataset, rows, _ int) {
		if d == evidence.ADUsers && rows == 10 {
			cancel()
		}
	}
	b := evidence.NewBuilder(time.Now())
	if err := Collect(ctx, c, b); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	s := b.Seal()
	for _, d := range []evidence.Dataset{evidence.ADUsers, evidence.ADContacts, evidence.ADGroups} {
		got := coverage(t, s, d)
		if got.State == evidence.Complete || !strings.HasPrefix(got.Reason, "interrupted") {
			t.Errorf("%s: %+v", d, got)
		}
	}
	if got := coverage(t, s, evidence.ADUsers); got.State != evidence.Partial || got.Rows < 10 || got.Rows >= 25 {
		t.Errorf("users: %+v", got)
	}

	silent := configFor(start(t, ldaplab.Options{Faults: []ldaplab.Fault{{Kind: ldaplab.Silence, Filter: "objectClass=user"}}}, false))
	silent.Timeout = time.Hour
	short, stop := context.WithTimeout(t.Context(), 2*time.Second) // the users are being asked for by then, on a busy machine too
	defer stop()
	b = evidence.NewBuilder(time.Now())
	if err := Collect(short, silent, b); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v", err)
	}
	if got := coverage(t, b.Seal(), evidence.ADUsers); got.State != evidence.Failed || got.Reason != "interrupted" {
		t.Errorf("users: %+v", got)
	}
}

func TestDyingCollectorLeavesCoverage(t *testing.T) {
	c := configFor(start(t, ldaplab.Options{}, false))
	c.Progress = func(d evidence.Dataset, rows, _ int) {
		if d == evidence.ADUsers && rows == 20 {
			panic("planted")
		}
	}
	b := evidence.NewBuilder(time.Now())
	func() {
		defer func() { _ = recover() }()
		_ = Collect(t.Context(), c, b)
	}()
	got := coverage(t, b.Seal(), evidence.ADUsers)
	if got.State != evidence.Partial || got.Rows != 20 || got.Reason == "" {
		t.Errorf("coverage %+v", got)
	}
}
