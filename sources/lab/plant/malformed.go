package plant

// malformedSIP: addresses in a form that does not work. Each declares what the sip: value in proxyAddresses causes beside it.
func malformedSIP() []plant {
	// alike writes the same value into the primary address and the sip: value; the tenant shows what it made of it before.
	alike := func(about string, write func(p *person) string) plant {
		return plant{rule: "SIP-006", about: about, plant: func(b *builder) {
			p := b.person()
			p.ad.sip = write(p)
			p.ad.setSIPProxies(p.ad.sip)
			b.expect("SIP-006", "", p.ad)
		}}
	}
	return []plant{
		alike("apostrophe", func(p *person) string { return "sip:o'" + p.addr() }),
		alike("no @", func(p *person) string { return "sip:" + p.local }),
		alike("domain of one label", func(p *person) string { return "sip:" + p.local + "@contoso" }),
		alike("empty label in the domain", func(p *person) string { return "sip:" + p.local + "@contoso..com" }),
		alike("two @", func(p *person) string { return "sip:" + p.local + "@home@" + domainMain }),
		alike("unusual character (low)", func(p *person) string { return "sip:r&d." + p.addr() }),
		{rule: "SIP-006", about: "a space inside, in the sip: value too", plant: func(b *builder) {
			p := b.called("supporto")
			p.ad.sip = "sip:" + p.local[:4] + " " + p.local[4:] + "@" + domainMain
			p.ad.setSIPProxies(p.ad.sip)
			b.expect("SIP-006", "", p.ad)
			b.expect("ADR-004", "", p.ad)
		}},
		{rule: "SIP-006", about: "kanji, the sip: value romanised", plant: func(b *builder) {
			p := b.person()
			p.ad.sip = "sip:佐藤." + p.addr()
			b.expect("SIP-006", "", p.ad)
			b.expect("SIP-005", "B", p.ad)
		}},
		{rule: "SIP-006", about: "no sip: in front", plant: func(b *builder) {
			p := b.person()
			p.ad.sip = p.addr()
			b.expect("SIP-006", "", p.ad)
		}},
		{rule: "SIP-006", about: "a space behind", plant: func(b *builder) {
			p := b.person()
			p.ad.sip = "sip:" + p.addr() + " "
			b.expect("SIP-006", "", p.ad)
		}},
		{rule: "SIP-006", about: "the contact of an auto attendant", plant: func(b *builder) {
			c := b.voiceContact()
			c.sip = "sip:" + c.cn[len("自動応答 "):] + ",menu@" + domainMain
			c.setSIPProxies(c.sip)
			b.expect("SIP-006", "", c)
			b.expect("ADR-004", "", c)
		}},
		{rule: "SIP-006", clean: true, about: "plus, hyphen, underscore, digits; capitals in the prefix", plant: func(b *builder) {
			room, q := b.room(online), b.person()
			room.setSIP(room.local + "+sip_1-a@" + domainMain)
			q.ad.sip = "Sip:" + q.addr()
		}},
	}
}
