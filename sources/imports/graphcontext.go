package imports

import (
	"net/url"
	"strings"

	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/directory"
)

// graphContext is what @odata.context says of a page.
type graphContext struct {
	host     string
	beta     bool
	path     string   // of the collection, or the type of its objects, in lower case
	key      string   // of the object that the collection belongs to: a domain's name
	selected []string // by $select, nil when there was none
	entity   bool     // one object instead of a list
	delta    bool     // changes instead of a list
}

// readContext takes an @odata.context apart; false for what is none.
func readContext(text string) (graphContext, bool) {
	address, fragment, ok := strings.Cut(text, "$metadata#")
	if !ok || fragment == "" {
		return graphContext{}, false
	}
	c := graphContext{}
	if u, err := url.Parse(address); err == nil {
		c.host = strings.ToLower(u.Host)
		c.beta = strings.Contains(strings.ToLower(u.Path), "/beta")
	}
	var segments []string
	for _, s := range cutOutside(fragment, '/') {
		name, arguments, _ := strings.Cut(s, "(")
		switch name = strings.ToLower(strings.TrimSpace(name)); name {
		case "$entity", "@element":
			c.entity = true
			continue
		case "$delta", "delta":
			c.delta = true
			continue
		}
		for _, argument := range brackets("(" + arguments) {
			switch {
			case name == "collection" && len(segments) == 0:
				name = strings.ToLower(argument)
			case isKey(argument):
				c.key = strings.ReplaceAll(strings.Trim(argument, "'"), "''", "'")
			default:
				c.selected = append(c.selected, selectedOf(argument)...)
			}
		}
		segments = append(segments, name)
	}
	c.path = strings.Join(segments, "/")
	return c, c.path != ""
}

// cutOutside cuts at a byte that stands neither in brackets nor in quotes.
func cutOutside(text string, at byte) []string {
	var parts []string
	depth, quoted, from := 0, false, 0
	for i := range len(text) {
		switch b := text[i]; {
		case b == '\'':
			quoted = !quoted
		case quoted:
		case b == '(':
			depth++
		case b == ')':
			depth--
		case b == at && depth == 0:
			parts = append(parts, text[from:i])
			from = i + 1
		}
	}
	return append(parts, text[from:])
}

// brackets gives what stands in the brackets that follow one another in a text.
func brackets(text string) []string {
	var inner []string
	depth, quoted, from := 0, false, 0
	for i := range len(text) {
		switch b := text[i]; {
		case b == '\'':
			quoted = !quoted
		case quoted:
		case b == '(':
			if depth++; depth == 1 {
				from = i + 1
			}
		case b == ')':
			if depth--; depth == 0 {
				inner = append(inner, text[from:i])
			}
		}
	}
	return inner
}

// isKey tells the key of an object from a list of properties.
func isKey(argument string) bool {
	if strings.HasPrefix(argument, "'") {
		return true
	}
	_, err := directory.ParseGUID(argument)
	return err == nil
}

// selectedOf lists the properties of a $select, without what is selected within them.
func selectedOf(list string) []string {
	all := []string{}
	for _, name := range cutOutside(list, ',') {
		name, _, _ = strings.Cut(name, "(")
		name, _, _ = strings.Cut(name, "/")
		if name = strings.TrimSpace(name); name != "" && name != "*" {
			all = append(all, name)
		}
	}
	return all
}

// collection is what a page holds as Graph calls it. Which datasets come of it depends on the properties, too.
type collection string

// The collections that the audit has a use for.
const (
	ofUsers        collection = "users"
	ofDeleted      collection = "deleted users"
	ofOrganization collection = "organization"
	ofOthers       collection = "" // those that are one dataset each
)

// collectionOf gives the dataset of a page, or the collection of which several can come; false for what the audit has no use for.
func collectionOf(path string) (collection, evidence.Dataset, bool) {
	last := path[strings.LastIndexByte(path, '/')+1:]
	if kind, ok := strings.CutPrefix(last, "microsoft.graph."); ok {
		last = kind
	} else if kind, ok := strings.CutPrefix(last, "graph."); ok {
		last = kind
	}
	last = last[strings.LastIndexByte(last, '.')+1:]
	parent := strings.TrimSuffix(path[:max(strings.LastIndexByte(path, '/'), 0)], "/")
	parent = parent[strings.LastIndexByte(parent, '/')+1:]
	switch {
	case parent == "deleteditems" && (last == "user" || last == "users"):
		return ofDeleted, evidence.TenantDeletedUsers, true
	case parent == "deleteditems":
		return "", "", false
	case path == "users" || last == "user":
		return ofUsers, evidence.TenantUsers, true
	case path == "organization" || path == "organizations" || path == last && last != "" && last == "organization":
		return ofOrganization, evidence.TenantOrganization, true
	case last == "issues" && parent == "serviceannouncement" || last == "servicehealthissue":
		return ofOthers, evidence.TenantIssues, true
	}
	alone := map[string]evidence.Dataset{
		"groups": evidence.TenantGroups, "group": evidence.TenantGroups, "contacts": evidence.TenantContacts, "orgcontact": evidence.TenantContacts, "domains": evidence.TenantDomains,
		"domain": evidence.TenantDomains, "subscribedskus": evidence.TenantSKUs, "subscribedsku": evidence.TenantSKUs, "serviceprincipals": evidence.TenantPrincipals,
		"serviceprincipal": evidence.TenantPrincipals,
	}
	if d, ok := alone[last]; ok && (path == last || strings.Contains(path, "graph.")) {
		return ofOthers, d, true
	}
	anywhere := map[string]evidence.Dataset{
		"serviceconfigurationrecords": evidence.TenantDomainRecords, "verificationdnsrecords": evidence.TenantVerification, "federationconfiguration": evidence.TenantFederations,
		"userconfigurations": evidence.TenantTeamsUsers, "teamsuserconfiguration": evidence.TenantTeamsUsers, "numberassignments": evidence.TenantNumbers,
		"numberassignment": evidence.TenantNumbers, "onpremisessynchronization": evidence.TenantSyncFeatures, "onpremisesdirectorysynchronization": evidence.TenantSyncFeatures,
		"healthoverviews": evidence.TenantHealth, "servicehealth": evidence.TenantHealth, "unifiedroleassignment": evidence.TenantRoles,
	}
	if last == "roleassignments" && parent == "directory" {
		return ofOthers, evidence.TenantRoles, true
	}
	d, ok := anywhere[last]
	return ofOthers, d, ok
}

// perDomain says that each domain has a part of the dataset.
func perDomain(d evidence.Dataset) bool {
	return d == evidence.TenantDomainRecords || d == evidence.TenantVerification || d == evidence.TenantFederations
}
