package syn

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"hybridaudit/audit"
	"hybridaudit/audit/join"
	"hybridaudit/audit/scope"
	"hybridaudit/audit/topology"
	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/directory"
)

// SYN006Params say how many people must lack SIP data in the tenant, among how many.
type SYN006Params struct {
	Share  float64 `yaml:"share"`
	People int     `yaml:"people"`
}

// SYN006 finds tenants to which the SIP attributes of people on-premises do not come at all.
var SYN006 = &audit.Rule{
	ID: "SYN-006", Category: "syn", Severity: audit.Critical,
	Title: "SIP attributes do not flow to the tenant at all",
	Why: "The tenant knows nothing of the servers that most people are homed on. Whoever gets a licence is set up online a second time under the same address, and Move-CsUser fails: the next " +
		"assignment of licences would split the whole organisation.",
	Fix: "Stop assigning licences until this is put right. In the Entra Connect wizard choose \"Refresh directory schema\", since the schema of Skype for Business may have come after the " +
		"installation, include every forest that holds SIP data, and restore the standard synchronisation rules if they were changed. Then run Start-ADSyncSyncCycle -PolicyType " +
		"Initial and audit again.",
	Guards: "Counted are people, rooms and mailboxes that are synchronised, homed on-premises and unchanged for two synchronisation cycles, and of whom the tenant's view is known: by " +
		"Get-CsOnlineUser if its output was brought along, else by the beta interface if it was read, else by the account type in the Teams administration. Reported from five of them on. " +
		"Tenants that are not synchronised are left to SYN-001; single people are HOM-006.",
	Refs: []audit.Ref{
		{Title: "Configure Microsoft Entra Connect for Teams and Skype for Business"}, {Title: "HostedMigration fault 506"},
	},
	Message: "no SIP data of {missing} of {people} people homed on-premises has reached the tenant (by {sipView}); forests: {forests}",
	Needs: []audit.Need{
		{Dataset: evidence.TenantOrganization, Attributes: []string{"id", "onPremisesSyncEnabled"}},
		{Dataset: evidence.ADUsers, Attributes: slices.Concat(scope.Attributes(), join.ADAttributes(), []string{"msRTCSIP-DeploymentLocator", "whenChanged", "whenCreated"})},
		{Dataset: evidence.TenantUsers, Attributes: join.TenantAttributes()},
		{Dataset: evidence.TenantTeamsUsers, Attributes: []string{"id", "accountType"}, Instead: []audit.Substitute{
			{Dataset: evidence.TeamsOnlineUsers, Attributes: []string{"Identity", "OnPremSipAddress"}},
			{Dataset: evidence.TenantSIPInfo, Attributes: []string{"onPremisesSipInfo.sipDeploymentLocation"}},
		}},
		{Dataset: evidence.TeamsOnlineUsers, Attributes: []string{"OnPremSipAddress"}, Optional: true},
		{Dataset: evidence.TenantSIPInfo, Optional: true},
		{Dataset: evidence.ADUsers, Attributes: []string{"msRTCSIP-PrimaryUserAddress", "msRTCSIP-Line"}, Optional: true},
	},
	Params:  func() any { return &SYN006Params{Share: 0.5, People: 5} },
	Applies: func(p *audit.Pass) audit.Reason { return p.WithoutSIP() },
	Check: audit.Once(func(p *audit.Pass) {
		views := newViews(p)
		counts := map[string]*count{}
		for u := range p.Evidence.TenantUsers() {
			o, _ := p.Pairs().AD(u)
			if o.IsZero() || u.Synced() != evidence.True || !p.Scope().In(o) || !counted(p, o) {
				continue
			}
			if counts[u.Tenant()] == nil {
				counts[u.Tenant()] = &count{forests: map[string]bool{}}
			}
			counts[u.Tenant()].note(o, views.of(p, u))
		}
		for o := range p.Evidence.Organizations() {
			if c := counts[o.Tenant()]; c != nil && o.SyncEnabled() == evidence.True {
				c.judge(p, o, views.name(o.Tenant()))
			}
		}
	}),
}

// counted says that SIP data of the directory user should have reached the tenant by now.
func counted(p *audit.Pass, o evidence.ADObject) bool {
	if o.SIPEnabled() != evidence.True || p.Topology().Home(o) != topology.OnPremises || !p.Settled(o) || p.Now().Sub(o.Created()) <= 2*p.Cycle() {
		return false
	}
	switch p.Scope().Class(o) {
	case scope.Person, scope.Linked, scope.Room, scope.Shared, scope.Equipment:
		return true
	}
	return false
}

// count is what was seen of a tenant.
type count struct {
	people  int
	missing []evidence.ADObject
	forests map[string]bool
}

func (c *count) note(o evidence.ADObject, has evidence.Tri) {
	switch has {
	case evidence.Absent:
		return
	case evidence.False:
		c.missing = append(c.missing, o)
		c.forests[o.Forest()] = true
	case evidence.True:
	}
	c.people++
}

func (c *count) judge(p *audit.Pass, o evidence.Organization, view string) {
	limits := audit.Params[SYN006Params](p)
	if c.people < limits.People || float64(len(c.missing)) <= limits.Share*float64(c.people) {
		return
	}
	_, objects := audit.Listed(c.missing)
	p.Report(audit.Finding{
		Subject: audit.TenantItself(o),
		Args: []audit.Arg{
			audit.Num("missing", len(c.missing)), audit.Num("people", c.people), audit.Str("sipView", view), audit.List("forests", slices.Sorted(maps.Keys(c.forests))),
		},
		Evidence: append([]audit.Fact{{Name: "missing", Values: []string{strconv.Itoa(len(c.missing))}}, {Name: "people", Values: []string{strconv.Itoa(c.people)}}}, objects...),
	})
}

// views tell what the tenants say of people's SIP data, by tenant the first of what is available.
type views struct {
	exported map[string]bool                    // tenants of which the output of Get-CsOnlineUser was brought along
	info     map[string]map[directory.GUID]bool // by tenant: whether the beta interface shows SIP data
}

func newViews(p *audit.Pass) views {
	v := views{map[string]bool{}, map[string]map[directory.GUID]bool{}}
	if p.Read([]audit.Need{{Dataset: evidence.TeamsOnlineUsers, Attributes: []string{"OnPremSipAddress"}}}) {
		for o := range p.Evidence.Organizations() {
			v.exported[o.Tenant()] = len(p.ExportsOf(evidence.TeamsOnlineUsers, o)) > 0
		}
	}
	if p.Read([]audit.Need{{Dataset: evidence.TenantSIPInfo}}) {
		for i := range p.Evidence.SIPInfos() {
			if v.info[i.Tenant()] == nil {
				v.info[i.Tenant()] = map[directory.GUID]bool{}
			}
			v.info[i.Tenant()][i.ID()] = i.Address() != "" || i.Location() != ""
		}
	}
	return v
}

// name tells which view counts for a tenant.
func (v views) name(tenant string) string {
	switch {
	case v.exported[tenant]:
		return "onlineUser"
	case v.info[tenant] != nil:
		return "sipInfo"
	}
	return "accountType"
}

// of says whether the tenant shows SIP data of a user; absent when it does not say.
func (v views) of(p *audit.Pass, u evidence.TenantUser) evidence.Tri {
	switch v.name(u.Tenant()) {
	case "onlineUser":
		if e := p.OnlineUser(u); !e.IsZero() {
			return tri(e.Text("OnPremSipAddress") != "")
		}
	case "sipInfo":
		if has, ok := v.info[u.Tenant()][u.ID()]; ok {
			return tri(has)
		}
	default:
		if t := p.Teams(u); !t.IsZero() {
			switch strings.ToLower(t.AccountType()) {
			case "sfbonpremuser":
				return evidence.True
			case "user":
				return evidence.False
			}
		}
	}
	return evidence.Absent
}

func tri(v bool) evidence.Tri {
	if v {
		return evidence.True
	}
	return evidence.False
}
