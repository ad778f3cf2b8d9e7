package top

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"hybridaudit/audit"
	"hybridaudit/audit/records"
	"hybridaudit/audit/topology"
	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/address"
)

// TOP003 finds pools and servers of which only the objects are left.
var TOP003 = &audit.Rule{
	ID: "TOP-003", Category: "top", Severity: audit.Medium,
	Title: "Pool or server objects without a living server",
	Why: "The server was taken away without being uninstalled. Its objects keep people homed on it and applications bound to it, new deployments stumble over them, and " +
		"the last steps of taking the deployment down fail.",
	Fix: "Make sure that the server is really gone, and move whoever is still homed there (see HOM-003). Remove it in Topology Builder, publish the topology, and let " +
		"Publish-CsTopology -FinalizeUninstall clean the directory. What is left then needs Microsoft's support: do not delete objects below RTC Service by hand.",
	Guards: "Front-end servers are judged only in forests in which at least one pool names some, since not every set-up leaves them in the directory. A missing computer " +
		"account counts only for Standard Edition pools, which are named like their server, in domains of the forest. Silent when the configuration says that no server is " +
		"left (TOP-011). One finding for each pool. A name counts as missing only when the internal DNS servers of every site that was looked at answered that it is not there: what the auditing host " +
		"sees decides, so look from inside. Trusted servers that are named by their address are left alone.",
	Refs: []audit.Ref{{Title: "Decommission the on-premises environment: remove the deployment"}, {Title: "Publish-CsTopology (FinalizeUninstall)"}},
	Variants: []audit.Variant{
		{
			Code: "C", Message: "the computer account of {computers} is {state}",
			Needs: []audit.Need{{Dataset: evidence.ADComputers, Attributes: []string{"distinguishedName", "dNSHostName", "userAccountControl"}, Whole: true}},
		},
		{Code: "F", Message: "no front-end server belongs to the pool"},
		{Code: "N", Message: "the name {host} is not in the internal DNS", Needs: []audit.Need{{Dataset: evidence.DNSLookups, Doubts: true}}},
		{
			Code: "S", Message: "the computer account of the trusted server is disabled",
			Needs: []audit.Need{
				{Dataset: evidence.ADComputers, Attributes: []string{"distinguishedName", "dNSHostName", "userAccountControl"}},
				{Dataset: evidence.ADTopology, Attributes: []string{"objectClass", "msRTCSIP-TrustedServerFQDN"}},
			},
		},
	},
	Needs:   append(poolNeeds("msRTCSIP-FrontEndServers", "msRTCSIP-PoolType"), audit.Better(peopleNeeds())...),
	Applies: whenDeployed,
	Check: audit.Once(func(p *audit.Pass) {
		c := topology.NewComputers(p.Evidence)
		said := map[string]bool{} // one host can be trusted in two forests
		if p.Assessed("N") && len(p.Records().Sites()) == 0 {
			p.Doubt(audit.Because("noInternalDNS"))
		}
		for _, forest := range p.Topology().Forests() {
			pools := p.Topology().PoolsOf(forest)
			named := slices.ContainsFunc(pools, hasFrontEnds)
			for _, pool := range pools {
				if named && !hasFrontEnds(pool) {
					said["DNS "+address.DomainKey(pool.Host())] = true
					p.Report(audit.Finding{
						Variant: "F", Subject: audit.PoolSubject(pool), Attribute: "msRTCSIP-FrontEndServers", Evidence: append(poolFacts(pool), homedFact(p, pool)...),
					})
					continue
				}
				if poolComputers(p, c, pool, said) {
					said["DNS "+address.DomainKey(pool.Host())] = true
				} else {
					unnamed(p, pool.Host(), audit.PoolSubject(pool), said, append(poolFacts(pool), homedFact(p, pool)...))
				}
			}
			trustedComputers(p, c, forest, said)
			for _, host := range values(entriesOf(p, evidence.ADTopology, forest, "msRTCSIP-TrustedServer"), "msRTCSIP-TrustedServerFQDN") {
				unnamed(p, host, audit.ServerSubject(host, forest), said, nil)
			}
		}
	}),
}

func hasFrontEnds(pool evidence.Pool) bool {
	for range pool.FrontEnds() {
		return true
	}
	return false
}

// homedFact tells how many people are homed on a pool, when all people were read.
func homedFact(p *audit.Pass, pool evidence.Pool) []audit.Fact {
	if !p.Read(peopleNeeds()) {
		return nil
	}
	return fact("people", []string{strconv.Itoa(p.Homes().Pools[pool.DN()])})
}

// unnamed reports a pool or server whose name the internal DNS servers of no site know.
func unnamed(p *audit.Pass, host string, s audit.Subject, said map[string]bool, facts []audit.Fact) {
	name := address.DomainKey(host)
	if _, err := netip.ParseAddr(name); err == nil || !strings.Contains(name, ".") || said["DNS "+name] || said[name] && s.Kind != "ad.pool" || !p.Assessed("N") {
		return
	}
	said["DNS "+name] = true
	sites := p.Records().Sites()
	unread := false
	for _, site := range sites {
		switch p.Records().Inside(site, name, records.A).State {
		case records.Present:
			return
		case records.Unknown:
			unread = true
		case records.Absent:
		}
	}
	if unread {
		p.Doubt(audit.Because("recordUnreadInside", audit.Str("record", name), audit.Str("site", strings.Join(sites, ", "))))
	}
	if unread || len(sites) == 0 {
		return
	}
	p.Report(audit.Finding{
		Variant: "N", Subject: s, Value: host, Args: []audit.Arg{audit.Str("host", host)}, Evidence: slices.Concat(facts, p.DNSFacts(name, records.A)),
	})
}

// poolComputers reports a pool whose servers have no usable computer account, and says whether it did. said collects the host names of which trustedComputers need not speak any more.
func poolComputers(p *audit.Pass, c *topology.Computers, pool evidence.Pool, said map[string]bool) bool {
	var disabled []string
	found := false
	for dn := range pool.FrontEnds() {
		e, ok := c.Of(dn)
		found = found || ok
		if ok && topology.DisabledComputer(e) {
			disabled = append(disabled, computerName(e))
			said[strings.ToLower(e.Text("dNSHostName"))] = true
		}
	}
	state := "disabled"
	if !found && topology.Edition(pool) == "standard" && inForest(p, pool) { // one server with the name of the pool
		switch e, ok := c.Named(pool.Host()); {
		case !ok:
			state, disabled = "missing", []string{pool.Host()}
		case topology.DisabledComputer(e):
			disabled = []string{computerName(e)}
		}
		said[strings.ToLower(pool.Host())] = true
	}
	if len(disabled) == 0 || !p.Assessed("C") {
		return false
	}
	slices.Sort(disabled)
	p.Report(audit.Finding{
		Variant: "C", Subject: audit.PoolSubject(pool), Attribute: "msRTCSIP-FrontEndServers", Evidence: poolFacts(pool),
		Args: []audit.Arg{audit.List("computers", disabled), audit.Str("state", state)},
	})
	return true
}

// trustedComputers reports the other servers that the topology trusts and whose computer accounts are disabled. Many trusted servers are no members of a domain, so a
// missing account says nothing.
func trustedComputers(p *audit.Pass, c *topology.Computers, forest string, said map[string]bool) {
	for _, host := range values(entriesOf(p, evidence.ADTopology, forest, "msRTCSIP-TrustedServer"), "msRTCSIP-TrustedServerFQDN") {
		if e, ok := c.Named(host); ok && topology.DisabledComputer(e) && !said[strings.ToLower(host)] {
			said[strings.ToLower(host)] = true
			p.Report(audit.Finding{
				Variant: "S", Subject: audit.ServerSubject(host, forest),
				Evidence: slices.Concat(fact("distinguishedName", []string{e.DN()}), fact("userAccountControl", e.Attribute("userAccountControl"))),
			})
		}
	}
}

func computerName(e evidence.Entry) string {
	if host := e.Text("dNSHostName"); host != "" {
		return host
	}
	return e.Name()
}

// inForest says that the pool's name lies in a domain of its forest.
func inForest(p *audit.Pass, pool evidence.Pool) bool {
	host := strings.ToLower(pool.Host())
	for f := range p.Evidence.Forests() {
		if f.Name() != pool.Forest() {
			continue
		}
		for d := range f.Domains() {
			if strings.HasSuffix(host, "."+strings.ToLower(d)) {
				return true
			}
		}
	}
	return false
}
