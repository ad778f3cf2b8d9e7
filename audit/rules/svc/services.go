// Package svc holds the rules about the health of Microsoft's services.
package svc

import (
	"slices"
	"strings"
	"time"

	"hybridaudit/audit"
	"hybridaudit/sources/evidence"
)

// known are the services that people need to sign in, to meet and to call. Which of them a tenant lists, and how they are called, changes over time: ids and names are both looked for.
var known = []struct {
	id    string // as Graph spells it, lower case
	ids   []string
	names []string // parts of names, lower case
}{
	{"microsoftteams", []string{"microsoftteams"}, []string{"microsoft teams"}},
	{"lync", []string{"lync"}, []string{"skype for business"}},
	{"orgliveid", []string{"orgliveid", "microsoftentra", "azureactivedirectory"}, []string{"microsoft entra", "identity service", "azure active directory"}},
	{"exchange", []string{"exchange"}, []string{"exchange online"}},
}

// serviceID tells which of the known services an id or a name stands for; "" for another one.
func serviceID(id, name string) string {
	id, name = strings.ToLower(id), strings.ToLower(name)
	for _, k := range known {
		if id != "" && slices.Contains(k.ids, id) || name != "" && slices.ContainsFunc(k.names, func(n string) bool { return strings.Contains(name, n) }) {
			return k.id
		}
	}
	return ""
}

// concerns says that an issue is about a service. Issues name the service as the overview does.
func concerns(i evidence.Issue, h evidence.ServiceHealth) bool {
	return i.Tenant() == h.Tenant() && (strings.EqualFold(i.Service(), h.Service()) || strings.EqualFold(i.Service(), h.ID()))
}

// well says that a status is none of trouble.
func well(status string) bool {
	switch strings.ToLower(status) {
	case "serviceoperational", "servicerestored", "falsepositive", "resolved", "postincidentreviewpublished":
		return true
	}
	return false
}

// issueFacts are what the service says of an issue.
func issueFacts(i evidence.Issue) []audit.Fact {
	var facts []audit.Fact
	add := func(name, value string) {
		if value != "" {
			facts = append(facts, audit.Fact{Name: name, Values: []string{value}})
		}
	}
	at := func(name string, t time.Time) {
		if !t.IsZero() {
			add(name, t.Format(time.RFC3339))
		}
	}
	add("id", i.ID())
	add("title", i.Title())
	add("classification", i.Classification())
	add("status", i.Status())
	add("featureGroup", i.FeatureGroup())
	at("startDateTime", i.Started())
	at("lastModifiedDateTime", i.Modified())
	at("endDateTime", i.Ended())
	add("impactDescription", i.Impact())
	return facts
}

// tenantKey tells the tenants apart in what identifies a finding: the services of all of them have the same ids.
func tenantKey(p *audit.Pass, tenant string) string {
	for o := range p.Evidence.Organizations() {
		if o.Tenant() == tenant {
			return o.ID().String()
		}
	}
	return tenant
}
