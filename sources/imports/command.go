package imports

import (
	"regexp"
	"slices"
	"strings"

	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/directory"
)

// Command is a PowerShell command whose output can be imported.
type Command struct {
	Name    string // "" for the installation of Entra Connect, which no one command shows
	Dataset evidence.Dataset
	// Select is what to put between the command and Export-Clixml or ConvertTo-Json, "" for nothing: lists as plain lists, and little besides what is read.
	Select string

	// The objects have all of required, one of some at least, and none of not. Few says that the commands whose objects have as few properties are many, so that one with
	// more of them is another.
	required, some, not []string
	few                 int
	types               []string            // last parts of the names of .NET types
	renamed             map[string][]string // older names of columns
	key                 string              // the column that tells objects apart
	line                string              // PowerShell that makes the objects, where the command alone does not
}

// Title is the command's name, or what is saved without one.
func (c Command) Title() string {
	if c.Name == "" {
		return "the version of Entra Connect"
	}
	return c.Name
}

// Tenant says that the output is of a tenant; the others are of the servers of a forest.
func (c Command) Tenant() bool { return c.Dataset.OfTenant() }

// Line is the PowerShell that saves the output in CliXml.
func (c Command) Line() string {
	line := c.line
	if line == "" {
		line = c.Name
		if c.Select != "" {
			line += " | " + c.Select
		}
	}
	return line + " | Export-Clixml -Depth 4 " + c.File() + ".xml"
}

// File is the name without ending that its file should have.
func (c Command) File() string {
	if c.Name == "" {
		return "EntraConnect"
	}
	return c.Name
}

func strs(names string) []string { return strings.Fields(names) }

// Commands lists what can be imported, in the order of the datasets.
func Commands() []Command {
	return []Command{
		{
			Name: "Get-CsTenantFederationConfiguration", Dataset: evidence.TeamsFederation,
			required: strs("SharedSipAddressSpace AllowFederatedUsers"), types: strs("TenantFederationSettings"), key: "Identity",
		},
		{
			Name: "Get-CsOnlineUser", Dataset: evidence.TeamsOnlineUsers,
			Select: "Select-Object Identity, TenantId, UserPrincipalName, DisplayName, AccountType, AccountEnabled, InterpretedUserType, SipAddress, IsSipEnabled, HostingProvider, " +
				"RegistrarPool, EnterpriseVoiceEnabled, LineUri, OnPremSIPEnabled, OnPremSipAddress, OnPremHostingProvider, OnPremEnterpriseVoiceEnabled, OnPremLineURI, " +
				"UserDirSyncEnabled, UsageLocation, TeamsUpgradeEffectiveMode, TeamsUpgradePolicy, UserValidationErrors, SoftDeletionTimestamp, WhenChanged, " +
				asList("ProxyAddresses") + ", " + asList("ShadowProxyAddresses") + ", " + asList("FeatureTypes"),
			required: strs("UserPrincipalName"),
			some: strs("InterpretedUserType OnPremHostingProvider OnPremSipAddress OnPremSIPEnabled UserValidationErrors MCOValidationErrors TeamsUpgradeEffectiveMode " +
				"UserDirSyncEnabled AccountType"),
			renamed: map[string][]string{
				"Identity": {"ObjectId"}, "UserDirSyncEnabled": {"DirSyncEnabled"}, "UserValidationErrors": {"MCOValidationErrors", "MCOValidationError"},
				"IsSipEnabled": {"Enabled"}, "OnPremSIPEnabled": {"OnPremSipEnabled"}, "TeamsUpgradeEffectiveMode": {"TeamsUpgradeEffectivePolicy"},
			},
			key: "Identity",
		},
		{
			Name: "Get-CsTeamsUpgradePolicy", Dataset: evidence.TeamsPolicies,
			required: strs("Identity Mode NotifySfbUsers"), types: strs("TeamsUpgradePolicy"), key: "Identity",
		},
		{
			Name: "Get-CsTeamsUpgradeConfiguration", Dataset: evidence.TeamsConfiguration,
			required: strs("DownloadTeams SfBMeetingJoinUx"), types: strs("TeamsUpgradeConfiguration"), key: "Identity",
		},
		{
			Name: "Get-CsOnlineSipDomain", Dataset: evidence.TeamsSIPDomains, Select: "Select-Object Name, @{n='Status';e={[string]$_.Status}}",
			required: strs("Name Status"), not: strs("IsDefault"), few: 4, types: strs("DomainState"), key: "Name",
		},
		{
			Name: "Get-CsPhoneNumberAssignment", Dataset: evidence.TeamsNumbers,
			required: strs("TelephoneNumber NumberType"), some: strs("PstnAssignmentStatus AssignedPstnTargetId ActivationState"),
			types: strs("SkypeTelephoneNumberMgmtCmdletAcquiredTelephoneNumber"), key: "TelephoneNumber",
		},
		{
			Name: "Get-CsHostingProvider", Dataset: evidence.ServerProviders,
			Select: "Select-Object Identity, Name, ProxyFqdn, @{n='VerificationLevel';e={[string]$_.VerificationLevel}}, AutodiscoverUrl, Enabled, EnabledSharedAddressSpace, " +
				"HostsOCSUsers, IsLocal",
			required: strs("ProxyFqdn EnabledSharedAddressSpace"), types: strs("DisplayHostingProvider"), key: "Identity",
		},
		{
			Name: "Get-CsUser", Dataset: evidence.ServerUsers,
			Select: "Select-Object @{n='Identity';e={[string]$_.Identity}}, SamAccountName, UserPrincipalName, DisplayName, SipAddress, LineURI, PrivateLine, " +
				"@{n='RegistrarPool';e={[string]$_.RegistrarPool}}, HostingProvider, @{n='HomeServer';e={[string]$_.HomeServer}}, " +
				"@{n='ConferencingPolicy';e={[string]$_.ConferencingPolicy}}, Guid, Enabled, EnterpriseVoiceEnabled, EnabledForFederation, HostedVoiceMail",
			required: strs("SipAddress Enabled"), some: strs("HomeServer RegistrarPool LineURI SamAccountName HostingProvider EnabledForFederation"),
			not: strs("InterpretedUserType OnPremHostingProvider OnPremSipAddress UsageLocation AccountType UserValidationErrors MCOValidationErrors UserDirSyncEnabled DirSyncEnabled " +
				"ProxyFqdn"),
			key: "Identity",
		},
		{
			Name: "Get-CsPool", Dataset: evidence.ServerPools,
			Select:   "Select-Object @{n='Identity';e={[string]$_.Identity}}, Fqdn, @{n='Site';e={[string]$_.Site}}, " + asList("Services") + ", " + asList("Computers"),
			required: strs("Services Computers"), some: strs("Fqdn Identity"), types: strs("Cluster"), key: "Identity",
		},
		{
			Name: "Get-CsManagementStoreReplicationStatus", Dataset: evidence.ServerReplicas,
			required: strs("UpToDate ReplicaFqdn"), types: strs("ReplicaState"), key: "ReplicaFqdn",
		},
		{
			Name: "Get-CsSipDomain", Dataset: evidence.ServerSIPDomains, Select: "Select-Object @{n='Identity';e={[string]$_.Identity}}, Name, IsDefault",
			required: strs("Name IsDefault"), few: 8, types: strs("SipDomain"), key: "Name",
		},
		{
			Name: "Get-CsRgsWorkflow", Dataset: evidence.ServerWorkflows,
			Select: "Select-Object @{n='Identity';e={[string]$_.Identity}}, Name, @{n='PrimaryUri';e={[string]$_.PrimaryUri}}, DisplayNumber, " +
				"@{n='LineUri';e={[string]$_.LineUri}}, @{n='OwnerPool';e={[string]$_.OwnerPool}}, Active",
			required: strs("Name PrimaryUri"), some: strs("LineUri DisplayNumber OwnerPool DefaultAction"), types: strs("Workflow"), key: "Identity",
		},
		{
			Name: "Get-CsRgsAgentGroup", Dataset: evidence.ServerAgentGroups,
			Select: "Select-Object @{n='Identity';e={[string]$_.Identity}}, Name, @{n='OwnerPool';e={[string]$_.OwnerPool}}, " +
				"@{n='DistributionGroupAddress';e={[string]$_.DistributionGroupAddress}}, " + asList("AgentsByUri"),
			required: strs("Name AgentsByUri"), types: strs("AgentGroup"), key: "Identity",
		},
		{
			Name: "Get-CsUserDelegates", Dataset: evidence.ServerDelegates,
			required: strs("Identity Delegates"), few: 10, renamed: map[string][]string{"Identity": {"User", "UserId", "SipAddress"}, "Delegates": {"DelegateList", "DelegatesList"}},
			key:  "Identity",
			line: "Get-CsUser | ForEach-Object { $u = $_.SipAddress; [pscustomobject]@{ Identity = $u; Delegates = [string[]](Get-CsUserDelegates -User ($u -replace '^sip:')).Delegates } }",
		},
		{
			Name: "Get-CsAccessEdgeConfiguration", Dataset: evidence.ServerEdge,
			Select: "Select-Object Identity, @{n='RoutingMethod';e={[string]$_.RoutingMethod}}, " +
				"@{n='DiscoveredPartnerVerificationLevel';e={[string]$_.DiscoveredPartnerVerificationLevel}}, AllowFederatedUsers, EnablePartnerDiscovery, AllowOutsideUsers, AllowAnonymousUsers",
			required: strs("AllowFederatedUsers AllowOutsideUsers EnablePartnerDiscovery"),
			types:    strs("DisplayAccessEdgeSettingsDnsSrvRouting DisplayAccessEdgeSettingsDefaultRoute DisplayAccessEdgeSettings"), key: "Identity",
		},
		{
			Name: "Get-CsAllowedDomain", Dataset: evidence.ServerAllowed,
			required: strs("Domain ProxyFqdn"), not: strs("EnabledSharedAddressSpace"), types: strs("AllowedDomain"), key: "Identity",
		},
		{
			Name: "Get-CsBlockedDomain", Dataset: evidence.ServerBlocked,
			required: strs("Domain Comment"), not: strs("ProxyFqdn VerificationLevel MarkForMonitoring"), few: 8, types: strs("BlockedDomain"), key: "Identity",
		},
		{
			Name: "Get-CsConferencingPolicy", Dataset: evidence.ServerConferencing, Select: "Select-Object Identity, EnableDialInConferencing",
			required: strs("Identity EnableDialInConferencing"), types: strs("MeetingPolicy"), key: "Identity",
		},
		{
			Dataset: evidence.ConnectInstallation, required: strs("Server Version"), few: 4, key: "Server",
			line: `[pscustomobject]@{ Server = $env:COMPUTERNAME; Version = (Get-ItemProperty 'HKLM:\SOFTWARE\Microsoft\Azure AD Connect').Version }`,
		},
	}
}

// asList is a list as plain texts, whatever the command has in it.
func asList(name string) string { return "@{n='" + name + "';e={[string[]]$_." + name + "}}" }

// noise are properties that remoting and the store of settings add to every object.
var noise = strs("pscomputername runspaceid psshowcomputername pssourcejobinstanceid element key scopeclass anchor xsanyelements xsanyattributes typedidentity configid configmetadata")

// shape is what a file's objects look like.
type shape struct {
	properties map[string]bool // in lower case
	types      []string
}

func (s shape) has(name string) bool { return s.properties[strings.ToLower(name)] }

// count is the number of properties that say something.
func (s shape) count() int {
	n := 0
	for name := range s.properties {
		if !slices.Contains(noise, name) {
			n++
		}
	}
	return n
}

// lacks lists the required properties that the objects do not have, by their present names.
func (c Command) lacks(s shape) []string {
	missing := slices.DeleteFunc(slices.Clone(c.required), func(name string) bool {
		return s.has(name) || slices.ContainsFunc(c.renamed[name], s.has)
	})
	if len(missing) == 0 && len(c.some) > 0 && !slices.ContainsFunc(c.some, s.has) {
		missing = append(missing, "one of "+directory.Printable(strings.Join(c.some, ", "), 300))
	}
	return missing
}

// fits says whether the objects can be the command's.
func (c Command) fits(s shape) bool {
	return len(c.lacks(s)) == 0 && !slices.ContainsFunc(c.not, s.has) && (c.few == 0 || s.count() <= c.few)
}

// typed says whether the objects say themselves that they are the command's.
func (c Command) typed(s shape) bool {
	return slices.ContainsFunc(s.types, func(full string) bool {
		full, _, _ = strings.Cut(full, "#")
		last := full[strings.LastIndexAny(full, ".+")+1:]
		return slices.Contains(c.types, last)
	})
}

var nounText = regexp.MustCompile(`(?i)(?:^|[^a-z])(?:get[-_ .]?)?(cs[a-z]+)`)

// resembles says whether the objects have a required property that few others have.
func (c Command) resembles(s shape) bool {
	return (c.few == 0 || s.count() <= c.few) && slices.ContainsFunc(c.required, func(name string) bool {
		return s.has(name) && !slices.Contains([]string{"Identity", "Name", "Enabled", "UserPrincipalName", "Server", "Version", "Status", "Domain"}, name)
	})
}

// named gives the command that a file is named after; false when it is named after none. The longest name counts.
func named(file string) (Command, bool) {
	base := file[strings.LastIndexAny(file, `/\`)+1:]
	best, found := Command{}, false
	for _, m := range nounText.FindAllStringSubmatch(base, -1) {
		noun := strings.ToLower(m[1])
		for _, c := range Commands() {
			name := strings.ToLower(strings.TrimPrefix(c.Name, "Get-"))
			if name != "" && (noun == name || noun == name+"s" || noun == name+"es") && len(c.Name) > len(best.Name) {
				best, found = c, true
			}
		}
	}
	return best, found
}

// recognise finds the command that a file's objects are of.
func recognise(file string, s shape) (Command, error) {
	hint, hinted := named(file)
	var fitting []Command
	for _, c := range Commands() {
		if c.fits(s) {
			fitting = append(fitting, c)
		}
	}
	if typed := slices.DeleteFunc(slices.Clone(fitting), func(c Command) bool { return !c.typed(s) }); len(typed) > 0 {
		fitting = typed
	}
	if len(fitting) == 0 {
		return Command{}, unknown(file, s)
	}
	best := slices.MaxFunc(fitting, func(a, b Command) int { return len(a.required) - len(b.required) })
	if hinted && slices.ContainsFunc(fitting, func(c Command) bool { return c.Name == hint.Name }) {
		best = hint
	}
	if hinted && best.Name != hint.Name {
		return Command{}, &ExportError{File: file, Problem: "by its name it should hold the output of " + hint.Name + ", but its objects are those of " + best.Title() + lacking(hint, s) +
			": save the right output, or rename the file"}
	}
	return best, nil
}

func lacking(c Command, s shape) string {
	if missing := c.lacks(s); len(missing) > 0 {
		return " (" + strings.Join(missing, ", ") + " missing)"
	}
	return ""
}

// unknown says what comes nearest to objects of no command.
func unknown(file string, s shape) error {
	near, found := named(file)
	if found {
		if missing := near.lacks(s); len(missing) > 0 {
			return &ExportError{File: file, Problem: "by its name it should hold the output of " + near.Name + ", but its objects lack " + strings.Join(missing, ", ")}
		}
		return &ExportError{File: file, Problem: "by its name it should hold the output of " + near.Name + ", but its objects have properties that those do not have"}
	}
	for _, c := range Commands() {
		if c.typed(s) {
			return &ExportError{File: file, Problem: "its objects are those of " + c.Title() + ", but they lack " + strings.Join(c.lacks(s), ", ")}
		}
	}
	least := 0
	for _, c := range Commands() {
		if missing := len(c.lacks(s)); c.resembles(s) && (near.Dataset == "" || missing < least) {
			near, least = c, missing
		}
	}
	if near.Dataset == "" {
		return &ExportError{File: file, Problem: "its objects are of no command that can be imported: Get-CsOnlineUser, Get-CsUser and others, see docs/imports.md"}
	}
	problem := "its objects are of no command that can be imported; nearest is " + near.Title()
	if missing := near.lacks(s); len(missing) > 0 {
		return &ExportError{File: file, Problem: problem + ", but they lack " + strings.Join(missing, ", ")}
	}
	return &ExportError{File: file, Problem: problem}
}

// ExportError says why a file of PowerShell output cannot be used.
type ExportError struct{ File, Problem string }

func (e *ExportError) Error() string { return e.File + ": " + e.Problem }
