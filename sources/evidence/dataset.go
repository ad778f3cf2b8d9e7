package evidence

import (
	"slices"
	"strings"
)

// Dataset names a table and what was asked to fill it.
type Dataset string

// The datasets.
const (
	ADForests  Dataset = "ad.forests"
	ADUsers    Dataset = "ad.users"
	ADContacts Dataset = "ad.contacts"
	ADGroups   Dataset = "ad.groups"
	ADPools    Dataset = "ad.pools"

	ADDomains          Dataset = "ad.domains"          // the domains of the forests
	ADServers          Dataset = "ad.servers"          // the domain controllers that answered, with their clocks
	ADTopology         Dataset = "ad.topology"         // Skype for Business objects besides pools
	ADExchange         Dataset = "ad.exchange"         // the Exchange organisation
	ADConnectionPoints Dataset = "ad.connectionPoints" // Autodiscover and device registration
	ADServiceAccounts  Dataset = "ad.serviceAccounts"  // accounts of Entra Connect and those with service principal names
	ADComputers        Dataset = "ad.computers"        // computers that the topology names
	ADDeleted          Dataset = "ad.deleted"          // tombstones, on request

	TenantOrganization  Dataset = "tenant.organization"
	TenantDomains       Dataset = "tenant.domains"
	TenantDomainRecords Dataset = "tenant.domainRecords"
	TenantSKUs          Dataset = "tenant.skus"
	TenantUsers         Dataset = "tenant.users"
	TenantTeamsUsers    Dataset = "tenant.teamsUsers"
	TenantSyncFeatures  Dataset = "tenant.syncFeatures"
	TenantGroups        Dataset = "tenant.groups"
	TenantContacts      Dataset = "tenant.contacts"            // organisational contacts
	TenantDeletedUsers  Dataset = "tenant.deletedUsers"        // for 30 days
	TenantVerification  Dataset = "tenant.verificationRecords" // the DNS records that prove a domain
	TenantFederations   Dataset = "tenant.federations"         // of federated domains
	TenantHealth        Dataset = "tenant.health"              // the state of each service
	TenantIssues        Dataset = "tenant.issues"              // incidents and advisories
	TenantNumbers       Dataset = "tenant.numbers"             // telephone numbers and who has them
	TenantPrincipals    Dataset = "tenant.servicePrincipals"   // of the hybrid applications
	TenantRoles         Dataset = "tenant.roles"               // who holds an administrator's role

	TenantSIPInfo Dataset = "tenant.sipInfo" // beta: what synchronisation brought of people's SIP data; on request
	TenantLimits  Dataset = "tenant.limits"  // beta: quota and password synchronisation; on request
	TenantSignIns Dataset = "tenant.signIns" // when people last signed in; on request

	TeamsFederation     Dataset = "teams.federation"           // Get-CsTenantFederationConfiguration
	TeamsOnlineUsers    Dataset = "teams.onlineUsers"          // Get-CsOnlineUser
	TeamsPolicies       Dataset = "teams.upgradePolicies"      // Get-CsTeamsUpgradePolicy
	TeamsConfiguration  Dataset = "teams.upgradeConfiguration" // Get-CsTeamsUpgradeConfiguration
	TeamsSIPDomains     Dataset = "teams.sipDomains"           // Get-CsOnlineSipDomain
	TeamsNumbers        Dataset = "teams.numbers"              // Get-CsPhoneNumberAssignment
	ServerProviders     Dataset = "server.hostingProviders"    // Get-CsHostingProvider
	ServerUsers         Dataset = "server.users"               // Get-CsUser
	ServerPools         Dataset = "server.pools"               // Get-CsPool
	ServerReplicas      Dataset = "server.replicas"            // Get-CsManagementStoreReplicationStatus: servers with their builds
	ServerSIPDomains    Dataset = "server.sipDomains"          // Get-CsSipDomain
	ServerWorkflows     Dataset = "server.workflows"           // Get-CsRgsWorkflow
	ServerAgentGroups   Dataset = "server.agentGroups"         // Get-CsRgsAgentGroup
	ServerDelegates     Dataset = "server.delegates"           // Get-CsUserDelegates
	ServerEdge          Dataset = "server.accessEdge"          // Get-CsAccessEdgeConfiguration
	ServerAllowed       Dataset = "server.allowedDomains"      // Get-CsAllowedDomain
	ServerBlocked       Dataset = "server.blockedDomains"      // Get-CsBlockedDomain
	ServerConferencing  Dataset = "server.conferencing"        // Get-CsConferencingPolicy
	ConnectInstallation Dataset = "connect.installation"       // the version of Entra Connect

	DNSLookups        Dataset = "dns.lookups"        // questions to DNS servers, with their answers
	ProbeConnections  Dataset = "probe.connections"  // attempts to reach hosts
	ProbeHandshakes   Dataset = "probe.handshakes"   // TLS with them
	ProbeCertificates Dataset = "probe.certificates" // that they served
	ProbeRevocation   Dataset = "probe.revocation"   // attempts to reach what these name for revocation
	ProbeClocks       Dataset = "probe.clocks"       // comparisons of clocks, besides those of domain controllers
	ProbeFederation   Dataset = "probe.federation"   // how federation services describe themselves
	ProbeEndpoints    Dataset = "probe.endpoints"    // the list of Microsoft's endpoints that was used
	ProbeSettings     Dataset = "probe.settings"     // of the place that was probed from: its proxy and the like
	ProbeFirewall     Dataset = "probe.firewall"     // rules of a firewall that somebody brought along
)

// Datasets lists all datasets, in the order of reports.
func Datasets() []Dataset {
	return []Dataset{
		ADForests, ADDomains, ADServers, ADUsers, ADContacts, ADGroups, ADPools, ADTopology, ADExchange, ADConnectionPoints, ADServiceAccounts, ADComputers, ADDeleted,
		TenantOrganization, TenantDomains, TenantDomainRecords, TenantSKUs, TenantUsers, TenantTeamsUsers, TenantSyncFeatures,
		TenantGroups, TenantContacts, TenantDeletedUsers, TenantVerification, TenantFederations, TenantHealth, TenantIssues, TenantNumbers, TenantPrincipals, TenantRoles,
		TenantSIPInfo, TenantLimits, TenantSignIns,
		TeamsFederation, TeamsOnlineUsers, TeamsPolicies, TeamsConfiguration, TeamsSIPDomains, TeamsNumbers,
		ServerProviders, ServerUsers, ServerPools, ServerReplicas, ServerSIPDomains, ServerWorkflows, ServerAgentGroups, ServerDelegates,
		ServerEdge, ServerAllowed, ServerBlocked, ServerConferencing, ConnectInstallation,
		DNSLookups, ProbeConnections, ProbeHandshakes, ProbeCertificates, ProbeRevocation, ProbeClocks, ProbeFederation, ProbeEndpoints, ProbeSettings, ProbeFirewall,
	}
}

// Known says whether there is such a dataset.
func (d Dataset) Known() bool { return slices.Contains(Datasets(), d) }

// AD says whether the dataset comes from a directory.
func (d Dataset) AD() bool { return strings.HasPrefix(string(d), "ad.") }

// Tenant says whether the dataset comes from a tenant.
func (d Dataset) Tenant() bool { return strings.HasPrefix(string(d), "tenant.") }

// Network says whether the dataset is what was seen on the network from some place: the source of its coverage is the name of that place.
func (d Dataset) Network() bool {
	return strings.HasPrefix(string(d), "dns.") || strings.HasPrefix(string(d), "probe.")
}

// Side is which of the sides of an audit the dataset is read from, in the words of --only: ad, tenant or network; "" for what an operator brings along.
func (d Dataset) Side() string {
	switch {
	case d.AD():
		return "ad"
	case d.Tenant():
		return "tenant"
	case d.Network():
		return "network"
	}
	return ""
}

// OfTenant says whether the dataset belongs to a tenant, read from it or exported with PowerShell; the others belong to a forest or, of the network, to a place.
func (d Dataset) OfTenant() bool { return d.Tenant() || strings.HasPrefix(string(d), "teams.") }

// Export says whether the dataset is the output of a PowerShell command, which somebody has to supply.
func (d Dataset) Export() bool {
	return strings.HasPrefix(string(d), "teams.") || strings.HasPrefix(string(d), "server.") || strings.HasPrefix(string(d), "connect.")
}

// Supplied says whether the dataset is there only if an operator asks for it or brings it along: an audit without it is not incomplete.
func (d Dataset) Supplied() bool {
	switch d {
	case TenantSIPInfo, TenantLimits, TenantSignIns, ProbeFirewall:
		return true
	}
	return d.Export()
}

// SchemaOf gives the columns of a dataset's table.
func SchemaOf(d Dataset) Schema {
	switch d {
	case ADForests:
		return forestSchema
	case ADUsers, ADContacts, ADGroups:
		return adSchema
	case ADPools:
		return poolSchema
	case ADDomains:
		return adDomainSchema
	case ADServers:
		return adServerSchema
	case ADTopology, ADExchange, ADConnectionPoints, ADServiceAccounts, ADComputers, ADDeleted:
		return entrySchemas[d]
	case TenantOrganization:
		return organizationSchema
	case TenantDomains:
		return domainSchema
	case TenantDomainRecords:
		return recordSchema
	case TenantSKUs:
		return skuSchema
	case TenantUsers:
		return tenantUserSchema
	case TenantTeamsUsers:
		return teamsUserSchema
	case TenantSyncFeatures:
		return syncFeatureSchema
	case TenantGroups, TenantContacts:
		return recipientSchema
	case TenantDeletedUsers:
		return deletedUserSchema
	case TenantVerification:
		return recordSchema
	case TenantFederations:
		return federationSchema
	case TenantHealth:
		return healthSchema
	case TenantIssues:
		return issueSchema
	case TenantNumbers:
		return numberSchema
	case TenantPrincipals:
		return principalSchema
	case TenantRoles:
		return roleSchema
	case TenantSIPInfo:
		return sipInfoSchema
	case TenantLimits:
		return limitSchema
	case TenantSignIns:
		return signInSchema
	}
	if s, ok := networkSchemas[d]; ok {
		return s
	}
	return exportSchemas[d]
}
