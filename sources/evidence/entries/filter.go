package entries

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// What belongs to a table of evidence, as LDAP filters (RFC 4515): those that servers are asked with and exports are sorted by. inetOrgPerson is a kind of user.
const (
	UserFilter    = "(&(objectCategory=person)(objectClass=user))"
	ContactFilter = "(&(objectCategory=person)(objectClass=contact))"
	GroupFilter   = "(&(objectCategory=group)(|(mail=*)(proxyAddresses=*)(mailNickname=*)))"
	PoolFilter    = "(objectClass=msRTCSIP-Pool)"

	ExchangeFilter = "(|(objectClass=msExchOrganizationContainer)(objectClass=msExchExchangeServer)(objectClass=msExchCoexistenceRelationship))"

	// The keywords of Autodiscover's connection points, of servers and of links to other forests, and the name of the one for the registration of devices.
	ConnectionPointFilter = "(&(objectClass=serviceConnectionPoint)(|(keywords=77378F46-2C66-4aa9-A6A6-3E7A48B19596)" +
		"(keywords=67661d7F-8FC4-4fa7-BFAC-E1D7794C1F68)(keywords=azureADName:*)(keywords=azureADId:*)(cn=62a0ff2e-97b9-4513-943f-0d221bd30080)))"

	// Accounts of Entra Connect and of its provisioning agent by the names that their installers give, and whatever account a service runs as.
	ServiceAccountFilter = "(|(&(objectCategory=person)(objectClass=user)(|(sAMAccountName=MSOL_*)(sAMAccountName=AAD_*)(sAMAccountName=ADSync*)" +
		"(servicePrincipalName=*)))(&(|(objectClass=msDS-GroupManagedServiceAccount)(objectClass=msDS-ManagedServiceAccount))" +
		"(|(sAMAccountName=ADSync*)(sAMAccountName=provAgent*)(sAMAccountName=pGMSA_*)(servicePrincipalName=*))))"

	// ComputerFilter finds all computers; which of them are wanted depends on what the topology names.
	ComputerFilter = "(objectCategory=computer)"

	// Tombstones have lost their category. Computers are users by class.
	DeletedFilter = "(&(isDeleted=TRUE)(|(objectClass=user)(objectClass=contact)(objectClass=group))(!(objectClass=computer)))"
)

// TopologyFilter finds what the RTC Service container of that DN holds besides pools and contacts, and the container itself; "" when there is none.
func TopologyFilter(container string) string {
	itself := ""
	if container != "" {
		itself = Equal("distinguishedName", container)
	}
	return "(|" + itself + classes(TopologyClasses()...) + ")"
}

// TopologyClasses are the classes of what the RTC Service container holds besides pools and contacts.
func TopologyClasses() []string {
	return []string{
		"msRTCSIP-Domain", "msRTCSIP-TrustedServer", "msRTCSIP-TrustedService", "msRTCSIP-EdgeProxy", "msRTCSIP-GlobalTopologySetting", "msRTCSIP-GlobalContainer",
		"msRTCSIP-ConferenceDirectory",
	}
}

// UniversalGroupFilter finds the groups that the preparation of the forest makes in the root domain.
func UniversalGroupFilter() string {
	var names strings.Builder
	for _, name := range []string{
		"RTCUniversalServerAdmins", "RTCUniversalUserAdmins", "RTCUniversalReadOnlyAdmins", "RTCUniversalUserReadOnlyGroup", "RTCUniversalServerReadOnlyGroup",
		"RTCUniversalGlobalReadOnlyGroup", "RTCUniversalGlobalWriteGroup", "RTCUniversalConfigReplicator", "RTCUniversalSBATechnicians",
		"RTCUniversalGuestAccessGroup", "RTCHSUniversalServices", "RTCComponentUniversalServices", "RTCArchivingUniversalServices", "RTCProxyUniversalServices",
		"RTCSBAUniversalServices", "CSAdministrator", "CSArchivingAdministrator", "CSHelpDesk", "CSLocationAdministrator", "CSPersistentChatAdministrator",
		"CSResponseGroupAdministrator", "CSResponseGroupManager", "CSServerAdministrator", "CSUserAdministrator", "CSViewOnlyAdministrator",
		"CSVoiceAdministrator",
	} {
		names.WriteString(Equal("sAMAccountName", name))
	}
	return "(&(objectCategory=group)(|" + names.String() + "))"
}

// Equal is the filter of what has that value of an attribute. Whatever could mean something in a filter, or is no ASCII, is escaped (RFC 4515, section 3):
// values need not be UTF-8.
func Equal(attribute, value string) string {
	var b strings.Builder
	b.WriteString("(" + attribute + "=")
	for i := range len(value) {
		switch c := value[i]; {
		case c == 0, c == '(', c == ')', c == '*', c == '\\', c >= utf8.RuneSelf:
			fmt.Fprintf(&b, "\\%02x", c)
		default:
			b.WriteByte(c)
		}
	}
	b.WriteByte(')')
	return b.String()
}

func classes(names ...string) string {
	var b strings.Builder
	for _, name := range names {
		b.WriteString(Equal("objectClass", name))
	}
	return b.String()
}
