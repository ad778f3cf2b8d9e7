package plant

import "strings"

// standing makes what an organisation has beside its people. Nothing here is at fault; much of it would be, if it were judged as a person is.
func (b *builder) standing() {
	b.systemAccounts()
	size := 1 + b.people/300
	for i := range min(2*size, 4000) {
		b.meetingRoom(i)
		b.shared()
		b.equipment()
		b.service()
		b.contact()
		b.voiceContact()
		b.endpoints(i)
		b.tenantOnly(i)
		b.flush()
	}
	sharedWithLicence := b.shared()
	sharedWithLicence.cloud.enabled = false
	sharedWithLicence.cloud.grant(b.ago(days(300)), direct(b.sku(skuExchange)))
	sharedWithLicence.ad.changed = b.ago(days(200))
	b.flush()
}

// meetingRoom makes rooms on a pool, online, and without SIP; some with a licence of their own.
func (b *builder) meetingRoom(i int) {
	room := b.room([]home{onPremises, online, notEnabled}[i%3])
	if i%2 == 0 {
		room.cloud.grant(b.ago(days(200)), direct(b.sku(skuRooms)))
		b.giveTeams(room.cloud, room.ad)
	}
	if i%4 == 3 {
		room.ad.recipientType, room.ad.owner = number(typeRemoteRoom), "urn:device:roomsystem"
	}
}

// endpoints makes contacts of server applications and devices, with the gaps that such contacts have.
func (b *builder) endpoints(i int) {
	if b.noServer() {
		return
	}
	n := decimal(int64(i + 1))
	queue := b.endpoint("urn:application:RGS", "Response group "+n, rtcContacts)
	queue.proxies = nil
	b.endpoint("urn:application:Caa", "Dial-in "+n, rtcContacts)
	phone := b.endpoint("urn:device:commonareaphone", "Lobby phone "+n, ouExternal)
	phone.flags = number(voiceFlags)
	off := b.endpoint("urn:device:analogphone", "Workshop phone "+n, ouExternal)
	off.enabled = no
	b.endpoint("urn:application:CallPark", "Call park "+n, ouExternal).enabled = ""
	hybrid := b.endpoint("urn:trustedonlineplatformapplication:11cd3e2e-fccb-42ad-ad00-878b93575e07", "Call queue "+n, ouExternal)
	hybrid.locator, hybrid.home, hybrid.applicationOptions = onlineLocator, "", number(256)
}

// tenantOnly makes users that no directory knows.
func (b *builder) tenantOnly(i int) {
	n := decimal(int64(i + 1))
	b.guest()
	invited := b.guest()
	invited.enabled = false
	invited.grant(b.ago(days(100)), direct(b.sku(skuFlow)))
	invited.licences[0].state, invited.licences[0].fault = stateActiveWithError, dependsFault
	b.resourceAccount()
	admin := b.cloudOnly("admin"+n, domainInitial, "Cloud administrator "+n)
	admin.mail, admin.proxies, admin.location, admin.passwordNeverExpires = "", nil, "", true
	if i == 0 {
		b.grantRole(admin.id, roleGlobalAdmin)
		b.grantRole(admin.id, roleTeamsAdmin)
	}
	worker := b.cloudOnly("cloud.worker"+n, domainMain, "Cloud worker "+n)
	worker.grant(b.ago(days(90)), direct(b.sku([]string{skuE3, skuF3, skuE5}[i%3])))
	worker.im = []string{worker.upn}
	worker.teams = &teams{account: accountOnline, modified: b.ago(days(20)), features: []string{"Teams"}}
	if i%3 == 2 {
		number := "+8134604" + sevenDigits(i)
		worker.teams.voice, worker.teams.features = true, append(worker.teams.features, "PhoneSystem")
		worker.teams.setNumbers(teamsNumber{number, categoryPrimary})
		b.assign(number, phoneOnline, worker.id)
	}
	elsewhere := b.cloudOnly("other.forest"+n, domainSecond, "Fabrikam "+n)
	elsewhere.synced, elsewhere.domain, elsewhere.sam = jsonTrue, "ad.fabrikam.com", "ofab"+n
	elsewhere.immutable = b.fixedGUID(uint64(5000 + i)).Base64() //nolint:gosec // not negative
	elsewhere.dn = "CN=Fabrikam " + n + ",OU=Staff,DC=ad,DC=fabrikam,DC=com"
	elsewhere.sid, elsewhere.onPremisesUPN, elsewhere.lastSync = "S-1-5-21-1004336348-1177238915-682003330-"+decimal(int64(5000+i)), elsewhere.upn, b.ago(days(3))
}

// systemAccounts makes the accounts that Windows, Exchange and Entra Connect make for themselves. Several are mail-enabled, enabled, not in the tenant, and
// share addresses: none of that matters for them.
func (b *builder) systemAccounts() {
	critical := func(o *object, rid uint32) {
		o.rid, o.critical = rid, yes
	}
	critical(b.systemAccount("Administrator", "Administrator", cnUsers), 500)
	guest := b.systemAccount("Guest", "Guest", cnUsers)
	critical(guest, 501)
	guest.disable()
	krbtgt := b.systemAccount("krbtgt", "krbtgt", cnUsers)
	critical(krbtgt, 502)
	krbtgt.disable()
	b.systemAccount("krbtgt_21873", "krbtgt_21873", cnUsers).disable()
	b.computers()
	b.mailSystem()
	for _, sam := range []string{"MSOL_7c9e6679425d", "AAD_0f8fad5bd9cb", "IUSR_WEB01", "IWAM_WEB01", "SUPPORT_388945a0", "CAS_{9f3b2a61d4c8e0}"} {
		o := b.systemAccount(sam, sam, cnUsers)
		o.mail = "postmaster@" + domainMain
		o.proxies = []string{"smtp:postmaster@" + domainMain, "sip:postmaster@" + domainMain}
	}
	adfs := b.systemAccount("svc_adfs", "svc_adfs", ouService)
	adfs.names = []string{"host/sts." + domainSecond, "http/sts." + domainSecond}
	if b.adfs != nil {
		b.adfs(adfs)
	}
	sync := b.cloudOnly("Sync_DC01_7c9e6679425d", domainInitial, "On-Premises Directory Synchronization Service Account")
	sync.mail, sync.proxies, sync.location = "", nil, ""
	b.grantRole(sync.id, roleSynchronise)
	b.flush()
}

func (b *builder) computers() {
	for _, c := range []struct {
		name, where string
		uac         int64
	}{{"DC01", ouDCs, uacServer}, {"PC-0001", "CN=Computers," + baseDN, uacWorkstation}} {
		o := b.systemAccount(c.name+"$", c.name, c.where)
		o.kind, o.uac = computerKind(), number(c.uac)
		if c.name == "DC01" {
			o.critical = yes
		}
	}
	trust := b.systemAccount("FABRIKAM$", "FABRIKAM$", cnUsers)
	trust.uac, trust.critical = number(uacTrust), yes
}

// mailSystem makes the arbitration, health and system mailboxes of Exchange, without the care that a person's addresses get.
func (b *builder) mailSystem() {
	for i, m := range []struct {
		cn, sam string
		kind    int64
	}{
		{"SystemMailbox{1f05a927-89c0-4725-adca-4527114196a1}", "SM_4f5b1d2c3a6e47f89", typeArbitration},
		{"SystemMailbox{e0dc1c29-89c3-4034-b678-e6c29d823ed9}", "SM_a8c1e2d3f4b5968c7", typeSystemMailbox},
		{"FederatedEmail.4c1f4d8b-8179-4148-93bf-00a95fa1e042", "SM_0d2f8a9b7c6e5d4f3", typeArbitration},
		{"Migration.8f3e7716-2011-43e4-96b1-aba62d229136", "SM_6b7c8d9e0f1a2b3c4", typeArbitration},
		{"DiscoverySearchMailbox {D919BA05-46A6-415f-80AD-7E09334BB852}", "SM_1c2d3e4f5a6b7c8d9", typeDiscovery},
		{"HealthMailbox3d6f0a1b2c4e4f5a8b9c0d1e2f3a4b5c", "HealthMailbox3d6f0a1", typeMonitoring},
		{"HealthMailbox9a8b7c6d5e4f40312233445566778899", "HealthMailbox9a8b7c6", typeMonitoring},
		{"Exchange Online-ApplicationAccount", "$531000-T8QUE7O8SI9M", typeArbitration},
	} {
		where := cnUsers
		if m.kind == typeMonitoring {
			where = cnMonitor
		}
		o := b.systemAccount(m.sam, m.cn, where)
		o.shown, o.nickname, o.recipientType = m.cn, strings.ToLower(m.sam), number(m.kind)
		o.mail, o.upn = "systemmailbox@"+domainMain, m.sam+"@"+domainUnroutable
		o.proxies = []string{"smtp:systemmailbox@" + domainMain, "sip:system mailbox@" + domainMain}
		if i%2 == 0 {
			o.disable()
		}
		if i == 5 {
			o.sip, o.enabled = "sip:health mailbox@"+domainMain, yes
		}
	}
}
