package plant

import "strings"

// voicePlants are the faults of telephone numbers and enterprise voice.
func voicePlants() []plant {
	list := []plant{}
	for _, f := range []struct{ variant, about, line string }{
		{"", "no number at all", "tel:front desk"},
		{"F", "blanks in the number", "tel:+81 3 5550 %"},
		{"I", "an extension alone", "tel:#"},
		{"P", "no country code", "tel:0345%"},
		{"S", "a SIP URI", "sip:phone%@" + domainMain},
		{"X", "a phone context", "tel:+8134571%;phone-context=" + domainMain},
	} {
		list = append(list, plant{rule: "VOI-001", variant: f.variant, about: f.about, plant: func(b *builder) {
			p := b.person()
			b.giveLine(p, f.line)
			b.expect("VOI-001", f.variant, p.ad)
		}})
	}
	return append(append(list, sharedNumbers()...), voiceFlagPlants()...)
}

// giveLine makes somebody a person with enterprise voice, the licence for it in the tenant, and a number: see [builder.setLine].
func (b *builder) giveLine(p *person, line string) {
	p.ad.flags = number(voiceFlags)
	b.licensePhone(p)
	b.setLine(p, line)
}

// setLine gives a person a number in which % and # are replaced by digits that nobody else has: seven, and six.
func (b *builder) setLine(p *person, line string) {
	p.ad.privateLine = ""
	own := strings.NewReplacer("%", sevenDigits(p.number), "#", decimal(100_000+int64(p.number)%900_000))
	p.ad.line = own.Replace(line)
}

// sharedNumbers: one number on several objects, and a number beside itself with an extension.
func sharedNumbers() []plant {
	return []plant{
		{rule: "VOI-001", clean: true, about: "tel: and ext in capitals", plant: func(b *builder) {
			p := b.person()
			b.giveLine(p, "TEL:+8134572%")
			p.ad.line += ";EXT=" + sevenDigits(p.number)[3:]
		}},
		{rule: "VOI-002", about: "two people", plant: func(b *builder) {
			owner, taker := b.person(), b.person()
			b.giveLine(owner, "tel:+8134573%")
			b.giveLine(taker, "")
			taker.ad.line = owner.ad.line
			b.expect("VOI-002", "", owner.ad, taker.ad)
		}},
		{rule: "VOI-002", about: "a private line is somebody's number, with an extension", plant: func(b *builder) {
			owner, taker := b.person(), b.person()
			b.giveLine(owner, "tel:+8134574%")
			owner.ad.line += ";ext=" + sevenDigits(owner.number)[3:]
			b.giveLine(taker, "tel:+8134575%")
			taker.ad.privateLine = "TEL:" + owner.ad.line[len("tel:"):]
			b.expect("VOI-002", "", owner.ad, taker.ad)
		}},
		{rule: "VOI-002", about: "a person and a response group in the configuration partition", pools: true, plant: func(b *builder) {
			owner, group := b.person(), b.endpoint("urn:application:RGS", "Hotline "+decimal(int64(b.beside)), rtcContacts)
			b.giveLine(owner, "tel:+8134576%")
			group.line = owner.ad.line
			b.expect("VOI-002", "", owner.ad, group)
		}},
		{rule: "VOI-002", about: "a number left over on somebody who is not enabled", plant: func(b *builder) {
			owner, gone := b.person(), b.person(homed(notEnabled))
			b.giveLine(owner, "tel:+8134577%")
			gone.ad.line = owner.ad.line
			b.expect("VOI-002", "", owner.ad, gone.ad)
			b.expect("HOM-010", "", gone.ad)
		}},
		{rule: "VOI-002", clean: true, about: "one main number with different extensions; line and private line the same", plant: func(b *builder) {
			one, other, same := b.person(), b.person(), b.person()
			b.giveLine(one, "tel:+8134578%;ext=101")
			b.giveLine(other, "")
			other.ad.line = one.ad.line[:len(one.ad.line)-1] + "2"
			b.giveLine(same, "tel:+8134579%")
			same.ad.privateLine = same.ad.line
		}},
		{rule: "VOI-003", variant: "B", about: "a main number beside two extensions of it", plant: func(b *builder) {
			main, one, other := b.person(), b.person(), b.person()
			b.giveLine(main, "tel:+8134580%")
			b.giveLine(one, "")
			b.giveLine(other, "")
			one.ad.line, other.ad.line = main.ad.line+";ext=201", main.ad.line+";ext=202"
			b.expect("VOI-003", "B", main.ad)
		}},
		{rule: "VOI-003", variant: "T", about: "an extension that is not the end of the number", plant: func(b *builder) {
			p := b.person()
			b.giveLine(p, "tel:+8134581%")
			p.ad.line += ";ext=" + decimal(int64(p.number+1)%10)
			b.expect("VOI-003", "T", p.ad)
		}},
	}
}

// voiceFlagPlants: enterprise voice and the number do not fit together; what is left of unified messaging.
func voiceFlagPlants() []plant {
	return []plant{
		{rule: "VOI-004", variant: "N", about: "enterprise voice without a number", pools: true, plant: func(b *builder) {
			p := b.person(homed(onPremises))
			b.giveLine(p, "")
			b.expect("VOI-004", "N", p.ad)
		}},
		{rule: "VOI-004", variant: "L", about: "a number without enterprise voice", plant: func(b *builder) {
			p := b.person()
			b.giveLine(p, "tel:+8134582%")
			p.ad.flags = number(presenceFlags)
			b.expect("VOI-004", "L", p.ad)
		}},
		{rule: "VOI-004", clean: true, about: "online with a number in the tenant alone", plant: func(b *builder) {
			b.giveLine(b.person(homed(online)), "")
		}},
		{rule: "VOI-009", variant: "C", about: "contacts of auto attendants", once: true, plant: func(*builder) {}},
		{rule: "VOI-009", variant: "M", about: "voice mail settings", once: true, plant: func(b *builder) {
			p, q := b.person(), b.person()
			p.ad.voiceMail, q.ad.voiceMail = []string{"ExchangeHostedVoiceMail=1"}, []string{"ExchangeHostedVoiceMail=0"}
			b.expectKey("VOI-009", "M", domainMain)
		}},
		{rule: "VOI-009", variant: "U", about: "people with unified messaging", once: true, plant: func(b *builder) {
			p, q := b.person(), b.person()
			p.ad.umFlags, q.ad.umFlags = number(831), number(831)
			b.expectKey("VOI-009", "U", domainMain)
		}},
		{rule: "VOI-009", clean: true, about: "unified messaging switched off", once: true, plant: func(b *builder) {
			b.person().ad.umFlags = number(830)
		}},
	}
}
