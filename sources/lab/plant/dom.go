package plant

import "strconv"

// domainPlants are the faults of the tenant's domains.
func domainPlants() []plant {
	mail := []string{"Email", "OrgIdAuthentication", "Intune"}
	return []plant{
		{rule: "DOM-001", about: "not verified, and in use", once: true, plant: func(b *builder) {
			b.domains = append(b.domains, domain{name: "litware.com"})
			p := b.person()
			p.ad.addProxy("smtp:" + p.local + "@litware.com")
			b.onNetwork(func(n *network) {
				n.outside.set("litware.com", typeTXT, strconv.Quote(b.proof(domain{name: "litware.com"})))
			})
			b.expectKey("DOM-001", "", "litware.com")
		}},
		{rule: "DOM-001", about: "not verified, and not in use (low)", once: true, plant: func(b *builder) {
			b.domains = append(b.domains, domain{name: "contoso-events.com"})
			b.expectKey("DOM-001", "", "contoso-events.com")
		}},
		{rule: "DOM-003", about: "SIP addresses in a verified domain without the service", once: true, plant: func(b *builder) {
			b.domains = append(b.domains, domain{name: "tailspintoys.com", verified: true, services: mail})
			p := b.person()
			p.setSIP(p.local + "@tailspintoys.com")
			b.expectKey("DOM-003", "", "tailspintoys.com")
			b.expect("SIP-009", "U", p.ad)
			if !b.noServer() {
				b.expectKey("SIP-008", "", "tailspintoys.com")
			}
		}},
		{rule: "DOM-004", about: "a domain whose name servers are Microsoft's", once: true, plant: func(b *builder) {
			b.domains = append(b.domains, domain{name: "lucernepublishing.com", verified: true, services: append([]string{redelegated}, mail...)})
			b.expectKey("DOM-004", "", "lucernepublishing.com")
		}},
		{rule: "DOM-004", variant: "N", about: "the domain was taken back at the registrar, and the tenant does not know", once: true, network: true, plant: func(b *builder) {
			const d = "hotel.example"
			b.domains = append(b.domains, domain{name: d, verified: true, services: append([]string{redelegated}, mail...)})
			b.onNetwork(func(n *network) {
				n.outside.set(d, typeNS, "ns1."+d)
				n.outside.set("ns1."+d, typeA, nameServer)
			})
			b.expectKey("DOM-004", "N", d)
		}},
		{rule: "DOM-003", clean: true, about: "a mail domain without SIP addresses", once: true, plant: func(b *builder) {
			b.domains = append(b.domains, domain{name: "northwindtraders.com", verified: true, services: mail})
			p := b.person()
			alias := "smtp:" + p.local + "@northwindtraders.com"
			p.ad.addProxy(alias)
			p.cloud.proxies = append(p.cloud.proxies, alias)
		}},
	}
}
