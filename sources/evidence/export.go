package evidence

import (
	"iter"
	"time"

	"hybridaudit/sources/evidence/directory"
)

// ExportColumn is the first column of every table of PowerShell output: the tenant or forest it is from as the audit calls it, "" when neither the file nor the rest of
// the audit tells.
const ExportColumn = "source"

func exportColumns(columns ...Column) Schema {
	return append(Schema{{Name: ExportColumn, Kind: Name}}, columns...)
}

func texts(names ...string) Schema {
	var s Schema
	for _, n := range names {
		s = append(s, Column{Name: n, Kind: Text})
	}
	return s
}

func flags(names ...string) Schema {
	var s Schema
	for _, n := range names {
		s = append(s, Column{Name: n, Kind: Bool})
	}
	return s
}

func lists(names ...string) Schema {
	var s Schema
	for _, n := range names {
		s = append(s, Column{Name: n, Kind: List})
	}
	return s
}

func joined(parts ...Schema) Schema {
	var all []Column
	for _, p := range parts {
		all = append(all, p...)
	}
	return exportColumns(all...)
}

// exportSchemas are the tables of PowerShell output. Column names are the property names of the newest module version that was looked at; older names are the importer's
// business. A list that the command shows as one object (AllowedDomains) has the domains, and whether it means all of them is a column of its own.
var exportSchemas = map[Dataset]Schema{
	TeamsFederation: joined(
		texts("Identity"),
		flags("SharedSipAddressSpace", "AllowFederatedUsers", "AllowTeamsConsumer", "AllowTeamsConsumerInbound", "TreatDiscoveredPartnersAsUnverified", "AllowAllKnownDomains"),
		lists("AllowedDomains", "BlockedDomains"),
	),
	TeamsOnlineUsers: joined(
		texts("UserPrincipalName", "DisplayName", "SipAddress", "OnPremSipAddress", "OnPremHostingProvider", "HostingProvider", "OnPremLineURI", "LineUri", "RegistrarPool"),
		Schema{
			{Name: "Identity", Kind: GUID}, {Name: "TenantId", Kind: GUID}, {Name: "AccountType", Kind: Name}, {Name: "InterpretedUserType", Kind: Name},
			{Name: "TeamsUpgradeEffectiveMode", Kind: Name}, {Name: "TeamsUpgradePolicy", Kind: Name}, {Name: "UsageLocation", Kind: Name},
			{Name: "SoftDeletionTimestamp", Kind: Time}, {Name: "WhenChanged", Kind: Time},
			{Name: "UserValidationErrors", Kind: Records, Fields: Schema{
				{Name: "ErrorCode", Kind: Name}, {Name: "ErrorDescription", Kind: Text}, {Name: "Raw", Kind: Text},
			}},
		},
		flags("AccountEnabled", "IsSipEnabled", "OnPremSIPEnabled", "OnPremEnterpriseVoiceEnabled", "EnterpriseVoiceEnabled", "UserDirSyncEnabled"),
		lists("ProxyAddresses", "ShadowProxyAddresses", "FeatureTypes"),
	),
	TeamsPolicies:      joined(texts("Identity", "Mode", "Action"), flags("NotifySfbUsers")),
	TeamsConfiguration: joined(texts("Identity", "SfBMeetingJoinUx"), flags("DownloadTeams", "BlockLegacyAuthorization")),
	TeamsSIPDomains:    joined(texts("Name", "Status")),
	TeamsNumbers: joined(
		texts("TelephoneNumber", "NumberType", "NumberSource", "AssignmentCategory", "PstnAssignmentStatus", "ActivationState", "IsoCountryCode"),
		Schema{{Name: "AssignedPstnTargetId", Kind: GUID}},
	),
	ServerProviders: joined(
		texts("Identity", "Name", "ProxyFqdn", "VerificationLevel", "AutodiscoverUrl"),
		flags("Enabled", "EnabledSharedAddressSpace", "HostsOCSUsers", "IsLocal"),
	),
	ServerUsers: joined(
		texts("Identity", "SamAccountName", "UserPrincipalName", "DisplayName", "SipAddress", "LineURI", "PrivateLine", "RegistrarPool", "HostingProvider", "HomeServer", "ConferencingPolicy"),
		Schema{{Name: "Guid", Kind: GUID}},
		flags("Enabled", "EnterpriseVoiceEnabled", "EnabledForFederation", "HostedVoiceMail"),
	),
	ServerPools:      joined(texts("Identity", "Fqdn", "Site"), lists("Services", "Computers")),
	ServerReplicas:   joined(texts("ReplicaFqdn", "ProductVersion"), flags("UpToDate"), Schema{{Name: "LastStatusReport", Kind: Time}}),
	ServerSIPDomains: joined(texts("Identity", "Name"), flags("IsDefault")),
	ServerWorkflows:  joined(texts("Identity", "Name", "PrimaryUri", "DisplayNumber", "LineUri", "OwnerPool"), flags("Active")),
	ServerAgentGroups: joined(
		texts("Identity", "Name", "OwnerPool", "DistributionGroupAddress"), lists("AgentsByUri"),
	),
	ServerDelegates: joined(texts("Identity"), lists("Delegates")),
	ServerEdge: joined(
		texts("Identity", "RoutingMethod", "DiscoveredPartnerVerificationLevel"),
		flags("AllowFederatedUsers", "EnablePartnerDiscovery", "AllowOutsideUsers", "AllowAnonymousUsers"),
	),
	ServerAllowed:       joined(texts("Identity", "Domain", "ProxyFqdn", "Comment")),
	ServerBlocked:       joined(texts("Identity", "Domain", "Comment")),
	ServerConferencing:  joined(texts("Identity"), flags("EnableDialInConferencing")),
	ConnectInstallation: joined(texts("Server", "Version")),
}

// Export is one object of a PowerShell command's output. The zero value is none: see [Export.IsZero].
type Export struct {
	t       *Table
	row     int
	dataset Dataset
}

// IsZero says that there is none.
func (e Export) IsZero() bool { return e.t == nil }

// Dataset is the table it is in.
func (e Export) Dataset() Dataset { return e.dataset }

// Source is the tenant or forest it is from as the audit calls it; "" when nothing tells.
func (e Export) Source() string { return e.Text(ExportColumn) }

func (e Export) find(property string) (int, Kind) {
	col, ok := exportSchemas[e.dataset].Find(property)
	if !ok {
		return -1, 0
	}
	return col, exportSchemas[e.dataset][col].Kind
}

// Text is a property that is text; "" when it is absent or another kind.
func (e Export) Text(property string) string {
	if col, kind := e.find(property); col >= 0 && (kind == Text || kind == Name) {
		return e.t.str(col, e.row)
	}
	return ""
}

// Flag is a property that is true or false; absent when the file does not have it.
func (e Export) Flag(property string) Tri {
	if col, kind := e.find(property); col >= 0 && kind == Bool {
		return e.t.tri(col, e.row)
	}
	return Absent
}

// List iterates over the values of a property.
func (e Export) List(property string) iter.Seq[string] {
	if col, kind := e.find(property); col >= 0 && (kind == List || kind == NameList) {
		return e.t.list(col, e.row)
	}
	return func(func(string) bool) {}
}

// GUID is a property that is an object id; zero when it is absent.
func (e Export) GUID(property string) directory.GUID {
	if col, kind := e.find(property); col >= 0 && kind == GUID {
		return e.t.guid(col, e.row)
	}
	return directory.GUID{}
}

// Time is a property that is a time; the zero time when it is absent.
func (e Export) Time(property string) time.Time {
	if col, kind := e.find(property); col >= 0 && kind == Time {
		return e.t.when(col, e.row)
	}
	return time.Time{}
}

// Attribute gives a property as text for evidence in a finding; nil when it is absent, unknown or made of records.
func (e Export) Attribute(property string) []string {
	col, kind := e.find(property)
	if col < 0 || kind == Records {
		return nil
	}
	return e.t.printed(col, e.row)
}

// ValidationError is an entry of UserValidationErrors, which older modules called MCOValidationError. Raw is what could not be taken apart.
type ValidationError struct{ Code, Description, Raw string }

// ValidationErrors iterates over the entries of an object of [TeamsOnlineUsers]; there are none in other tables.
func (e Export) ValidationErrors() iter.Seq[ValidationError] {
	col, kind := e.find("UserValidationErrors")
	if col < 0 || kind != Records {
		return func(func(ValidationError) bool) {}
	}
	return records(e.t, col, e.row, func(t *Table, r int) ValidationError {
		return ValidationError{t.str(0, r), t.str(1, r), t.str(2, r)}
	})
}

// Exports iterates over the objects of a PowerShell command's output.
func (s *Snapshot) Exports(d Dataset) iter.Seq[Export] {
	return rows(s, d, func(t *Table, r int) Export { return Export{t, r, d} })
}
