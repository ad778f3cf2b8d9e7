package plant

import "slices"

// dnsPlants are the faults of DNS records.
func dnsPlants() []plant {
	return slices.Concat(federationRecords(), discoveryRecords(), signInRecords(), movedTooEarly(), blockedByRecords(), staleRecords(), differentViews(), deadRecords(),
		recordParameters(), autodiscoverRecords(), oldAnswers(), forbiddenRecords(), cloudRecords())
}

func federationRecords() []plant {
	record := func(d string) string { return "_sipfederationtls._tcp." + d }
	missing := func(d string, h home) func(*builder) {
		return func(b *builder) {
			b.sipDomain(d, h)
			b.onNetwork(func(n *network) { n.outside.drop(record(d)) })
			b.expectKey("DNS-001", "", d)
		}
	}
	return []plant{
		{rule: "DNS-001", about: "missing, people on the servers", once: true, pools: true, plant: missing("alpineskihouse.com", onPremises)},
		{rule: "DNS-001", about: "missing, everybody of the domain online while others are on the servers", once: true, pools: true, plant: missing("cohovineyard.com", online)},
		{rule: "DNS-001", about: "missing, no server left (medium)", once: true, only: NoServer, plant: missing("cpandl.com", online)},
		{rule: "DNS-001", about: "the wrong port, no server left (medium)", once: true, only: NoServer, plant: func(b *builder) {
			const d = "port.example"
			b.sipDomain(d, online)
			b.onNetwork(func(n *network) { n.outside.set(record(d), typeSRV, "100 1 443 "+onlineProxy) })
			b.expectKey("DNS-001", "", d)
		}},
		{rule: "DNS-001", about: "it leads to a host that is not the Access Edge", once: true, pools: true, plant: func(b *builder) {
			const d = "cohowinery.com"
			b.sipDomain(d, onPremises)
			b.onNetwork(func(n *network) {
				n.edgeAt("access." + d)
				n.outside.set("access."+d, typeA, b.elsewhere())
				n.outside.set(record(d), typeSRV, "100 1 5061 access."+d)
			})
			b.expectKey("DNS-001", "", d)
		}},
		{rule: "DNS-001", about: "the wrong port, people on the servers", once: true, pools: true, plant: func(b *builder) {
			const d = "jetty.example"
			b.sipDomain(d, onPremises)
			b.onNetwork(func(n *network) { n.outside.set(record(d), typeSRV, "100 1 443 sip."+d) })
			b.expectKey("DNS-001", "", d)
		}},
		{rule: "DNS-001", clean: true, about: "another name of the Access Edge in the same domain", once: true, pools: true, plant: func(b *builder) {
			const d = "alpine.example"
			b.sipDomain(d, onPremises)
			b.onNetwork(func(n *network) {
				n.edgeAt("access." + d)
				n.outside.set(record(d), typeSRV, "100 1 5061 access."+d)
				n.outside.set("_sip._tls."+d, typeSRV, "100 1 443 access."+d)
			})
		}},
		{rule: "DNS-001", clean: true, about: "everybody of the domain online, and its records lead to Microsoft already", once: true, pools: true, plant: func(b *builder) {
			const d = "relecloud.com"
			b.sipDomain(d, online)
			b.onNetwork(func(n *network) { n.toMicrosoft(d) })
		}},
	}
}

func discoveryRecords() []plant {
	missing := func(d string, h home) func(*builder) {
		return func(b *builder) {
			b.sipDomain(d, h)
			b.onNetwork(func(n *network) { n.outside.drop("lyncdiscover." + d) })
			b.expectKey("DNS-002", "", d)
		}
	}
	return []plant{
		{rule: "DNS-002", about: "missing, people on the servers", once: true, pools: true, plant: missing("consolidatedmessenger.com", onPremises)},
		{rule: "DNS-002", about: "missing, everybody of the domain online while others are on the servers", once: true, pools: true, plant: missing("cohovineyardandwinery.com", online)},
		{rule: "DNS-002", about: "missing, no server left (low)", once: true, only: NoServer, plant: missing("fineartschool.net", online)},
		{rule: "DNS-002", about: "missing, and the zone answers for any name", once: true, pools: true, plant: func(b *builder) {
			const d = "anyname.example"
			b.sipDomain(d, onPremises)
			b.onNetwork(func(n *network) {
				n.outside.drop("lyncdiscover." + d)
				n.outside.set("*."+d, typeA, b.elsewhere())
			})
			b.expectKey("DNS-002", "", d)
		}},
		{rule: "DNS-002", clean: true, about: "an alias of the reverse proxy instead of its address", once: true, pools: true, plant: func(b *builder) {
			const d = "graphicdesigninstitute.com"
			b.sipDomain(d, onPremises)
			b.onNetwork(func(n *network) {
				n.outside.set("lyncdiscover."+d, typeCNAME, hostProxy+"."+domainMain)
				n.outside.set("sip."+d, typeCNAME, hostEdge+"."+domainMain)
			})
		}},
	}
}

func signInRecords() []plant {
	return []plant{
		{rule: "DNS-003", about: "no SRV record, people on the servers", once: true, pools: true, plant: func(b *builder) {
			const d = "humongousinsurance.com"
			b.sipDomain(d, onPremises)
			b.onNetwork(func(n *network) { n.outside.drop("_sip._tls." + d) })
			b.expectKey("DNS-003", "", d)
		}},
		{rule: "DNS-003", about: "no sip, people on the servers", once: true, pools: true, plant: func(b *builder) {
			const d = "lamnahealthcare.com"
			b.sipDomain(d, onPremises)
			b.onNetwork(func(n *network) {
				n.edgeAt("access." + d)
				n.outside.set("_sipfederationtls._tcp."+d, typeSRV, "100 1 5061 access."+d)
				n.outside.set("_sip._tls."+d, typeSRV, "100 1 443 access."+d)
				n.outside.drop("sip." + d)
			})
			b.expectKey("DNS-003", "", d)
		}},
		{rule: "DNS-003", about: "the SRV record leads to a host that is not the Access Edge", once: true, pools: true, plant: func(b *builder) {
			const d = "bellowscollege.com"
			b.sipDomain(d, onPremises)
			b.onNetwork(func(n *network) {
				n.edgeAt("access." + d)
				n.outside.set("access."+d, typeA, b.elsewhere())
				n.outside.set("_sip._tls."+d, typeSRV, "100 1 443 access."+d)
			})
			b.expectKey("DNS-003", "", d)
		}},
		{rule: "DNS-003", about: "the wrong port, people on the servers", once: true, pools: true, plant: func(b *builder) {
			const d = "quay.example"
			b.sipDomain(d, onPremises)
			b.onNetwork(func(n *network) { n.outside.set("_sip._tls."+d, typeSRV, "100 1 5061 sip."+d) })
			b.expectKey("DNS-003", "", d)
		}},
		{rule: "DNS-003", about: "the wrong port, no server left", once: true, only: NoServer, plant: func(b *builder) {
			const d = "pier.example"
			b.sipDomain(d, online)
			b.onNetwork(func(n *network) { n.outside.set("_sip._tls."+d, typeSRV, "100 1 5061 "+sipDirectory) })
			b.expectKey("DNS-003", "", d)
		}},
		{rule: "DNS-003", about: "neither, no server left (info)", once: true, only: NoServer, plant: func(b *builder) {
			const d = "firstupconsultants.com"
			b.sipDomain(d, online)
			b.onNetwork(func(n *network) { n.outside.drop("sip."+d, "_sip._tls."+d) })
			b.expectKey("DNS-003", "", d)
			b.expectKey("DNS-003", "", d)
		}},
	}
}

// movedTooEarly: records lead to Microsoft while people of the domain are on the servers.
func movedTooEarly() []plant {
	return []plant{
		{rule: "DNS-004", about: "all six records", once: true, pools: true, plant: func(b *builder) {
			const d = "southridgevideo.com"
			b.sipDomain(d, onPremises)
			b.onNetwork(func(n *network) {
				n.toMicrosoft(d)
				n.outside.set("meet."+d, typeCNAME, webDirectory)
				n.outside.set("dialin."+d, typeCNAME, webDirectory)
			})
			for range 6 {
				b.expectKey("DNS-004", "", d)
			}
		}},
		{rule: "DNS-004", about: "federation alone", once: true, pools: true, plant: func(b *builder) {
			const d = "vanarsdelltd.com"
			b.sipDomain(d, onPremises)
			b.onNetwork(func(n *network) { n.outside.set("_sipfederationtls._tcp."+d, typeSRV, "100 1 5061 "+onlineProxy) })
			b.expectKey("DNS-004", "", d)
		}},
	}
}

// blockedByRecords: nobody is on the servers any more, and records still lead there.
func blockedByRecords() []plant {
	return []plant{
		{rule: "DNS-005", about: "the Access Edge and the reverse proxy of old", once: true, only: NoServer, plant: func(b *builder) {
			const d = "thephone-company.com"
			b.sipDomain(d, online)
			b.onNetwork(func(n *network) {
				n.outside.set("access."+d, typeA, b.elsewhere())
				n.outside.set("_sipfederationtls._tcp."+d, typeSRV, "100 1 5061 access."+d)
				n.outside.set("lyncdiscover."+d, typeA, b.elsewhere())
			})
			b.expectKey("DNS-005", "", d)
			b.expectKey("DNS-005", "", d)
		}},
		{rule: "DNS-005", about: "a verified domain in which nobody has a SIP address", once: true, only: NoServer, plant: func(b *builder) {
			const d = "nodpublishers.com"
			b.own(d)
			b.onNetwork(func(n *network) {
				n.outside.set("sip."+d, typeA, b.elsewhere())
				n.outside.set("_sip._tls."+d, typeSRV, "100 1 443 sip."+d)
			})
			b.expectKey("DNS-005", "", d)
			b.expectKey("DNS-005", "", d)
		}},
		{rule: "DNS-005", clean: true, about: "a verified domain without SIP addresses whose records were deleted", once: true, only: NoServer, plant: func(b *builder) {
			const d = "blueyonderairlines.com"
			b.own(d)
			b.onNetwork(func(n *network) {
				n.outside.drop("sip."+d, "lyncdiscover."+d, "_sip._tls."+d, "_sipfederationtls._tcp."+d)
			})
		}},
	}
}

func staleRecords() []plant {
	return []plant{
		{rule: "DNS-006", clean: true, about: "a zone that answers for any name", once: true, only: NoServer, plant: func(b *builder) {
			const d = "wildcard.example"
			b.sipDomain(d, online)
			b.onNetwork(func(n *network) { n.outside.set("*."+d, typeA, b.elsewhere()) })
		}},
		{rule: "DNS-006", about: "everything that the servers needed, outside and inside", once: true, only: NoServer, plant: func(b *builder) {
			const d = "lucerne.example"
			b.sipDomain(d, online)
			b.onNetwork(func(n *network) {
				for _, label := range []string{"meet", "dialin", "sipexternal", "xmpp", "ntp"} {
					n.outside.set(label+"."+d, typeA, b.elsewhere())
				}
				n.outside.set("_xmpp-server._tcp."+d, typeSRV, "0 0 5269 xmpp."+d)
				n.outside.set("_ntp._udp."+d, typeSRV, "0 0 123 ntp."+d)
				for _, label := range []string{"lyncdiscoverinternal", "sipinternal", "ucupdates-r2"} {
					n.inside.set(label+"."+d, typeA, b.inner(120))
				}
				n.inside.set("_sipinternaltls._tcp."+d, typeSRV, "0 0 5061 sipinternal."+d)
				n.inside.set("_sipinternal._tcp."+d, typeSRV, "0 0 5060 sipinternal."+d)
			})
			for range 10 {
				b.expectKey("DNS-006", "", d)
			}
		}},
	}
}
