package plant

import (
	"encoding/json"
	"strings"
	"time"
)

// user is a tenant user before it is written. Empty texts are null.
type user struct {
	id                                             string
	upn, shown, given, surname, mail, nickname     string
	proxies, im, otherMails                        []string
	enabled                                        bool
	userType, location                             string
	created                                        time.Time
	resource                                       string // isResourceAccount: true, false or ""
	department, title, office, company, city, land string
	phone, language, employeeType                  string
	synced                                         string // onPremisesSyncEnabled: true, false or ""
	immutable, sid, dn, domain, sam, onPremisesUPN string
	lastSync                                       time.Time
	conflicts                                      []conflict
	licences                                       []licence
	plans                                          []plan
	provisioned                                    []provisioned
	teams                                          *teams
	external                                       string // externalUserState
	passwordNeverExpires                           bool
	faults                                         []serviceFault // serviceProvisioningErrors
	sip                                            *sipInfo       // what the directory says when it is nil
	sipLost                                        bool           // onPremisesSipInfo is null whatever the directory says
	signIns                                        signIns
}

// conflict is an entry of onPremisesProvisioningErrors.
type conflict struct {
	property, value string
	occurred        time.Time
}

// licence is an entry of licenseAssignmentStates, and of assignedLicenses unless its state says that it did not come about.
type licence struct {
	sku          *sku
	disabled     []string // plan names
	group        string   // "" when direct
	state, fault string
	updated      time.Time
}

// plan is an entry of assignedPlans.
type plan struct {
	id, status, service string
	assigned            time.Time
}

// provisioned is an entry of provisionedPlans.
type provisioned struct{ capability, status, service string }

// teams is a teamsUserConfiguration.
type teams struct {
	account  string
	voice    bool
	numbers  []teamsNumber
	numbered bool // the numbers do not follow from the directory
	features []string
	modified time.Time
}

// setSIP makes an address the one that the service knows.
func (u *user) setSIP(addr string) {
	u.im = []string{addr}
	u.proxies = append(without(u.proxies, "sip:"), "SIP:"+addr)
}

// holds tells whether the user has a licence for the SKU that came about.
func (u *user) holds(s *sku) bool {
	for _, l := range u.licences {
		if l.sku == s && l.effective() {
			return true
		}
	}
	return false
}

func (l licence) effective() bool { return l.state == stateActive || l.state == stateActiveWithError }

// The states of a licence assignment.
const (
	stateActive          = "Active"
	stateActiveWithError = "ActiveWithError"
	stateDisabled        = "Disabled"
	stateError           = "Error"
)

// write gives the user as Graph does.
func (u *user) write(d *document) json.RawMessage {
	d.begin()
	d.text("id", u.id)
	u.person(d)
	u.mailbox(d)
	u.onPremises(d)
	u.entitlements(d)
	u.requested(d)
	return d.end()
}

func (u *user) person(d *document) {
	d.texts("businessPhones", some(u.phone))
	d.text("displayName", u.shown)
	d.text("givenName", u.given)
	d.text("jobTitle", u.title)
	d.raw("mobilePhone", "")
	d.text("officeLocation", u.office)
	d.text("preferredLanguage", u.language)
	d.text("surname", u.surname)
	d.text("userPrincipalName", u.upn)
	d.flag("accountEnabled", u.enabled)
	d.text("userType", u.userType)
	d.text("externalUserState", u.external)
	d.text("usageLocation", u.location)
	d.text("country", u.land)
	d.text("city", u.city)
	d.text("department", u.department)
	d.text("companyName", u.company)
	d.text("employeeType", u.employeeType)
	d.raw("employeeId", "")
	d.raw("isResourceAccount", u.resource)
	d.raw("showInAddressList", "")
	d.time("createdDateTime", u.created)
	d.raw("deletedDateTime", "")
	policies := ""
	if u.passwordNeverExpires {
		policies = "DisablePasswordExpiration"
	}
	d.text("passwordPolicies", policies)
}

func (u *user) mailbox(d *document) {
	d.text("mail", u.mail)
	d.text("mailNickname", u.nickname)
	d.texts("proxyAddresses", u.proxies)
	d.texts("imAddresses", u.im)
	d.texts("otherMails", u.otherMails)
}

func (u *user) onPremises(d *document) {
	d.raw("onPremisesSyncEnabled", u.synced)
	d.text("onPremisesImmutableId", u.immutable)
	d.text("onPremisesSecurityIdentifier", u.sid)
	d.text("onPremisesDistinguishedName", u.dn)
	d.text("onPremisesDomainName", u.domain)
	d.text("onPremisesSamAccountName", u.sam)
	d.text("onPremisesUserPrincipalName", u.onPremisesUPN)
	d.time("onPremisesLastSyncDateTime", u.lastSync)
	writeConflicts(d, u.conflicts)
	writeFaults(d, u.faults)
}

func (u *user) entitlements(d *document) {
	d.open("assignedLicenses", '[')
	for i, l := range u.licences {
		if l.effective() && !assignedBefore(u.licences[:i], l.sku) {
			d.open("", '{')
			d.texts("disabledPlans", u.disabledIn(l.sku))
			d.text("skuId", l.sku.id)
			d.shut('}')
		}
	}
	d.shut(']')
	d.open("assignedPlans", '[')
	for _, p := range u.plans {
		d.open("", '{')
		d.time("assignedDateTime", p.assigned)
		d.text("capabilityStatus", p.status)
		d.text("service", p.service)
		d.text("servicePlanId", p.id)
		d.shut('}')
	}
	d.shut(']')
	d.open("provisionedPlans", '[')
	for _, p := range u.provisioned {
		d.open("", '{')
		d.text("capabilityStatus", p.capability)
		d.text("provisioningStatus", p.status)
		d.text("service", p.service)
		d.shut('}')
	}
	d.shut(']')
	d.open("licenseAssignmentStates", '[')
	for _, l := range u.licences {
		d.open("", '{')
		d.text("skuId", l.sku.id)
		d.texts("disabledPlans", l.sku.planIDs(l.disabled))
		d.text("assignedByGroup", l.group)
		d.text("state", l.state)
		d.text("error", l.fault)
		d.time("lastUpdatedDateTime", l.updated)
		d.shut('}')
	}
	d.shut(']')
}

func assignedBefore(earlier []licence, s *sku) bool {
	for _, l := range earlier {
		if l.sku == s && l.effective() {
			return true
		}
	}
	return false
}

// disabledIn lists the plans of a SKU that every assignment of it switches off: what assignedLicenses shows.
func (u *user) disabledIn(s *sku) []string {
	var off []string
	for _, p := range s.plans {
		disabled := true
		for _, l := range u.licences {
			disabled = disabled && (l.sku != s || !l.effective() || contains(l.disabled, p.name))
		}
		if disabled {
			off = append(off, p.id)
		}
	}
	return off
}

func contains(list []string, s string) bool {
	for _, v := range list {
		if v == s {
			return true
		}
	}
	return false
}

func some(s string) []string {
	if s == "" {
		return nil
	}
	return []string{s}
}

// write gives the Teams configuration of a user.
func (t *teams) write(d *document, u *user, tenant string) json.RawMessage {
	d.begin()
	d.text("id", u.id)
	d.text("userPrincipalName", strings.ToLower(u.upn))
	d.text("tenantId", tenant)
	d.text("accountType", t.account)
	d.flag("isEnterpriseVoiceEnabled", t.voice)
	d.texts("featureTypes", t.features)
	d.open("telephoneNumbers", '[')
	for _, n := range t.numbers {
		d.open("", '{')
		d.text("telephoneNumber", n.number)
		d.text("assignmentCategory", n.category)
		d.shut('}')
	}
	d.shut(']')
	d.raw("effectivePolicyAssignments", "[]")
	d.time("createdDateTime", u.created)
	d.time("modifiedDateTime", t.modified)
	return d.end()
}
