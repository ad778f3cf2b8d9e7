package plant

import (
	"slices"
	"strings"
	"time"
)

// sipPlants are the faults of SIP identity in the directory.
func sipPlants() []plant {
	return slices.Concat(duplicateSIP(), sipProxies(), sipState(), []plant{
		{rule: "SIP-005", variant: "A", about: "mailbox without sip: address", plant: func(b *builder) {
			p := b.called("healthmailbox")
			p.ad.setSIPProxies()
			b.expect("SIP-005", "A", p.ad)
		}},
		{rule: "SIP-005", variant: "A", about: "no Exchange attributes and no sip: address (info)", plant: func(b *builder) {
			p := b.person(mailed(noMail))
			p.ad.setSIPProxies()
			b.expect("SIP-005", "A", p.ad)
		}},
		{rule: "SIP-005", variant: "B", about: "the sip: address is a former one", plant: func(b *builder) {
			p := b.person()
			p.ad.setSIPProxies("sip:" + p.local + ".old@" + domainMain)
			b.expect("SIP-005", "B", p.ad)
		}},
		{rule: "SIP-005", variant: "C", about: "a second sip: address", plant: func(b *builder) {
			p := b.person()
			p.ad.addProxy("sip:" + p.local + ".alias@" + domainMain)
			b.expect("SIP-005", "C", p.ad)
		}},
		{rule: "SIP-005", variant: "C", about: "a room with two sip: addresses, neither its own", plant: func(b *builder) {
			p := b.room(online)
			p.ad.setSIPProxies("SIP:"+p.local+".first@"+domainMain, "sip:"+p.local+".second@"+domainMain)
			b.expect("SIP-005", "C", p.ad)
		}},
		{rule: "SIP-005", clean: true, about: "prefix in other case, address in other case", plant: func(b *builder) {
			p := b.person()
			p.ad.setSIPProxies("SIP:" + strings.ToUpper(p.addr()))
		}},
		{rule: "SIP-005", clean: true, about: "the same sip: address twice, in other case", unloadable: sameValue, plant: func(b *builder) {
			p := b.person()
			p.ad.addProxy("SIP:" + titled(p.addr()))
		}},
	}, malformedSIP(), sipDomains(), unusableAccounts())
}

// duplicateSIP: one address, several holders.
func duplicateSIP() []plant {
	return []plant{
		{rule: "SIP-001", about: "two people", plant: func(b *builder) {
			owner, taker := b.person(), b.called("front desk")
			taker.ad.sip = owner.ad.sip
			taker.ad.setSIPProxies(owner.ad.sip)
			b.expect("SIP-001", "", owner.ad, taker.ad)
		}},
		{rule: "SIP-001", about: "two people, in other letter case, the sip: address not changed with it", plant: func(b *builder) {
			owner, taker := b.person(), b.person()
			taker.ad.sip = "SIP:" + strings.ToUpper(owner.addr())
			b.expect("SIP-001", "", owner.ad, taker.ad)
			b.expect("SIP-005", "B", taker.ad)
		}},
		{rule: "SIP-001", about: "a person and the contact of an auto attendant", plant: func(b *builder) {
			owner, contact := b.person(), b.voiceContact()
			contact.sip = owner.ad.sip
			contact.setSIPProxies(owner.ad.sip)
			b.expect("SIP-001", "", owner.ad, contact)
		}},
		{rule: "SIP-001", about: "three people", plant: func(b *builder) {
			owner, second, third := b.person(), b.person(), b.person()
			for _, p := range []*person{second, third} {
				p.ad.sip = owner.ad.sip
				p.ad.setSIPProxies("SIP:" + owner.addr())
			}
			b.expect("SIP-001", "", owner.ad, second.ad, third.ad)
		}},
		{rule: "SIP-001", about: "a leaver whose address was given to somebody new", plant: func(b *builder) {
			leaver, taker := b.person(), b.person()
			leaver.retire()
			leaver.ad.enabled = no
			leaver.cloud.im = nil
			taker.ad.sip = leaver.ad.sip
			taker.ad.setSIPProxies(leaver.ad.sip)
			b.expect("SIP-001", "", leaver.ad, taker.ad)
			b.expect("HOM-010", "", leaver.ad)
		}},
		{rule: "SIP-001", clean: true, about: "an account and the resource account linked to it", unloadable: needsSID, plant: func(b *builder) {
			login, resource := b.linked()
			login.ad.sip, login.ad.enabled, login.ad.locator, login.ad.home, login.ad.flags = resource.ad.sip, yes, resource.ad.locator, resource.ad.home, resource.ad.flags
			login.ad.setSIPProxies(login.ad.sip)
			login.cloud.setSIP(login.ad.normalSIP())
			b.giveTeams(login.cloud, login.ad)
		}},
		{rule: "SIP-001", clean: true, about: "the loser of a replication conflict", unloadable: mangledName, plant: func(b *builder) {
			p := b.person()
			b.conflictCopy(p.ad)
			b.conflictCopy(b.group())
		}},
		{rule: "SIP-001", clean: true, about: "a SIP address that is the e-mail address of a shared mailbox", plant: func(b *builder) {
			room, desk := b.room(online), b.shared()
			room.setSIP(desk.addr())
		}},
	}
}

// sipProxies: a sip: value that another object has too.
func sipProxies() []plant {
	return []plant{
		{rule: "SIP-002", variant: "A", about: "a group holds a person's sip: address", plant: func(b *builder) {
			owner, group := b.person(), b.group()
			group.addProxy("SIP:" + owner.addr())
			b.expect("SIP-002", "A", owner.ad, group)
		}},
		{rule: "SIP-002", variant: "A", about: "two people who are not enabled hold the same former address", plant: func(b *builder) {
			one, other := b.person(homed(notEnabled)), b.person(homed(notEnabled))
			one.ad.addProxy("sip:" + one.local + ".old@" + domainMain)
			other.ad.addProxy("SIP:" + strings.ToUpper(one.local) + ".OLD@" + domainMain)
			b.expect("SIP-002", "A", one.ad, other.ad)
		}},
		{rule: "SIP-002", variant: "A", about: "an enabled person holds a colleague's sip: address as a second one", plant: func(b *builder) {
			owner, taker := b.person(), b.person()
			taker.ad.addProxy("sip:" + owner.addr())
			b.expect("SIP-002", "A", owner.ad, taker.ad)
			b.expect("SIP-005", "C", taker.ad)
		}},
		{rule: "SIP-002", variant: "B", about: "a person who is not enabled holds another's SIP address", plant: func(b *builder) {
			owner, taker := b.person(), b.called("guest", homed(notEnabled))
			owner.ad.setSIPProxies()
			taker.ad.addProxy("sip:" + owner.addr())
			b.expect("SIP-002", "B", owner.ad, taker.ad)
			b.expect("SIP-005", "A", owner.ad)
		}},
		{rule: "SIP-002", variant: "B", about: "a contact holds it, and the owner's own sip: address is another", plant: func(b *builder) {
			owner, contact := b.person(), b.contact()
			owner.ad.setSIPProxies("sip:" + owner.local + ".former@" + domainMain)
			contact.addProxy("sip:" + titled(owner.addr()))
			b.expect("SIP-002", "B", owner.ad, contact)
			b.expect("SIP-005", "B", owner.ad)
		}},
		{rule: "SIP-002", clean: true, about: "a sip: address that is somebody else's e-mail address", plant: func(b *builder) {
			p, list := b.person(homed(notEnabled)), b.group()
			p.ad.addProxy("sip:" + list.mail)
		}},
	}
}

// sipState: enabled or not, and with what.
func sipState() []plant {
	return []plant{
		{rule: "SIP-003", about: "switched off although licensed", plant: func(b *builder) {
			p := b.called("iwamoto")
			p.ad.enabled = no
			b.expect("SIP-003", "", p.ad)
		}},
		{rule: "SIP-003", about: "switched off, without a licence", plant: func(b *builder) {
			p := b.person(licensed(unlicensed))
			p.ad.enabled = no
			p.cloud.im, p.cloud.teams = nil, nil
			b.expect("SIP-003", "", p.ad)
		}},
		{rule: "SIP-004", variant: "A", about: "enabled without an address", plant: func(b *builder) {
			p := b.person()
			p.ad.sip = ""
			p.ad.setSIPProxies()
			b.expect("SIP-004", "A", p.ad)
		}},
		{rule: "SIP-004", variant: "A", about: "a contact, enabled without an address", plant: func(b *builder) {
			c := b.voiceContact()
			c.sip = ""
			c.setSIPProxies()
			b.expect("SIP-004", "A", c)
		}},
		{rule: "SIP-004", variant: "B", about: "an address, and nothing that says enabled or not", plant: func(b *builder) {
			p := b.called("krbtgtanen")
			p.ad.enabled = ""
			b.expect("SIP-004", "B", p.ad)
		}},
		{rule: "SIP-004", variant: "C", about: "no option flags", plant: func(b *builder) {
			p := b.person()
			p.ad.flags = integer{}
			b.expect("SIP-004", "C", p.ad)
		}},
	}
}

// sipDomains: addresses in a domain that is not the tenant's.
func sipDomains() []plant {
	return []plant{
		{rule: "SIP-007", about: "a domain unknown to the tenant", plant: func(b *builder) {
			p := b.called("msolski")
			p.setSIP(p.local + "@" + domainStrange)
			p.cloud.setSIP(p.addr()) // the service did not take it over
			b.expect("SIP-007", "", p.ad)
		}},
		{rule: "SIP-007", about: "a room", plant: func(b *builder) {
			p := b.room(online)
			p.setSIP(p.local + "@" + domainStrange)
			b.expect("SIP-007", "", p.ad)
		}},
		{rule: "SIP-007", about: "the contact of an auto attendant (info)", plant: func(b *builder) {
			c := b.voiceContact()
			c.sip = "sip:" + c.cn[len("自動応答 "):] + ".menu@" + domainStrange
			c.setSIPProxies(c.sip)
			b.expect("SIP-007", "", c)
		}},
		{rule: "SIP-007", about: "a leaver (info)", plant: func(b *builder) {
			p := b.person()
			p.retire()
			p.setSIP(p.local + "@" + domainStrange)
			p.ad.enabled = no
			b.expect("SIP-007", "", p.ad)
			b.expect("HOM-010", "", p.ad)
		}},
		{rule: "SIP-007", clean: true, about: "a verified domain in capitals, and a verified subdomain", plant: func(b *builder) {
			p, q := b.person(), b.person(at(domainSub))
			p.ad.sip = "sip:" + p.local + "@" + strings.ToUpper(domainMain)
			q.ad.sip = "SIP:" + q.local + "@Eu.Contoso.Com"
		}},
	}
}

// unusableAccounts: enabled for SIP, and nobody can sign in.
func unusableAccounts() []plant {
	past := func(b *builder) integer { return fileTime(b.ago(days(20))) }
	return []plant{
		{rule: "SIP-010", about: "disabled account", plant: func(b *builder) {
			p := b.called("castro")
			p.retire()
			b.expect("SIP-010", "", p.ad)
		}},
		{rule: "SIP-010", about: "expired account", plant: func(b *builder) {
			p := b.person()
			p.ad.expires = past(b)
			b.expect("SIP-010", "", p.ad)
		}},
		{rule: "SIP-010", about: "password must be changed", plant: func(b *builder) {
			p := b.person()
			p.ad.pwdLastSet = number(0)
			b.expect("SIP-010", "", p.ad)
		}},
		{rule: "SIP-010", about: "expired password", unloadable: madeBySystem, plant: func(b *builder) {
			p := b.person()
			p.ad.computed = number(computedExpired)
			b.expect("SIP-010", "", p.ad)
		}},
		{rule: "SIP-010", about: "locked out (info)", unloadable: madeBySystem, plant: func(b *builder) {
			p := b.person()
			p.ad.computed = number(computedLocked)
			b.expect("SIP-010", "", p.ad)
		}},
		{rule: "SIP-010", about: "disabled and expired: one finding", plant: func(b *builder) {
			p := b.person()
			p.retire()
			p.ad.expires = past(b)
			b.expect("SIP-010", "", p.ad)
		}},
		{rule: "SIP-010", clean: true, about: "an account that expires next year", plant: func(b *builder) {
			b.person().ad.expires = fileTime(b.now.Add(300 * 24 * time.Hour))
		}},
		{rule: "SIP-010", clean: true, about: "not enabled for SIP: disabled, or must change the password", plant: func(b *builder) {
			gone, fresh := b.person(homed(notEnabled)), b.person(homed(notEnabled))
			gone.retire()
			gone.ad.expires = past(b)
			fresh.ad.pwdLastSet = number(0)
		}},
		{rule: "SIP-010", clean: true, about: "the disabled half of a linked pair, and a room", unloadable: needsSID, plant: func(b *builder) {
			b.linked()
			b.room(online).ad.pwdLastSet = number(0)
		}},
	}
}
