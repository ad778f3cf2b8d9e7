package plant

import (
	"slices"
	"time"
)

// joinPlants are the faults between the directory and the tenant.
func joinPlants() []plant {
	return slices.Concat(missingPartners(), anchors(), twins(), names(), addresses(), conflicts(), states())
}

// missingPartners: one side without the other.
func missingPartners() []plant {
	return []plant{
		{rule: "JOIN-001", about: "never came into the tenant", plant: func(b *builder) {
			p := b.person()
			p.unsynchronised()
			b.expect("JOIN-001", "", p.ad)
		}},
		{rule: "JOIN-001", about: "a mailbox without SIP", plant: func(b *builder) {
			p := b.person(homed(notEnabled))
			p.unsynchronised()
			b.expect("JOIN-001", "", p.ad)
		}},
		{rule: "JOIN-001", about: "only a guest and a resource account have the addresses: no twins", plant: func(b *builder) {
			p := b.person()
			p.unsynchronised()
			guest, account := b.guest(), b.resourceAccount()
			guest.proxies = append(guest.proxies, "smtp:"+p.addr())
			account.upn, account.resource = p.addr(), jsonTrue
			b.expect("JOIN-001", "", p.ad)
		}},
		{rule: "JOIN-001", clean: true, about: "an enabled room is nobody", plant: func(b *builder) {
			p := b.room(online)
			p.ad.uac = number(uacNormal)
			p.unsynchronised()
		}},
		{rule: "JOIN-001", clean: true, about: "just created", unloadable: needsAge, plant: func(b *builder) {
			p := b.person()
			p.unsynchronised()
			p.ad.created = b.ago(25 * time.Minute)
			p.changedAt(b.ago(20 * time.Minute))
		}},
		{rule: "JOIN-001", clean: true, about: "not synchronised on purpose: disabled, or without any address", plant: func(b *builder) {
			b.person(leaver).unsynchronised()
			b.person(homed(notEnabled), mailed(noMail)).unsynchronised()
			b.room(online).unsynchronised()
		}},
		{rule: "JOIN-002", about: "the directory object is gone, the licence is not", plant: func(b *builder) {
			p := b.person()
			p.ad = nil
			b.expectUser("JOIN-002", "", p.cloud)
		}},
		{rule: "JOIN-002", about: "no domain known", plant: func(b *builder) {
			p := b.person(homed(notEnabled), licensed(unlicensed))
			p.ad = nil
			p.cloud.domain = ""
			b.expectUser("JOIN-002", "", p.cloud)
		}},
		{rule: "JOIN-002", clean: true, about: "from a forest that was not read; a member that never was synchronised", plant: func(b *builder) {
			p, q := b.person(), b.person()
			p.ad, q.ad = nil, nil
			p.cloud.domain, q.cloud.synced = "emea.fabrikam.com", ""
			q.cloud.immutable, q.cloud.sid, q.cloud.dn, q.cloud.domain, q.cloud.sam, q.cloud.onPremisesUPN = "", "", "", "", "", ""
		}},
	}
}

// anchors: a partner that is found, but not by its source anchor.
func anchors() []plant {
	other := func(b *builder, p *person) string { return guidOf(b.seed, uint64(p.number), saltAnchor+2000).Base64() } //nolint:gosec // not negative
	const elsewhere = "CN=Moved,OU=Elsewhere," + baseDN
	return []plant{
		{rule: "JOIN-003", about: "the SID fits", unloadable: needsSID, plant: func(b *builder) {
			p := b.person()
			p.cloud.immutable, p.cloud.dn = other(b, p), elsewhere
			b.expect("JOIN-003", "", p.ad)
		}},
		{rule: "JOIN-003", about: "the DN fits", plant: func(b *builder) {
			p := b.person()
			p.cloud.immutable, p.cloud.sid = other(b, p), ""
			b.expect("JOIN-003", "", p.ad)
		}},
		{rule: "JOIN-003", about: "the sign-in name fits", plant: func(b *builder) {
			p := b.person()
			p.cloud.immutable, p.cloud.sid, p.cloud.dn = other(b, p), "", elsewhere
			b.expect("JOIN-003", "", p.ad)
		}},
		{rule: "JOIN-003", about: "the primary address fits, the sign-in name does not", plant: func(b *builder) {
			p := b.person()
			p.cloud.immutable, p.cloud.sid, p.cloud.dn = other(b, p), "", elsewhere
			p.cloud.upn = "renamed." + p.addr()
			p.cloud.onPremisesUPN = p.cloud.upn
			b.expect("JOIN-003", "", p.ad)
			b.expect("JOIN-006", "D", p.ad)
		}},
		{rule: "JOIN-003", clean: true, about: "objectGUID is the anchor although another value stands in mS-DS-ConsistencyGuid", unloadable: needsGUID, plant: func(b *builder) {
			p := b.person(anchored(anchorBrought))
			p.cloud.immutable = p.ad.guid.Base64()
		}},
		{rule: "JOIN-003", clean: true, about: "no anchor in the tenant, and the DN fits", plant: func(b *builder) {
			p := b.person()
			p.cloud.immutable = ""
		}},
	}
}

// twins: cloud accounts of people who are not synchronised.
func twins() []plant {
	twin := func(b *builder, local, shown string) *user {
		u := b.cloudOnly(local, domainInitial, shown)
		u.grant(b.ago(days(60)), direct(b.sku(skuE3)))
		u.im = []string{u.upn}
		return u
	}
	return []plant{
		{rule: "JOIN-004", about: "the same sign-in name", plant: func(b *builder) {
			p := b.person()
			p.unsynchronised()
			u := twin(b, "twin."+p.local, p.shown)
			u.upn = p.addr()
			b.expect("JOIN-004", "", p.ad)
			b.expect("JOIN-005", "", p.ad)
		}},
		{rule: "JOIN-004", about: "the primary address is a second address of the twin", plant: func(b *builder) {
			p := b.person()
			p.unsynchronised()
			u := twin(b, "twin."+p.local, p.shown)
			u.proxies = append(u.proxies, "smtp:"+p.addr())
			u.synced = jsonFalse
			b.expect("JOIN-004", "", p.ad)
			b.expect("JOIN-005", "", p.ad)
		}},
		{rule: "JOIN-004", variant: "A", about: "one twin has the name, another the address", plant: func(b *builder) {
			p := b.person()
			p.unsynchronised()
			one, other := twin(b, "twin.a."+p.local, p.shown), twin(b, "twin.b."+p.local, p.shown)
			one.upn = p.addr()
			other.proxies = append(other.proxies, "smtp:"+p.addr())
			b.expect("JOIN-004", "A", p.ad)
			b.expect("JOIN-005", "", p.ad, p.ad)
		}},
		{rule: "JOIN-004", clean: true, about: "a cloud administrator's account of the same person", plant: func(b *builder) {
			p := b.person()
			u := b.cloudOnly("admin."+p.local, domainInitial, p.shown+" (admin)")
			u.mail, u.proxies, u.otherMails = "", nil, []string{p.addr()}
		}},
	}
}

// names: sign-in names that differ.
func names() []plant {
	return []plant{
		{rule: "JOIN-006", variant: "Q", about: "a quarantined duplicate", plant: func(b *builder) {
			p := b.person()
			p.cloud.upn = p.local + "7305@" + domainInitial
			b.expect("JOIN-006", "Q", p.ad)
		}},
		{rule: "JOIN-006", variant: "F", about: "the tenant never left the initial domain", plant: func(b *builder) {
			p := b.person()
			p.atInitial()
			b.expect("JOIN-006", "F", p.ad)
		}},
		{rule: "JOIN-006", variant: "V", about: "the directory moved to a suffix that the tenant does not own", plant: func(b *builder) {
			p := b.person()
			p.setUPN(p.local + "@" + domainStrange)
			b.expect("JOIN-006", "V", p.ad)
			b.expect("ADR-008", "V", p.ad)
		}},
		{rule: "JOIN-006", variant: "V", about: "the directory moved to a private suffix", plant: func(b *builder) {
			p := b.person()
			p.setUPN(p.local + "@" + domainUnroutable)
			b.expect("JOIN-006", "V", p.ad)
			b.expect("ADR-008", "N", p.ad)
		}},
		{rule: "JOIN-006", variant: "D", about: "renamed in the tenant only", plant: func(b *builder) {
			p := b.person()
			p.cloud.upn = "former." + p.addr()
			p.cloud.onPremisesUPN = p.cloud.upn
			b.expect("JOIN-006", "D", p.ad)
		}},
		{rule: "JOIN-006", clean: true, about: "other letter case", plant: func(b *builder) {
			p := b.person()
			p.cloud.upn = titled(p.addr())
		}},
		{rule: "JOIN-006", clean: true, about: "renamed a moment ago", unloadable: needsAge, plant: func(b *builder) {
			p := b.person()
			p.cloud.upn = "former." + p.addr()
			p.changedAt(b.ago(15 * time.Minute))
		}},
	}
}

// states: an account that is enabled on one side. The licences go, so that the money is another rule's business.
func states() []plant {
	return []plant{
		{rule: "JOIN-012", about: "blocked in the tenant only", plant: func(b *builder) {
			p := b.person()
			p.cloud.enabled = false
			p.cloud.revoke()
			b.expect("JOIN-012", "", p.ad)
		}},
		{rule: "JOIN-012", about: "disabled in the directory only", plant: func(b *builder) {
			p := b.person(homed(notEnabled), licensed(unlicensed))
			p.ad.disable()
			b.expect("JOIN-012", "", p.ad)
		}},
		{rule: "JOIN-012", clean: true, about: "shared mailboxes, equipment and rooms", plant: func(b *builder) {
			b.shared().cloud.enabled = true
			b.room(online).cloud.enabled = true
			b.equipment().cloud.enabled = true
		}},
		{rule: "JOIN-012", clean: true, about: "disabled a moment ago", unloadable: needsAge, plant: func(b *builder) {
			p := b.person(homed(notEnabled), licensed(unlicensed))
			p.ad.disable()
			p.changedAt(b.ago(20 * time.Minute))
		}},
	}
}
