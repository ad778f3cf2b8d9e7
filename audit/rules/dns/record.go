// Package dns holds the rules about DNS records for Teams, Skype for Business and Exchange.
package dns

import (
	"slices"
	"strconv"

	"hybridaudit/audit"
	"hybridaudit/audit/records"
	"hybridaudit/audit/scope"
	"hybridaudit/sources/evidence"
)

// lookups need the answers of DNS servers. Each rule tells itself of which record nobody told anything.
func lookups() []audit.Need { return []audit.Need{{Dataset: evidence.DNSLookups, Doubts: true}} }

// scenarioNeeds are what the scenario of a domain rests on. They are optional: without a directory there is a scenario, too.
func scenarioNeeds() []audit.Need {
	people := slices.Concat(scope.Attributes(), []string{"msRTCSIP-PrimaryUserAddress", "msRTCSIP-DeploymentLocator", "proxyAddresses"})
	return audit.Better([]audit.Need{
		{Dataset: evidence.ADForests, Attributes: []string{"name", "rtcService"}},
		{Dataset: evidence.ADPools, Attributes: []string{"distinguishedName", "dNSHostName"}},
		{Dataset: evidence.ADUsers, Attributes: people, Whole: true},
		{Dataset: evidence.TenantOrganization, Attributes: []string{"onPremisesSyncEnabled"}},
	})
}

// domainNeeds are what tells the domains, and the records that the tenant wants for them.
func domainNeeds() []audit.Need {
	return audit.Better([]audit.Need{
		{Dataset: evidence.TenantDomains, Attributes: []string{"id", "isVerified", "isInitial"}},
		{Dataset: evidence.TenantDomainRecords, Attributes: []string{"domain", "recordType", "label", "target", "port", "priority", "weight", "ttl"}},
		{Dataset: evidence.TenantUsers, Attributes: []string{"userType", "proxyAddresses", "onPremisesSyncEnabled"}},
		{Dataset: evidence.ADTopology, Attributes: []string{"msRTCSIP-DomainName", "msRTCSIP-EdgeProxyFQDN"}},
		{Dataset: evidence.ServerSIPDomains},
	})
}

// needs are those of most rules.
func needs(more ...audit.Need) []audit.Need {
	return slices.Concat(lookups(), scenarioNeeds(), domainNeeds(), more)
}

// verifiedNeeds let a rule judge each verified domain.
func verifiedNeeds() audit.Need {
	return audit.Need{Dataset: evidence.TenantDomains, Attributes: []string{"id", "isVerified", "isInitial"}, PartOK: true}
}

// own lists the domains whose records are the organisation's.
func own(p *audit.Pass, which func(records.Domain) bool) []records.Domain {
	return slices.DeleteFunc(p.Records().Domains(), func(d records.Domain) bool { return d.Given || !which(d) })
}

// everybody puts the rule in doubt when not all people were read: others may have SIP addresses in further domains.
func everybody(p *audit.Pass) {
	if why := p.Unread([]audit.Need{{Dataset: evidence.TenantUsers, Attributes: []string{"proxyAddresses"}}}); !why.IsZero() {
		p.Doubt(why)
	}
	if why := p.Unread([]audit.Need{{Dataset: evidence.ADUsers, Attributes: []string{"msRTCSIP-PrimaryUserAddress"}}}); !why.IsZero() && !p.Records().CloudOnly() {
		p.Doubt(why)
	}
}

// whenSIP lets a rule judge only organisations in which somebody has a SIP address.
func whenSIP(p *audit.Pass) audit.Reason {
	for _, d := range []evidence.Dataset{evidence.ADUsers, evidence.TenantUsers} {
		if s := p.Evidence.State(d); s != evidence.Complete && (d != evidence.ADUsers || !p.Records().CloudOnly()) {
			return audit.Reason{}
		}
	}
	if len(own(p, func(d records.Domain) bool { return d.SIP })) > 0 {
		return audit.Reason{}
	}
	return audit.Because("noSIPNames")
}

// signalling lists the SIP domains whose records outside are judged by their scenario. Those that no tenant has verified have no records at Microsoft 365.
func signalling(p *audit.Pass) []records.Domain {
	everybody(p)
	unread := p.Unread([]audit.Need{{Dataset: evidence.TenantDomains, Attributes: []string{"id", "isVerified"}}})
	return own(p, func(d records.Domain) bool {
		switch {
		case !d.SIP || !d.Public():
			return false
		case d.Scenario == records.Hybrid || d.Verified:
			return known(p, d)
		case !unread.IsZero():
			p.Doubt(unread) // nobody knows whether it should lead anywhere
		}
		return false
	})
}

// known says that the scenario of a domain is known.
func known(p *audit.Pass, d records.Domain) bool {
	if d.Scenario != records.Unknowable {
		return true
	}
	if why := p.Unread(scenarioNeeds()); !why.IsZero() {
		p.Doubt(why)
	} else {
		p.Doubt(audit.Because("scenarioUnknown", audit.Str("domain", d.Name)))
	}
	return false
}

// outside gives a record as everybody sees it; ok is false, and the rule in doubt, when nobody told anything of it.
func outside(p *audit.Pass, name, kind string) (records.Record, bool) {
	r := p.Records().Outside(name, kind)
	if r.State == records.Unknown {
		p.Doubt(audit.Because("recordUnread", audit.Str("record", name)))
	}
	return r, r.State != records.Unknown
}

// inside gives a record as the internal servers of a site show it, like outside.
func inside(p *audit.Pass, site, name, kind string) (records.Record, bool) {
	r := p.Records().Inside(site, name, kind)
	if r.State == records.Unknown {
		p.Doubt(audit.Because("recordUnreadInside", audit.Str("record", name), audit.Str("site", siteName(site))))
	}
	return r, r.State != records.Unknown
}

// siteName names the only site of evidence that does not name it.
func siteName(site string) string {
	if site == "" {
		return "-"
	}
	return site
}

// broken says that DNS-008 reports the record: other rules leave it alone then.
func broken(p *audit.Pass, r records.Record) bool {
	fault, _ := p.Records().Trouble(r)
	return fault != records.Sound && fault != records.Unclear
}

// expectation shows a record that should be there, and who says so.
func expectation(w records.Want) []audit.Fact {
	facts := []audit.Fact{{Name: "expectedRecord", Values: []string{w.String()}}}
	if w.Tenant {
		facts = append(facts, audit.Fact{Name: "expectedBy", Values: []string{"serviceConfigurationRecords"}})
	}
	return facts
}

// concerned shows how many people a domain has.
func concerned(d records.Domain) []audit.Fact {
	facts := []audit.Fact{{Name: "people", Values: []string{strconv.Itoa(d.People)}}}
	if d.OnPremises > 0 {
		facts = append(facts, audit.Fact{Name: "peopleOnPremises", Values: []string{strconv.Itoa(d.OnPremises)}})
	}
	if d.Scenario != records.Unknowable {
		facts = append(facts, audit.Fact{Name: "scenario", Values: []string{string(d.Scenario)}})
	}
	return facts
}

// found says in short what a record is.
func found(r records.Record) []string {
	if r.Wildcard {
		return append([]string{"wildcard"}, r.Found()...)
	}
	return r.Found()
}
