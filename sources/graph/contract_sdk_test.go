//go:build sdkcontract

// The typed SDK as the oracle: the bodies in testdata are decoded with its models too, and every property that the collector reads is compared. The
// build tag keeps its models, some 600,000 lines, out of every other build.

package graph

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/microsoft/kiota-abstractions-go/serialization"
	jsonserialization "github.com/microsoft/kiota-serialization-json-go"
	"github.com/microsoftgraph/msgraph-sdk-go/models"
	"github.com/microsoftgraph/msgraph-sdk-go/models/teamsadministration"
)

// sdkRow is a row as rowsOf gives it, filled from the SDK's getters; what is nil is left out.
type sdkRow map[string]any

func (r sdkRow) text(name string, v *string) {
	if v != nil {
		r[name] = *v
	}
}

// id stores a GUID that the SDK gives as text.
func (r sdkRow) id(name string, v *string) {
	if v != nil {
		r[name] = strings.ToLower(*v)
	}
}

func (r sdkRow) flag(name string, v *bool) {
	if v != nil {
		r[name] = *v
	}
}

func (r sdkRow) number(name string, v *int32) {
	if v != nil {
		r[name] = float64(*v)
	}
}

func (r sdkRow) moment(name string, v *time.Time) {
	if v != nil {
		r[name] = v.UTC().Format(time.RFC3339)
	}
}

// printed stores UUIDs and enumerations.
func printed[T any, P interface {
	*T
	fmt.Stringer
}](r sdkRow, name string, v P) {
	if v != nil {
		r[name] = v.String()
	}
}

func (r sdkRow) texts(name string, v []string) {
	many(r, name, v, func(s string) any { return s })
}

func many[T any](r sdkRow, name string, v []T, convert func(T) any) {
	if len(v) == 0 {
		return
	}
	all := make([]any, len(v))
	for i := range v {
		all[i] = convert(v[i])
	}
	r[name] = all
}

// parse decodes a body with the SDK.
func parse[T any](t testing.TB, body []byte, factory serialization.ParsableFactory) T {
	t.Helper()
	node, err := jsonserialization.NewJsonParseNodeFactory().GetRootParseNode("application/json", body)
	if err != nil {
		t.Fatal(err)
	}
	v, err := node.GetObjectValue(factory)
	if err != nil {
		t.Fatal(err)
	}
	typed, ok := v.(T)
	if !ok {
		t.Fatalf("the SDK gave %T", v)
	}
	return typed
}

func sdkOrganization(t testing.TB, body []byte) (all []sdkRow) {
	for _, v := range parse[models.OrganizationCollectionResponseable](t, body, models.CreateOrganizationCollectionResponseFromDiscriminatorValue).GetValue() {
		r := sdkRow{}
		r.id("id", v.GetId())
		r.text("displayName", v.GetDisplayName())
		r.text("countryLetterCode", v.GetCountryLetterCode())
		r.flag("onPremisesSyncEnabled", v.GetOnPremisesSyncEnabled())
		r.moment("onPremisesLastSyncDateTime", v.GetOnPremisesLastSyncDateTime())
		r.text("defaultUsageLocation", v.GetDefaultUsageLocation())
		all = append(all, r)
	}
	return all
}

func sdkDomains(t testing.TB, body []byte) (all []sdkRow) {
	for _, v := range parse[models.DomainCollectionResponseable](t, body, models.CreateDomainCollectionResponseFromDiscriminatorValue).GetValue() {
		r := sdkRow{}
		r.text("id", v.GetId())
		r.flag("isVerified", v.GetIsVerified())
		r.flag("isInitial", v.GetIsInitial())
		r.flag("isDefault", v.GetIsDefault())
		r.flag("isRoot", v.GetIsRoot())
		r.text("authenticationType", v.GetAuthenticationType())
		r.flag("isAdminManaged", v.GetIsAdminManaged())
		r.texts("supportedServices", v.GetSupportedServices())
		all = append(all, r)
	}
	return all
}

func sdkRecordsOf(domain string) func(testing.TB, []byte) []sdkRow {
	return func(t testing.TB, body []byte) []sdkRow { return sdkRecords(t, body, domain) }
}

func sdkRecords(t testing.TB, body []byte, domain string) (all []sdkRow) {
	for _, v := range parse[models.DomainDnsRecordCollectionResponseable](t, body, models.CreateDomainDnsRecordCollectionResponseFromDiscriminatorValue).GetValue() {
		r := sdkRow{"domain": domain}
		r.text("@odata.type", v.GetOdataType())
		r.text("recordType", v.GetRecordType())
		r.text("label", v.GetLabel())
		r.text("supportedService", v.GetSupportedService())
		r.flag("isOptional", v.GetIsOptional())
		r.number("ttl", v.GetTtl())
		switch v := v.(type) {
		case models.DomainDnsCnameRecordable:
			r.text("target", v.GetCanonicalName())
		case models.DomainDnsSrvRecordable:
			r.text("target", v.GetNameTarget())
			r.number("port", v.GetPort())
			r.number("priority", v.GetPriority())
			r.number("weight", v.GetWeight())
		case models.DomainDnsMxRecordable:
			r.text("target", v.GetMailExchange())
			r.number("priority", v.GetPreference())
		case models.DomainDnsTxtRecordable:
			r.text("target", v.GetText())
		case models.DomainDnsUnavailableRecordable:
			r.text("target", v.GetDescription())
		}
		all = append(all, r)
	}
	return all
}

func sdkSKUs(t testing.TB, body []byte) (all []sdkRow) {
	for _, v := range parse[models.SubscribedSkuCollectionResponseable](t, body, models.CreateSubscribedSkuCollectionResponseFromDiscriminatorValue).GetValue() {
		r := sdkRow{}
		r.text("id", v.GetId())
		printed(r, "skuId", v.GetSkuId())
		r.text("skuPartNumber", v.GetSkuPartNumber())
		r.text("appliesTo", v.GetAppliesTo())
		r.text("capabilityStatus", v.GetCapabilityStatus())
		r.number("consumedUnits", v.GetConsumedUnits())
		if u := v.GetPrepaidUnits(); u != nil {
			r.number("prepaidUnits.enabled", u.GetEnabled())
			r.number("prepaidUnits.warning", u.GetWarning())
			r.number("prepaidUnits.suspended", u.GetSuspended())
			r.number("prepaidUnits.lockedOut", u.GetLockedOut())
		}
		many(r, "servicePlans", v.GetServicePlans(), func(p models.ServicePlanInfoable) any {
			r := sdkRow{}
			printed(r, "servicePlanId", p.GetServicePlanId())
			r.text("servicePlanName", p.GetServicePlanName())
			r.text("appliesTo", p.GetAppliesTo())
			r.text("provisioningStatus", p.GetProvisioningStatus())
			return map[string]any(r)
		})
		all = append(all, r)
	}
	return all
}

func sdkUsers(t testing.TB, body []byte) (all []sdkRow) {
	for _, v := range parse[models.UserCollectionResponseable](t, body, models.CreateUserCollectionResponseFromDiscriminatorValue).GetValue() {
		r := sdkRow{}
		r.id("id", v.GetId())
		r.text("userPrincipalName", v.GetUserPrincipalName())
		r.text("displayName", v.GetDisplayName())
		r.text("mail", v.GetMail())
		r.text("mailNickname", v.GetMailNickname())
		r.texts("proxyAddresses", v.GetProxyAddresses())
		r.texts("imAddresses", v.GetImAddresses())
		r.flag("accountEnabled", v.GetAccountEnabled())
		r.text("userType", v.GetUserType())
		r.text("usageLocation", v.GetUsageLocation())
		r.moment("createdDateTime", v.GetCreatedDateTime())
		r.flag("isResourceAccount", v.GetIsResourceAccount())
		r.text("department", v.GetDepartment())
		r.flag("onPremisesSyncEnabled", v.GetOnPremisesSyncEnabled())
		r.text("onPremisesImmutableId", v.GetOnPremisesImmutableId())
		r.text("onPremisesSecurityIdentifier", v.GetOnPremisesSecurityIdentifier())
		r.text("onPremisesDistinguishedName", v.GetOnPremisesDistinguishedName())
		r.text("onPremisesDomainName", v.GetOnPremisesDomainName())
		r.text("onPremisesSamAccountName", v.GetOnPremisesSamAccountName())
		r.text("onPremisesUserPrincipalName", v.GetOnPremisesUserPrincipalName())
		r.moment("onPremisesLastSyncDateTime", v.GetOnPremisesLastSyncDateTime())
		sdkUserErrors(r, v)
		sdkUserLicences(r, v)
		all = append(all, r)
	}
	return all
}

func sdkUserErrors(r sdkRow, v models.Userable) {
	sdkErrors(r, v.GetOnPremisesProvisioningErrors(), v.GetServiceProvisioningErrors())
}

func sdkUserLicences(r sdkRow, v models.Userable) {
	many(r, "assignedLicenses", v.GetAssignedLicenses(), func(l models.AssignedLicenseable) any {
		r := sdkRow{}
		printed(r, "skuId", l.GetSkuId())
		for _, plan := range l.GetDisabledPlans() {
			r.more("disabledPlans", plan.String())
		}
		return map[string]any(r)
	})
	many(r, "assignedPlans", v.GetAssignedPlans(), func(p models.AssignedPlanable) any {
		r := sdkRow{}
		printed(r, "servicePlanId", p.GetServicePlanId())
		r.text("capabilityStatus", p.GetCapabilityStatus())
		r.text("service", p.GetService())
		r.moment("assignedDateTime", p.GetAssignedDateTime())
		return map[string]any(r)
	})
	many(r, "provisionedPlans", v.GetProvisionedPlans(), func(p models.ProvisionedPlanable) any {
		r := sdkRow{}
		r.text("capabilityStatus", p.GetCapabilityStatus())
		r.text("provisioningStatus", p.GetProvisioningStatus())
		r.text("service", p.GetService())
		return map[string]any(r)
	})
	many(r, "licenseAssignmentStates", v.GetLicenseAssignmentStates(), func(s models.LicenseAssignmentStateable) any {
		r := sdkRow{}
		printed(r, "skuId", s.GetSkuId())
		for _, plan := range s.GetDisabledPlans() {
			r.more("disabledPlans", plan.String())
		}
		r.id("assignedByGroup", s.GetAssignedByGroup())
		r.text("state", s.GetState())
		r.text("error", s.GetError())
		r.moment("lastUpdatedDateTime", s.GetLastUpdatedDateTime())
		return map[string]any(r)
	})
}

// more appends to a list.
func (r sdkRow) more(name, text string) {
	list, _ := r[name].([]any)
	r[name] = append(list, text)
}

func sdkTeams(t testing.TB, body []byte) (all []sdkRow) {
	for _, v := range parse[teamsadministration.TeamsUserConfigurationCollectionResponseable](t, body,
		teamsadministration.CreateTeamsUserConfigurationCollectionResponseFromDiscriminatorValue).GetValue() {
		r := sdkRow{}
		r.id("id", v.GetId())
		r.text("userPrincipalName", v.GetUserPrincipalName())
		if a := v.GetAccountType(); a != nil {
			r["accountType"] = a.String()
		}
		r.flag("isEnterpriseVoiceEnabled", v.GetIsEnterpriseVoiceEnabled())
		many(r, "telephoneNumbers", v.GetTelephoneNumbers(), func(n teamsadministration.AssignedTelephoneNumberable) any {
			r := sdkRow{}
			r.text("telephoneNumber", n.GetTelephoneNumber())
			if c := n.GetAssignmentCategory(); c != nil {
				r["assignmentCategory"] = c.String()
			}
			return map[string]any(r)
		})
		r.texts("featureTypes", v.GetFeatureTypes())
		r.moment("modifiedDateTime", v.GetModifiedDateTime())
		all = append(all, r)
	}
	return all
}

func sdkSyncFeatures(t testing.TB, body []byte) (all []sdkRow) {
	for _, v := range parse[models.OnPremisesDirectorySynchronizationCollectionResponseable](t, body,
		models.CreateOnPremisesDirectorySynchronizationCollectionResponseFromDiscriminatorValue).GetValue() {
		r := sdkRow{}
		r.text("id", v.GetId())
		if f := v.GetFeatures(); f != nil {
			r.flag("features.blockSoftMatchEnabled", f.GetBlockSoftMatchEnabled())
			r.flag("features.passwordSyncEnabled", f.GetPasswordSyncEnabled())
			r.flag("features.blockCloudObjectTakeoverThroughHardMatchEnabled", f.GetBlockCloudObjectTakeoverThroughHardMatchEnabled())
		}
		if c := v.GetConfiguration(); c != nil && c.GetAccidentalDeletionPrevention() != nil {
			p := c.GetAccidentalDeletionPrevention()
			if kind := p.GetSynchronizationPreventionType(); kind != nil {
				r["configuration.accidentalDeletionPrevention.synchronizationPreventionType"] = kind.String()
			}
			r.number("configuration.accidentalDeletionPrevention.alertThreshold", p.GetAlertThreshold())
		}
		all = append(all, r)
	}
	return all
}

// BenchmarkUsersPageSDK decodes the page of BenchmarkUsersPage with the SDK; nothing is stored.
func BenchmarkUsersPageSDK(b *testing.B) {
	body := usersPage(b, 999)
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		if n := len(parse[models.UserCollectionResponseable](b, body, models.CreateUserCollectionResponseFromDiscriminatorValue).GetValue()); n != 999 {
			b.Fatal(n)
		}
	}
	b.ReportMetric(float64(b.N)*999/b.Elapsed().Seconds(), "users/s")
}
