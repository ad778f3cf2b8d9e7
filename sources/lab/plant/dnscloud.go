package plant

// cloudRecords are faults of an organisation that never had a server.
func cloudRecords() []plant {
	fault := func(rule, about, d string, findings int, change func(n *network)) plant {
		return plant{rule: rule, about: about, once: true, only: Cloud, plant: func(b *builder) {
			b.sipDomain(d, online)
			b.onNetwork(change)
			for range findings {
				b.expectKey(rule, "", d)
			}
		}}
	}
	clean := func(rule, about, d string, change func(n *network)) plant {
		p := fault(rule, about, d, 0, change)
		p.clean = true
		return p
	}
	const unsent, astray, lost, misled, signless, missigned, remains, office, ordinary, slip, weights, twice = "unsent.example", "astray.example", "lost.example", "misled.example",
		"signless.example", "missigned.example", "remains.example", "office.example", "ordinary.example", "slip.example", "weights.example", "twice.example"
	return []plant{
		fault("DNS-001", "missing, never a server", unsent, 1, func(n *network) { n.outside.drop("_sipfederationtls._tcp." + unsent) }),
		fault("DNS-001", "a host of a former provider, never a server", astray, 1, func(n *network) {
			n.outside.set("edge."+astray, typeA, n.b.elsewhere())
			n.outside.set("_sipfederationtls._tcp."+astray, typeSRV, "100 1 5061 edge."+astray)
		}),
		fault("DNS-002", "missing, never a server", lost, 1, func(n *network) { n.outside.drop("lyncdiscover." + lost) }),
		fault("DNS-002", "an address instead of Microsoft's name, never a server", misled, 1, func(n *network) { n.outside.set("lyncdiscover."+misled, typeA, n.b.elsewhere()) }),
		fault("DNS-003", "missing, never a server (info)", signless, 2, func(n *network) { n.outside.drop("sip."+signless, "_sip._tls."+signless) }),
		fault("DNS-003", "hosts of a former provider, never a server", missigned, 2, func(n *network) {
			n.outside.set("sip."+missigned, typeA, n.b.elsewhere())
			n.outside.set("_sip._tls."+missigned, typeSRV, "100 1 443 sip."+missigned)
		}),
		fault("DNS-006", "names that only servers need, never a server", remains, 3, func(n *network) {
			n.outside.set("sipexternal."+remains, typeA, n.b.elsewhere())
			n.inside.set("sipinternal."+remains, typeA, n.b.inner(122))
			n.inside.set("_sipinternaltls._tcp."+remains, typeSRV, "0 0 5061 sipinternal."+remains)
		}),
		fault("DNS-007", "clients inside are sent elsewhere, never a server", office, 1, func(n *network) {
			n.inside.set("lyncdiscoverinternal."+office, typeA, n.b.inner(123))
		}),
		clean("DNS-007", "clients inside are sent to Microsoft as well, and meet is a name of the company's own", ordinary, func(n *network) {
			n.outside.set("lyncdiscoverinternal."+ordinary, typeCNAME, webDirectory)
			n.outside.set("meet."+ordinary, typeA, n.b.elsewhere())
		}),
		fault("DNS-008", "a slip in a name of Microsoft, never a server", slip, 1, func(n *network) { n.outside.set("sip."+slip, typeCNAME, "sip.online.lync.com") }),
		fault("DNS-009", "another weight of the only record, never a server (info)", weights, 1, func(n *network) {
			n.outside.set("_sip._tls."+weights, typeSRV, "100 10 443 "+sipDirectory)
		}),
		fault("DNS-009", "a former record beside the right one, never a server", twice, 1, func(n *network) {
			n.outside.set("edge."+twice, typeA, n.b.elsewhere())
			n.outside.add("_sipfederationtls._tcp."+twice, typeSRV, "100 1 5061 edge."+twice)
		}),
	}
}
