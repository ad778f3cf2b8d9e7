package plant

// autodiscoverRecords: how clients find Exchange.
func autodiscoverRecords() []plant {
	mail := []string{"Email", "OrgIdAuthentication"}
	domainFor := func(b *builder, d string, m mailbox) {
		b.domains = append(b.domains, domain{name: d, verified: true, services: mail})
		b.roomAt(d, notEnabled, m)
	}
	return []plant{
		{rule: "DNS-010", about: "nothing leads to a mailbox on a server", once: true, plant: func(b *builder) {
			const d = "post.example"
			domainFor(b, d, serverMailbox)
			b.onNetwork(func(n *network) { n.outside.drop("autodiscover." + d) })
			b.expectKey("DNS-010", "", d)
		}},
		{rule: "DNS-010", about: "nothing leads to a mailbox online", once: true, plant: func(b *builder) {
			const d = "letters.example"
			domainFor(b, d, remoteMailbox)
			b.onNetwork(func(n *network) { n.outside.drop("autodiscover." + d) })
			b.expectKey("DNS-010", "", d)
		}},
		{rule: "DNS-010", variant: "X", about: "a mailbox on a server, and the record leads to Microsoft", once: true, plant: func(b *builder) {
			const d = "parcels.example"
			domainFor(b, d, serverMailbox)
			b.onNetwork(func(n *network) {
				n.outside.set("autodiscover."+d, typeCNAME, autodiscover)
				n.silence("autodiscover." + d)
			})
			b.expectKey("DNS-010", "X", d)
		}},
		{rule: "DNS-010", clean: true, about: "mailboxes online, and the record leads to the servers, which know where to lead on", once: true, plant: func(b *builder) {
			const d = "courier.example"
			domainFor(b, d, remoteMailbox)
			b.onNetwork(func(n *network) {
				n.outside.set("autodiscover."+d, typeCNAME, hostMail+"."+domainMain)
				n.twin("autodiscover."+d, hostMail+"."+domainMain)
			})
		}},
		{rule: "DNS-010", clean: true, about: "the domain itself leads to Autodiscover", once: true, plant: func(b *builder) {
			const d = "apex.example"
			domainFor(b, d, serverMailbox)
			b.onNetwork(func(n *network) {
				n.outside.drop("autodiscover." + d)
				n.silence("autodiscover." + d)
				n.outside.set(d, typeA, n.parts[hostMail])
				n.twin(d, hostMail+"."+domainMain)
			})
		}},
		{rule: "DNS-010", clean: true, about: "a service record alone, and a domain without mailboxes", once: true, plant: func(b *builder) {
			const d, empty = "stamps.example", "margie.example"
			domainFor(b, d, serverMailbox)
			b.domains = append(b.domains, domain{name: empty, verified: true, services: mail})
			b.onNetwork(func(n *network) {
				n.outside.drop("autodiscover." + d)
				n.silence("autodiscover." + d)
				n.outside.set("_autodiscover._tcp."+d, typeSRV, "0 0 443 "+hostMail+"."+domainMain)
			})
		}},
	}
}

// forbiddenRecords: msoid is for tenants of 21Vianet.
func forbiddenRecords() []plant {
	const target = "clientconfig.microsoftonline-p.net"
	present := func(d string) func(*builder) {
		return func(b *builder) {
			b.domains = append(b.domains, domain{name: d, verified: true, services: []string{"Email"}})
			b.onNetwork(func(n *network) { n.outside.set("msoid."+d, typeCNAME, target) })
			b.expectKey("DNS-012", "", d)
		}
	}
	return []plant{
		{rule: "DNS-012", about: "the record is there", once: true, plant: present("events.example")},
		{rule: "DNS-012", about: "likewise, in a domain that is not written in ASCII", once: true, plant: present(domainUmlaut)},
	}
}

// domainUmlaut is münchen.example in the form that DNS knows.
const domainUmlaut = "xn--mnchen-3ya.example"
