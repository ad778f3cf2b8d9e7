package document

import (
	"iter"
	"slices"
	"strings"
	"time"

	"hybridaudit/audit"
	"hybridaudit/audit/join"
	"hybridaudit/audit/plans"
	"hybridaudit/audit/topology"
	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/address"
	"hybridaudit/sources/evidence/directory"
)

// Person is one person with the facts of the directory and of the tenant beside each other.
type Person struct {
	Key        string // objectGUID, or the tenant id of a person without a directory account
	Name       string
	UPN        string // in the directory, or in the tenant when there is no directory account
	SIP        string // primary SIP address without sip:, of the directory, or the tenant's when there is no directory account
	Department string
	Forest     string // DNS name; "" when there is no directory account
	OU         string // as a canonical name: contoso.com/People/Sales
	Home       topology.Home
	Pool       string       // DNS name of the on-premises pool, when it is known
	SIPEnabled evidence.Tri // msRTCSIP-UserEnabled
	ADAccount  evidence.Tri // enabled; Absent when there is no directory account
	Tenant     evidence.Tri // accountEnabled; Absent when there is no tenant account, or it was not read
	InTenant   bool
	Match      join.Match // the surest thing by which both accounts agree
	Licences   []string   // part numbers
	Teams      string     // state of the Teams plan: Enabled, Warning, Suspended, LockedOut, Deleted; "" when there is none
	LastLogon  time.Time  // in the directory, up to two weeks coarse; zero when unknown
	LastSync   time.Time  // of the tenant account; zero when never
	Verdict    audit.Verdict
	Worst      audit.Severity // 0 when nothing is open
	Open       int            // open findings
}

// CountPeople is the number of people.
func (d *Document) CountPeople() int { return len(d.result.Persons) }

// People hands out the people of the headline figure: the affected first, then those who could not be judged, then the rest; within these in the order
// of the result.
func (d *Document) People() iter.Seq[Person] {
	return func(yield func(Person) bool) {
		v := newViewer(d)
		for _, verdict := range []audit.Verdict{audit.Affected, audit.InDoubt, audit.Clear} {
			for _, p := range d.result.Persons {
				if p.Verdict == verdict && !yield(v.person(p)) {
					return
				}
			}
		}
	}
}

// viewer holds what is worked out once for all people.
type viewer struct {
	deployment *topology.Deployment
	plans      *plans.Catalogue
	pools      map[string]string // by home server as stored
}

func newViewer(d *Document) *viewer {
	s := d.result.Evidence
	return &viewer{
		deployment: topology.New(s, d.Settings.OnlineSuffixes, d.Settings.NoServer), plans: plans.New(s, d.Settings.LicenceNames), pools: map[string]string{},
	}
}

func (v *viewer) person(p audit.Person) Person {
	r := Person{Key: p.Key(), Verdict: p.Verdict, Worst: p.Worst, Open: p.Open}
	if o := p.AD; !o.IsZero() {
		r.Name, r.UPN, r.SIP, r.Department, r.Forest = audit.ADSubject(o).Name, o.UPN(), trimSIP(o.SIP()), o.Department(), o.Forest()
		r.OU, r.Home, r.SIPEnabled, r.LastLogon = canonicalParent(o.DN()), v.deployment.Home(o), o.SIPEnabled(), o.LastLogon()
		r.ADAccount = evidence.True
		if o.Disabled() {
			r.ADAccount = evidence.False
		}
		if r.Home == topology.OnPremises {
			r.Pool = v.pool(o.HomeServer())
		}
	}
	u := p.Tenant
	if u.IsZero() {
		return r
	}
	r.InTenant, r.Tenant, r.LastSync, r.Teams = true, u.Enabled(), u.LastSync(), v.plans.Of(u, plans.Teams).State
	for l := range u.Licences() {
		r.Licences = append(r.Licences, v.plans.SKUName(l.SKU))
	}
	slices.Sort(r.Licences)
	if p.AD.IsZero() {
		r.Name, r.UPN, r.SIP, r.Department = audit.TenantSubject(u).Name, u.UPN(), trimSIP(tenantSIP(u)), u.Department()
	} else {
		r.Match = agreement(p.AD, u)
	}
	return r
}

func (v *viewer) pool(homeServer string) string {
	if homeServer == "" {
		return ""
	}
	host, known := v.pools[homeServer]
	if !known {
		if p, ok := v.deployment.Pool(homeServer); ok {
			host = p.Host()
		}
		v.pools[homeServer] = host
	}
	return host
}

// tenantSIP is the first SIP address that the tenant gives.
func tenantSIP(u evidence.TenantUser) string {
	for a := range u.IMAddresses() {
		return a
	}
	for a := range u.ProxyAddresses() {
		if p := address.ParseProxy(a); p.Kind == address.SIP {
			return p.Value
		}
	}
	return ""
}

// trimSIP cuts the sip: in front; everything else stays as stored, faults included.
func trimSIP(s string) string {
	if len(s) > 4 && strings.EqualFold(s[:4], "sip:") {
		return s[4:]
	}
	return s
}

// agreement is the surest fact that the two halves of a pair have in common, in the order in which pairs are looked for.
func agreement(o evidence.ADObject, u evidence.TenantUser) join.Match {
	switch {
	case slices.Contains(join.Anchors(o), u.ImmutableID()):
		return join.ByAnchor
	case sameSID(o, u):
		return join.BySID
	case u.OnPremDN() != "" && directory.DNKey(u.OnPremDN()) == directory.DNKey(o.DN()):
		return join.ByDN
	case o.UPN() != "" && address.Fold(o.UPN()) == address.Fold(u.UPN()):
		return join.ByUPN
	}
	return join.BySMTP
}

func sameSID(o evidence.ADObject, u evidence.TenantUser) bool {
	sid, err := directory.SIDText([]byte(o.SID()))
	return err == nil && sid == u.OnPremSID()
}

// canonicalParent names the container of a DN the way the administration tools do: contoso.com/People/Sales. A DN that cannot be parsed gives "".
func canonicalParent(dn string) string {
	name, err := directory.ParseDN(dn)
	if err != nil || name.Len() < 2 {
		return ""
	}
	var levels []string
	for at := name.Parent(); at.Len() > 0 && at.Attribute() != "DC"; at = at.Parent() {
		levels = append(levels, strings.ReplaceAll(at.Name(), "/", `\/`))
	}
	levels = append(levels, directory.DomainOf(dn))
	slices.Reverse(levels)
	return strings.Join(levels, "/")
}
