package records

import (
	"maps"
	"slices"
	"strings"

	"hybridaudit/audit/scope"
	"hybridaudit/audit/topology"
	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/address"
)

// Scenario says where the records of a domain should lead.
type Scenario string

// The scenarios.
const (
	Unknowable Scenario = ""          // what it depends on was not read
	Cloud      Scenario = "cloud"     // there are no servers in the forests of its people
	Hybrid     Scenario = "hybrid"    // somebody with an address in it is homed on servers
	Either     Scenario = "either"    // nobody in it is, but others of the same forests are: it may be served by both
	TeamsOnly  Scenario = "teamsOnly" // there are or were servers, and nobody is homed on them any more
)

// Domain is a domain of the organisation.
type Domain struct {
	Name       string // lower-case A-label form
	SIP        bool   // people have SIP addresses in it, or the deployment serves it, or it was asked for
	Verified   bool
	Unverified bool // it was added to a tenant, and none has verified it
	Given      bool // by Microsoft: its records are not the organisation's
	Scenario   Scenario
	People     int // with SIP addresses in it
	OnPremises int // of them homed on servers

	Tenants []string // that have verified it, as they were configured; sorted

	forests map[string]bool // of the people
	serving map[string]bool // forests whose deployment lists it
}

// Public says that the domain can be known outside of the organisation.
func (d Domain) Public() bool { return d.Verified || d.Unverified || address.Routable(d.Name) }

// Domains lists the domains of the organisation by name.
func (x *Index) Domains() []Domain {
	list := make([]Domain, len(x.names))
	for i, name := range x.names {
		list[i] = *x.domains[name]
	}
	return list
}

// Domain gives a domain by its name in lower-case A-label form; one that nothing is known of has only its name.
func (x *Index) Domain(name string) Domain {
	if found := x.domains[name]; found != nil {
		return *found
	}
	return Domain{Name: name, Given: given(name)}
}

// given says that a domain is one of those that Microsoft gives.
func given(domain string) bool {
	return slices.ContainsFunc([]string{".onmicrosoft.com", ".onmicrosoft.us", ".onmschina.cn"}, func(s string) bool { return strings.HasSuffix(domain, s) })
}

func (x *Index) domain(name string) *Domain {
	name = address.DomainKey(name)
	d := x.domains[name]
	if d == nil {
		d = &Domain{Name: name, Given: given(name), forests: map[string]bool{}, serving: map[string]bool{}}
		x.domains[name] = d
	}
	return d
}

// Plausible says that a name can be asked for in DNS: directory text may hold anything.
func Plausible(name string) bool {
	if len(name) > 253 || !strings.Contains(name, ".") {
		return false
	}
	for label := range strings.SplitSeq(name, ".") {
		if label == "" || len(label) > 63 || strings.Trim(label, "abcdefghijklmnopqrstuvwxyz0123456789-_") != "" {
			return false
		}
	}
	return true
}

func (x *Index) readDomains() {
	s := x.snapshot
	for d := range s.Domains() {
		one := x.domain(d.ID())
		if d.Initial() {
			one.Given = true
			x.initial[d.Tenant()] = one.Name
		}
		if one.Unverified = one.Unverified || !d.Verified(); d.Verified() {
			one.Verified = true
			one.Tenants = append(one.Tenants, d.Tenant())
		}
	}
	homed := x.readPeople()
	for e := range s.Entries(evidence.ADTopology) {
		if name := e.Text("msRTCSIP-DomainName"); name != "" {
			d := x.domain(name)
			d.SIP, d.serving[e.Forest()] = true, true
		}
	}
	for e := range s.Exports(evidence.ServerSIPDomains) {
		if name := e.Text("Name"); name != "" {
			x.domain(name).SIP = true
		}
	}
	x.readAsked()
	maps.DeleteFunc(x.domains, func(name string, _ *Domain) bool { return !Plausible(name) })
	x.names = slices.Sorted(maps.Keys(x.domains))
	for _, d := range x.domains {
		d.Unverified = d.Unverified && !d.Verified
		slices.Sort(d.Tenants)
		d.Scenario = x.scenario(d, homed)
	}
}

// readAsked adds the domains that only e-mail addresses or the configuration name. Those of the configuration are asked like SIP domains.
func (x *Index) readAsked() {
	for k, rows := range x.byName {
		if domain, ok := strings.CutPrefix(k.name, "autodiscover."); ok && k.kind == A && of(rows, domain) {
			x.domain(domain)
		}
	}
	if x.snapshot.State(evidence.TenantDomains) != evidence.Complete {
		return // they cannot be told from verified ones
	}
	for k, rows := range x.byName {
		domain, ok := strings.CutPrefix(k.name, "lyncdiscover.")
		if d := x.domains[domain]; ok && k.kind == A && (d == nil || !d.Verified) && of(rows, domain) {
			x.domain(domain).SIP = true
		}
	}
}

// of says that a question was asked for a domain.
func of(rows []evidence.Lookup, domain string) bool {
	return slices.ContainsFunc(rows, func(l evidence.Lookup) bool { return address.DomainKey(l.Domain) == domain })
}

// readPeople counts who has SIP addresses in which domain. It gives the number of people homed on servers by forest.
func (x *Index) readPeople() map[string]int {
	homed := map[string]int{}
	for o := range x.snapshot.ADObjects(evidence.ADUsers) {
		lives := lives(x.facts.Scope.Class(o))
		onPremises := lives && o.SIPEnabled() == evidence.True && x.facts.Topology.In(o.Forest()) && x.facts.Topology.Home(o) == topology.OnPremises
		if onPremises {
			homed[o.Forest()]++
		}
		d := x.domain(address.Domain(o.SIP()))
		d.SIP = true
		if lives {
			d.People++
			d.forests[o.Forest()] = true
		}
		if onPremises {
			d.OnPremises++
		}
	}
	var domains []string
	directory := x.snapshot.Rows(evidence.ADUsers) > 0
	for u := range x.snapshot.TenantUsers() {
		if strings.EqualFold(u.UserType(), "Guest") {
			continue
		}
		domains = domains[:0]
		for v := range u.ProxyAddresses() {
			if p := address.ParseProxy(v); p.Kind == address.SIP {
				domains = put(domains, address.Domain(p.Value))
			}
		}
		for _, name := range domains {
			d := x.domain(name)
			if d.SIP = true; !directory || u.Synced() != evidence.True {
				d.People++
			}
		}
	}
	return homed
}

// put adds a domain that is not in the list yet.
func put(list []string, domain string) []string {
	if domain == "" || slices.Contains(list, domain) {
		return list
	}
	return append(list, domain)
}

// lives says that objects of a class can be homed somewhere: applications and devices do not count.
func lives(c scope.Class) bool {
	switch c {
	case scope.Person, scope.Linked, scope.Room, scope.Shared, scope.Equipment:
		return true
	}
	return false
}

// scenario decides by where the people of a domain are homed. homed has all people homed on servers, by forest.
func (x *Index) scenario(d *Domain, homed map[string]int) Scenario {
	if d.OnPremises > 0 {
		return Hybrid
	}
	if x.CloudOnly() {
		return Cloud
	}
	if !x.read(evidence.ADForests, "name") || !x.read(evidence.ADPools, "distinguishedName") {
		return Unknowable
	}
	deployed, others := false, false
	for _, forest := range x.forestsOf(d) {
		deployed = deployed || x.deployedOnce(forest)
		others = others || homed[forest] > 0
	}
	switch {
	case !deployed:
		return Cloud
	case !x.read(evidence.ADUsers, "msRTCSIP-PrimaryUserAddress", "msRTCSIP-UserEnabled", "msRTCSIP-DeploymentLocator"):
		return Unknowable
	case others:
		return Either
	}
	return TeamsOnly
}

// forestsOf lists the forests whose servers could serve a domain: those of its people, else those whose deployment lists it, else those of its tenants, else all.
func (x *Index) forestsOf(d *Domain) []string {
	list := slices.Concat(slices.Collect(maps.Keys(d.forests)), slices.Collect(maps.Keys(d.serving)))
	if !x.read(evidence.ADUsers, "msRTCSIP-PrimaryUserAddress") {
		list = nil
	}
	if len(list) == 0 {
		for _, t := range d.Tenants {
			list = append(list, x.facts.Forests(t)...)
		}
	}
	if len(list) == 0 {
		for f := range x.snapshot.Forests() {
			list = append(list, f.Name())
		}
	}
	return list
}

// deployedOnce says that a forest has, or had, servers: their container stays when they are gone.
func (x *Index) deployedOnce(forest string) bool {
	for f := range x.snapshot.Forests() {
		if f.Name() == forest && f.RTCService() != "" {
			return true
		}
	}
	return len(x.facts.Topology.PoolsOf(forest)) > 0
}

// CloudOnly says that no directory is in use: none was asked, and no tenant is synchronised with one.
func (x *Index) CloudOnly() bool {
	if x.snapshot.State(evidence.ADForests) != evidence.NotRequested || x.snapshot.State(evidence.TenantOrganization) != evidence.Complete {
		return false
	}
	n := 0
	for o := range x.snapshot.Organizations() {
		if n++; o.SyncEnabled() == evidence.True {
			return false
		}
	}
	return n > 0
}

// read says that all of a dataset was read with some attributes.
func (x *Index) read(d evidence.Dataset, attributes ...string) bool {
	if x.snapshot.State(d) != evidence.Complete || x.snapshot.Narrowed(d) {
		return false
	}
	return !slices.ContainsFunc(x.snapshot.Of(d), func(c evidence.Coverage) bool { return slices.ContainsFunc(attributes, c.Lacks) })
}
