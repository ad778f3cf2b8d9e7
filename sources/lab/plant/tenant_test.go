package plant

import (
	"bytes"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/directory"
	"hybridaudit/sources/lab"
)

// recipientObject is a user, group or contact of the tenant, live or deleted.
type recipientObject struct {
	ID, UserPrincipalName, Mail  string
	ProxyAddresses               []string
	OnPremisesImmutableID        string
	OnPremisesSyncEnabled        *bool
	OnPremisesSecurityIdentifier string
	MailEnabled, SecurityEnabled bool
	GroupTypes                   []string
	DeletedDateTime              *time.Time
	OnPremisesSIPInfo            *struct {
		IsSIPEnabled                             bool
		SIPDeploymentLocation, SIPPrimaryAddress string
	}
}

type teamsObject struct {
	ID, AccountType  string
	TelephoneNumbers []struct{ TelephoneNumber, AssignmentCategory string }
}

type phoneObject struct {
	TelephoneNumber, NumberType, NumberSource, AssignmentStatus string
	AssignmentTargetID                                          *string
}

func clean(t *testing.T, variant string, people int) lab.Organisation {
	t.Helper()
	return make300(t, Options{People: people, Seed: 3, Variant: variant, Only: []string{NoFaults}, Alone: true})
}

// Nobody of a tenant without fault has what somebody else has, be it a user, a group, a contact or somebody who was deleted.
func TestAddressesOfTheTenantAreUnique(t *testing.T) {
	for _, variant := range Variants() {
		org := clean(t, variant, 900)
		owners := map[string]string{}
		for _, path := range []string{"users", "groups", "contacts", "directory/deletedItems/microsoft.graph.user"} {
			for _, o := range collection[recipientObject](t, org, path) {
				own := map[string]bool{}
				for _, v := range append(slices.Clone(o.ProxyAddresses), "UPN:"+o.UserPrincipalName, "Mail:"+o.Mail, "Anchor:"+o.OnPremisesImmutableID) {
					prefix, rest, _ := strings.Cut(strings.ToLower(v), ":")
					switch {
					case rest == "" || prefix == "x500" || prefix == "x400" || prefix == "spo":
						continue
					case prefix == "upn" && o.DeletedDateTime != nil:
						rest = strings.TrimPrefix(rest, strings.ReplaceAll(o.ID, "-", ""))
					}
					if prefix == "sip" {
						rest = "sip:" + rest // an address of its own, even if it is somebody's e-mail address
					}
					own[rest] = true
				}
				for address := range own {
					if other, taken := owners[address]; taken {
						t.Errorf("%s: %s of %s and of %s", variant, address, o.ID, other)
					}
					owners[address] = o.ID
				}
			}
		}
	}
}

// The groups and contacts of the directory that have addresses, and its security groups, are in the tenant; the tenant has some of its own.
func TestGroupsAndContacts(t *testing.T) {
	org := clean(t, Default, 900)
	groups, contacts := collection[recipientObject](t, org, "groups"), collection[recipientObject](t, org, "contacts")
	sids, mails, unified, plain := map[string]bool{}, map[string]bool{}, 0, 0
	for _, g := range groups {
		sids[g.OnPremisesSecurityIdentifier] = true
		switch {
		case slices.Contains(g.GroupTypes, "Unified"):
			unified++
		case !g.MailEnabled && g.SecurityEnabled:
			plain++
		case g.OnPremisesSyncEnabled == nil:
			t.Errorf("%+v is neither synchronised nor of the tenant", g)
		}
		if g.MailEnabled != (g.Mail != "") || !g.MailEnabled && len(g.ProxyAddresses) > 0 {
			t.Errorf("%+v: mail and addresses do not fit together", g)
		}
	}
	for _, c := range contacts {
		mails[c.Mail] = true
	}
	synced := 0
	for _, e := range org.Directory.Entries {
		classes := e.Values("objectClass")
		switch class := string(classes[len(classes)-1]); {
		case strings.Contains(e.DN, `\0ACNF:`): // left over from replication
		case class == "group":
			sid, err := directory.SIDText(e.Values("objectSid")[0])
			if err != nil || !sids[sid] {
				t.Errorf("the tenant lacks %s (%v)", e.DN, err)
			}
			synced++
		case class == "contact" && len(e.Values("mail")) > 0 && !mails[string(e.Values("mail")[0])]:
			t.Errorf("the tenant lacks %s", e.DN)
		}
	}
	if synced < 3 || unified < 2 || plain < 5 || len(contacts) < 3 {
		t.Errorf("%d groups of the directory, %d of Microsoft 365, %d without mail, %d contacts", synced, unified, plain, len(contacts))
	}
	for _, id := range []string{groupOffice, groupAddOns, groupFormer} {
		if !slices.ContainsFunc(groups, func(g recipientObject) bool { return g.ID == id }) {
			t.Errorf("there is no group %s, which carries licences", id)
		}
	}
}

// bySID maps the accounts of the directory.
func bySID(t *testing.T, org lab.Organisation) map[string]lab.Entry {
	t.Helper()
	all := map[string]lab.Entry{}
	for _, e := range org.Directory.Entries {
		for _, v := range e.Values("objectSid") {
			sid, err := directory.SIDText(v)
			if err != nil {
				t.Fatal(err)
			}
			all[sid] = e
		}
	}
	return all
}

// Teams, the tenant's list of numbers and the directory agree.
func TestTelephoneNumbers(t *testing.T) {
	for _, variant := range Variants() {
		org := clean(t, variant, 900)
		lines := map[string]string{} // by SID
		for sid, e := range bySID(t, org) {
			if v := e.Values("msRTCSIP-Line"); len(v) > 0 {
				lines[sid] = strings.TrimPrefix(strings.ToLower(string(v[0])), "tel:")
			}
		}
		sids := map[string]string{}
		for _, u := range collection[recipientObject](t, org, "users") {
			sids[u.ID] = u.OnPremisesSecurityIdentifier
		}
		assigned, kinds := map[string]phoneObject{}, map[string]int{}
		for _, n := range collection[phoneObject](t, org, "admin/teams/telephoneNumberManagement/numberAssignments") {
			if _, twice := assigned[n.TelephoneNumber]; twice {
				t.Errorf("%s: %s is there twice", variant, n.TelephoneNumber)
			}
			assigned[n.TelephoneNumber] = n
			kinds[n.NumberSource+" "+n.AssignmentStatus]++
			if (n.AssignmentTargetID == nil) != (n.AssignmentStatus == phoneFree) {
				t.Errorf("%s: %+v", variant, n)
			}
		}
		for _, c := range collection[teamsObject](t, org, "admin/teams/userConfigurations") {
			line := lines[sids[c.ID]]
			if line != "" && c.AccountType == accountOnline && len(c.TelephoneNumbers) == 0 {
				t.Errorf("%s: %s has the line %s and nothing in Teams", variant, c.ID, line)
			}
			for _, n := range c.TelephoneNumbers {
				a := assigned[n.TelephoneNumber]
				if a.AssignmentTargetID == nil || *a.AssignmentTargetID != c.ID || (a.NumberSource == phoneServer) != (line == n.TelephoneNumber) {
					t.Errorf("%s: %s has %s in Teams and %q in the directory; assigned: %+v", variant, c.ID, n.TelephoneNumber, line, a)
				}
			}
		}
		for _, kind := range []string{"onPremises userAssigned", "online userAssigned", "online unassigned", "online conferenceAssigned", "online voiceApplicationAssigned"} {
			if kinds[kind] == 0 {
				t.Errorf("%s: no number is %s: %v", variant, kind, kinds)
			}
		}
	}
}

// Two online people with one line: the first one has it.
func TestNumbersOfPlants(t *testing.T) {
	b := newBuilder(Options{People: 40, Now: moment(), Variant: Default})
	one, other, text, own := b.person(homed(online)), b.person(homed(online)), b.person(homed(online)), b.person(homed(online))
	server, mine := b.person(homed(onPremises)), b.person(homed(online))
	for _, p := range []*person{one, other, server} {
		p.ad.flags, p.ad.line = number(voiceFlags), "TEL:+81 3-1111-2222;EXT=7"
	}
	text.ad.flags, text.ad.line = number(voiceFlags), "tel:front desk"
	own.ad.flags, own.ad.line = number(voiceFlags), ""
	mine.cloud.teams.setNumbers(teamsNumber{"+8135", categoryPrivate})
	b.flush()
	numbers := func(p *person) (list []string) {
		for _, n := range p.cloud.teams.numbers {
			list = append(list, n.number)
		}
		return list
	}
	if d := cmp.Diff([]string{"+81311112222;ext=7"}, numbers(one)); d != "" {
		t.Error(d)
	}
	for _, p := range []*person{other, text, server} {
		if list := numbers(p); len(list) > 0 {
			t.Errorf("%s has %v", p.ad.line, list)
		}
	}
	if list := numbers(own); len(list) != 1 || !strings.HasPrefix(list[0], "+8134600") {
		t.Errorf("without a line: %v", list)
	}
	if list := numbers(mine); !slices.Equal(list, []string{"+8135"}) {
		t.Errorf("set: %v", list)
	}
	if len(b.phones) != 2 || b.phones[0].target != one.cloud.id || b.phones[0].source != phoneServer || b.phones[1].source != phoneOnline {
		t.Errorf("assignments %+v", b.phones)
	}
}

// What synchronisation brought of SIP is what the directory has.
func TestSIPInfo(t *testing.T) {
	org := clean(t, Default, 300)
	of := bySID(t, org)
	held := 0
	for _, u := range collection[recipientObject](t, org, "users") {
		e, ok := of[u.OnPremisesSecurityIdentifier]
		if changed := e.Values("whenChanged"); ok && fresh(t, string(changed[0])) {
			continue // the tenant has not followed yet
		}
		if sip := e.Values("msRTCSIP-PrimaryUserAddress"); (len(sip) > 0) != (u.OnPremisesSIPInfo != nil) {
			t.Errorf("%s (in the directory: %t): %s and %+v", u.UserPrincipalName, ok, sip, u.OnPremisesSIPInfo)
		} else if len(sip) > 0 {
			held++
			if i := u.OnPremisesSIPInfo; i.SIPPrimaryAddress != string(sip[0]) || i.SIPDeploymentLocation != string(e.Values("msRTCSIP-DeploymentLocator")[0]) || !i.IsSIPEnabled {
				t.Errorf("%s: %+v", u.UserPrincipalName, i)
			}
		}
	}
	if held < 100 {
		t.Errorf("%d have SIP data", held)
	}
}

// fresh tells a time within the hour before the evidence was taken.
func fresh(t *testing.T, generalized string) bool {
	t.Helper()
	at, err := directory.ParseGeneralizedTime(generalized)
	if err != nil {
		t.Fatal(err)
	}
	return moment().Sub(at) < time.Hour
}

func TestSigningCertificate(t *testing.T) {
	for variant, domain := range map[string]string{Default: "fabrikam.com", Subsidiary: "tailspin.com"} {
		org := clean(t, variant, 40)
		f := collection[struct {
			SigningCertificate     string
			NextSigningCertificate *string
			IssuerURI              string
		}](t, org, "domains/"+domain+"/federationConfiguration")
		der, err := base64.StdEncoding.DecodeString(f[0].SigningCertificate)
		if err != nil {
			t.Fatal(err)
		}
		c, err := x509.ParseCertificate(der)
		if err != nil {
			t.Fatal(err)
		}
		if left := c.NotAfter.Sub(moment()); left < days(300) || left > days(366) || c.NotBefore.After(moment()) || c.Subject.CommonName != "ADFS Signing - sts."+domain {
			t.Errorf("%s from %s until %s", c.Subject, c.NotBefore, c.NotAfter)
		}
		if f[0].NextSigningCertificate != nil || f[0].IssuerURI != "http://"+domain+"/adfs/services/trust/" {
			t.Errorf("%+v", f[0])
		}
	}
}

// The form of everything: known members, times, and no number without a member for it.
func TestCollections(t *testing.T) {
	const wanted = `admin/serviceAnnouncement/healthOverviews admin/serviceAnnouncement/issues admin/teams/telephoneNumberManagement/numberAssignments
		admin/teams/userConfigurations contacts directory/deletedItems/microsoft.graph.user directory/onPremisesSynchronization domains groups organization
		roleManagement/directory/roleAssignments servicePrincipals subscribedSkus users`
	for _, variant := range Variants() {
		org := make300(t, Options{Variant: variant, Alone: true})
		var paths []string
		ids := map[string]bool{}
		for _, c := range org.Tenant.Collections {
			if !strings.HasPrefix(c.Path, "domains/") {
				paths = append(paths, c.Path)
			}
			for _, raw := range c.Objects {
				var o struct{ ID string }
				if err := json.Unmarshal(raw, &o); err != nil || o.ID == "" || ids[c.Path+o.ID] {
					t.Errorf("%s: %v, or no id of its own, in %s", c.Path, err, raw)
				}
				ids[c.Path+o.ID] = true
			}
		}
		slices.Sort(paths)
		if d := cmp.Diff(strings.Fields(wanted), paths); d != "" {
			t.Errorf("%s: %s", variant, d)
		}
	}
}

// commandsOf maps the tables of PowerShell output to the commands that fill them.
func commandsOf() map[string]evidence.Dataset {
	return map[string]evidence.Dataset{
		psFederation: evidence.TeamsFederation, psOnlineUsers: evidence.TeamsOnlineUsers, psPolicies: evidence.TeamsPolicies, psConfiguration: evidence.TeamsConfiguration,
		psOnlineDomains: evidence.TeamsSIPDomains, psNumbers: evidence.TeamsNumbers, psProviders: evidence.ServerProviders, psServerUsers: evidence.ServerUsers,
		psPools: evidence.ServerPools, psReplicas: evidence.ServerReplicas, psServerDomains: evidence.ServerSIPDomains, psEdge: evidence.ServerEdge,
		psAllowed: evidence.ServerAllowed, psBlocked: evidence.ServerBlocked, psConferencing: evidence.ServerConferencing, psConnect: evidence.ConnectInstallation,
	}
}

// Every command shows the properties that are read of it, with objects for each but the list of allowed domains; servers show nothing where there are none.
func TestExports(t *testing.T) {
	for _, variant := range Variants() {
		org := make300(t, Options{Variant: variant, Only: []string{NoFaults}, Alone: true})
		commands := commandsOf()
		if (Options{Variant: variant}).noServer() {
			maps.DeleteFunc(commands, func(_ string, d evidence.Dataset) bool { return strings.HasPrefix(string(d), "server.") })
		}
		for _, e := range org.Exports {
			dataset, known := commands[e.Command]
			delete(commands, e.Command)
			if !known || len(e.Objects) == 0 && e.Command != psAllowed {
				t.Errorf("%s: %d objects of %s", variant, len(e.Objects), e.Command)
				continue
			}
			for _, raw := range e.Objects {
				var o map[string]json.RawMessage
				if err := json.Unmarshal(raw, &o); err != nil {
					t.Fatalf("%s: %v in %s", e.Command, err, raw)
				}
				for _, c := range evidence.SchemaOf(dataset) {
					if _, there := o[c.Name]; !there && c.Name != evidence.ExportColumn && c.Name != "AllowAllKnownDomains" {
						t.Fatalf("%s has no %s: %s", e.Command, c.Name, raw)
					}
				}
			}
		}
		if len(commands) > 0 {
			t.Errorf("%s: nothing of %v", variant, commands)
		}
	}
	if org := make300(t, Options{NoExports: true}); len(org.Exports) > 0 || len(org.Subsidiary.Exports) > 0 {
		t.Error("exports although there should be none")
	}
}

// The hybrid applications: in a hybrid organisation they have the names of the servers and a certificate that is valid.
func TestServicePrincipals(t *testing.T) {
	for _, variant := range []string{Default, NoServer} {
		b := newBuilder(Options{People: 40, Now: moment(), Variant: variant})
		for app, host := range map[string]string{appSkype: "https://lyncdiscover.contoso.com/", appExchange: "https://mail.contoso.com/"} {
			p := b.principal(app)
			if p == nil || p.disabled || !slices.Contains(p.names, app) || slices.Contains(p.names, host) != (variant == Default) || (len(p.keys) > 0) != (variant == Default) {
				t.Errorf("%s: %+v", variant, p)
				continue
			}
			for _, k := range p.keys {
				if k.start.After(moment()) || k.end.Before(moment().Add(days(365))) {
					t.Errorf("%s: %+v", variant, k)
				}
			}
		}
	}
}

// Names of the first organisation do not stand in the second.
func TestSubsidiaryIsRenamedWhole(t *testing.T) {
	org := make300(t, Options{}).Subsidiary
	text := []byte(written(t, *org))
	for _, n := range newNames() {
		if i := bytes.Index(text, []byte(n[0])); i >= 0 {
			t.Errorf("%s in %s", n[0], text[max(0, i-100):min(len(text), i+100)])
		}
	}
}

// What plants change of a person shows.
func TestChangesOfPlants(t *testing.T) {
	b := newBuilder(Options{People: 40, Now: moment(), Variant: Default})
	p, hidden, lost := b.person(), b.person(), b.person(homed(onPremises))
	p.exported(psOnlineUsers, func(o *psObject) {
		o.set("UserValidationErrors", []string{"x"}).without("WhenChanged").rename("Identity", "ObjectId")
	})
	p.cloud.faults = []serviceFault{{instance: "MicrosoftCommunicationsOnline/APAC", detail: "<x/>", created: moment()}}
	p.cloud.signedIn(time.Time{})
	hidden.notExported(psOnlineUsers)
	lost.cloud.sipLost = true
	group, contact := b.group(), b.contact()
	group.inTenant = func(r *recipient) { r.proxies = []string{"SMTP:other@contoso.com"} }
	contact.apart = true
	b.flush()
	b.export(psPools).leaveOut()
	b.export(psProviders).object("Office365").set("Enabled", false)
	b.export(psOnlineUsers).each(func(o *psObject) { o.set("AccountType", "user") })
	of := map[string][]json.RawMessage{}
	for _, e := range b.saved() {
		of[e.Command] = e.Objects
	}
	users := of[psOnlineUsers]
	if len(users) != 2 || !bytes.Contains(users[0], []byte(`"ObjectId":"`+p.cloud.id)) || bytes.Contains(users[0], []byte("WhenChanged")) ||
		!bytes.Contains(users[0], []byte(`"UserValidationErrors":["x"]`)) || !bytes.Contains(users[1], []byte(`"AccountType":"user"`)) {
		t.Errorf("users %s", users)
	}
	if _, there := of[psPools]; there || !bytes.Contains(of[psProviders][0], []byte(`"Enabled":false`)) {
		t.Error("pools or provider")
	}
	raw := string(b.users[p.slot])
	if strings.Contains(raw, "signInActivity") || !strings.Contains(raw, `"errorDetail":"<x/>"`) || !strings.Contains(string(b.users[lost.slot]), `"onPremisesSipInfo":null`) {
		t.Errorf("users %s", raw)
	}
	if len(b.recipients) != 1 || !slices.Equal(b.recipients[0].proxies, []string{"SMTP:other@contoso.com"}) || b.recipients[0].id != b.graphIDOf(group) {
		t.Errorf("recipients %+v", b.recipients)
	}
	gone := b.deletedUser("gone", domainMain, "Gone")
	gone.anchor("QUFB")
	if text := string(gone.write(b.json)); !strings.Contains(text, `"userPrincipalName":"`+strings.ReplaceAll(gone.id, "-", "")+`gone@contoso.com"`) ||
		!strings.Contains(text, `"onPremisesImmutableId":"QUFB","onPremisesSyncEnabled":true`) {
		t.Errorf("deleted user %s", text)
	}
}
