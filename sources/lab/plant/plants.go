package plant

import "slices"

// plant is one way in which a rule's condition comes about, or, when clean, in which it only seems to.
type plant struct {
	rule, variant string
	about         string
	clean         bool
	once          bool   // concerns the tenant, not people: made once however large the organisation is
	pools         bool   // its truth holds only while there is an on-premises deployment
	only          string // the one variant of the organisation that it fits
	forests       bool   // its truth holds only where another forest is read beside this one
	notIn         string // the variant that it does not fit
	exports       bool   // its truth holds only where the output of PowerShell commands is read
	network       bool   // its truth holds only where the network is looked at
	// unloadable says why a real domain controller cannot hold it; "" when it can.
	unloadable string
	plant      func(*builder)
}

// plants lists everything that can be planted, by category.
func plants() []plant {
	return slices.Concat(sipPlants(), sipNamePlants(), addressPlants(), addressFormPlants(), homePlants(), homeMorePlants(), joinPlants(), licencePlants(), skuPlants(), domainPlants(), syncPlants(), qualityPlants(),
		voicePlants(), voiceTenantPlants(), joinTenantPlants(), licenceTenantPlants(), topologyPlants(), topologyExportPlants(), clockPlants(), federationPlants(), servicePlants(), syncTenantPlants(), networkPlants())
}

// fits tells whether the plant can stand in such an organisation.
func (p plant) fits(o Options) bool {
	switch {
	case o.Loadable && p.unloadable != "", p.forests && !o.beside, p.exports && o.NoExports, p.network && o.NoNetwork:
		return false
	case p.only != "" && !o.is(p.only), p.notIn != "" && o.is(p.notIn):
		return false
	}
	return !p.pools || !o.noServer()
}

// LeftOut is a fault that an organisation for a real directory goes without.
type LeftOut struct{ RuleID, Variant, Reason string }

// NotLoadable lists the faults that Options.Loadable leaves out. Where a rule has other faults of the same variant, those stay.
func NotLoadable() []LeftOut {
	var list []LeftOut
	for _, p := range plants() {
		if p.unloadable != "" && !p.clean {
			list = append(list, LeftOut{p.rule, p.variant, p.about + ": " + p.unloadable})
		}
	}
	return list
}

// Why a plant cannot be loaded.
const (
	uniqueUPN    = "a domain controller refuses a userPrincipalName that another account has"
	madeBySystem = "the domain controller computes the attribute"
	needsTarget  = "the attribute must name an object that is there"
	needsSID     = "the domain controller gives the objectSid"
	needsGUID    = "the domain controller gives the objectGUID"
	needsAge     = "the domain controller dates the object when it is loaded"
	sameValue    = "values that differ only in case are one value to the domain controller"
	mangledName  = "only replication gives such names"
	tooLong      = "the schema of a directory allows fewer characters"
)
