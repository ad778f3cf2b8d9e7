package evidence

import (
	"iter"
	"time"

	"hybridaudit/sources/evidence/directory"
)

// Columns of the table of federated domains: internalDomainFederation, with the domain that it is of.
const (
	fedID = iota
	fedDomain
	fedName
	fedIssuer
	fedMetadata
	fedPassive
	fedActive
	fedSignOut
	fedProtocol
	fedCertificate
	fedNext
	fedUpdateResult
	fedUpdateRun
	fedMFA
	fedTenant
)

var federationSchema = Schema{
	fedID:           {Name: "id", Kind: Text},
	fedDomain:       {Name: "domain", Kind: Name},
	fedName:         {Name: "displayName", Kind: Text},
	fedIssuer:       {Name: "issuerUri", Kind: Text},
	fedMetadata:     {Name: "metadataExchangeUri", Kind: Text},
	fedPassive:      {Name: "passiveSignInUri", Kind: Text},
	fedActive:       {Name: "activeSignInUri", Kind: Text},
	fedSignOut:      {Name: "signOutUri", Kind: Text},
	fedProtocol:     {Name: "preferredAuthenticationProtocol", Kind: Name},
	fedCertificate:  {Name: "signingCertificate", Kind: Text},
	fedNext:         {Name: "nextSigningCertificate", Kind: Text},
	fedUpdateResult: {Name: "signingCertificateUpdateStatus.certificateUpdateResult", Kind: Text},
	fedUpdateRun:    {Name: "signingCertificateUpdateStatus.lastRunDateTime", Kind: Time},
	fedMFA:          {Name: "federatedIdpMfaBehavior", Kind: Name},
	fedTenant:       {Name: TenantColumn, Kind: Name},
}

// Federation is how a federated domain trusts its federation service.
type Federation struct {
	t   *Table
	row int
}

// Domain is the federated domain.
func (f Federation) Domain() string { return f.t.str(fedDomain, f.row) }

// Tenant is the tenant that has the domain, as it was configured.
func (f Federation) Tenant() string { return f.t.str(fedTenant, f.row) }

// Name is displayName.
func (f Federation) Name() string { return f.t.str(fedName, f.row) }

// Issuer is issuerUri.
func (f Federation) Issuer() string { return f.t.str(fedIssuer, f.row) }

// MetadataURI is metadataExchangeUri.
func (f Federation) MetadataURI() string { return f.t.str(fedMetadata, f.row) }

// PassiveURI is passiveSignInUri.
func (f Federation) PassiveURI() string { return f.t.str(fedPassive, f.row) }

// ActiveURI is activeSignInUri.
func (f Federation) ActiveURI() string { return f.t.str(fedActive, f.row) }

// Certificate is signingCertificate: base64 of the DER form, without PEM lines.
func (f Federation) Certificate() string { return f.t.str(fedCertificate, f.row) }

// NextCertificate is nextSigningCertificate, "" when there is none yet.
func (f Federation) NextCertificate() string { return f.t.str(fedNext, f.row) }

// UpdateResult is what came of the service's last own attempt to renew the certificate from the metadata, and when that was.
func (f Federation) UpdateResult() (result string, at time.Time) {
	return f.t.str(fedUpdateResult, f.row), f.t.when(fedUpdateRun, f.row)
}

// Attribute gives a property as text for evidence in a finding; nil when it is absent or unknown.
func (f Federation) Attribute(name string) []string {
	col, ok := federationSchema.Find(name)
	if !ok {
		return nil
	}
	return f.t.printed(col, f.row)
}

// Federations iterates over the federated domains.
func (s *Snapshot) Federations() iter.Seq[Federation] {
	return rows(s, TenantFederations, func(t *Table, r int) Federation { return Federation{t, r} })
}

// Columns of the table of services.
const (
	healthID = iota
	healthService
	healthStatus
	healthTenant
)

var healthSchema = Schema{
	healthID:      {Name: "id", Kind: Text},
	healthService: {Name: "service", Kind: Text},
	healthStatus:  {Name: "status", Kind: Name},
	healthTenant:  {Name: TenantColumn, Kind: Name},
}

// ServiceHealth is what Microsoft says of one of its services.
type ServiceHealth struct {
	t   *Table
	row int
}

// ID is the service's id, such as microsoftteams.
func (h ServiceHealth) ID() string { return h.t.str(healthID, h.row) }

// Service is its name.
func (h ServiceHealth) Service() string { return h.t.str(healthService, h.row) }

// Status is serviceOperational and the like; compare without regard to case.
func (h ServiceHealth) Status() string { return h.t.str(healthStatus, h.row) }

// Tenant is the tenant that was asked, as it was configured.
func (h ServiceHealth) Tenant() string { return h.t.str(healthTenant, h.row) }

// Health iterates over the services.
func (s *Snapshot) Health() iter.Seq[ServiceHealth] {
	return rows(s, TenantHealth, func(t *Table, r int) ServiceHealth { return ServiceHealth{t, r} })
}

// Columns of the table of incidents and advisories.
const (
	issueID = iota
	issueTitle
	issueService
	issueFeature
	issueFeatureGroup
	issueClass
	issueOrigin
	issueStatus
	issueResolved
	issueStart
	issueEnd
	issueModified
	issueImpact
	issueTenant
)

var issueSchema = Schema{
	issueID:           {Name: "id", Kind: Text},
	issueTitle:        {Name: "title", Kind: Text},
	issueService:      {Name: "service", Kind: Name},
	issueFeature:      {Name: "feature", Kind: Name},
	issueFeatureGroup: {Name: "featureGroup", Kind: Name},
	issueClass:        {Name: "classification", Kind: Name},
	issueOrigin:       {Name: "origin", Kind: Name},
	issueStatus:       {Name: "status", Kind: Name},
	issueResolved:     {Name: "isResolved", Kind: Bool},
	issueStart:        {Name: "startDateTime", Kind: Time},
	issueEnd:          {Name: "endDateTime", Kind: Time},
	issueModified:     {Name: "lastModifiedDateTime", Kind: Time},
	issueImpact:       {Name: "impactDescription", Kind: Text},
	issueTenant:       {Name: TenantColumn, Kind: Name},
}

// Issue is an incident or an advisory.
type Issue struct {
	t   *Table
	row int
}

// ID is the issue's number, such as TM123456.
func (i Issue) ID() string { return i.t.str(issueID, i.row) }

// Title is title.
func (i Issue) Title() string { return i.t.str(issueTitle, i.row) }

// Service is the name of the service, as in [ServiceHealth.Service].
func (i Issue) Service() string { return i.t.str(issueService, i.row) }

// FeatureGroup is featureGroup.
func (i Issue) FeatureGroup() string { return i.t.str(issueFeatureGroup, i.row) }

// Classification is advisory or incident.
func (i Issue) Classification() string { return i.t.str(issueClass, i.row) }

// Status is status, as in [ServiceHealth.Status].
func (i Issue) Status() string { return i.t.str(issueStatus, i.row) }

// Resolved is isResolved.
func (i Issue) Resolved() bool { return i.t.tri(issueResolved, i.row) == True }

// Started is startDateTime.
func (i Issue) Started() time.Time { return i.t.when(issueStart, i.row) }

// Ended is endDateTime, the zero time while it goes on.
func (i Issue) Ended() time.Time { return i.t.when(issueEnd, i.row) }

// Modified is lastModifiedDateTime.
func (i Issue) Modified() time.Time { return i.t.when(issueModified, i.row) }

// Impact is impactDescription.
func (i Issue) Impact() string { return i.t.str(issueImpact, i.row) }

// Tenant is the tenant that was asked, as it was configured.
func (i Issue) Tenant() string { return i.t.str(issueTenant, i.row) }

// Issues iterates over the incidents and advisories.
func (s *Snapshot) Issues() iter.Seq[Issue] {
	return rows(s, TenantIssues, func(t *Table, r int) Issue { return Issue{t, r} })
}

// Columns of the table of telephone numbers.
const (
	asgID = iota
	asgNumber
	asgType
	asgSource
	asgTarget
	asgStatus
	asgActivation
	asgCountry
	asgTenant
)

var numberSchema = Schema{
	asgID:         {Name: "id", Kind: Text},
	asgNumber:     {Name: "telephoneNumber", Kind: Text},
	asgType:       {Name: "numberType", Kind: Name},
	asgSource:     {Name: "numberSource", Kind: Name},
	asgTarget:     {Name: "assignmentTargetId", Kind: GUID},
	asgStatus:     {Name: "assignmentStatus", Kind: Name},
	asgActivation: {Name: "activationState", Kind: Name},
	asgCountry:    {Name: "isoCountryCode", Kind: Name},
	asgTenant:     {Name: TenantColumn, Kind: Name},
}

// NumberAssignment is a telephone number of the tenant.
type NumberAssignment struct {
	t   *Table
	row int
}

// Number is telephoneNumber, E.164 with or without the plus sign; an extension may follow.
func (n NumberAssignment) Number() string { return n.t.str(asgNumber, n.row) }

// Type is directRouting, callingPlan or operatorConnect.
func (n NumberAssignment) Type() string { return n.t.str(asgType, n.row) }

// Source is online or onPremises: where the assignment is mastered.
func (n NumberAssignment) Source() string { return n.t.str(asgSource, n.row) }

// Target is the object that has the number; zero when none has.
func (n NumberAssignment) Target() directory.GUID { return n.t.guid(asgTarget, n.row) }

// Status is assignmentStatus, such as unassigned, userAssigned, conferenceAssigned.
func (n NumberAssignment) Status() string { return n.t.str(asgStatus, n.row) }

// Tenant is the tenant that was asked, as it was configured.
func (n NumberAssignment) Tenant() string { return n.t.str(asgTenant, n.row) }

// NumberAssignments iterates over the telephone numbers.
func (s *Snapshot) NumberAssignments() iter.Seq[NumberAssignment] {
	return rows(s, TenantNumbers, func(t *Table, r int) NumberAssignment { return NumberAssignment{t, r} })
}

// Columns of the table of service principals.
const (
	spnID = iota
	spnApp
	spnName
	spnEnabled
	spnNames
	spnKeys
	spnTenant
)

const (
	keyID = iota
	keyType
	keyUsage
	keyStart
	keyEnd
	keyThumbprint
)

var principalSchema = Schema{
	spnID:      {Name: "id", Kind: GUID},
	spnApp:     {Name: "appId", Kind: GUID},
	spnName:    {Name: "displayName", Kind: Text},
	spnEnabled: {Name: "accountEnabled", Kind: Bool},
	spnNames:   {Name: "servicePrincipalNames", Kind: List},
	spnKeys: {Name: "keyCredentials", Kind: Records, Fields: Schema{
		keyID:         {Name: "keyId", Kind: Text},
		keyType:       {Name: "type", Kind: Name},
		keyUsage:      {Name: "usage", Kind: Name},
		keyStart:      {Name: "startDateTime", Kind: Time},
		keyEnd:        {Name: "endDateTime", Kind: Time},
		keyThumbprint: {Name: "customKeyIdentifier", Kind: Text},
	}},
	spnTenant: {Name: TenantColumn, Kind: Name},
}

// ServicePrincipal is one of the applications that servers on-premises talk to.
type ServicePrincipal struct {
	t   *Table
	row int
}

// ID is the object id.
func (p ServicePrincipal) ID() directory.GUID { return p.t.guid(spnID, p.row) }

// App is appId, the same in all tenants.
func (p ServicePrincipal) App() directory.GUID { return p.t.guid(spnApp, p.row) }

// Name is displayName.
func (p ServicePrincipal) Name() string { return p.t.str(spnName, p.row) }

// Enabled is accountEnabled.
func (p ServicePrincipal) Enabled() Tri { return p.t.tri(spnEnabled, p.row) }

// Names iterates over servicePrincipalNames.
func (p ServicePrincipal) Names() iter.Seq[string] { return p.t.list(spnNames, p.row) }

// Tenant is the tenant that was asked, as it was configured.
func (p ServicePrincipal) Tenant() string { return p.t.str(spnTenant, p.row) }

// KeyCredential is a certificate that an application signs in with. Its key is never read.
type KeyCredential struct {
	ID, Type, Usage string
	Start, End      time.Time
	Thumbprint      string // customKeyIdentifier as the service writes it
}

// Keys iterates over keyCredentials.
func (p ServicePrincipal) Keys() iter.Seq[KeyCredential] {
	return records(p.t, spnKeys, p.row, func(t *Table, r int) KeyCredential {
		return KeyCredential{t.str(keyID, r), t.str(keyType, r), t.str(keyUsage, r), t.when(keyStart, r), t.when(keyEnd, r), t.str(keyThumbprint, r)}
	})
}

// ServicePrincipals iterates over the hybrid applications.
func (s *Snapshot) ServicePrincipals() iter.Seq[ServicePrincipal] {
	return rows(s, TenantPrincipals, func(t *Table, r int) ServicePrincipal { return ServicePrincipal{t, r} })
}

// Columns of the table of role assignments.
const (
	roleID = iota
	rolePrincipal
	roleDefinition
	roleScope
	roleTenant
)

var roleSchema = Schema{
	roleID:         {Name: "id", Kind: Text},
	rolePrincipal:  {Name: "principalId", Kind: GUID},
	roleDefinition: {Name: "roleDefinitionId", Kind: GUID},
	roleScope:      {Name: "directoryScopeId", Kind: Name},
	roleTenant:     {Name: TenantColumn, Kind: Name},
}

// RoleAssignment says that a user, group or application holds an administrator's role.
type RoleAssignment struct {
	t   *Table
	row int
}

// Principal is the object that holds the role.
func (r RoleAssignment) Principal() directory.GUID { return r.t.guid(rolePrincipal, r.row) }

// Definition is the role's id; of built-in roles the same in all tenants.
func (r RoleAssignment) Definition() directory.GUID { return r.t.guid(roleDefinition, r.row) }

// Tenant is the tenant that was asked, as it was configured.
func (r RoleAssignment) Tenant() string { return r.t.str(roleTenant, r.row) }

// RoleAssignments iterates over the role assignments.
func (s *Snapshot) RoleAssignments() iter.Seq[RoleAssignment] {
	return rows(s, TenantRoles, func(t *Table, r int) RoleAssignment { return RoleAssignment{t, r} })
}
