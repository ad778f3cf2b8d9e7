package imports

import (
	"slices"
	"strings"

	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/entries"
)

// region is the part of a forest that records come from.
type region uint8

const (
	inDomains region = iota // all of them
	inRootDomain
	inRTC
	inExchange
	inConfiguration
)

// clause says which records of a region make rows.
type clause struct {
	where   region
	filter  string
	samples []sample
	// of is the kind of records among which the filter chooses by the attributes that it needs: unless they were exported, nothing tells which to take.
	of    kind
	needs []string
}

// table is a dataset whose rows are records.
type table struct {
	dataset evidence.Dataset
	clauses []clause
}

// sample is an object that the filter of a search must let through if it is to bring all that a clause takes: what is not said of it is not known.
type sample struct {
	category string
	classes  string
	has      []string // attributes that it has
}

// kind is a kind of records, for which it is counted which attributes they hold.
type kind string

// Kinds besides the datasets.
const (
	anyGroup           kind = "group"
	anyConnectionPoint kind = "connection point"
)

// tables lists the datasets, those first on which others rest. container is the name of the RTC Service container.
func tables(container string) []table {
	const account = "top person organizationalPerson user"
	person := func(classes string, has ...string) sample {
		return sample{"person", "top person organizationalPerson " + classes, has}
	}
	group := func(has string) sample { return sample{"group", "top group", []string{has}} }
	users, contacts := []sample{person("user"), person("user inetOrgPerson")}, []sample{person("contact")}
	service := []sample{person("user", "servicePrincipalName"), person("user", "sAMAccountName")}
	for _, class := range []string{" computer msDS-GroupManagedServiceAccount", " computer msDS-ManagedServiceAccount"} {
		service = append(service, sample{classes: account + class, has: []string{"servicePrincipalName"}}, sample{classes: account + class, has: []string{"sAMAccountName"}})
	}
	return []table{
		{evidence.ADUsers, []clause{{where: inDomains, filter: entries.UserFilter, samples: users}}},
		{evidence.ADContacts, []clause{
			{where: inDomains, filter: entries.ContactFilter, samples: contacts},
			{where: inRTC, filter: entries.ContactFilter, samples: contacts}, // those of applications lie beside the pools
		}},
		{evidence.ADGroups, []clause{{
			where: inDomains, filter: entries.GroupFilter, samples: []sample{group("mail"), group("proxyAddresses"), group("mailNickname")},
			of: anyGroup, needs: []string{"mail", "proxyAddresses", "mailNickname"},
		}}},
		{evidence.ADServiceAccounts, []clause{{
			where: inDomains, filter: entries.ServiceAccountFilter, samples: service, of: kind(evidence.ADUsers), needs: []string{"sAMAccountName", "servicePrincipalName"},
		}}},
		{evidence.ADPools, []clause{{where: inRTC, filter: entries.PoolFilter, samples: samplesOf("msRTCSIP-Pool")}}},
		{evidence.ADTopology, []clause{
			{where: inRTC, filter: entries.TopologyFilter(container), samples: samplesOf(append(entries.TopologyClasses(), "msRTCSIP-Service")...)},
			{where: inRootDomain, filter: entries.UniversalGroupFilter(), samples: []sample{group("sAMAccountName")}, of: anyGroup, needs: []string{"sAMAccountName"}},
		}},
		{evidence.ADExchange, []clause{{
			where: inExchange, filter: entries.ExchangeFilter,
			samples: samplesOf("msExchContainer msExchOrganizationContainer", "server msExchExchangeServer", "msExchCoexistenceRelationship"),
		}}},
		{evidence.ADConnectionPoints, []clause{{
			where: inConfiguration, filter: entries.ConnectionPointFilter, samples: []sample{{classes: "top leaf connectionPoint serviceConnectionPoint"}},
			of: anyConnectionPoint, needs: []string{"keywords"},
		}}},
		{evidence.ADComputers, []clause{{where: inDomains, filter: entries.ComputerFilter, samples: []sample{{"computer", account + " computer", nil}}}}},
	}
}

// samplesOf makes a sample of each class; further classes may stand before one.
func samplesOf(classes ...string) []sample {
	var all []sample
	for _, class := range classes {
		all = append(all, sample{classes: "top " + class})
	}
	return all
}

// takes says whether the place lies in the region.
func (r region) takes(p place, f *forest) bool {
	switch r {
	case inDomains:
		return !p.config
	case inRootDomain:
		return !p.config && p.domain == f.root
	case inRTC:
		return f.inRTC(p)
	case inExchange:
		return p.config && inside(p.within, exchangeName)
	case inConfiguration:
		return p.config && !p.schema
	}
	return false
}

// configured says whether the region lies in the configuration partition.
func (r region) configured(f *forest) bool {
	return r == inExchange || r == inConfiguration || r == inRTC && !f.rtcOld
}

// onRequest tells the attributes that are kept only when they are named.
func onRequest(name string) bool {
	switch name {
	case "memberOf", "msDS-ReplAttributeMetaData", "thumbnailPhoto", "userCertificate":
		return true
	}
	return false
}

const computedControl = "msDS-User-Account-Control-Computed"

// constructed tells the attributes that a domain controller computes, and gives only when they are named.
func constructed(name string) bool {
	return strings.EqualFold(name, computedControl) || strings.EqualFold(name, "msDS-ReplAttributeMetaData")
}

// columns lists the attributes that fill a dataset's table.
func (o Options) columns(d evidence.Dataset) []string {
	var list []string
	for _, column := range evidence.SchemaOf(d) {
		name := column.Name
		if name == evidence.ADForestColumn {
			continue
		}
		take := true
		switch d {
		case evidence.ADUsers, evidence.ADContacts, evidence.ADGroups:
			take = len(o.Wanted) == 0 && !onRequest(name) || slices.Contains(o.Wanted, name) || name == "objectGUID" || name == "distinguishedName" || name == "objectClass"
		}
		if take {
			list = append(list, name)
		}
	}
	return list
}
