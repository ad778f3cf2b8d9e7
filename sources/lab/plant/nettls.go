package plant

import (
	"crypto/tls"
	"slices"
	"time"

	"hybridaudit/sources/lab"
)

// Domains whose hosts have certificates of their own.
const (
	domainBranch  = "branch.example.com"  // SIP people on the servers
	domainClinic  = "clinic.example.com"  // SIP people on the servers
	domainCollege = "college.example.com" // SIP people on the servers, with Autodiscover by SRV alone

	domainBare      = "ski.example.com"
	domainStray     = "winery.example.com"
	domainGone      = "vineyard.example.com"
	domainMisnamed  = "airline.example.com"
	domainShortKey  = "messenger.example.com"
	domainWild      = "design.example.com"
	domainLasting   = "insurance.example.com"
	domainExpired   = "phones.example.com"
	domainOldRoot   = "works.example.com"
	domainRevoking  = "power.example.net"
	domainHalfDead  = "publisher.example.net"
	domainByLDAP    = "video.example.net"
	domainForbidden = "art.example.net"
	domainMoved     = "farm.example.net"
)

// branch makes a SIP domain with people on the servers, once. Its hosts are sip, lyncdiscover, meet and dialin outside, lyncdiscoverinternal and sipinternal inside.
func (b *builder) branch(name string) {
	if b.domain(name) == nil {
		b.sipDomain(name, onPremises)
	}
}

// mailDomain makes a verified domain in which a mailbox on a server has an address, and gives the host at which clients look for it.
func (b *builder) mailDomain(name string) (host string) {
	b.domains = append(b.domains, domain{name: name, verified: true, services: []string{"Email", "OrgIdAuthentication", "Intune"}})
	p := b.equipment()
	alias := "smtp:" + p.local + "@" + name
	p.ad.addProxy(alias)
	p.cloud.proxies = append(p.cloud.proxies, alias)
	return "autodiscover." + name
}

// certified gives a host a certificate of its own.
func (b *builder) certified(host string, port int, c lab.Certificate) {
	b.onNetwork(func(n *network) {
		if h := n.host(host, port); h != nil {
			h.Certificate = c
		}
	})
}

// lasting is a certificate that was bought for these dates.
func lasting(from, until time.Time, names ...string) lab.Certificate {
	c := bought(names...)
	c.From, c.Until = from, until
	return c
}

func certificatePlants() []plant {
	return slices.Concat(validityPlants(), trustedPlants(), namePlants(), protocolPlants(), inspectionPlants())
}

// on names a port of a host as findings do.
func on(host string, port int) string { return host + ":" + decimal(int64(port)) }

func validityPlants() []plant {
	return []plant{
		{rule: "TLS-001", about: "expired three days ago", once: true, plant: func(b *builder) {
			host := b.mailDomain(domainExpired)
			b.certified(host, portHTTPS, lasting(b.ago(days(368)), b.ago(days(3)), host))
			b.expectKey("TLS-001", "", on(host, portHTTPS))
		}},
		{rule: "TLS-001", about: "ten days left (high), of federation alone", once: true, pools: true, plant: func(b *builder) {
			b.branch(domainBranch)
			host := "sip." + domainBranch
			b.certified(host, portSIP, lasting(b.ago(days(355)), b.now.Add(days(10)), append(b.edgeNames(), host)...))
			b.expectKey("TLS-001", "", on(host, portSIP))
		}},
		{rule: "TLS-001", about: "twenty days left (medium)", once: true, pools: true, plant: func(b *builder) {
			b.branch(domainBranch)
			host := "meet." + domainBranch
			b.certified(host, portHTTPS, lasting(b.ago(days(345)), b.now.Add(days(20)), host))
			b.expectKey("TLS-001", "", on(host, portHTTPS))
		}},
		{rule: "TLS-001", about: "not valid before the day after tomorrow", once: true, pools: true, plant: func(b *builder) {
			b.branch(domainBranch)
			host := "dialin." + domainBranch
			b.certified(host, portHTTPS, lasting(b.now.Add(days(2)), b.now.Add(days(367)), host))
			b.expectKey("TLS-001", "", on(host, portHTTPS))
		}},
		{rule: "TLS-001", clean: true, about: "45 days left, and one that is a day old", once: true, plant: func(b *builder) {
			host := b.mailDomain(domainLasting)
			b.certified(host, portHTTPS, lasting(b.ago(days(320)), b.now.Add(days(45)), host))
			b.onNetwork(func(n *network) {
				n.host(hostMail+"."+domainMain, portHTTPS).Certificate.From = b.ago(days(1))
			})
		}},
	}
}

// edgeNames are the names that the certificate of an Access Edge has to have.
func (b *builder) edgeNames() []string { return prefixedNames([]string{"sip."}, b.sipDomains()) }

func trustedPlants() []plant {
	return []plant{
		{rule: "TLS-002", about: "self-signed, inside", once: true, pools: true, plant: func(b *builder) {
			b.branch(domainBranch)
			host := "lyncdiscoverinternal." + domainBranch
			b.certified(host, portHTTPS, lab.Certificate{Names: []string{host}, Kind: lab.SelfSigned})
			b.expectKey("TLS-002", "", on(host, portHTTPS))
		}},
		{rule: "TLS-003", variant: "I", about: "the intermediate certificate is not sent", once: true, plant: func(b *builder) {
			host := b.mailDomain(domainBare)
			c := bought(host)
			c.Kind = lab.Incomplete
			b.certified(host, portHTTPS, c)
			b.expectKey("TLS-003", "I", on(host, portHTTPS))
		}},
		{rule: "TLS-003", variant: "R", about: "an authority that nobody knows", once: true, plant: func(b *builder) {
			host := b.mailDomain(domainStray)
			b.certified(host, portHTTPS, lab.Certificate{Names: []string{host}, Kind: lab.UnknownCertificate, Organisation: "Coho Winery"})
			b.expectKey("TLS-003", "R", on(host, portHTTPS))
		}},
		{rule: "TLS-003", variant: "U", about: "the certificate that is missing is not at its address", once: true, plant: func(b *builder) {
			host := b.mailDomain(domainGone)
			c := bought(host)
			c.Kind = lab.Lost
			b.certified(host, portHTTPS, c)
			b.expectKey("TLS-003", "U", on(host, portHTTPS))
		}},
	}
}

func namePlants() []plant {
	return []plant{
		{rule: "TLS-004", about: "names of other hosts of the domain, and a wildcard for what lies below one of them", once: true, plant: func(b *builder) {
			host := b.mailDomain(domainMisnamed)
			b.certified(host, portHTTPS, bought(domainMisnamed, "www."+domainMisnamed, "*.autodiscover."+domainMisnamed))
			b.expectKey("TLS-004", "", on(host, portHTTPS))
		}},
		{rule: "TLS-004", about: "the Edge lacks the name of a SIP domain", once: true, pools: true, plant: func(b *builder) {
			b.branch(domainClinic)
			edge := hostEdge + "." + domainMain
			for _, port := range []int{portHTTPS, portSIP} {
				b.onNetwork(func(n *network) {
					c := &n.host(edge, port).Certificate
					c.Names = slices.DeleteFunc(slices.Clone(c.Names), func(name string) bool { return name == "sip."+domainClinic })
				})
				b.expectKey("TLS-004", "", on(edge, port))
			}
		}},
		{rule: "TLS-004", clean: true, about: "a wildcard that fits", once: true, plant: func(b *builder) {
			b.certified(b.mailDomain(domainWild), portHTTPS, bought("*."+domainWild, domainWild))
		}},
		{rule: "TLS-007", about: "Autodiscover of a SIP domain on a host whose certificate has no name of it", once: true, pools: true, plant: func(b *builder) {
			b.branch(domainCollege)
			const host = "webmail." + domainMain
			b.onNetwork(func(n *network) {
				n.outside.drop("autodiscover." + domainCollege)
				n.silence("autodiscover." + domainCollege)
				n.outside.set("_autodiscover._tcp."+domainCollege, typeSRV, "0 0 443 "+host)
				for _, v := range []*view{n.outside, n.inside} {
					v.set(host, typeA, n.parts[hostMail])
				}
				n.listen(host, portHTTPS, bought(host), credentials())
			})
			b.expectKey("TLS-007", "", on(host, portHTTPS))
		}},
	}
}

func protocolPlants() []plant {
	return []plant{
		{rule: "TLS-006", about: "nothing newer than TLS 1.1 (high)", once: true, pools: true, plant: func(b *builder) {
			b.branch(domainClinic)
			host := "meet." + domainClinic
			b.onNetwork(func(n *network) {
				n.host(host, portHTTPS).MinTLS, n.host(host, portHTTPS).MaxTLS = tls.VersionTLS10, tls.VersionTLS11
			})
			b.expectKey("TLS-006", "", on(host, portHTTPS))
		}},
		{rule: "TLS-006", about: "TLS 1.0 besides newer ones (low)", once: true, pools: true, plant: func(b *builder) {
			b.branch(domainClinic)
			host := "dialin." + domainClinic
			b.onNetwork(func(n *network) { n.host(host, portHTTPS).MinTLS = tls.VersionTLS10 })
			b.expectKey("TLS-006", "", on(host, portHTTPS))
		}},
		{rule: "TLS-006", about: "signed with SHA-1 (medium)", once: true, pools: true, plant: func(b *builder) {
			b.branch(domainClinic)
			host := "lyncdiscover." + domainClinic
			c := bought(host)
			c.SHA1 = true
			b.certified(host, portHTTPS, c)
			b.expectKey("TLS-006", "", on(host, portHTTPS))
		}},
		{rule: "TLS-006", about: "an RSA key of 1024 bits (medium)", once: true, plant: func(b *builder) {
			host := b.mailDomain(domainShortKey)
			c := bought(host)
			c.RSABits = 1024
			b.certified(host, portHTTPS, c)
			b.expectKey("TLS-006", "", on(host, portHTTPS))
		}},
		{rule: "TLS-006", clean: true, about: "an RSA key of 2048 bits, nothing newer than TLS 1.2, and a root with SHA-1", once: true, plant: func(b *builder) {
			host := b.mailDomain(domainOldRoot)
			c := bought(host)
			c.RSABits, c.Root = 2048, true
			b.certified(host, portHTTPS, c)
			b.onNetwork(func(n *network) { n.host(host, portHTTPS).MaxTLS = tls.VersionTLS12 })
		}},
	}
}

func inspectionPlants() []plant {
	return []plant{
		{rule: "TLS-005", about: "the organisation's own authority in the place of Microsoft's", once: true, plant: func(b *builder) {
			const host = "teams.microsoft.com"
			b.certified(host, portHTTPS, homemade(host))
			b.expectKey("TLS-005", "", on(host, portHTTPS))
		}},
		{rule: "TLS-005", about: "another public authority (info)", once: true, plant: func(b *builder) {
			const host = "outlook.office365.com"
			c := bought(host, "*.office365.com")
			c.Organisation = "GlobalSign nv-sa"
			b.certified(host, portHTTPS, c)
			b.expectKey("TLS-005", "", on(host, portHTTPS))
		}},
	}
}
