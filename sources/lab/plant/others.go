package plant

import (
	"strings"
)

// besides makes an account that is not of the people: a room, a shared mailbox, an account without a person.
func (b *builder) besides(given, surname, shown, local string, where string, f profile) *person {
	n := b.number()
	id := identity{given: given, surname: surname, shown: shown, cn: shown, local: local, sam: samOf(local, n), place: japanesePlaces()[n%3]}
	f.detail, f.style = b.random(n, saltDetail), 99
	if f.domain == "" {
		f.domain = domainMain
	}
	p := b.makePerson(id, -1, n, b.possible(f))
	p.ad.place(shown, where)
	if p.cloud != nil {
		p.cloud.dn = p.ad.dn
	}
	p.ad.title, p.ad.department = "", ""
	return b.add(p)
}

// room makes a meeting room: a disabled account with a room mailbox, enabled for SIP on a pool or online.
func (b *builder) room(h home) *person {
	n := decimal(int64(b.beside + 1))
	p := b.besides("", "", "会議室 "+n, "room."+n, ouRooms, profile{home: h, mailbox: serverMailbox})
	p.ad.recipientType, p.ad.displayType = number(typeRoomMailbox), number(-2147481850)
	p.ad.disable()
	p.cloud.enabled = b.random(p.number, saltDetail)&1 == 0
	return p
}

// shared makes a shared mailbox: a disabled account that nobody signs in to.
func (b *builder) shared() *person {
	n := decimal(int64(b.beside + 1))
	p := b.besides("", "", "Shared "+n, "shared."+n, ouRooms, profile{mailbox: remoteMailbox})
	p.ad.recipientType, p.ad.displayType, p.ad.remoteType = number(typeRemoteShared), number(-2147483642), number(100)
	p.ad.disable()
	return p
}

// equipment makes an equipment mailbox.
func (b *builder) equipment() *person {
	n := decimal(int64(b.beside + 1))
	p := b.besides("", "", "Projector "+n, "projector."+n, ouRooms, profile{mailbox: serverMailbox})
	p.ad.recipientType, p.ad.displayType = number(typeEquipmentMailbox), number(-2147481594)
	p.ad.disable()
	p.cloud.enabled = false
	return p
}

// service makes an account for a program: no mail, no SIP, not in the tenant.
func (b *builder) service() *person {
	n := decimal(int64(b.beside + 1))
	p := b.besides("", "", "svc-app"+n, "svc-app"+n, ouService, profile{})
	p.ad.upn = p.sam + "@" + domainUnroutable
	p.ad.uac = number(uacNormal | uacNoExpiry)
	p.ad.anchor = nil
	p.cloud, p.ad.externalID = nil, ""
	return p
}

// contact makes a mail contact for somebody outside.
func (b *builder) contact() *object {
	n := b.number()
	id := b.roster.person(n)
	o := &object{kind: contactKind(), guid: guidOf(b.seed, uint64(n), saltGUID), shown: id.shown + " (外部)", given: id.given, surname: id.surname} //nolint:gosec // not negative
	local := "x" + decimal(int64(n)) + "." + id.local
	o.place(o.shown+" "+decimal(int64(n)), ouExternal)
	b.age(o, n)
	o.pwdLastSet, o.lastLogon = integer{}, integer{}
	o.mail, o.nickname, o.target = local+"@proseware.com", local, "SMTP:"+local+"@proseware.com"
	o.proxies = []string{"SMTP:" + o.mail, "smtp:" + local + "@" + domainMain}
	o.recipientType, o.displayType = number(typeMailContact), number(6)
	return b.addObject(o)
}

// voiceContact makes the contact of an Exchange auto attendant: enabled for SIP, with no owner named.
func (b *builder) voiceContact() *object {
	n := b.number()
	local := "um" + decimal(int64(n))
	o := &object{kind: contactKind(), guid: guidOf(b.seed, uint64(n), saltGUID), shown: "自動応答 " + decimal(int64(n))} //nolint:gosec // not negative
	o.place(o.shown, ouExternal)
	b.age(o, n)
	o.pwdLastSet, o.lastLogon = integer{}, integer{}
	o.sip, o.enabled, o.locator, o.home = "sip:"+local+"@"+domainMain, yes, serverLocator, b.homeServer(0)
	o.line = "tel:+8134550" + sevenDigits(n)
	o.setSIPProxies("sip:" + local + "@" + domainMain)
	return b.addObject(o)
}

// endpoint makes the contact of a server application or a device.
func (b *builder) endpoint(urn, shown, where string) *object {
	n := b.number()
	local := "ep" + decimal(int64(n))
	o := &object{kind: contactKind(), guid: guidOf(b.seed, uint64(n), saltGUID), shown: shown, owner: urn} //nolint:gosec // not negative
	o.place("{"+strings.ToUpper(o.guid.String())+"}", where)
	b.age(o, n)
	o.pwdLastSet, o.lastLogon = integer{}, integer{}
	o.sip, o.enabled, o.locator, o.home = "sip:"+local+"@"+domainMain, yes, serverLocator, b.homeServer(1)
	o.line = "tel:+8134551" + sevenDigits(n)
	return b.addObject(o)
}

// group makes a mail-enabled group.
func (b *builder) group() *object {
	n := b.number()
	local := "list" + decimal(int64(n))
	o := &object{kind: groupKind(), guid: guidOf(b.seed, uint64(n), saltGUID), rid: uint32(firstPersonRID + n), shown: "一斉配信 " + decimal(int64(n)), sam: local} //nolint:gosec // in range
	o.place(o.shown, ouGroups)
	b.age(o, n)
	o.pwdLastSet, o.lastLogon = integer{}, integer{}
	o.groupType = number(8)
	o.mail, o.nickname = local+"@"+domainMain, local
	o.proxies = []string{"SMTP:" + o.mail, "smtp:" + local + "@" + domainRouting, "X500:/o=Contoso/ou=Groups/cn=" + local}
	o.recipientType, o.displayType = number(typeDistribution), number(1)
	return b.addObject(o)
}

// mailGroups makes the groups that have members, after everybody is there.
func (b *builder) mailGroups() {
	count := min(2+b.people/400, 2000)
	for i := range count {
		o := b.group()
		o.surname = ""
		if i%3 == 2 {
			o.groupType, o.recipientType = number(-2147483640), number(typeSecurityGroup)
		}
		for j := i; j < len(b.entries) && len(o.members) < 40; j += count + 7 {
			if dn := b.entries[j].DN; dn != "" {
				o.members = append(o.members, dn)
			}
		}
	}
	n := b.number()
	plain := &object{kind: groupKind(), guid: guidOf(b.seed, uint64(n), saltGUID), rid: uint32(firstPersonRID + n), sam: "file-share-readers", description: "No mail"} //nolint:gosec // in range
	plain.place("File share readers", ouGroups)
	b.age(plain, n)
	plain.pwdLastSet, plain.lastLogon = integer{}, integer{}
	plain.groupType = number(-2147483646)
	b.addObject(plain)
}

// cloudOnly makes a tenant user that no directory knows. It has no licence until one is granted.
func (b *builder) cloudOnly(local, domain, shown string) *user {
	n := b.number()
	u := &user{
		id: b.graphID(n), upn: local + "@" + domain, shown: shown, enabled: true, userType: "Member", location: "JP",
		created: b.ago(days(100 + b.random(n, saltTime)%600)), mail: local + "@" + domain, nickname: local,
		proxies: []string{"SMTP:" + local + "@" + domain},
	}
	b.add(&person{slot: -1, number: n, cloud: u})
	return u
}

// guest makes a tenant user from another organisation.
func (b *builder) guest() *user {
	n := decimal(int64(b.beside + 1))
	u := b.cloudOnly("guest"+n+"_proseware.com#EXT#", domainInitial, "Guest "+n)
	u.userType, u.location, u.mail, u.external = "Guest", "", "guest"+n+"@proseware.com", "Accepted"
	u.proxies, u.otherMails = []string{"SMTP:guest" + n + "@proseware.com"}, []string{"guest" + n + "@proseware.com"}
	return u
}

// resourceAccount makes the account of a Teams auto attendant or call queue, whose sign-in is blocked as it should be.
func (b *builder) resourceAccount() *user {
	n := b.beside + 1
	u := b.cloudOnly("aa"+decimal(int64(n)), domainMain, "Auto attendant "+decimal(int64(n)))
	u.mail, u.proxies, u.enabled = "", nil, false
	u.grant(b.ago(days(120)), direct(b.sku(skuVirtual)))
	b.accounts++
	switch b.accounts % 3 {
	case 0:
		u.resource = jsonTrue
	case 1:
		u.teams = &teams{account: accountResource, features: []string{"VoiceApp"}, modified: b.ago(days(90))}
		number := "+8134603" + sevenDigits(n)
		u.teams.setNumbers(teamsNumber{number, categoryPrimary})
		b.assign(number, phoneOnline, u.id).status = phoneVoiceApp
	}
	return u
}

// systemAccount makes an account of the operating system, of Exchange or of Entra Connect.
func (b *builder) systemAccount(sam, cn, where string) *object {
	n := b.number()
	o := &object{
		kind: userKind(), guid: guidOf(b.seed, uint64(n), saltGUID), rid: uint32(firstPersonRID + n), sam: sam, //nolint:gosec // in range
		uac: number(uacNormal | uacNoExpiry), computed: number(0), expires: number(neverExpires),
	}
	o.place(cn, where)
	b.age(o, n)
	return b.addObject(o)
}

// conflictCopy makes what a replication conflict leaves behind: the same attributes under a mangled name.
func (b *builder) conflictCopy(original *object) *object {
	n := b.number()
	o := *original
	o.guid, o.rid, o.anchor, o.externalID = guidOf(b.seed, uint64(n), saltGUID), uint32(firstPersonRID+n), nil, "" //nolint:gosec // in range
	parent := original.parent()
	o.cn = original.cn + "\nCNF:" + o.guid.String()
	o.dn = "CN=" + rdn(o.cn) + "," + parent
	if o.sam != "" {
		o.sam = "$DUPLICATE-" + strings.ToUpper(decimal(int64(n)))
	}
	return b.addObject(&o)
}
