package dns

import (
	"net/netip"
	"slices"
	"strings"

	miekg "github.com/miekg/dns"
)

// question is what is asked of a server: a name in lower-case A-label form without the dot at the end, and a type of records.
type question struct {
	name string
	typ  uint16
}

func (q question) String() string { return typeName(q.typ) + " " + q.name }

func typeName(t uint16) string { return miekg.TypeToString[t] }

// plainName gives the form of a name that evidence keeps. The root stays a dot.
func plainName(fqdn string) string {
	if fqdn == "." {
		return fqdn
	}
	return strings.ToLower(strings.TrimSuffix(fqdn, "."))
}

// inside says that a name is the zone or lies below it.
func inside(name, zone string) bool {
	return zone == "." || name == zone || strings.HasSuffix(name, "."+zone) && !strings.HasSuffix(name, `\.`+zone)
}

// above gives the name without its first label, "" for the last one.
func above(name string) string {
	at, end := miekg.NextLabel(name, 0)
	if end {
		return ""
	}
	return name[at:]
}

// askable says that a name can be put into a question, and leads somewhere: names of one label do not.
func askable(name string) bool {
	_, ok := miekg.IsDomainName(name)
	return ok && name != "" && name != "." && len(name) <= 253 && above(name) != ""
}

func isAddress(name string) bool {
	_, err := netip.ParseAddr(name)
	return err == nil
}

// microsoftService says that a name is one of those that Microsoft's instructions have organisations point to: nothing has to be found out about it.
func microsoftService(name string) bool {
	return slices.Contains([]string{
		"sipdir.online.lync.com", "sipfed.online.lync.com", "webdir.online.lync.com",
		"autodiscover.outlook.com", "autodiscover-s.outlook.com",
		"enterpriseregistration.windows.net", "enterpriseenrollment.manage.microsoft.com", "clientconfig.microsoftonline-p.net",
	}, name)
}

// microsoftHost says that a name lies in one of the domains of Microsoft's services, in any cloud.
func microsoftHost(name string) bool {
	return slices.ContainsFunc([]string{
		"lync.com", "lync.cn", "skypeforbusiness.us", "outlook.com", "outlook.cn", "office.com", "office365.com", "office365.us", "microsoft.com", "microsoft.us",
		"microsoftonline.com", "microsoftonline.us", "microsoftonline-p.net", "partner.microsoftonline.cn", "windows.net", "onmicrosoft.com", "onmicrosoft.us", "azure.com",
		"trafficmanager.net", "azurefd.net", "msedge.net", "azureedge.net", "cloudapp.net",
	}, func(zone string) bool { return inside(name, zone) })
}
