package plant

import (
	"slices"
	"time"
)

// joinTenantPlants are the faults between directory and tenant that groups, deleted users, roles and services show.
func joinTenantPlants() []plant {
	return slices.Concat(blockedTwins(), otherHolders(), serviceFaults(), deletedHolders(), validationErrors(), notArrived())
}

// blockedTwins: cloud accounts that cannot be matched. The sample tenant blocks both kinds of matching, so every twin is one.
func blockedTwins() []plant {
	return []plant{
		{rule: "JOIN-005", about: "the twin is an administrator", plant: func(b *builder) {
			p := b.person()
			p.unsynchronised()
			u := b.cloudOnly("role."+p.local, domainInitial, p.shown)
			u.upn = p.addr()
			b.grantRole(u.id, roleTeamsAdmin)
			b.expect("JOIN-004", "", p.ad)
			b.expect("JOIN-005", "", p.ad)
		}},
		{rule: "JOIN-005", clean: true, about: "an administrator whom synchronisation made", plant: func(b *builder) {
			p := b.person()
			b.grantRole(p.cloud.id, roleTeamsAdmin)
		}},
	}
}

// otherHolders: groups and contacts have refused values, and refuse them to others.
func otherHolders() []plant {
	const proxies = "ProxyAddresses"
	return []plant{
		{rule: "JOIN-009", about: "a group of the tenant holds the address", plant: func(b *builder) {
			p := b.person()
			team := b.cloudGroup("team."+p.local, "Team "+p.shown)
			p.ad.addProxy("smtp:" + team.mail)
			p.cloud.conflicts = []conflict{{proxies, "SMTP:" + team.mail, b.ago(days(4))}}
			b.expect("JOIN-009", "", p.ad)
		}},
		{rule: "JOIN-009", about: "a contact of the tenant holds the address", plant: func(b *builder) {
			p := b.person()
			alias := "vendor." + p.addr()
			contact := b.orgContact("vendor."+p.local, "Vendor")
			contact.proxies = append(contact.proxies, "smtp:"+alias)
			p.ad.addProxy("smtp:" + alias)
			p.cloud.conflicts = []conflict{{proxies, "smtp:" + alias, b.ago(days(4))}}
			b.expect("JOIN-009", "", p.ad)
		}},
		{rule: "JOIN-009", variant: "G", about: "a group was refused an address", plant: func(b *builder) {
			o := b.group()
			alias := "smtp:board." + o.mail
			b.cloudGroup("board"+decimal(int64(b.beside)), "Board").proxies = []string{alias}
			o.inTenant = func(r *recipient) { r.conflicts = []conflict{{proxies, alias, b.ago(days(8))}} }
			b.expectKey("JOIN-009", "G", b.graphIDOf(o))
		}},
		{rule: "JOIN-009", variant: "C", about: "a contact was refused an address", plant: func(b *builder) {
			o := b.contact()
			alias := "smtp:outside." + decimal(int64(b.beside)) + "@" + domainMain
			o.inTenant = func(r *recipient) { r.conflicts = []conflict{{proxies, alias, b.ago(days(8))}} }
			b.expectKey("JOIN-009", "C", b.graphIDOf(o))
		}},
	}
}

// serviceFaults: what services could not make.
func serviceFaults() []plant {
	const skype, conflict = "MicrosoftCommunicationsOnline/APAC-0001", `<ServiceInstance><Name>MicrosoftCommunicationsOnline</Name><ObjectErrors><ErrorRecord><ErrorCode>SipAddressConflict</ErrorCode>` +
		`<ErrorDescription>The value of the msRTCSIP-PrimaryUserAddress is not unique.</ErrorDescription></ErrorRecord></ObjectErrors></ServiceInstance>`
	return []plant{
		{rule: "JOIN-010", about: "Skype for Business Online", plant: func(b *builder) {
			p := b.person()
			p.cloud.faults = []serviceFault{{instance: skype, detail: conflict, created: b.ago(days(3))}}
			b.expect("JOIN-010", "", p.ad)
		}},
		{rule: "JOIN-010", about: "Teams and SharePoint: two findings (one medium)", plant: func(b *builder) {
			p := b.person()
			p.cloud.faults = []serviceFault{
				{instance: "TeamspaceAPI/APAC", detail: "no licence", created: b.ago(days(9))}, {instance: "SharePoint/APAC-0002", detail: "<a><b>quota</b></a>", created: b.ago(days(9))},
			}
			b.expect("JOIN-010", "", p.ad, p.ad)
		}},
		{rule: "JOIN-010", about: "a user of the tenant alone", plant: func(b *builder) {
			u := b.cloudOnly("unprovisioned"+decimal(int64(b.beside)), domainMain, "Unprovisioned")
			u.faults = []serviceFault{{instance: skype, detail: conflict, created: b.ago(days(30))}}
			b.expectUser("JOIN-010", "", u)
		}},
		{rule: "JOIN-010", clean: true, about: "resolved; of this morning; a guest's", plant: func(b *builder) {
			b.person().cloud.faults = []serviceFault{
				{instance: skype, detail: conflict, created: b.ago(days(60)), resolved: true}, {instance: skype, detail: conflict, created: b.ago(20 * time.Hour)},
			}
			b.guest().faults = []serviceFault{{instance: skype, detail: conflict, created: b.ago(days(60))}}
		}},
	}
}

// deletedHolders: accounts in the recycle bin that stand in somebody's way.
func deletedHolders() []plant {
	return []plant{
		{rule: "JOIN-011", about: "the former account has the sign-in name", plant: func(b *builder) {
			p := b.person()
			p.unsynchronised()
			b.deletedUser(p.local, domainMain, p.shown).proxies = nil
			b.expect("JOIN-011", "", p.ad)
			b.expect("JOIN-001", "", p.ad)
		}},
		{rule: "JOIN-011", about: "the former account has the source anchor, of a mailbox without SIP", plant: func(b *builder) {
			p := b.person(homed(notEnabled))
			p.unsynchronised()
			b.deletedUser("former."+p.local, domainMain, p.shown).anchor(b.anchorOf(p.ad))
			b.expect("JOIN-011", "A", p.ad)
			b.expect("JOIN-001", "", p.ad)
		}},
		{rule: "JOIN-011", about: "a refused address", plant: func(b *builder) {
			p := b.person()
			alias := "smtp:info." + p.addr()
			p.ad.addProxy(alias)
			p.cloud.conflicts = []conflict{{"ProxyAddresses", alias, b.ago(days(5))}}
			gone := b.deletedUser("gone."+p.local, domainMain, "Gone "+p.shown)
			gone.proxies = append(gone.proxies, alias)
			b.expect("JOIN-011", "", p.ad)
			b.expect("JOIN-009", "", p.ad)
		}},
		{rule: "JOIN-011", clean: true, about: "of a leaver; of somebody who is in the tenant", plant: func(b *builder) {
			p, q := b.person(leaver), b.person()
			p.unsynchronised()
			b.deletedUser(p.local, domainMain, p.shown)
			b.deletedUser("second."+q.local, domainMain, q.shown)
		}},
	}
}

// validationErrors: what Teams finds wrong with an account.
func validationErrors() []plant {
	invalid := func(p *person, errors ...any) {
		p.exported(psOnlineUsers, func(o *psObject) { o.set("UserValidationErrors", errors) })
	}
	fault := func(code, description string) any {
		return map[string]any{"ErrorCode": code, "ErrorDescription": description}
	}
	return []plant{
		{rule: "JOIN-013", about: "a deployment was detected", exports: true, plant: func(b *builder) {
			p := b.person(homed(online))
			invalid(p, fault("OnPremDeploymentDetected", "lyncdiscover."+domainMain+" points at an on-premises deployment."))
			b.expect("JOIN-013", "", p.ad)
		}},
		{rule: "JOIN-013", about: "two errors: two findings", exports: true, plant: func(b *builder) {
			p := b.person(homed(online))
			invalid(p, fault("SipAddressConflict", "The SIP address is already in use."), fault("InvalidSipAddress", "Use a SIP address that contains only standard characters."))
			b.expect("JOIN-013", "", p.ad, p.ad)
		}},
		{rule: "JOIN-013", clean: true, about: "a deleted account in the output", exports: true, plant: func(b *builder) {
			p := b.person(homed(online))
			p.exported(psOnlineUsers, func(o *psObject) {
				o.set("UserValidationErrors", []any{fault("X", "y")})
				o.set("SoftDeletionTimestamp", b.ago(days(3)))
			})
		}},
	}
}

// notArrived: changes of the directory that the tenant does not have. The default organisation is not synchronised at the time (SYN-002), so nothing can be concluded there.
func notArrived() []plant {
	return []plant{
		{rule: "JOIN-014", about: "married", only: NoFlow, unloadable: needsAge, plant: func(b *builder) {
			p := b.person()
			p.ad.shown = p.shown + " (新姓)"
			b.expect("JOIN-014", "", p.ad)
		}},
		{rule: "JOIN-014", about: "another department and another OU: one finding", only: NoFlow, unloadable: needsAge, plant: func(b *builder) {
			p := b.person()
			p.ad.department = "Legal"
			p.cloud.dn = "CN=" + rdn(p.ad.cn) + ",OU=Before," + baseDN
			b.expect("JOIN-014", "", p.ad)
		}},
		{rule: "JOIN-014", about: "another logon name", only: NoFlow, unloadable: needsAge, plant: func(b *builder) {
			p := b.person()
			p.cloud.sam = "old." + p.sam
			b.expect("JOIN-014", "", p.ad)
		}},
		{rule: "JOIN-014", clean: true, about: "changed an hour ago; letter case and blanks; more in the tenant", only: NoFlow, unloadable: needsAge, plant: func(b *builder) {
			p, q := b.person(), b.person()
			p.ad.department = "Legal"
			p.changedAt(b.ago(time.Hour))
			q.cloud.shown += " "
			q.cloud.sam = titled(q.sam)
			q.cloud.title, q.cloud.office = "Something else", "Elsewhere"
		}},
	}
}
