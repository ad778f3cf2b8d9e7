package audit

import (
	"slices"
	"sync"
	"time"

	"hybridaudit/audit/domains"
	"hybridaudit/audit/hosts"
	"hybridaudit/audit/join"
	"hybridaudit/audit/owners"
	"hybridaudit/audit/plans"
	"hybridaudit/audit/records"
	"hybridaudit/audit/scope"
	"hybridaudit/audit/topology"
	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/address"
	"hybridaudit/sources/evidence/directory"
)

// Settings are what an administrator knows and no source tells.
type Settings struct {
	SyncInterval     time.Duration // of directory synchronisation; 30 minutes when zero
	AlternateLoginID bool          // people sign in with another attribute than userPrincipalName
	NoServer         bool          // no Skype for Business Server is left, whatever objects remain in the directory
	OnlineSuffixes   []string      // host name endings of the hosting provider that stands for Microsoft 365
	LicenceNames     plans.Names   // of subscriptions and plans beyond the compiled-in ones
}

// Pass is what a rule's check gets: the evidence, the facts that rules share, the rule's parameters, and a place to report. A Pass serves one goroutine;
// the facts behind it are shared.
type Pass struct {
	Evidence *evidence.Snapshot
	Settings Settings
	*facts
	rule     *Rule
	tenant   string // of the pair that is judged, when its directory user is in several tenants
	params   any
	severity Severity        // configured for all findings of the rule, 0 when it is not
	silent   map[string]bool // variants that are not assessed
	stale    []Fact          // what the rule reads of files that are too old
	doubt    Reason          // why something could not be judged
	checked  int
	findings []Finding
}

// facts are computed when the first rule asks for them.
type facts struct {
	scope    func() *scope.Scope
	pairs    func() *join.Pairs
	disputed func() *join.Disputed
	topology func() *topology.Deployment
	records  func() *records.Index
	plans    func() *plans.Catalogue
	owners   map[owners.Kind]func() *owners.Index
	verified func() map[string]evidence.Domain
	// domainsRead says that the verified domains are all that there are.
	domainsRead bool
	teams       func() map[directory.GUID]evidence.TeamsUser
	classes     func() []scope.TenantClass // by row of the tenant users
	domains     func() *domains.Index
	sipUsed     func() bool
	numbered    func() bool // somebody has a telephone number
	homes       func() *Homes
	resource    func() map[string]bool // forests of resource accounts
	ties        func() map[string][]string
	numbers     func() *Numbers
	ids         func() map[directory.GUID]int32 // rows of the tenant users
	online      func() onlineUsers
	signIns     func() map[directory.GUID]evidence.SignIn
	sipInfo     func() map[directory.GUID]evidence.SIPInfo
	roles       func() map[directory.GUID][]directory.GUID
	former      func() *join.Former
	hosts       func() *hosts.Index
	onlineTaken time.Time // of the output of Get-CsOnlineUser
	oldOnline   bool      // it is older than the configuration allows
	narrowed    bool      // the configuration kept the reading of directory users to a part
}

func newFacts(s *evidence.Snapshot, o Options) *facts {
	f := &facts{owners: map[owners.Kind]func() *owners.Index{}, narrowed: s.Narrowed(evidence.ADUsers), domainsRead: s.State(evidence.TenantDomains) == evidence.Complete}
	f.scope = sync.OnceValue(func() *scope.Scope { return scope.New(s, o.Scope) })
	nobody := func(a evidence.ADObject) bool {
		c := f.scope().Class(a)
		return c == scope.System || c == scope.Conflict
	}
	f.pairs = sync.OnceValue(func() *join.Pairs { return join.New(s, nobody) })
	f.disputed = sync.OnceValue(func() *join.Disputed { return join.NewDisputed(s) })
	f.topology = sync.OnceValue(func() *topology.Deployment { return topology.New(s, o.Settings.OnlineSuffixes, o.Settings.NoServer) })
	f.plans = sync.OnceValue(func() *plans.Catalogue { return plans.New(s, o.Settings.LicenceNames) })
	for _, k := range []owners.Kind{owners.SIPPrimary, owners.SIPProxy, owners.SMTP, owners.UPN, owners.Alias, owners.Target, owners.Phone, owners.MainNumber} {
		f.owners[k] = sync.OnceValue(func() *owners.Index {
			return owners.New(s, k, func(a evidence.ADObject) bool { return !nobody(a) })
		})
	}
	f.verified = sync.OnceValue(func() map[string]evidence.Domain {
		m := map[string]evidence.Domain{}
		for d := range s.Domains() {
			if d.Verified() {
				m[address.DomainKey(d.ID())] = d
			}
		}
		return m
	})
	f.teams = sync.OnceValue(func() map[directory.GUID]evidence.TeamsUser {
		m := make(map[directory.GUID]evidence.TeamsUser, s.Rows(evidence.TenantTeamsUsers))
		for t := range s.TeamsUsers() {
			m[t.ID()] = t
		}
		return m
	})
	f.classes = sync.OnceValue(func() []scope.TenantClass {
		teams := f.teams()
		return scope.TenantClasses(s, func(u evidence.TenantUser) evidence.TeamsUser { return teams[u.ID()] })
	})
	f.domains = sync.OnceValue(func() *domains.Index {
		return domains.New(s, func(o evidence.ADObject) bool { return f.scope().In(o) })
	})
	f.resource = sync.OnceValue(func() map[string]bool { return resourceForests(s, f.scope()) })
	f.ties = sync.OnceValue(func() map[string][]string { return newTies(s, f.pairs) })
	f.records = sync.OnceValue(func() *records.Index {
		return records.New(s, records.Facts{
			Scope: f.scope(), Topology: f.topology(), Forests: func(tenant string) []string { return f.ties()[tenant] }, Suffixes: o.Settings.OnlineSuffixes,
		})
	})
	f.sipUsed = sync.OnceValue(func() bool { return sipUsed(s) })
	f.numbered = sync.OnceValue(func() bool { return numbered(s) })
	f.numbers = sync.OnceValue(func() *Numbers { return newNumbers(s) })
	f.ids = sync.OnceValue(func() map[directory.GUID]int32 { return newIDs(s) })
	f.online = sync.OnceValue(func() onlineUsers { return newOnlineUsers(s) })
	f.roles = sync.OnceValue(func() map[directory.GUID][]directory.GUID { return newRoles(s) })
	f.former = sync.OnceValue(func() *join.Former { return join.NewFormer(s) })
	f.hosts = sync.OnceValue(func() *hosts.Index { return hosts.New(s) })
	f.signIns = sync.OnceValue(func() map[directory.GUID]evidence.SignIn {
		m := make(map[directory.GUID]evidence.SignIn, s.Rows(evidence.TenantSignIns))
		for a := range s.SignIns() {
			m[a.ID()] = a
		}
		return m
	})
	f.sipInfo = sync.OnceValue(func() map[directory.GUID]evidence.SIPInfo {
		m := map[directory.GUID]evidence.SIPInfo{}
		for i := range s.SIPInfos() {
			m[i.ID()] = i
		}
		return m
	})
	f.onlineTaken, f.oldOnline = exportTaken(s, evidence.TeamsOnlineUsers)
	f.homes = sync.OnceValue(func() *Homes { return newHomes(s, f.scope(), f.topology()) })
	return f
}

// outside says that a tenant user without a directory partner may have it in a part of the directory that the configuration left out.
func (f *facts) outside(u evidence.TenantUser) bool {
	return u.Synced() == evidence.True && f.narrowed
}

func sipUsed(s *evidence.Snapshot) bool {
	for _, d := range []evidence.Dataset{evidence.ADUsers, evidence.ADContacts, evidence.ADGroups} {
		for o := range s.ADObjects(d) {
			if o.SIP() != "" || o.SIPEnabled() != evidence.Absent {
				return true
			}
		}
	}
	return false
}

func numbered(s *evidence.Snapshot) bool {
	for _, d := range []evidence.Dataset{evidence.ADUsers, evidence.ADContacts} {
		for o := range s.ADObjects(d) {
			if o.Line() != "" || o.PrivateLine() != "" {
				return true
			}
		}
	}
	return false
}

// resourceForests finds the forests in which disabled accounts stand for people of other forests: there most accounts that are enabled for SIP are disabled and name
// the account that signs in.
func resourceForests(s *evidence.Snapshot, sc *scope.Scope) map[string]bool {
	linked, all := map[string]int{}, map[string]int{}
	for o := range s.ADObjects(evidence.ADUsers) {
		if c := sc.Class(o); o.SIPEnabled() == evidence.True && (c == scope.Linked || c == scope.Person) {
			all[o.Forest()]++
			if o.Disabled() && o.OriginatorSID() != "" {
				linked[o.Forest()]++
			}
		}
	}
	forests := map[string]bool{}
	for name, n := range linked {
		forests[name] = 2*n > all[name]
	}
	return forests
}

// ResourceForest says that the accounts of a forest stand for people who sign in from another one. It is never so while only one forest was read.
func (p *Pass) ResourceForest(forest string) bool {
	return p.Forests() > 1 && p.facts.resource()[forest]
}

// Forests counts the forests that were read.
func (p *Pass) Forests() int { return p.Evidence.Rows(evidence.ADForests) }

// Scope tells classes and what is in scope.
func (p *Pass) Scope() *scope.Scope { return p.facts.scope() }

// Pairs tells which directory user is which tenant user.
func (p *Pass) Pairs() *join.Pairs { return p.facts.pairs() }

// Numbers tells who has which telephone number in the tenants.
func (p *Pass) Numbers() *Numbers { return p.facts.numbers() }

// Former tells what deleted tenant users still hold.
func (p *Pass) Former() *join.Former { return p.facts.former() }

// Hosts tells what was seen of hosts on the network.
func (p *Pass) Hosts() *hosts.Index { return p.facts.hosts() }

// Disputed tells who holds the values that directory synchronisation refused.
func (p *Pass) Disputed() *join.Disputed { return p.facts.disputed() }

// Topology tells the on-premises deployment and where people are homed.
func (p *Pass) Topology() *topology.Deployment { return p.facts.topology() }

// Records tells what DNS servers said of the organisation's records, and what they should say.
func (p *Pass) Records() *records.Index { return p.facts.records() }

// Homes counts where people are homed.
func (p *Pass) Homes() *Homes { return p.facts.homes() }

// Plans tells what licences amount to.
func (p *Pass) Plans() *plans.Catalogue { return p.facts.plans() }

// Owners tells who holds an address of that kind.
func (p *Pass) Owners(k owners.Kind) *owners.Index { return p.facts.owners[k]() }

// Verified gives the verified tenant domain of that name (lower-case A-label form).
func (p *Pass) Verified(domain string) (evidence.Domain, bool) {
	d, ok := p.facts.verified()[domain]
	return d, ok
}

// Unverified says that the tenant's domains are known and that this (in lower-case A-label form) is no verified one of them.
func (p *Pass) Unverified(domain string) bool {
	_, ok := p.Verified(domain)
	return !ok && p.facts.domainsRead
}

// Teams gives the Teams configuration of a tenant user, the zero value when there is none.
func (p *Pass) Teams(u evidence.TenantUser) evidence.TeamsUser { return p.facts.teams()[u.ID()] }

// TenantClass gives the class of a tenant user.
func (p *Pass) TenantClass(u evidence.TenantUser) scope.TenantClass {
	return p.facts.classes()[u.Row()]
}

// Domains tells how many directory objects in scope use a domain.
func (p *Pass) Domains() *domains.Index { return p.facts.domains() }

// WithoutSIP is the reason not to judge SIP data: all users, contacts and groups were read, and none has any.
func (p *Pass) WithoutSIP() Reason {
	if !p.allRead(evidence.ADUsers, evidence.ADContacts, evidence.ADGroups) || p.facts.sipUsed() {
		return Reason{}
	}
	return Because("noSIP")
}

// WithoutNumbers is the reason not to judge telephone numbers: all users and contacts were read, and none has one.
func (p *Pass) WithoutNumbers() Reason {
	if !p.allRead(evidence.ADUsers, evidence.ADContacts) || p.facts.numbered() {
		return Reason{}
	}
	return Because("noNumbers")
}

// WithoutDeployment is the reason not to judge what only a deployment on-premises has.
func (p *Pass) WithoutDeployment() Reason {
	if p.Topology().Present() {
		return Reason{}
	}
	return Because("noDeployment")
}

func (p *Pass) allRead(datasets ...evidence.Dataset) bool {
	return !slices.ContainsFunc(datasets, func(d evidence.Dataset) bool {
		return p.Evidence.State(d) != evidence.Complete || p.Evidence.Narrowed(d)
	})
}

// Now is when the evidence was taken.
func (p *Pass) Now() time.Time { return p.Evidence.Taken() }

// Cycle is the interval of directory synchronisation.
func (p *Pass) Cycle() time.Duration {
	if p.Settings.SyncInterval > 0 {
		return p.Settings.SyncInterval
	}
	return 30 * time.Minute
}

// Settled says that the object has not been changed within the last two synchronisation cycles, so that both sides had time to agree.
func (p *Pass) Settled(o evidence.ADObject) bool { return p.Now().Sub(o.Changed()) > 2*p.Cycle() }

// Assessed says whether a variant's own needs were read. Checks need not ask: reports of other variants are dropped.
func (p *Pass) Assessed(variant string) bool { return !p.silent[variant] }

// Read says whether needs were read completely, optional ones too: what is counted in a part is not shown as the number of all.
func (p *Pass) Read(needs []Need) bool {
	return !slices.ContainsFunc(needs, func(n Need) bool {
		why, _ := lack(p.Evidence, n)
		return !why.IsZero()
	})
}

// Unread tells why needs were not read completely, optional ones too; the zero Reason when they were.
func (p *Pass) Unread(needs []Need) Reason {
	for _, n := range needs {
		if why, _ := lack(p.Evidence, n); !why.IsZero() {
			return why
		}
	}
	return Reason{}
}

// Doubt says that the rule could not judge something, and why: what it found holds, but it cannot pass. The first reason is kept, unless it is only that a source was not
// asked and there is another.
func (p *Pass) Doubt(why Reason) {
	if p.doubt.IsZero() || p.doubt.Code == notRequested && !why.IsZero() {
		p.doubt = why
	}
}

// Params gives the rule's parameters: the configured ones, or the defaults. T is the type that the rule's Params makes.
func Params[T any](p *Pass) *T { return p.params.(*T) }

// Report adds a finding. Rule is filled in; a zero severity becomes that of the variant.
func (p *Pass) Report(f Finding) {
	if p.silent[f.Variant] {
		return
	}
	f.Rule, f.tenant = p.rule, p.tenant
	if len(p.stale) > 0 {
		f.Evidence = append(slices.Clip(f.Evidence), p.stale...)
	}
	switch {
	case p.severity != 0:
		f.Severity = p.severity
	case f.Severity == 0:
		f.Severity = p.rule.SeverityOf(f.Variant)
	}
	p.findings = append(p.findings, f)
}
