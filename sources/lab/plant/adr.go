package plant

import (
	"slices"
	"strings"
)

// addressPlants are the faults of e-mail addresses and sign-in names.
func addressPlants() []plant {
	return slices.Concat(duplicateAddresses(), badAddresses(), primaries(), signInNames())
}

// duplicateAddresses: the same e-mail address or sign-in name on several objects.
func duplicateAddresses() []plant {
	return []plant{
		{rule: "ADR-001", about: "a person's second address is another's primary one, in other case", plant: func(b *builder) {
			owner, taker := b.person(), b.called("aadland")
			taker.ad.addProxy("smtp:" + strings.ToUpper(owner.addr()))
			b.expect("ADR-001", "", owner.ad, taker.ad)
		}},
		{rule: "ADR-001", about: "a group has a person's address", plant: func(b *builder) {
			owner, group := b.person(), b.group()
			group.addProxy("smtp:" + owner.addr())
			b.expect("ADR-001", "", owner.ad, group)
		}},
		{rule: "ADR-001", about: "the mail attribute of one is a proxy address of the other", plant: func(b *builder) {
			owner, taker := b.person(), b.person(homed(notEnabled), mailed(mailOnly))
			alias := "reception." + owner.local + "@" + domainMain
			owner.ad.addProxy("smtp:" + alias)
			owner.cloud.proxies = append(owner.cloud.proxies, "smtp:"+alias)
			taker.ad.mail = alias
			taker.cloud.mail = taker.local + "@" + domainInitial
			taker.cloud.proxies = []string{"SMTP:" + taker.cloud.mail}
			b.expect("ADR-001", "", owner.ad, taker.ad)
		}},
		{rule: "ADR-001", about: "a contact and a person", plant: func(b *builder) {
			owner, contact := b.person(), b.contact()
			contact.addProxy("smtp:" + owner.local + "@" + domainRouting)
			b.expect("ADR-001", "", owner.ad, contact)
		}},
		{rule: "ADR-001", about: "two addresses of a leaver given to somebody new: two findings each", plant: func(b *builder) {
			leaver, taker := b.person(leaver), b.person()
			for _, alias := range []string{"smtp:press." + leaver.local + "@" + domainMain, "smtp:news." + leaver.local + "@" + domainMain} {
				leaver.ad.addProxy(alias)
				taker.ad.addProxy(alias)
				b.expect("ADR-001", "", leaver.ad, taker.ad)
			}
		}},
		{rule: "ADR-001", clean: true, about: "linked accounts with the same addresses", unloadable: needsSID, plant: func(b *builder) { b.linked() }},
		{rule: "ADR-001", clean: true, about: "the same address twice on one object, and in mail", plant: func(b *builder) {
			p := b.person()
			p.ad.mail = strings.ToUpper(p.ad.mail)
		}},
		{rule: "ADR-001", clean: true, about: "a contact that forwards to a person's address", plant: func(b *builder) {
			p, c := b.person(), b.contact()
			c.target = "SMTP:" + p.addr()
		}},
		{rule: "ADR-002", about: "two people; the tenant gave one of them a name of its own", unloadable: uniqueUPN, plant: func(b *builder) {
			owner, taker := b.person(), b.person()
			taker.setUPN(owner.ad.upn)
			taker.cloud.upn = owner.local + "4821@" + domainInitial
			b.expect("ADR-002", "", owner.ad, taker.ad)
			b.expect("JOIN-006", "Q", taker.ad)
		}},
		{rule: "ADR-002", about: "a service account that is not synchronised has a person's name, in other case", unloadable: uniqueUPN, plant: func(b *builder) {
			owner, service := b.called("iusra"), b.service()
			service.ad.upn = strings.ToUpper(owner.ad.upn)
			b.expect("ADR-002", "", owner.ad, service.ad)
		}},
	}
}

// badAddresses: proxyAddresses values that do not synchronise. The tenant does not have them, and nothing but their form is reported.
func badAddresses() []plant {
	return []plant{
		{rule: "ADR-004", about: "a space", plant: func(b *builder) {
			p := b.called("smith-oakley")
			p.ad.addProxy("smtp:" + p.local + " 2@" + domainMain)
			b.expect("ADR-004", "", p.ad)
		}},
		{rule: "ADR-004", about: "diacritics", plant: func(b *builder) {
			p := b.person()
			p.ad.addProxy("smtp:zoë." + p.addr())
			b.expect("ADR-004", "", p.ad)
		}},
		{rule: "ADR-004", about: "a group's address without prefix", plant: func(b *builder) {
			g := b.group()
			g.addProxy("team." + g.mail)
			b.expect("ADR-004", "", g)
		}},
		{rule: "ADR-004", about: "no dotted domain, and a second colon: two findings", plant: func(b *builder) {
			p := b.person()
			p.ad.addProxy("smtp:"+p.local+"@contoso", "smtp:mailto:"+p.local+"2@"+domainMain)
			b.expect("ADR-004", "", p.ad, p.ad)
		}},
		{rule: "ADR-004", about: "a contact's address in angle brackets", plant: func(b *builder) {
			c := b.contact()
			c.addProxy("smtp:<" + c.nickname + "@" + domainSecond + ">")
			b.expect("ADR-004", "", c)
		}},
		{rule: "ADR-004", about: "longer than 256 characters", plant: func(b *builder) {
			p := b.person(homed(notEnabled))
			p.ad.addProxy("smtp:" + strings.Repeat("very.long.", 26) + p.addr())
			b.expect("ADR-004", "", p.ad)
		}},
		{rule: "ADR-004", about: "a sip: value with a space on somebody who is not enabled", plant: func(b *builder) {
			p := b.person(homed(notEnabled))
			p.ad.addProxy("sip:no reply." + p.addr())
			b.expect("ADR-004", "", p.ad)
		}},
		{rule: "ADR-004", clean: true, about: "legacy, voice and SharePoint addresses, and an apostrophe in an e-mail address", plant: func(b *builder) {
			p := b.person()
			p.ad.addProxy("x500:/o=Contoso KK (東京)/ou=Exchange/cn=Recipients; old/cn="+p.sam, "X400:C=JP;A= ;P=Contoso;O=Tokyo Office;S="+p.sam,
				"eum:"+decimal(int64(p.number))+";phone-context=東京.contoso.com", "SPO:SPO_2c1ada27-dbaa-46f9@SPO_"+decimal(int64(p.number)))
			apostrophe := "smtp:o'" + p.addr()
			p.ad.addProxy(apostrophe)
			p.cloud.proxies = append(p.cloud.proxies, apostrophe)
		}},
	}
}

// primaries: mail-enabled objects without exactly one primary address.
func primaries() []plant {
	return []plant{
		{rule: "ADR-005", about: "all addresses are secondary", plant: func(b *builder) {
			p := b.called("systemmailbox")
			for i, v := range p.ad.proxies {
				if strings.HasPrefix(v, "SMTP:") {
					p.ad.proxies[i] = "smtp:" + v[len("SMTP:"):]
				}
			}
			b.expect("ADR-005", "", p.ad)
		}},
		{rule: "ADR-005", about: "two primary addresses", plant: func(b *builder) {
			p := b.person()
			second := p.local + ".second@" + domainMain
			p.ad.addProxy("SMTP:" + second)
			p.cloud.proxies = append(p.cloud.proxies, "smtp:"+second)
			b.expect("ADR-005", "", p.ad)
		}},
		{rule: "ADR-005", about: "a mailbox with no address at all", plant: func(b *builder) {
			p := b.person(homed(notEnabled))
			p.ad.proxies = nil
			b.expect("ADR-005", "", p.ad)
		}},
		{rule: "ADR-005", about: "a contact without addresses", plant: func(b *builder) {
			c := b.contact()
			c.proxies = nil
			b.expect("ADR-005", "", c)
		}},
		{rule: "ADR-005", about: "a group with two", plant: func(b *builder) {
			g := b.group()
			g.addProxy("SMTP:" + g.nickname + ".all@" + domainMain)
			b.expect("ADR-005", "", g)
		}},
		{rule: "ADR-005", clean: true, about: "a secondary address with a prefix in mixed case", plant: func(b *builder) {
			p := b.person()
			alias := "Smtp:" + p.local + ".mixed@" + domainMain
			p.ad.addProxy(alias)
			p.cloud.proxies = append(p.cloud.proxies, strings.ToLower(alias))
		}},
		{rule: "ADR-005", clean: true, about: "not mail-enabled: a sip: address and mail only", plant: func(b *builder) { b.person(mailed(mailOnly)) }},
	}
}
