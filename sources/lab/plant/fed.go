package plant

import "slices"

// Domains that are federated because a fault, or what resembles one, needs a federation service of its own.
const (
	domainUnreadable = "wideworldimporters.com"
	domainRenewed    = "margiestravel.com"
	domainNameless   = "adatum.com"
	domainDisabled   = "fourthcoffee.com"
)

// federationPlants are the faults of federated sign-in and of reaching other organisations.
func federationPlants() []plant {
	return slices.Concat(signingCertificates(), serviceNames(), tokens(), partners(), trustPlants())
}

// federate adds a federated domain to the tenant.
func (b *builder) federate(name string) *federation {
	f := b.newFederation(name)
	f.id = guidOf(b.seed, uint64(1000+len(b.domains)), saltService).String()
	b.domains = append(b.domains, domain{name: name, verified: true, federated: true, federation: f, services: []string{"Email", "OrgIdAuthentication"}})
	return f
}

func signingCertificates() []plant {
	return []plant{
		{rule: "FED-001", about: "twelve days left, and no next certificate (high)", once: true, plant: func(b *builder) {
			f := b.domain(domainSecond).federation
			f.certificate = b.certificate("ADFS Signing - "+f.host, b.ago(days(353)), b.ago(days(353)).Add(days(365)))
			f.updateResult = "Failure"
			b.expectKey("FED-001", "", domainSecond)
		}},
		{rule: "FED-001", variant: "U", about: "a certificate that is none", once: true, plant: func(b *builder) {
			f := b.federate(domainUnreadable)
			f.whole, f.certificate = f.certificate, f.certificate[:len(f.certificate)/2]
			if b.networked() {
				b.expectKey("FED-002", "", domainUnreadable) // nothing equals half a certificate
			}
			b.expectKey("FED-001", "U", domainUnreadable)
		}},
		{rule: "FED-001", clean: true, about: "ten days left, and the next certificate is there", once: true, plant: func(b *builder) {
			f := b.federate(domainRenewed)
			f.next = f.certificate
			f.certificate = b.certificate("ADFS Signing - "+f.host, b.ago(days(355)), b.ago(days(355)).Add(days(365)))
		}},
	}
}

// named makes an account that has names of services.
func (b *builder) named(name string, principalNames ...string) *object {
	o := b.systemAccount(name, name, ouService)
	o.names = principalNames
	return o
}

func serviceNames() []plant {
	const unique = "a domain controller refuses a service principal name that another account has"
	return []plant{
		{rule: "FED-005", variant: "D", about: "a web server's account has the name too", once: true, unloadable: unique, plant: func(b *builder) {
			other := b.named("svc_intranet", "http/intranet."+domainMain, "HTTP/STS."+domainSecond)
			b.adfs = func(o *object) { b.expect("FED-005", "D", o, other) }
		}},
		{rule: "FED-005", variant: "N", about: "nobody has the name", once: true, plant: func(b *builder) {
			b.federate(domainNameless)
			b.signsIn(b.person(homed(notEnabled), mailed(noMail), licensed(unlicensed)), domainNameless)
			b.expectKey("FED-005", "N", "sts."+domainNameless+":443")
		}},
		{rule: "FED-005", variant: "W", about: "a disabled account has the name", once: true, plant: func(b *builder) {
			b.federate(domainDisabled)
			o := b.named("svc_adfs_old", "host/sts."+domainDisabled)
			o.disable()
			b.expect("FED-005", "W", o)
		}},
	}
}

// signsIn gives a person a sign-in name in another domain, on both sides.
func (b *builder) signsIn(p *person, domain string) {
	name := p.local + "@" + domain
	p.setUPN(name)
	p.cloud.upn = name
}

func tokens() []plant {
	return []plant{
		{rule: "FED-006", about: "a synchronised person without an anchor", plant: func(b *builder) {
			p := b.person(at(domainSecond))
			p.cloud.immutable = ""
			b.expect("FED-006", "", p.ad)
		}},
		{rule: "FED-006", about: "an account of the cloud alone in the federated domain", plant: func(b *builder) {
			u := b.cloudOnly("cloud.partner"+decimal(int64(b.beside)), domainSecond, "Cloud partner "+decimal(int64(b.beside)))
			b.expectUser("FED-006", "", u)
		}},
		{rule: "FED-006", clean: true, about: "a disabled account, a guest, and an anchor of another source", plant: func(b *builder) {
			n := decimal(int64(b.beside))
			b.cloudOnly("former.partner"+n, domainSecond, "Former partner "+n).enabled = false
			b.cloudOnly("partner"+n+"_proseware.com#EXT#", domainSecond, "Invited partner "+n).userType = "Guest"
			b.cloudOnly("hr.partner"+n, domainSecond, "Partner of the HR system "+n).immutable = "hr-" + n
		}},
	}
}

func partners() []plant {
	listed := func(names ...string) *psObject {
		var list []any
		for _, n := range names {
			list = append(list, psOf("Domain", n).write())
		}
		return psOf("AllowedDomain", list)
	}
	return []plant{
		{rule: "FED-007", about: "partner discovery on the servers, closed in the tenant", once: true, pools: true, exports: true, plant: func(b *builder) {
			b.export(psFederation).object("Global").set("AllowedDomains", listed("proseware.com"))
			b.export(psAllowed).add(psOf("Identity", "proseware.com", "Domain", "proseware.com", "ProxyFqdn", nil, "Comment", nil))
			b.expectKey("FED-007", "", b.tenantID())
		}},
		{rule: "FED-007", variant: "A", about: "a partner that only the servers allow", once: true, pools: true, exports: true, plant: func(b *builder) {
			b.export(psAllowed).add(psOf("Identity", "litwareinc.com", "Domain", "litwareinc.com", "ProxyFqdn", "sip.litwareinc.com", "Comment", "until 2019"))
			b.expectKey("FED-007", "A", b.tenantID())
		}},
		{rule: "FED-007", variant: "B", about: "a domain that only the tenant blocks", once: true, pools: true, exports: true, plant: func(b *builder) {
			b.export(psFederation).object("Global").set("BlockedDomains", []any{psOf("Domain", blockedPartner).write(), psOf("Domain", "spam.example.com").write()})
			b.expectKey("FED-007", "B", b.tenantID())
		}},
	}
}
