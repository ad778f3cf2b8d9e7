package plant

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"hybridaudit/sources/evidence/address"
	"hybridaudit/sources/evidence/directory"
)

// integer is a number that may be absent.
type integer struct {
	value int64
	held  bool
}

func number(v int64) integer { return integer{v, true} }

// kind is what an object is in the schema.
type kind struct {
	classes  []string
	category string // name of the schema class that objectCategory points at
}

func userKind() kind {
	return kind{[]string{"top", "person", "organizationalPerson", "user"}, "Person"}
}

func inetOrgPersonKind() kind {
	return kind{[]string{"top", "person", "organizationalPerson", "user", "inetOrgPerson"}, "Person"}
}

func contactKind() kind {
	return kind{[]string{"top", "person", "organizationalPerson", "contact"}, "Person"}
}
func groupKind() kind { return kind{[]string{"top", "group"}, "Group"} }
func computerKind() kind {
	return kind{[]string{"top", "person", "organizationalPerson", "user", "computer"}, "Computer"}
}

// Values of userAccountControl and its computed sibling.
const (
	uacNormal      = 0x200
	uacDisabled    = 0x2
	uacServer      = 0x2000
	uacWorkstation = 0x1000
	uacTrust       = 0x800
	uacNoExpiry    = 0x10000

	computedLocked  = 0x10
	computedExpired = 0x800000
)

// Values of msExchRecipientTypeDetails.
const (
	typeUserMailbox      = 1
	typeLinkedMailbox    = 2
	typeRoomMailbox      = 16
	typeEquipmentMailbox = 32
	typeMailContact      = 64
	typeDistribution     = 256
	typeSecurityGroup    = 1024
	typeSystemMailbox    = 16384
	typeArbitration      = 8388608
	typeDiscovery        = 536870912
	typeRemoteUser       = 2147483648
	typeRemoteRoom       = 8589934592
	typeRemoteShared     = 34359738368
	typeMonitoring       = 549755813888
)

// What a Boolean attribute holds.
const (
	yes = "TRUE"
	no  = "FALSE"
)

// object is a directory object before it is written. Empty members are attributes that it does not hold.
type object struct {
	kind
	cn, dn string
	guid   directory.GUID
	rid    uint32 // last part of objectSid

	created, changed                                         time.Time
	sam, upn, shown, given, surname, mail, nickname, target  string
	proxies                                                  []string
	uac, computed, expires, pwdLastSet, lastLogon            integer
	critical                                                 string
	anchor                                                   []byte // mS-DS-ConsistencyGuid
	externalID, location, hidden                             string
	country, land, city, department, company, title, office  string
	phone, description, legacyDN                             string
	recipientType, displayType, remoteType, groupType        integer
	masterSID, originatorSID, mailbox                        []byte
	sip, enabled, locator, home, targetHome                  string // msRTCSIP-*
	flags, archiving, applicationOptions                     integer
	line, privateLine, lineServer, federation, access, owner string
	policies, members                                        []string
	host, system                                             string           // of computers: dNSHostName, operatingSystem
	mailHost                                                 string           // msExchHomeServerName
	umFlags                                                  integer          // msExchUMEnabledFlags
	voiceMail                                                []string         // msExchUCVoiceMailSettings
	certificates, photo                                      int              // how many, and how many bytes
	metadata                                                 []string         // msDS-ReplAttributeMetaData
	apart                                                    bool             // synchronisation leaves the group or contact out
	names                                                    []string         // servicePrincipalName
	inTenant                                                 func(*recipient) // changes the tenant's copy of the group or contact
}

// place gives the object its names.
func (o *object) place(cn, parent string) {
	o.cn, o.dn = cn, "CN="+rdn(cn)+","+parent
}

// parent is the DN of the object's container.
func (o *object) parent() string {
	_, parent, _ := strings.Cut(o.dn, rdn(o.cn)+",")
	return parent
}

// disable switches the account off.
func (o *object) disable() { o.uac = number(o.uac.value | uacDisabled) }

// hasPrefix tells whether a proxy address is of the named family, such as "sip:".
func hasPrefix(proxy, prefix string) bool {
	return len(proxy) >= len(prefix) && strings.EqualFold(proxy[:len(prefix)], prefix)
}

// without gives the addresses that are not of the named family.
func without(proxies []string, prefix string) []string {
	return slices.DeleteFunc(slices.Clone(proxies), func(p string) bool { return hasPrefix(p, prefix) })
}

// setSIPProxies replaces the sip: values.
func (o *object) setSIPProxies(values ...string) {
	o.proxies = append(without(o.proxies, "sip:"), values...)
}

// addProxy adds values to proxyAddresses.
func (o *object) addProxy(values ...string) { o.proxies = append(o.proxies, values...) }

// primary is the address behind the first SMTP: value, mail when there is none.
func (o *object) primary() string {
	for _, p := range o.proxies {
		if strings.HasPrefix(p, "SMTP:") {
			return p[len("SMTP:"):]
		}
	}
	return o.mail
}

// attributes writes the object for the wire, in the order in which Active Directory tends to give them.
func (o *object) attributes(w *wire, seed int64, schemaDN string) {
	w.begin()
	w.commonList("objectClass", o.classes)
	w.text("cn", o.cn)
	w.text("sn", o.surname)
	w.text("givenName", o.given)
	w.common("title", o.title)
	w.common("description", o.description)
	w.common("physicalDeliveryOfficeName", o.office)
	w.text("telephoneNumber", o.phone)
	w.common("c", o.country)
	w.common("co", o.land)
	w.common("l", o.city)
	w.common("company", o.company)
	w.common("department", o.department)
	w.text("distinguishedName", o.dn)
	w.common("instanceType", "4")
	w.time("whenCreated", o.created)
	w.time("whenChanged", o.changed)
	w.serial()
	w.text("displayName", o.shown)
	w.text("name", o.cn)
	w.octets("objectGUID", o.guid[:])
	w.common("objectCategory", "CN="+o.category+","+schemaDN)
	o.account(w, seed)
	o.exchange(w)
	o.skype(w)
	w.list("member", o.members)
}

// account writes what security principals have.
func (o *object) account(w *wire, seed int64) {
	w.number("userAccountControl", o.uac)
	w.number("msDS-User-Account-Control-Computed", o.computed)
	w.number("pwdLastSet", o.pwdLastSet)
	w.number("accountExpires", o.expires)
	w.number("lastLogonTimestamp", o.lastLogon)
	w.number("groupType", o.groupType)
	if o.rid != 0 {
		w.octets("objectSid", sidOf(seed, o.rid))
		switch {
		case o.category == "Group":
			w.common("sAMAccountType", "268435456")
		case o.category == "Computer":
			w.common("sAMAccountType", "805306369")
			w.common("primaryGroupID", "515")
		default:
			w.common("sAMAccountType", "805306368")
			w.common("primaryGroupID", "513")
		}
	}
	w.text("sAMAccountName", o.sam)
	w.text("dNSHostName", o.host)
	w.list("servicePrincipalName", o.names)
	w.common("operatingSystem", o.system)
	w.text("userPrincipalName", o.upn)
	w.common("isCriticalSystemObject", o.critical)
	w.octets("mS-DS-ConsistencyGuid", o.anchor)
	w.text("msDS-ExternalDirectoryObjectId", o.externalID)
	w.list("msDS-ReplAttributeMetaData", o.metadata)
	if o.certificates > 0 {
		list := make([]string, o.certificates)
		for i := range list {
			list[i] = "certificate " + decimal(int64(i)) + " of " + o.cn
		}
		w.list("userCertificate", list)
	}
	if o.photo > 0 {
		w.common("thumbnailPhoto", strings.Repeat("x", o.photo))
	}
}

// exchange writes the mail attributes.
func (o *object) exchange(w *wire) {
	w.text("mail", o.mail)
	w.text("mailNickname", o.nickname)
	w.list("proxyAddresses", o.proxies)
	w.text("targetAddress", o.target)
	w.text("legacyExchangeDN", o.legacyDN)
	w.octets("msExchMailboxGuid", o.mailbox)
	w.number("msExchRecipientTypeDetails", o.recipientType)
	w.number("msExchRecipientDisplayType", o.displayType)
	w.number("msExchRemoteRecipientType", o.remoteType)
	w.octets("msExchMasterAccountSid", o.masterSID)
	w.common("msExchUsageLocation", o.location)
	w.common("msExchHideFromAddressLists", o.hidden)
	w.common("msExchHomeServerName", o.mailHost)
	w.number("msExchUMEnabledFlags", o.umFlags)
	w.commonList("msExchUCVoiceMailSettings", o.voiceMail)
}

// skype writes the msRTCSIP attributes.
func (o *object) skype(w *wire) {
	w.text("msRTCSIP-PrimaryUserAddress", o.sip)
	w.common("msRTCSIP-UserEnabled", o.enabled)
	w.common("msRTCSIP-DeploymentLocator", o.locator)
	w.common("msRTCSIP-PrimaryHomeServer", o.home)
	w.common("msRTCSIP-TargetHomeServer", o.targetHome)
	w.number("msRTCSIP-OptionFlags", o.flags)
	w.text("msRTCSIP-Line", o.line)
	w.text("msRTCSIP-PrivateLine", o.privateLine)
	w.text("msRTCSIP-LineServer", o.lineServer)
	w.common("msRTCSIP-FederationEnabled", o.federation)
	w.common("msRTCSIP-InternetAccessEnabled", o.access)
	w.number("msRTCSIP-ArchivingEnabled", o.archiving)
	w.commonList("msRTCSIP-UserPolicies", o.policies)
	w.common("msRTCSIP-OwnerUrn", o.owner)
	w.number("msRTCSIP-ApplicationOptions", o.applicationOptions)
	w.octets("msRTCSIP-OriginatorSid", o.originatorSID)
}

// normalSIP is the address without prefix, in lower case.
func (o *object) normalSIP() string { return address.NormalSIP(o.sip) }

func decimal(v int64) string { return strconv.FormatInt(v, 10) }

// rdn writes a name into a distinguished name as Active Directory does, which escapes the equals sign too.
func rdn(name string) string { return strings.ReplaceAll(directory.EscapeRDN(name), "=", `\=`) }
