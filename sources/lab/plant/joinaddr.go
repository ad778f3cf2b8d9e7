package plant

import (
	"slices"
	"time"
)

// addresses: what the directory has and the tenant has not.
func addresses() []plant {
	return slices.Concat([]plant{
		{rule: "JOIN-007", about: "one address is missing", plant: func(b *builder) {
			p := b.person()
			p.ad.addProxy("smtp:alias." + p.addr())
			b.expect("JOIN-007", "", p.ad)
		}},
		{rule: "JOIN-007", about: "two addresses are missing: two findings", plant: func(b *builder) {
			p := b.person()
			p.ad.addProxy("smtp:one."+p.addr(), "smtp:two."+p.local+"@"+domainSecond)
			b.expect("JOIN-007", "", p.ad, p.ad)
		}},
		{rule: "JOIN-007", about: "mail is missing", plant: func(b *builder) {
			p := b.person()
			p.ad.mail = "mail." + p.addr()
			b.expect("JOIN-007", "", p.ad)
		}},
		{rule: "JOIN-007", about: "another address is the primary one", plant: func(b *builder) {
			p := b.person()
			former := "former." + p.addr()
			p.ad.addProxy("smtp:" + former)
			p.cloud.proxies = append(without(p.cloud.proxies, "smtp:"+p.addr()), "SMTP:"+former, "smtp:"+p.addr())
			p.cloud.mail = former
			b.expect("JOIN-007", "", p.ad)
		}},
		{rule: "JOIN-007", clean: true, about: "other letter case; x500 missing; more addresses in the tenant", plant: func(b *builder) {
			p := b.person()
			p.ad.addProxy("smtp:Alias."+titled(p.addr()), "x500:/o=Old/cn="+p.sam)
			p.cloud.proxies = append(p.cloud.proxies, "smtp:ALIAS."+p.addr(), "smtp:cloud."+p.addr())
		}},
		{rule: "JOIN-007", clean: true, about: "added a moment ago", unloadable: needsAge, plant: func(b *builder) {
			p := b.person()
			p.ad.addProxy("smtp:alias." + p.addr())
			p.changedAt(b.ago(20 * time.Minute))
		}},
	}, sipAddresses())
}

// sipAddresses: the service has another SIP address than the directory, or none.
func sipAddresses() []plant {
	return []plant{
		{rule: "JOIN-008", about: "a former address", plant: func(b *builder) {
			p := b.person()
			p.cloud.setSIP("former." + p.addr())
			b.expect("JOIN-008", "", p.ad)
		}},
		{rule: "JOIN-008", about: "none, although licensed for long", plant: func(b *builder) {
			p := b.person()
			p.cloud.im = nil
			b.expect("JOIN-008", "", p.ad)
		}},
		{rule: "JOIN-008", about: "none, and no licence (info)", plant: func(b *builder) {
			p := b.person(licensed(unlicensed))
			p.cloud.im = nil
			b.expect("JOIN-008", "", p.ad)
			b.expectUser("LIC-001", "", p.cloud)
		}},
		{rule: "JOIN-008", clean: true, about: "other letter case, with prefix, among several", plant: func(b *builder) {
			p := b.person()
			p.cloud.im = []string{"other." + p.addr(), "SIP:" + titled(p.addr())}
		}},
		{rule: "JOIN-008", clean: true, about: "licensed this morning", plant: func(b *builder) {
			p := b.person()
			p.cloud.im = nil
			p.cloud.grant(b.ago(3*time.Hour), direct(b.sku(skuE3)))
		}},
		{rule: "JOIN-008", clean: true, about: "changed a moment ago", unloadable: needsAge, plant: func(b *builder) {
			p := b.person()
			p.cloud.setSIP("former." + p.addr())
			p.changedAt(b.ago(20 * time.Minute))
		}},
	}
}

// conflicts: what the tenant quarantined.
func conflicts() []plant {
	const upn, proxies = "UserPrincipalName", "ProxyAddresses"
	return []plant{
		{rule: "JOIN-009", about: "an address that a cloud account holds", plant: func(b *builder) {
			p := b.person()
			alias := "sales." + p.addr()
			holder := b.cloudOnly("holder."+p.local, domainMain, "Sales")
			holder.proxies = append(holder.proxies, "smtp:"+alias)
			p.ad.addProxy("smtp:" + alias)
			p.cloud.conflicts = []conflict{{proxies, "smtp:" + alias, b.ago(days(6))}}
			b.expect("JOIN-009", "", p.ad)
		}},
		{rule: "JOIN-009", about: "sign-in name and address: two findings", plant: func(b *builder) {
			p := b.person()
			alias := "desk." + p.addr()
			p.ad.addProxy("smtp:" + alias)
			holder := b.cloudOnly("desk."+p.local, domainMain, "Desk")
			holder.upn = p.addr()
			p.cloud.upn = p.local + "1066@" + domainInitial
			p.cloud.conflicts = []conflict{{upn, p.addr(), b.ago(days(9))}, {proxies, alias, b.ago(days(9))}}
			b.expect("JOIN-009", "", p.ad, p.ad)
			b.expect("JOIN-006", "Q", p.ad)
		}},
		{rule: "JOIN-009", about: "an entry that lingers: the user holds the address, and nobody else does (info)", plant: func(b *builder) {
			p := b.person()
			p.cloud.conflicts = []conflict{{proxies, "SMTP:" + p.addr(), b.ago(days(2))}}
			b.expect("JOIN-009", "", p.ad)
		}},
		{rule: "JOIN-009", about: "a tenant user without object in the directory", plant: func(b *builder) {
			p := b.person()
			p.ad = nil
			p.cloud.conflicts = []conflict{{proxies, "smtp:lost." + p.addr(), b.ago(days(40))}}
			b.expectUser("JOIN-009", "", p.cloud)
			b.expectUser("JOIN-002", "", p.cloud)
		}},
	}
}
