package plant

import "strconv"

// differentViews: what the organisation's resolvers say is not what everybody else sees.
func differentViews() []plant {
	return []plant{
		{rule: "DNS-007", about: "a zone inside without autodiscover", once: true, pools: true, plant: func(b *builder) {
			const d = "bestforyouorganics.com"
			b.sipDomain(d, onPremises)
			b.onNetwork(func(n *network) { n.split(d, "autodiscover."+d) })
			b.expectKey("DNS-007", "", d)
		}},
		{rule: "DNS-007", about: "a zone inside without the federation service", once: true, plant: func(b *builder) {
			const d = "munson.example"
			f := b.federate(d)
			b.onNetwork(func(n *network) { n.split(d, f.host) })
			b.expectKey("DNS-007", "", d)
		}},
		{rule: "DNS-007", about: "a zone inside with a server that is gone, and without sip", once: true, only: NoServer, plant: func(b *builder) {
			const d = "liberty.example"
			b.sipDomain(d, online)
			b.onNetwork(func(n *network) {
				n.split(d, "sip."+d)
				n.inside.set("lyncdiscover."+d, typeA, b.inner(121))
			})
			b.expectKey("DNS-007", "", d)
			b.expectKey("DNS-007", "", d)
		}},
		{rule: "DNS-007", clean: true, about: "a zone inside that holds everything", once: true, pools: true, plant: func(b *builder) {
			const d = "electron.example"
			b.sipDomain(d, onPremises)
			b.onNetwork(func(n *network) { n.split(d) })
		}},
	}
}

// deadRecords: records that lead to what is not there.
func deadRecords() []plant {
	const partner = "litwareinc.com"
	const hops = 12
	return []plant{
		{rule: "DNS-008", about: "an alias and a service whose targets do not exist", once: true, pools: true, plant: func(b *builder) {
			const d = "travel.example"
			b.sipDomain(d, onPremises)
			b.onNetwork(func(n *network) {
				n.outside.zone(partner)
				n.outside.set("lyncdiscover."+d, typeCNAME, "lyncdiscover."+partner)
				n.outside.set("_sip._tls."+d, typeSRV, "100 1 443 access."+d)
			})
			b.expectKey("DNS-008", "", d)
			b.expectKey("DNS-008", "", d)
		}},
		{rule: "DNS-008", about: "targets that are known to be wrong", once: true, pools: true, plant: func(b *builder) {
			const d = "museum.example"
			b.sipDomain(d, online)
			b.onNetwork(func(n *network) {
				n.toMicrosoft(d)
				n.outside.set("sip."+d, typeCNAME, "sipdir.online.microsoft.com")
				n.outside.set("lyncdiscover."+d, typeCNAME, "webdir1e.online.lync.com")
			})
			b.expectKey("DNS-008", "", d)
			b.expectKey("DNS-008", "", d)
		}},
		{rule: "DNS-008", about: "the same where no server is left", once: true, only: NoServer, plant: func(b *builder) {
			const d = "power.example"
			b.sipDomain(d, online)
			b.onNetwork(func(n *network) {
				n.outside.zone(partner)
				n.outside.set("lyncdiscover."+d, typeCNAME, "lyncdiscover."+partner)
				n.outside.set("_sip._tls."+d, typeSRV, "100 1 443 sipdir.online.microsoft.com")
			})
			b.expectKey("DNS-008", "", d)
			b.expectKey("DNS-008", "", d)
			b.expectKey("DNS-005", "", d) // neither leads to Microsoft 365
			b.expectKey("DNS-005", "", d)
		}},
		{rule: "DNS-008", about: "aliases in a circle, and too many of them", once: true, pools: true, plant: func(b *builder) {
			const d = "library.example"
			b.sipDomain(d, onPremises)
			b.onNetwork(func(n *network) {
				n.outside.set("lyncdiscover."+d, typeCNAME, "discover."+d)
				n.outside.set("discover."+d, typeCNAME, "lyncdiscover."+d)
				n.outside.set("sip."+d, typeCNAME, "a1."+d)
				for i := 1; i < hops; i++ {
					n.outside.set("a"+strconv.Itoa(i)+"."+d, typeCNAME, "a"+strconv.Itoa(i+1)+"."+d)
				}
				n.edgeAt("a" + strconv.Itoa(hops) + "." + d)
				n.edgeAt("access." + d)
				n.outside.set("_sipfederationtls._tcp."+d, typeSRV, "100 1 5061 access."+d)
				n.outside.set("_sip._tls."+d, typeSRV, "100 1 443 access."+d)
			})
			b.expectKey("DNS-008", "", d)
			b.expectKey("DNS-008", "", d)
		}},
	}
}

// recordParameters: records that lead to the right host in the wrong way.
func recordParameters() []plant {
	return []plant{
		{rule: "DNS-009", about: "two records of different targets", once: true, pools: true, plant: func(b *builder) {
			const d = "gallery.example"
			b.sipDomain(d, onPremises)
			b.onNetwork(func(n *network) {
				n.edgeAt("access." + d)
				n.outside.add("_sipfederationtls._tcp."+d, typeSRV, "100 1 5061 access."+d)
			})
			b.expectKey("DNS-009", "", d)
		}},
		{rule: "DNS-009", about: "an Access Edge that is called after another domain", once: true, pools: true, plant: func(b *builder) {
			const d = "gardens.example"
			b.sipDomain(d, onPremises)
			b.onNetwork(func(n *network) { n.outside.set("_sipfederationtls._tcp."+d, typeSRV, "100 1 5061 sip."+domainMain) })
			b.expectKey("DNS-009", "", d)
		}},
		{rule: "DNS-009", about: "another priority of the only record (info)", once: true, pools: true, plant: func(b *builder) {
			const d = "residences.example"
			b.sipDomain(d, online)
			b.onNetwork(func(n *network) {
				n.toMicrosoft(d)
				n.outside.set("_sipfederationtls._tcp."+d, typeSRV, "10 5 5061 "+onlineProxy)
			})
			b.expectKey("DNS-009", "", d)
		}},
		{rule: "DNS-009", about: "a second port of the right host", once: true, only: NoServer, plant: func(b *builder) {
			const d = "harbour.example"
			b.sipDomain(d, online)
			b.onNetwork(func(n *network) { n.outside.add("_sip._tls."+d, typeSRV, "200 1 5061 "+sipDirectory) })
			b.expectKey("DNS-009", "", d)
		}},
		{rule: "DNS-009", about: "an alias beside an address", once: true, pools: true, plant: func(b *builder) {
			const d = "fineart.example"
			b.sipDomain(d, onPremises)
			b.onNetwork(func(n *network) { n.outside.add("lyncdiscover."+d, typeCNAME, hostProxy+"."+domainMain) })
			b.expectKey("DNS-009", "", d)
		}},
	}
}

// oldAnswers: public resolvers remember what the zone does not say any more.
func oldAnswers() []plant {
	return []plant{
		{rule: "DNS-011", variant: "P", about: "a public resolver gives the former target", once: true, pools: true, plant: func(b *builder) {
			const d = "hotels.example"
			b.sipDomain(d, onPremises)
			b.onNetwork(func(n *network) {
				n.edgeAt("access." + d)
				n.outside.set("_sip._tls."+d, typeSRV, "100 1 443 access."+d)
				n.cached.set("_sip._tls."+d, typeSRV, "100 1 443 sip."+d)
				n.cached.ttl("_sip._tls."+d, 1800)
			})
			b.expectKey("DNS-011", "P", d)
		}},
		{rule: "DNS-011", variant: "P", about: "a public resolver still has the server of old, and a name that was deleted", once: true, only: NoServer, plant: func(b *builder) {
			const d = "memory.example"
			b.sipDomain(d, online)
			b.onNetwork(func(n *network) {
				n.cached.set("lyncdiscover."+d, typeA, b.elsewhere())
				n.cached.set("meet."+d, typeA, b.elsewhere())
			})
			b.expectKey("DNS-011", "P", d)
			b.expectKey("DNS-011", "P", d)
		}},
		{rule: "DNS-011", clean: true, about: "addresses of Microsoft that differ from place to place", once: true, plant: func(b *builder) {
			b.onNetwork(func(n *network) {
				n.cached.set("webdir1e.online.lync.com", typeA, "198.51.100.222")
				n.cached.set(sipDirectory, typeA, "198.51.100.223")
			})
		}},
	}
}
