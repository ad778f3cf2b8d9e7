package plant

// domainPlants are the faults of the tenant's domains.
func domainPlants() []plant {
	mail := []string{"Email", "OrgIdAuthentication", "Intune"}
	return []plant{
		{rule: "DOM-001", about: "not verified, and in use", once: true, plant: func(b *builder) {
			b.domains = append(b.domains, domain{name: "litware.com"})
			p := b.person()
			p.ad.addProxy("smtp:" + p.local + "@litware.com")
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
			b.domains = append(b.domains, domain{name: "lucernepublishing.com", verified: true, services: append([]string{"FullRedelegation"}, mail...)})
			b.expectKey("DOM-004", "", "lucernepublishing.com")
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
