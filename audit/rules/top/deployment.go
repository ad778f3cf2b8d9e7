// Package top holds the rules about the on-premises deployment as the directory shows it.
package top

import (
	"slices"
	"strconv"
	"strings"

	"hybridaudit/audit"
	"hybridaudit/audit/scope"
	"hybridaudit/audit/topology"
	"hybridaudit/sources/evidence"
)

// poolNeeds are the pools with what every finding on one shows.
func poolNeeds(attributes ...string) []audit.Need {
	return []audit.Need{
		{Dataset: evidence.ADForests, Attributes: []string{"name"}},
		{Dataset: evidence.ADPools, Attributes: append([]string{"objectGUID", "distinguishedName", "dNSHostName"}, attributes...)},
		{Dataset: evidence.ADPools, Attributes: []string{"msRTCSIP-PoolDisplayName", "msRTCSIP-PoolVersion", "msRTCSIP-PoolType", "msRTCSIP-BackEndServer"}, Optional: true},
	}
}

// peopleNeeds are the directory users with what tells where they are homed.
func peopleNeeds() []audit.Need {
	attributes := slices.Concat(scope.Attributes(), []string{"msRTCSIP-UserEnabled", "msRTCSIP-DeploymentLocator", "msRTCSIP-PrimaryHomeServer"})
	return []audit.Need{{Dataset: evidence.ADUsers, Attributes: attributes}}
}

// whenDeployed lets a rule judge only organisations that have a pool.
func whenDeployed(p *audit.Pass) audit.Reason { return p.WithoutDeployment() }

// poolFacts are what the directory says of a pool.
func poolFacts(pool evidence.Pool) []audit.Fact {
	var facts []audit.Fact
	add := func(name string, values ...string) {
		if strings.Join(values, "") != "" {
			facts = append(facts, audit.Fact{Name: name, Values: values})
		}
	}
	add("dNSHostName", pool.Host())
	add("msRTCSIP-PoolDisplayName", pool.DisplayName())
	if v, ok := pool.Version(); ok {
		add("msRTCSIP-PoolVersion", strconv.FormatInt(v, 10))
	}
	if v, ok := pool.Type(); ok {
		add("msRTCSIP-PoolType", strconv.FormatInt(v, 10))
	}
	add("msRTCSIP-BackEndServer", pool.BackEnd())
	add("msRTCSIP-FrontEndServers", slices.Sorted(pool.FrontEnds())...)
	return facts
}

// entriesOf lists the entries of a forest that are of a class, by DN.
func entriesOf(p *audit.Pass, d evidence.Dataset, forest, class string) []evidence.Entry {
	var list []evidence.Entry
	for e := range p.Evidence.Entries(d) {
		if e.Forest() == forest && e.Is(class) {
			list = append(list, e)
		}
	}
	slices.SortFunc(list, func(a, b evidence.Entry) int { return strings.Compare(a.DN(), b.DN()) })
	return list
}

// values lists an attribute of entries, without repetitions, sorted.
func values(entries []evidence.Entry, attribute string) []string {
	var list []string
	for _, e := range entries {
		if v := e.Text(attribute); v != "" {
			list = append(list, v)
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// fact makes evidence of a list that is not empty.
func fact(name string, values []string) []audit.Fact {
	if len(values) == 0 {
		return nil
	}
	return []audit.Fact{{Name: name, Values: values}}
}

// productArgs name the product that a version number of the directory stands for.
func productArgs(version int64, known bool) []audit.Arg {
	product, certainty := "unknown", "unknown"
	if known {
		if p := topology.ProductOf(version); p.Name != "" {
			product, certainty = p.Name, "published"
			if p.Approximate {
				certainty = "approximate"
			}
		}
	}
	number := "none"
	if known {
		number = strconv.FormatInt(version, 10)
	}
	return []audit.Arg{audit.Str("product", product), audit.Str("certainty", certainty), audit.Str("version", number)}
}

// hybrid says that a forest has servers, and somebody is homed on them.
func hybrid(p *audit.Pass, forest string) bool {
	return p.Topology().In(forest) && p.Homes().OnPremises[forest] > 0
}

// hybridForests lists the forests of a tenant with people homed on their servers.
func hybridForests(p *audit.Pass, o evidence.Organization) []string {
	return slices.DeleteFunc(slices.Clone(p.ForestsOf(o)), func(forest string) bool { return !hybrid(p, forest) })
}

// deployedOnce says that a forest has, or had, servers: their container stays when they are gone.
func deployedOnce(p *audit.Pass, forest string) bool {
	for f := range p.Evidence.Forests() {
		if f.Name() == forest {
			return f.RTCService() != "" || len(p.Topology().PoolsOf(forest)) > 0
		}
	}
	return false
}

// whenHybrid lets a rule judge only organisations with people homed on-premises.
func whenHybrid(p *audit.Pass) audit.Reason {
	for f := range p.Evidence.Forests() {
		if hybrid(p, f.Name()) {
			return audit.Reason{}
		}
	}
	return audit.Because("nobodyOnPremises")
}

// emptied says that nobody of a tenant is homed on a server any more.
func emptied(p *audit.Pass, o evidence.Organization) bool { return len(hybridForests(p, o)) == 0 }

// settingsNeeds are what tells whether somebody is homed on the servers of a tenant's forests.
func settingsNeeds() []audit.Need {
	return slices.Concat(peopleNeeds(), []audit.Need{
		{Dataset: evidence.ADForests, Attributes: []string{"name", "rtcService"}},
		{Dataset: evidence.ADPools, Attributes: []string{"distinguishedName"}},
		{Dataset: evidence.TenantOrganization, Attributes: []string{"id"}},
	})
}

// exportFacts show properties of an object that PowerShell gave.
func exportFacts(e evidence.Export, properties ...string) []audit.Fact {
	var facts []audit.Fact
	for _, name := range properties {
		facts = append(facts, fact(name, e.Attribute(name))...)
	}
	return facts
}

// tenantWide gives the object of a tenant's settings or policies that counts for everybody.
func tenantWide(list []evidence.Export) (evidence.Export, bool) {
	for _, e := range list {
		if strings.EqualFold(e.Text("Identity"), "Global") {
			return e, true
		}
	}
	return evidence.Export{}, false
}
