package audit

import (
	"strings"
	"time"

	"hybridaudit/audit/topology"
	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/address"
	"hybridaudit/sources/evidence/directory"
)

// HomeView is where the tenant believes a person to be homed.
type HomeView struct {
	Home  topology.Home // NoHome when the tenant does not say
	View  string        // what says so: onlineUser, sipInfo, accountType; "" when nothing does
	Value string        // in its words
	// Taken is when it said so, where that can be long before the rest of the evidence; zero otherwise.
	Taken time.Time
}

// HomeNeeds let a rule know where the tenant believes people to be.
func HomeNeeds() []Need {
	return []Need{
		{Dataset: evidence.TenantTeamsUsers, Attributes: []string{"id", "accountType"}, Instead: HomeSubstitutes()},
		{Dataset: evidence.TeamsOnlineUsers, Optional: true},
		{Dataset: evidence.TenantSIPInfo, Optional: true},
	}
}

// HomeSubstitutes are what else tells where the tenant believes people to be.
func HomeSubstitutes() []Substitute {
	return []Substitute{
		{evidence.TeamsOnlineUsers, []string{"Identity", "OnPremHostingProvider"}}, {evidence.TeamsOnlineUsers, []string{"Identity", "HostingProvider"}},
		{evidence.TenantSIPInfo, []string{"onPremisesSipInfo.sipDeploymentLocation"}},
	}
}

// TenantHome tells where the tenant believes a user to be homed. Of several sources the first that says something counts: the output of Get-CsOnlineUser, the copy of the
// directory's SIP data, the account type of the Teams configuration. Output that is too old comes last.
func (p *Pass) TenantHome(u evidence.TenantUser) HomeView {
	imported := p.exportedHome(u)
	if imported.Home != topology.NoHome && !p.facts.oldOnline {
		return imported
	}
	if i := p.facts.sipInfo()[u.ID()]; !i.IsZero() {
		if h := p.Topology().HomeAt(i.Location()); h == topology.OnPremises || h == topology.Online {
			return HomeView{Home: h, View: "sipInfo", Value: i.Location()}
		}
	}
	t := p.Teams(u)
	switch {
	case t.IsZero():
	case strings.EqualFold(t.AccountType(), "sfbOnPremUser"):
		return HomeView{Home: topology.OnPremises, View: "accountType", Value: t.AccountType()}
	case strings.EqualFold(t.AccountType(), "user"):
		return HomeView{Home: topology.Online, View: "accountType", Value: t.AccountType()}
	}
	return imported
}

// exportedHome is what the output of Get-CsOnlineUser says. It has what synchronisation brought and where the service hosts the user; of the two that one counts which
// contradicts the directory.
func (p *Pass) exportedHome(u evidence.TenantUser) (view HomeView) {
	e := p.OnlineUser(u)
	if e.IsZero() {
		return view
	}
	own := topology.NoHome
	if o, _ := p.Pairs().AD(u); !o.IsZero() {
		own = p.Topology().Home(o)
	}
	for _, property := range []string{"OnPremHostingProvider", "HostingProvider"} {
		value := e.Text(property)
		h := p.Topology().HomeAt(value)
		if h != topology.OnPremises && h != topology.Online || view.Home != topology.NoHome && h == own {
			continue
		}
		view = HomeView{h, "onlineUser", value, p.facts.onlineTaken}
		if h != own {
			return view
		}
	}
	return view
}

// OnlineUser gives what Get-CsOnlineUser told of a tenant user; the zero value when nobody brought that along.
func (p *Pass) OnlineUser(u evidence.TenantUser) evidence.Export {
	if e, ok := p.facts.online().byID[u.ID()]; ok {
		return e
	}
	return p.facts.online().byUPN[address.Fold(u.UPN())]
}

// TenantUser gives the tenant user with an object id; ok is false when there is none.
func (p *Pass) TenantUser(id directory.GUID) (u evidence.TenantUser, ok bool) {
	row, ok := p.facts.ids()[id]
	if !ok {
		return u, false
	}
	return p.Evidence.TenantUserAt(int(row)), true
}

func newIDs(s *evidence.Snapshot) map[directory.GUID]int32 {
	m := make(map[directory.GUID]int32, s.Rows(evidence.TenantUsers))
	for u := range s.TenantUsers() {
		m[u.ID()] = int32(u.Row()) //nolint:gosec // tables hold fewer than 2^31 rows
	}
	return m
}

// OnlineTaken is when the output of Get-CsOnlineUser was made; zero when nobody brought it along.
func (p *Pass) OnlineTaken() time.Time { return p.facts.onlineTaken }

// onlineUsers are the objects of Get-CsOnlineUser, by id, and by sign-in name where a file has no ids.
type onlineUsers struct {
	byID  map[directory.GUID]evidence.Export
	byUPN map[string]evidence.Export
}

func newOnlineUsers(s *evidence.Snapshot) onlineUsers {
	o := onlineUsers{map[directory.GUID]evidence.Export{}, map[string]evidence.Export{}}
	for e := range s.Exports(evidence.TeamsOnlineUsers) {
		switch id := e.GUID("Identity"); {
		case !e.Time("SoftDeletionTimestamp").IsZero():
		case id != directory.GUID{}:
			o.byID[id] = e
		case e.Text("UserPrincipalName") != "":
			o.byUPN[address.Fold(e.Text("UserPrincipalName"))] = e
		}
	}
	return o
}

// exportTaken is when the oldest output of a command was made, and whether any of it is older than the configuration allows.
func exportTaken(s *evidence.Snapshot, d evidence.Dataset) (at time.Time, stale bool) {
	for _, c := range s.Of(d) {
		if c.State == evidence.NotRequested {
			continue
		}
		if stale = stale || c.Stale; at.IsZero() || c.Started.Before(at) {
			at = c.Started
		}
	}
	return at, stale
}

// OrganizationOf gives the tenant of a user; ok is false when it was not read.
func (p *Pass) OrganizationOf(tenant string) (organization evidence.Organization, ok bool) {
	for o := range p.Evidence.Organizations() {
		if o.Tenant() == tenant {
			return o, true
		}
	}
	return organization, false
}

// Blocks says which kinds of matching with directory objects a tenant blocks, as far as that was read.
func (p *Pass) Blocks(tenant string) (soft, hard bool) {
	for f := range p.Evidence.SyncFeatures() {
		if f.Tenant() == tenant {
			soft, hard = soft || f.BlockSoftMatch() == evidence.True, hard || f.BlockHardMatch() == evidence.True
		}
	}
	return soft, hard
}

// SignIn tells when somebody last signed in with a tenant user's account; the zero value when that was not read.
func (p *Pass) SignIn(u evidence.TenantUser) evidence.SignIn { return p.facts.signIns()[u.ID()] }

// Roles lists the administrator's roles that an object holds directly, by the id of the role's definition. The list is shared: do not change it.
func (p *Pass) Roles(id directory.GUID) []directory.GUID { return p.facts.roles()[id] }

func newRoles(s *evidence.Snapshot) map[directory.GUID][]directory.GUID {
	m := map[directory.GUID][]directory.GUID{}
	for r := range s.RoleAssignments() {
		m[r.Principal()] = append(m[r.Principal()], r.Definition())
	}
	return m
}
