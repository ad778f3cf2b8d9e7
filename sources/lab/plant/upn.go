package plant

import "strings"

// signInNames: user principal names that the tenant does not take. Where the tenant has replaced the name, JOIN-006 sees the two differ.
func signInNames() []plant {
	// replaced gives a person a bad name at a verified domain, for which the tenant shows one at its initial domain.
	replaced := func(about string, write func(p *person) string) plant {
		return plant{rule: "ADR-007", about: about, plant: func(b *builder) {
			p := b.person()
			p.setUPN(write(p))
			p.atInitial()
			b.expect("ADR-007", "", p.ad)
			b.expect("JOIN-006", "F", p.ad)
		}}
	}
	// unknown gives somebody who never came into the tenant a bad name.
	unknown := func(about string, write func(p *person) string) plant {
		return plant{rule: "ADR-007", about: about, plant: func(b *builder) {
			p := b.person()
			p.setUPN(write(p))
			p.unsynchronised()
			b.expect("ADR-007", "", p.ad)
			b.expect("JOIN-001", "", p.ad)
		}}
	}
	return []plant{
		{rule: "ADR-007", about: "no name", plant: func(b *builder) {
			p := b.called("discovery")
			p.setUPN("")
			p.atInitial()
			b.expect("ADR-007", "", p.ad)
		}},
		replaced("diacritics", func(p *person) string { return "zoë." + p.addr() }),
		replaced("a dot before the @", func(p *person) string { return p.local + ".@" + domainMain }),
		replaced("a space", func(p *person) string { return strings.Replace(p.local, ".", " ", 1) + "@" + domainMain }),
		replaced("longer than 64 characters", func(p *person) string { return strings.Repeat("long.", 13) + p.addr() }),
		unknown("no @", func(p *person) string { return p.local }),
		unknown("two @", func(p *person) string { return p.local + "@home@" + domainMain }),
		{rule: "ADR-007", about: "an apostrophe (low)", plant: func(b *builder) {
			p := b.person()
			p.setUPN("o'" + p.addr())
			p.cloud.upn = p.ad.upn
			b.expect("ADR-007", "", p.ad)
		}},
		{rule: "ADR-007", clean: true, about: "capitals, digits, hyphen, underscore; a leaver's bad name", plant: func(b *builder) {
			p, gone := b.person(homed(notEnabled)), b.person(leaver)
			p.setUPN(titled(p.local) + "-2_a@Contoso.com")
			p.cloud.upn = strings.ToLower(p.ad.upn)
			gone.setUPN(gone.local + ".@" + domainMain)
			gone.cloud.upn = gone.ad.upn
		}},
		{rule: "ADR-008", variant: "N", about: "a suffix for private use", plant: func(b *builder) {
			p := b.called("admini")
			p.setUPN(p.local + "@" + domainUnroutable)
			p.atInitial()
			b.expect("ADR-008", "N", p.ad)
		}},
		{rule: "ADR-008", variant: "N", about: "a suffix of one label", plant: func(b *builder) {
			p := b.person()
			p.setUPN(p.local + "@CONTOSO")
			p.atInitial()
			b.expect("ADR-008", "N", p.ad)
		}},
		{rule: "ADR-008", variant: "V", about: "a suffix that the tenant does not own", plant: func(b *builder) {
			p := b.person()
			p.setUPN(p.local + "@" + domainStrange)
			p.atInitial()
			b.expect("ADR-008", "V", p.ad)
		}},
		{rule: "ADR-008", clean: true, about: "a verified subdomain; a service account with a private suffix", plant: func(b *builder) {
			b.person(at(domainSub))
			b.service()
		}},
	}
}
