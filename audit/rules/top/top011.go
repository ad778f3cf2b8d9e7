package top

import (
	"slices"
	"strconv"

	"hybridaudit/audit"
	"hybridaudit/sources/evidence"
)

// TOP011 finds what a deployment left in the directory.
var TOP011 = &audit.Rule{
	ID: "TOP-011", Category: "top", Severity: audit.Low,
	Title: "Left-over directory containers",
	Why: "Microsoft Entra Connect and other tools take the container for a deployment that is there, and every audit has to find out again that it is not. The objects in it " +
		"lead nobody anywhere.",
	Fix: "Make sure that no server is left and nobody is homed on one. Then, with the tools of the last version that was installed: Remove-CsConfigurationStoreLocation, " +
		"Disable-CsAdDomain in each domain, Disable-CsAdForest (with the rights of an enterprise administrator). The schema extension stays for ever, which does no harm.",
	Guards: "Silent in a forest with a pool, unless the configuration says that no server is left. The schema extension is no finding, and neither are the attributes of " +
		"people, which organisations may keep on purpose.",
	Refs:    []audit.Ref{{Title: "Decommission the on-premises environment: remove the deployment"}, {Title: "Disable-CsAdForest"}},
	Message: "no server is left, but the directory still has {container} (objects and groups of a topology: {objects}, pools: {pools})",
	Needs: []audit.Need{
		{Dataset: evidence.ADForests, Attributes: []string{"name", "rtcService"}},
		{Dataset: evidence.ADPools, Attributes: []string{"distinguishedName"}, Whole: true},
		{Dataset: evidence.ADTopology, Attributes: []string{"distinguishedName", "objectClass"}},
	},
	Applies: func(p *audit.Pass) audit.Reason {
		for f := range p.Evidence.Forests() {
			if abandoned(p, f) {
				return audit.Reason{}
			}
		}
		return audit.Because("noLeftovers")
	},
	Check: audit.Once(func(p *audit.Pass) {
		for f := range p.Evidence.Forests() {
			if !abandoned(p, f) {
				continue
			}
			names := leftEntries(p, f.Name())
			p.Report(audit.Finding{
				Subject: audit.ForestSubject(f.Name()), Attribute: "rtcService", Value: f.RTCService(),
				Args: []audit.Arg{
					audit.Str("container", f.RTCService()), audit.Num("objects", len(names)), audit.Num("pools", len(p.Topology().PoolsOf(f.Name()))),
				},
				Evidence: slices.Concat(fact("objects", names[:min(len(names), audit.MostListed)]), schemaFact(f)),
			})
		}
	}),
}

// abandoned says that a forest has the container and no pool that counts.
func abandoned(p *audit.Pass, f evidence.Forest) bool {
	return f.RTCService() != "" && !p.Topology().In(f.Name())
}

// leftEntries lists the objects below the container, and the groups that the preparation of the forest makes, by name.
func leftEntries(p *audit.Pass, forest string) []string {
	var list []string
	for e := range p.Evidence.Entries(evidence.ADTopology) {
		if e.Forest() == forest {
			list = append(list, e.DN())
		}
	}
	slices.Sort(list)
	return list
}

func schemaFact(f evidence.Forest) []audit.Fact {
	if v, ok := f.RTCSchema(); ok {
		return fact("rtcSchemaVersion", []string{strconv.FormatInt(v, 10)})
	}
	return nil
}
