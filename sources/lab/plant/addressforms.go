package plant

import (
	"slices"
	"strings"
)

// addressFormPlants are the faults of aliases, of addresses in strange domains, and of what is too long or too much.
func addressFormPlants() []plant {
	return slices.Concat(repeatedAliases(), tooLarge(), aliasForms(), strangeDomains(), shownNames())
}

// Why an attribute shows only to those who ask for it by name.
const readOnRequest = "the attribute is read on request only"

// repeatedAliases: aliases and forwarding addresses that several objects have.
func repeatedAliases() []plant {
	return []plant{
		{rule: "ADR-003", variant: "N", about: "a newcomer with a colleague's alias, in other case", plant: func(b *builder) {
			owner, taker := b.person(), b.person()
			taker.ad.nickname = strings.ToUpper(owner.ad.nickname)
			b.expect("ADR-003", "N", owner.ad, taker.ad)
		}},
		{rule: "ADR-003", variant: "N", about: "a group with the alias of a shared mailbox", plant: func(b *builder) {
			desk, group := b.shared(), b.group()
			group.nickname = desk.ad.nickname
			b.expect("ADR-003", "N", desk.ad, group)
		}},
		{rule: "ADR-003", variant: "T", about: "two people with one mailbox online", plant: func(b *builder) {
			owner, taker := b.person(mailed(remoteMailbox)), b.person(mailed(remoteMailbox))
			taker.ad.target = "smtp:" + strings.TrimPrefix(owner.ad.target, "SMTP:")
			b.expect("ADR-003", "T", owner.ad, taker.ad)
		}},
		{rule: "ADR-003", variant: "T", about: "two contacts that forward to one address (low)", plant: func(b *builder) {
			one, other := b.contact(), b.contact()
			other.target = one.target
			b.expect("ADR-003", "T", one, other)
		}},
		{rule: "ADR-003", clean: true, about: "linked accounts", unloadable: needsSID, plant: func(b *builder) { b.linked() }},
		{rule: "ADR-003", clean: true, about: "an alias that is another's account name; the loser of a conflict", unloadable: mangledName, plant: func(b *builder) {
			desk, other := b.shared(), b.shared()
			desk.ad.nickname, other.ad.nickname = other.ad.sam, desk.ad.sam+".x"
			b.conflictCopy(b.group())
		}},
	}
}

// manyX500 gives legacy addresses, which nobody compares with the tenant's.
func manyX500(p *person, n int) []string {
	list := make([]string, n)
	for i := range list {
		list[i] = "X500:/o=Former/ou=Exchange Administrative Group/cn=Recipients/cn=" + p.sam + decimal(int64(i))
	}
	return list
}

// tooLarge: more of an attribute than the tenant takes.
func tooLarge() []plant {
	return []plant{
		{rule: "ADR-006", variant: "A", about: "301 addresses", plant: func(b *builder) {
			p := b.person()
			p.ad.addProxy(manyX500(p, 301-len(p.ad.proxies))...)
			b.expect("ADR-006", "A", p.ad)
		}},
		{rule: "ADR-006", variant: "C", about: "sixteen certificates", unloadable: readOnRequest, plant: func(b *builder) {
			p := b.person(homed(notEnabled))
			p.ad.certificates = 16
			b.expect("ADR-006", "C", p.ad)
		}},
		{rule: "ADR-006", variant: "P", about: "a photo of more than 100 KB, and twenty certificates", unloadable: readOnRequest, plant: func(b *builder) {
			p := b.person(homed(notEnabled))
			p.ad.photo, p.ad.certificates = 100<<10+1, 20
			b.expect("ADR-006", "P", p.ad)
			b.expect("ADR-006", "C", p.ad)
		}},
		{rule: "ADR-006", clean: true, about: "as much as fits; a service account with many certificates", plant: func(b *builder) {
			p, service := b.shared(), b.service()
			p.ad.addProxy(manyX500(p, 300-len(p.ad.proxies))...)
			p.ad.certificates, p.ad.photo = 15, 100<<10
			service.ad.certificates = 40
		}},
	}
}

// aliasForms: aliases and forwarding addresses in a form that the tenant changes or refuses.
func aliasForms() []plant {
	return []plant{
		{rule: "ADR-009", variant: "N", about: "a period in front", plant: func(b *builder) {
			p := b.person()
			p.ad.nickname = "." + p.local
			b.expect("ADR-009", "N", p.ad)
		}},
		{rule: "ADR-009", variant: "N", about: "longer than 64 characters, of a shared mailbox", unloadable: tooLong, plant: func(b *builder) {
			p := b.shared()
			p.ad.nickname = strings.Repeat("x", 65-len(p.local)) + p.local
			b.expect("ADR-009", "N", p.ad)
		}},
		{rule: "ADR-009", variant: "N", about: "a group with an unusual character (low)", plant: func(b *builder) {
			g := b.group()
			g.nickname = "r&d." + g.nickname
			b.expect("ADR-009", "N", g)
		}},
		{rule: "ADR-009", variant: "T", about: "a space, at a person with a mailbox online", plant: func(b *builder) {
			p := b.person(mailed(remoteMailbox))
			p.ad.target = "SMTP:" + p.local + " 2@" + domainRouting
			b.expect("ADR-009", "T", p.ad)
		}},
		{rule: "ADR-009", variant: "T", about: "a contact without a dotted domain", plant: func(b *builder) {
			c := b.contact()
			c.target = "SMTP:" + c.nickname + "@proseware"
			b.expect("ADR-009", "T", c)
		}},
		{rule: "ADR-009", clean: true, about: "kanji in an alias; an X.400 target address; an apostrophe; a leaver who is not in the tenant", plant: func(b *builder) {
			p, c, d, gone := b.shared(), b.contact(), b.contact(), b.person(leaver)
			p.ad.nickname = "共有" + decimal(int64(b.beside))
			c.target = "X400:C=JP;A= ;P=Proseware;O=Tokyo Office;S=" + c.nickname + ";"
			d.target = "SMTP:o'" + d.nickname + "@proseware.com"
			gone.unsynchronised()
			gone.ad.nickname = "." + gone.local
		}},
	}
}

// strangeDomains: e-mail addresses in domains that nobody told the tenant about. Each instance has a domain of its own, so that few people share one.
func strangeDomains() []plant {
	fresh := func(b *builder) string { return "brand" + decimal(int64(b.instance)) + "." + domainStrange }
	return []plant{
		{rule: "ADR-010", variant: "P", about: "the primary address, which the service replaced", plant: func(b *builder) {
			p := b.person()
			strange := p.local + "@" + fresh(b)
			p.ad.proxies, p.ad.mail = primaryFirst(p.ad.proxies, strange), strange
			b.expect("ADR-010", "P", p.ad)
		}},
		{rule: "ADR-010", variant: "S", about: "two secondary addresses: two findings; other letter case", plant: func(b *builder) {
			p := b.person(homed(notEnabled))
			p.ad.addProxy("smtp:"+p.local+"@"+titled(fresh(b)), "smtp:"+p.local+".2@"+fresh(b))
			b.expect("ADR-010", "S", p.ad, p.ad)
		}},
		{rule: "ADR-010", variant: "S", about: "a room", plant: func(b *builder) {
			p := b.room(notEnabled)
			p.ad.addProxy("smtp:" + p.local + "@site" + decimal(int64(b.instance)) + "." + domainUnroutable)
			b.expect("ADR-010", "S", p.ad)
		}},
		{rule: "ADR-010", variant: "D", about: "eleven shared mailboxes with one domain: one finding", once: true, plant: func(b *builder) {
			for range 11 {
				p := b.shared()
				p.ad.addProxy("smtp:" + p.local + "@woodgrovebank.com")
			}
			b.expectKey("ADR-010", "D", "woodgrovebank.com")
		}},
		{rule: "ADR-010", clean: true, about: "contacts, groups, and a leaver who is not in the tenant", plant: func(b *builder) {
			c, g, gone := b.contact(), b.group(), b.person(leaver)
			gone.unsynchronised()
			for _, o := range []*object{c, g, gone.ad} {
				o.addProxy("smtp:history" + decimal(int64(b.beside)) + "." + o.category + o.sam + "@" + domainStrange)
			}
		}},
	}
}

// shownNames: names that do not fit.
func shownNames() []plant {
	const keepsNot = "a domain controller refuses the value or changes it"
	return []plant{
		{rule: "ADR-011", variant: "D", about: "a blank display name", unloadable: keepsNot, plant: func(b *builder) {
			p := b.person(homed(notEnabled))
			p.ad.shown = " "
			b.expect("ADR-011", "D", p.ad)
		}},
		{rule: "ADR-011", variant: "D", about: "256 characters, of a group", plant: func(b *builder) {
			g := b.group()
			g.shown = strings.Repeat("全社", 128)
			b.expect("ADR-011", "D", g)
		}},
		{rule: "ADR-011", variant: "G", about: "a given name of 64 characters, at a contact", plant: func(b *builder) {
			c := b.contact()
			c.given = strings.Repeat("Maria ", 10) + "Anna"
			b.expect("ADR-011", "G", c)
		}},
		{rule: "ADR-011", variant: "S", about: "a forbidden character, beside a sign-in name that cannot be used (low)", unloadable: keepsNot, plant: func(b *builder) {
			p := b.person()
			p.setUPN(p.local)
			p.unsynchronised()
			p.ad.sam = "a;" + decimal(int64(p.number))
			b.expect("ADR-011", "S", p.ad)
			b.expect("ADR-007", "", p.ad)
			b.expect("JOIN-001", "", p.ad)
		}},
		{rule: "ADR-011", variant: "S", about: "a forbidden character, of a room with a good sign-in name (info)", unloadable: keepsNot, plant: func(b *builder) {
			p := b.room(notEnabled)
			p.ad.sam = "room," + decimal(int64(p.number))
			p.cloud.sam = p.ad.sam
			b.expect("ADR-011", "S", p.ad)
		}},
		{rule: "ADR-011", clean: true, about: "255 and 63 characters; no display name; a service account", plant: func(b *builder) {
			c, g, p, service := b.contact(), b.group(), b.shared(), b.service()
			c.given, g.shown, p.ad.shown = strings.Repeat("Maria ", 10)+"Ann", strings.Repeat("x", 255), ""
			service.ad.given = strings.Repeat("x", 64)
		}},
	}
}
