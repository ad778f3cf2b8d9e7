package audit

import (
	"maps"
	"slices"

	"hybridaudit/sources/evidence"
)

// baseAttributes are what the shared facts read: classes, scope, pairs, owners, homes.
func baseAttributes() []string {
	return []string{
		"objectGUID", "objectSid", "distinguishedName", "objectClass", "sAMAccountName", "userPrincipalName", "displayName", "mail", "mailNickname", "proxyAddresses",
		"userAccountControl", "whenCreated", "whenChanged", "isCriticalSystemObject", "mS-DS-ConsistencyGuid", "department",
		"msExchRecipientTypeDetails", "msExchMasterAccountSid", "msRTCSIP-PrimaryUserAddress", "msRTCSIP-UserEnabled", "msRTCSIP-DeploymentLocator",
		"msRTCSIP-PrimaryHomeServer", "msRTCSIP-OwnerUrn", "msRTCSIP-OriginatorSid",
	}
}

// Wanted says what to collect for the rules: the datasets, in the order of [evidence.Datasets], and the attributes of directory objects. What reports
// and shared facts show is part of it, the output of PowerShell commands is not: nobody can ask for it. Attributes that are read on request only are wanted for the rules whose ids are given.
func Wanted(rules []*Rule, onRequest ...string) (datasets []evidence.Dataset, attributes []string) {
	want := map[evidence.Dataset]bool{
		evidence.ADForests: true, evidence.ADDomains: true, evidence.ADServers: true, evidence.ADUsers: true, evidence.ADPools: true,
		evidence.TenantOrganization: true, evidence.TenantDomains: true, evidence.TenantSKUs: true, evidence.TenantUsers: true,
	}
	names := map[string]bool{}
	for _, a := range baseAttributes() {
		names[a] = true
	}
	for _, r := range rules {
		needs := r.Needs
		for _, v := range r.Variants {
			needs = append(slices.Clip(needs), v.Needs...)
		}
		for _, n := range needs {
			if n.OnRequest && !slices.Contains(onRequest, r.ID) || n.Dataset.Export() {
				continue
			}
			want[n.Dataset] = true
			for _, s := range slices.Concat(n.Instead, n.Partly) {
				want[s.Dataset] = want[s.Dataset] || !s.Dataset.Export()
			}
			switch n.Dataset {
			case evidence.ADUsers, evidence.ADContacts, evidence.ADGroups:
				for _, a := range n.Attributes {
					names[a] = true
				}
			}
		}
	}
	for _, d := range evidence.Datasets() {
		if want[d] {
			datasets = append(datasets, d)
		}
	}
	return datasets, slices.Sorted(maps.Keys(names))
}
