package plant

import (
	"encoding/json"
	"slices"
)

// servicePlan is a plan inside a SKU.
type servicePlan struct{ name, id, service string }

// Names of the plans that rules look for.
const (
	planTeams   = "TEAMS1"
	planSkype   = "MCOSTANDARD"
	planVirtual = "MCOEV_VIRTUALUSER"
)

// services as assignedPlans and provisionedPlans name them.
const (
	serviceSkype    = "MicrosoftCommunicationsOnline"
	serviceTeams    = "TeamspaceAPI"
	serviceExchange = "exchange"
)

// servicePlans lists the plans that the sample SKUs hold, with the identifiers that Microsoft publishes.
func servicePlans() []servicePlan {
	return []servicePlan{
		{planTeams, "57ff2da0-773e-42df-b2af-ffb7a2317929", serviceTeams},
		{planSkype, "0feaeb32-d00e-4d66-bd5a-43b5b83db82c", serviceSkype},
		{"MCOSTANDARD_MIDMARKET", "b2669e95-76ef-4e7e-a367-002f60a39f3e", serviceSkype},
		{"MCOIMP", "afc06cb0-b4f4-4473-8286-d644f70d8faf", serviceSkype},
		{"MCOEV", "4828c8ec-dc2e-4779-b502-87ac9ce28ab7", serviceSkype},
		{"MCOMEETADV", "3e26ee1f-8a5f-4d52-aee2-b81ce45c8f40", serviceSkype},
		{planVirtual, "f47330e9-c134-43b3-9993-e7f004506889", serviceSkype},
		{"EXCHANGE_S_ENTERPRISE", "efb87545-963c-4e0d-99df-69c6916d9eb0", serviceExchange},
		{"EXCHANGE_S_STANDARD", "9aaf7827-d63c-4b61-89c3-182f06f82e5c", serviceExchange},
		{"EXCHANGE_S_DESKLESS", "4a82b400-a79f-41a4-b4e2-e94f5787b113", serviceExchange},
		{"EXCHANGE_S_FOUNDATION", "113feb6c-3fe4-4440-bddc-54d774bf0318", serviceExchange},
		{"SHAREPOINTENTERPRISE", "5dbe027f-2339-4123-9542-606e4d348a72", "SharePoint"},
		{"SHAREPOINTSTANDARD", "c7699d2e-19aa-44de-8edf-1736da088ca1", "SharePoint"},
		{"SHAREPOINTDESKLESS", "902b47e5-dcb2-4fdc-858b-c63a90a2bdb9", "SharePoint"},
		{"SHAREPOINTSTORAGE", "be5a7ed5-c598-4fcd-a061-5e6724c68a58", "SharePoint"},
		{"OFFICESUBSCRIPTION", "43de0ff5-c92c-492b-9116-175376d08c38", "MicrosoftOffice"},
		{"INTUNE_A", "c1ec4a95-1f05-45b3-a911-aa3fa01094f5", "SCO"},
		{"AAD_PREMIUM", "41781fb2-bc02-4b7c-bd55-b576c07bb09d", "AADPremiumService"},
		{"AAD_PREMIUM_P2", "eec0eb4f-6444-4f95-aba0-50c24d67f998", "AADPremiumService"},
		{"RMS_S_ENTERPRISE", "bea4c11e-220a-4e6d-8eb8-8ea15d019f90", "RMSOnline"},
		{"BI_AZURE_P2", "70d33638-9c74-4d01-bfd3-562de28bd4ba", "PowerBI"},
		{"FLOW_P2_VIRAL", "50e68c76-46c6-4674-81f9-75456511b170", "ProcessSimple"},
		{"VISIO_CLIENT_SUBSCRIPTION", "663a804f-1c30-4ff0-9915-9db84f0d1cea", "MicrosoftOffice"},
		{"PROJECT_CLIENT_SUBSCRIPTION", "fafd7243-e5c1-4a3a-9e40-495efcb1d3c3", "MicrosoftOffice"},
	}
}

// units are the seats of a subscription by state.
type units struct{ enabled, warning, suspended, lockedOut int }

// sku is a subscribed SKU of the tenant.
type sku struct {
	id, part string
	plans    []servicePlan
	company  bool   // applies to the organisation, not to people
	status   string // capabilityStatus
	listed   bool   // in the tenant even if nobody holds it
	consumed int
	bought   func(consumed int) units
}

// The SKUs of the sample tenant. Each holds a selection of its real plans.
const (
	skuE3          = "SPE_E3"
	skuE5          = "SPE_E5"
	skuF3          = "SPE_F1"
	skuSkype       = "MCOSTANDARD"
	skuOldE5       = "ENTERPRISEPREMIUM"
	skuOldE3       = "ENTERPRISEPACK"
	skuOldE1       = "STANDARDPACK"
	skuTeams       = "Microsoft_Teams_Enterprise_New"
	skuMidsize     = "MIDSIZEPACK"
	skuPhone       = "MCOEV"
	skuConference  = "MCOMEETADV"
	skuVirtual     = "PHONESYSTEM_VIRTUALUSER"
	skuRooms       = "Microsoft_Teams_Rooms_Pro"
	skuExchange    = "EXCHANGESTANDARD"
	skuFlow        = "FLOW_FREE"
	skuVisio       = "VISIOCLIENT"
	skuPowerBI     = "POWER_BI_PRO"
	skuProject     = "PROJECTPROFESSIONAL"
	skuEMS         = "EMS"
	skuIntune      = "INTUNE_A"
	skuEntra       = "AAD_PREMIUM_P2"
	skuStorage     = "SHAREPOINTSTORAGE"
	skuStore       = "WINDOWS_STORE"
	statusEnabled  = "Enabled"
	statusWarning  = "Warning"
	statusSuspend  = "Suspended"
	statusLocked   = "LockedOut"
	statusDeleted  = "Deleted"
	resultSuccess  = "Success"
	resultDisabled = "Disabled"
)

// newSKUs makes the catalogue of the tenant's SKUs in a fixed order.
func newSKUs() []*sku {
	plans := map[string]servicePlan{}
	for _, p := range servicePlans() {
		plans[p.name] = p
	}
	one := func(part, id string, names ...string) *sku {
		s := &sku{id: id, part: part, status: statusEnabled, bought: roomy}
		for _, n := range names {
			s.plans = append(s.plans, plans[n])
		}
		return s
	}
	list := []*sku{
		one(skuE3, "05e9a617-0261-4cee-bb44-138d3ef5d965", planTeams, planSkype, "EXCHANGE_S_ENTERPRISE", "SHAREPOINTENTERPRISE", "OFFICESUBSCRIPTION", "INTUNE_A"),
		one(skuE5, "06ebc4ee-1bb5-47dd-8120-11324bc54e06", planTeams, planSkype, "MCOEV", "MCOMEETADV", "EXCHANGE_S_ENTERPRISE", "SHAREPOINTENTERPRISE",
			"OFFICESUBSCRIPTION", "AAD_PREMIUM_P2", "BI_AZURE_P2"),
		one(skuF3, "66b55226-6b4f-492c-910c-a3b7a3c9d993", planTeams, "MCOIMP", "EXCHANGE_S_DESKLESS", "SHAREPOINTDESKLESS", "INTUNE_A"),
		one(skuSkype, "d42c793f-6c78-4f43-92ca-e8f6a02b035f", planSkype),
		one(skuOldE5, "c7df2760-2c81-4ef7-b578-5b5392b571df", planTeams, planSkype, "MCOEV", "MCOMEETADV", "EXCHANGE_S_ENTERPRISE", "SHAREPOINTENTERPRISE"),
		one(skuOldE3, "6fd2c87f-b296-42f0-b197-1e91e994b900", planTeams, planSkype, "EXCHANGE_S_ENTERPRISE", "SHAREPOINTENTERPRISE", "OFFICESUBSCRIPTION"),
		one(skuOldE1, "18181a46-0d4e-45cd-891e-60aabd171b4e", planTeams, planSkype, "EXCHANGE_S_STANDARD", "SHAREPOINTSTANDARD"),
		one(skuTeams, "7e31c0d9-9551-471d-836f-32ee72be4a01", planTeams, "MCOIMP"),
		one(skuMidsize, "04a7fb0d-32e0-4241-b4f5-3f7618cd1162", "MCOSTANDARD_MIDMARKET"),
		one(skuPhone, "e43b5b99-8dfb-405f-9987-dc307f34bcbd", "MCOEV"),
		one(skuConference, "0c266dff-15dd-4b49-8397-2bb16070ed52", "MCOMEETADV"),
		one(skuVirtual, "440eaaa8-b3e0-484b-a8be-62870b9ba70a", planVirtual),
		one(skuRooms, "4cde982a-ede4-4409-9ae6-b003453c8ea6", planTeams, planSkype, "MCOEV", "MCOMEETADV", "INTUNE_A"),
		one(skuExchange, "4b9405b0-7788-4568-add1-99614e613b69", "EXCHANGE_S_STANDARD"),
		one(skuFlow, "f30db892-07e9-47e9-837c-80727f46fd3d", "FLOW_P2_VIRAL", "EXCHANGE_S_FOUNDATION"),
		one(skuVisio, "c5928f49-12ba-48f7-ada3-0d743a3601d5", "VISIO_CLIENT_SUBSCRIPTION", "EXCHANGE_S_FOUNDATION"),
		one(skuPowerBI, "f8a1db68-be16-40ed-86d5-cb42ce701560", "BI_AZURE_P2", "EXCHANGE_S_FOUNDATION"),
		one(skuProject, "53818b1b-4a27-454b-8896-0dba576410e6", "PROJECT_CLIENT_SUBSCRIPTION", "SHAREPOINTENTERPRISE", "EXCHANGE_S_FOUNDATION"),
		one(skuEMS, "efccb6f7-5641-4e0e-bd10-b4976e1bf68e", "AAD_PREMIUM", "INTUNE_A", "RMS_S_ENTERPRISE"),
		one(skuIntune, "061f9ace-7d42-4136-88ac-31dc755f143f", "INTUNE_A"),
		one(skuEntra, "84a661c4-e949-4bd2-a560-ed7766fcaf2b", "AAD_PREMIUM_P2", "AAD_PREMIUM"),
		one(skuStorage, "99049c9c-6011-4908-bf17-15f496e6519d", "SHAREPOINTSTORAGE"),
		one(skuStore, "6470687e-a428-4b7a-bef2-8a291ad947c9", "EXCHANGE_S_FOUNDATION"),
	}
	return list
}

// roomy buys some more than are used: enough for those who come next, and not so many that money is wasted.
func roomy(consumed int) units { return units{enabled: consumed + consumed/25 + 1} }

// tight leaves the smallest number of free seats that is still more than two of a hundred.
func tight(consumed int) units { return units{enabled: consumed + consumed*2/98 + 1} }

// planIDs turns plan names into identifiers.
func (s *sku) planIDs(names []string) []string {
	var ids []string
	for _, p := range s.plans {
		if slices.Contains(names, p.name) {
			ids = append(ids, p.id)
		}
	}
	return ids
}

// write gives the SKU as Graph does.
func (s *sku) write(d *document, tenant string) json.RawMessage {
	u := s.bought(s.consumed)
	d.begin()
	d.text("accountId", tenant)
	d.text("accountName", "contoso")
	d.text("appliesTo", s.appliesTo())
	d.text("capabilityStatus", s.status)
	d.number("consumedUnits", s.consumed)
	d.text("id", tenant+"_"+s.id)
	d.text("skuId", s.id)
	d.text("skuPartNumber", s.part)
	d.texts("subscriptionIds", nil)
	d.open("prepaidUnits", '{')
	d.number("enabled", u.enabled)
	d.number("suspended", u.suspended)
	d.number("warning", u.warning)
	d.number("lockedOut", u.lockedOut)
	d.shut('}')
	d.open("servicePlans", '[')
	for _, p := range s.plans {
		d.open("", '{')
		d.text("servicePlanId", p.id)
		d.text("servicePlanName", p.name)
		d.text("provisioningStatus", resultSuccess)
		d.text("appliesTo", s.appliesTo())
		d.shut('}')
	}
	d.shut(']')
	return d.end()
}

func (s *sku) appliesTo() string {
	if s.company {
		return "Company"
	}
	return "User"
}
