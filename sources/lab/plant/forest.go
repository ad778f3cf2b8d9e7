package plant

import (
	"strings"

	"hybridaudit/sources/evidence/directory"
	"hybridaudit/sources/lab"
)

// Containers of the domain.
const (
	ouRooms    = "OU=Rooms," + baseDN
	ouService  = "OU=Service Accounts," + baseDN
	ouExternal = "OU=External," + baseDN
	ouGroups   = "OU=Groups," + baseDN
	ouLeavers  = "OU=Leavers," + baseDN
	cnUsers    = "CN=Users," + baseDN
	cnSystem   = "CN=Microsoft Exchange System Objects," + baseDN
	cnMonitor  = "CN=Monitoring Mailboxes," + cnSystem
	ouDCs      = "OU=Domain Controllers," + baseDN
)

// The Skype for Business part of the configuration partition.
const (
	cnServices  = "CN=Services," + configDN
	rtcService  = "CN=RTC Service," + cnServices
	rtcGlobal   = "CN=Global Settings," + rtcService
	rtcPools    = "CN=Pools," + rtcService
	rtcContacts = "CN=Application Contacts," + rtcService
)

// homeServer is what msRTCSIP-PrimaryHomeServer of people on a pool names: the registrar service of the first or second pool. "" without a deployment.
func (b *builder) homeServer(pool int) string {
	if b.noServer() {
		return ""
	}
	return "CN=LC Services,CN=Microsoft," + poolDN(pool)
}

func poolDN(pool int) string { return "CN=1:" + decimal(int64(pool+1)) + "," + rtcPools }

// forest makes the entries that everything else stands below, parents first, and the accounts that every forest has.
func (b *builder) forest() []lab.Entry {
	f := &containers{b: b}
	f.add(baseDN, "top domain domainDNS", "Domain-DNS", "dc", "contoso")
	f.add(cnUsers, "top container", "Container", "cn", "Users")
	f.add("CN=Computers,"+baseDN, "top container", "Container", "cn", "Computers")
	f.unit(ouDCs)
	for _, p := range append(japanesePlaces(), westernPlaces()...) {
		f.unit("OU=" + p.ou + "," + baseDN)
	}
	for _, dn := range []string{ouLeavers, ouRooms, ouExternal, ouGroups, ouService} {
		f.unit(dn)
	}
	f.add(cnSystem, "top container", "Container", "cn", "Microsoft Exchange System Objects")
	f.add(cnMonitor, "top container", "Container", "cn", "Monitoring Mailboxes")
	f.add(configDN, "top configuration", "Configuration", "cn", "Configuration")
	f.add("CN=Partitions,"+configDN, "top crossRefContainer", "Cross-Ref-Container", "cn", "Partitions",
		"uPNSuffixes", domainSecond, "uPNSuffixes", domainJapan, "uPNSuffixes", domainSub, "uPNSuffixes", domainUnroutable, "uPNSuffixes", domainStrange)
	f.add(cnServices, "top container", "Container", "cn", "Services")
	b.serverComputers(f)
	b.topology(f)
	b.exchange(f)
	return f.entries
}

// topology makes what the set-up of the server product leaves in the directory. Without a server the pools are gone and the containers are still there.
func (b *builder) topology(f *containers) {
	if b.variant == Cloud {
		return
	}
	f.add(rtcService, "top container msRTCSIP-Service", "msRTCSIP-Service", "cn", "RTC Service")
	f.add(rtcGlobal, "top container msRTCSIP-GlobalContainer", "msRTCSIP-GlobalContainer", "cn", "Global Settings")
	for i, d := range b.sipDomains() {
		f.braced(rtcGlobal, domainNumber(i), "top msRTCSIP-Domain", "msRTCSIP-Domain", "msRTCSIP-DomainName", d)
	}
	f.add(rtcPools, "top container msRTCSIP-Pools", "msRTCSIP-Pools", "cn", "Pools")
	f.add(rtcContacts, "top container msRTCSIP-ApplicationContacts", "msRTCSIP-ApplicationContacts", "cn", "Application Contacts")
	if b.noServer() {
		return
	}
	f.braced(rtcGlobal, 24, "top msRTCSIP-GlobalTopologySetting", "msRTCSIP-GlobalTopologySetting", "msRTCSIP-BackEndServer", "sql01.contoso.com\\rtc")
	f.braced(rtcGlobal, 25, "top msRTCSIP-EdgeProxy", "msRTCSIP-EdgeProxy", "msRTCSIP-EdgeProxyFQDN", "edge01.contoso.com")
	for i, host := range []string{"pool01.contoso.com", "pool02.contoso.com"} {
		pool := poolDN(i)
		f.braced(rtcGlobal, 26+uint64(i), "top msRTCSIP-TrustedServer", "msRTCSIP-TrustedServer",
			"msRTCSIP-TrustedServerFQDN", host, "msRTCSIP-TrustedServerVersion", "6")
		f.add(pool, "top container msRTCSIP-Pool", "msRTCSIP-Pool", append([]string{
			"cn", "1:" + decimal(int64(i+1)), "dNSHostName", host, "msRTCSIP-PoolDisplayName", []string{"Tokyo", "London"}[i],
			"msRTCSIP-PoolVersion", "8", "msRTCSIP-PoolType", []string{"10", "5"}[i],
		}, b.frontEndPairs(i)...)...)
		b.poolGUIDs[i] = f.last()
		f.add("CN=Microsoft,"+pool, "top container", "Container", "cn", "Microsoft")
		f.add("CN=LC Services,CN=Microsoft,"+pool, "top leaf connectionPoint serviceConnectionPoint msRTCSIP-PoolService", "msRTCSIP-PoolService", "cn", "LC Services")
	}
	f.braced(rtcGlobal, 36, "top msRTCSIP-TrustedServer", "msRTCSIP-TrustedServer", "msRTCSIP-TrustedServerFQDN", "med01.contoso.com", "msRTCSIP-TrustedServerVersion", "6")
	if b.vanished {
		f.braced(rtcGlobal, 37, "top msRTCSIP-TrustedServer", "msRTCSIP-TrustedServer", "msRTCSIP-TrustedServerFQDN", "med02.contoso.com", "msRTCSIP-TrustedServerVersion", "6")
	}
	b.addOldPool(f)
}

// containers makes entries that are not accounts.
type containers struct {
	b       *builder
	entries []lab.Entry
}

// add makes one entry; pairs are attribute names and values, a name given again adds a value.
func (f *containers) add(dn, classes, category string, pairs ...string) {
	w := f.b.wire
	w.begin()
	w.commonList("objectClass", strings.Fields(classes))
	w.text("distinguishedName", dn)
	w.common("instanceType", "4")
	w.time("whenCreated", f.b.ago(days(3650)))
	w.time("whenChanged", f.b.ago(days(700)))
	w.serial()
	name, _ := directory.ParseDN(dn)
	w.text("name", name.Name())
	guid := f.b.fixedGUID(uint64(100 + len(f.entries)))
	if dn == baseDN {
		guid = guidOf(f.b.seed, 4, saltDomain)
		w.octets("objectSid", domainSID(f.b.seed))
	}
	w.octets("objectGUID", guid[:])
	w.common("objectCategory", "CN="+category+","+schemaDN)
	var values []string
	for i := 0; i+1 < len(pairs); i += 2 {
		values = append(values, pairs[i+1])
		if next := i + 2; next < len(pairs) && pairs[next] == pairs[i] {
			continue
		}
		w.list(pairs[i], values)
		values = nil
	}
	f.entries = append(f.entries, w.entry(dn))
}

func (f *containers) unit(dn string) {
	name, _ := directory.ParseDN(dn)
	f.add(dn, "top organizationalUnit", "Organizational-Unit", "ou", name.Name())
}

// braced makes an entry that is named by a GUID in braces, as the product does.
func (f *containers) braced(parent string, n uint64, classes, category string, pairs ...string) {
	cn := "{" + strings.ToUpper(f.b.fixedGUID(n).String()) + "}"
	f.add("CN="+cn+","+parent, classes, category, append([]string{"cn", cn}, pairs...)...)
}

// schemaAttributes are the attributes of the Exchange and Skype for Business schema extensions, present whether or not an object holds a value.
func schemaAttributes() []string {
	return strings.Fields(`mailNickname targetAddress msExchHideFromAddressLists msExchMasterAccountSid msExchMailboxGuid msExchRecipientDisplayType
		msExchRecipientTypeDetails msExchRemoteRecipientType msExchHomeServerName msExchUCVoiceMailSettings msExchUsageLocation msExchUMEnabledFlags
		homeMDB publicDelegates msDS-ExternalDirectoryObjectId mS-DS-ConsistencyGuid proxyAddresses
		extensionAttribute1 extensionAttribute2 extensionAttribute3 extensionAttribute4 extensionAttribute5 extensionAttribute6 extensionAttribute7
		extensionAttribute8 extensionAttribute9 extensionAttribute10 extensionAttribute11 extensionAttribute12 extensionAttribute13
		extensionAttribute14 extensionAttribute15
		msRTCSIP-PrimaryUserAddress msRTCSIP-UserEnabled msRTCSIP-DeploymentLocator msRTCSIP-PrimaryHomeServer msRTCSIP-TargetHomeServer
		msRTCSIP-OptionFlags msRTCSIP-Line msRTCSIP-PrivateLine msRTCSIP-LineServer msRTCSIP-FederationEnabled msRTCSIP-InternetAccessEnabled
		msRTCSIP-OwnerUrn msRTCSIP-OriginatorSid msRTCSIP-ArchivingEnabled msRTCSIP-UserPolicies msRTCSIP-UserPolicy msRTCSIP-UserExtension
		msRTCSIP-UserLocationProfile msRTCSIP-MobilityPolicy msRTCSIP-PresencePolicy msRTCSIP-AcpInfo msRTCSIP-TenantId msRTCSIP-GroupingID
		msRTCSIP-UserRoutingGroupId msRTCSIP-ApplicationOptions msRTCSIP-ApplicationDestination
		msRTCSIP-PoolDisplayName msRTCSIP-PoolVersion msRTCSIP-PoolType msRTCSIP-BackEndServer msRTCSIP-FrontEndServers msRTCSIP-DomainName
		msRTCSIP-TrustedServerFQDN msRTCSIP-TrustedServerVersion msRTCSIP-EdgeProxyFQDN`)
}
