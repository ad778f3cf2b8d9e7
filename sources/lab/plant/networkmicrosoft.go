package plant

import (
	"slices"
	"strconv"
	"strings"

	"hybridaudit/sources/lab"
)

// microsoftHost is a host of Microsoft, or of a public authority that its certificates name: with the ports at which it answers.
type microsoftHost struct {
	name  string
	ports []int
}

// microsoftHosts are those that stand for the rows of Microsoft's list of endpoints, and where records of domains lead to.
func microsoftHosts() []microsoftHost {
	const web, both, plain = `sipdir.online.lync.com teams.microsoft.com graph.windows.net aka.ms join.secure.skypeassets.com mlccdnprod.azureedge.net endpoints.office.com
		outlook.office.com admin1a.online.lync.com testconnectivity.microsoft.com autodiscover-s.outlook.com worldaz.tr.teams.microsoft.com`,
		`webdir.online.lync.com teams.cloud.microsoft login.microsoftonline.com login.microsoft.com login.windows.net graph.microsoft.com
		device.login.microsoftonline.com autologon.microsoftazuread-sso.com clientconfig.microsoftonline-p.net nexus.microsoftonline-p.com
		adminwebservice.microsoftonline.com provisioningapi.microsoftonline.com passwordreset.microsoftonline.com aadcdn.msauth.net aadcdn.msftauth.net
		enterpriseregistration.windows.net enterpriseenrollment.manage.microsoft.com outlook.office365.com outlook.cloud.microsoft autodiscover.outlook.com
		crl.microsoft.com mscrl.microsoft.com ocsp.msocsp.com oneocsp.microsoft.com www.microsoft.com adl.windows.com`,
		`ocsp.digicert.com crl3.digicert.com crl4.digicert.com cacerts.digicert.com ocspx.digicert.com crl.globalsign.com crl.globalsign.net ocsp.globalsign.com
		ocsp2.globalsign.com secure.globalsign.com crl.identrust.com isrg.trustid.ocsp.identrust.com`
	var list []microsoftHost
	for _, names := range []struct {
		list  string
		ports []int
	}{{web, []int{portHTTPS}}, {both, []int{portHTTPS, portHTTP}}, {plain, []int{portHTTP, portHTTPS}}, {onlineProxy, []int{portSIP, portHTTPS}}} {
		for _, name := range strings.Fields(names.list) {
			list = append(list, microsoftHost{name, names.ports})
		}
	}
	return list
}

// listDate is the date of the list of endpoints that the product brings along, as the service that keeps it numbers its versions.
const listDate = "2026060600"

// microsoft makes the zones and hosts of Microsoft. Only the first of two organisations shows them; what the tenant has of its own there, each does.
func (n *network) microsoft() {
	for _, h := range microsoftHosts() {
		for _, port := range h.ports {
			c := lab.Certificate{}
			if port != portHTTP {
				c = certificateOf(h.name)
			}
			n.cloud = append(n.cloud, &lab.Host{Name: h.name, Port: port, Certificate: c, Pages: n.microsoftPages(h.name, port)})
		}
	}
	if !n.b.standsBeside {
		n.hosts = append(n.hosts, n.cloud...)
		n.microsoftZones()
	}
	files, mail := strings.TrimSuffix(domainInitial, ".onmicrosoft.com")+".sharepoint.com", "autodiscover."+domainInitial
	n.outside.zone(files)
	n.outside.set(files, typeA, "198.51.100.240")
	n.listen(files, portHTTPS, lab.Certificate{Names: []string{"*.sharepoint.com"}, Organisation: digiCert, CRL: digiCertCRL, OCSP: digiCertOCSP}, page("", 200, ""))
	n.listen(mail, portHTTPS, lab.Certificate{Names: []string{mail}, Organisation: digiCert, CRL: digiCertCRL, OCSP: digiCertOCSP}, credentials())
	n.listen(mail, portHTTP, lab.Certificate{}, to("https://autodiscover-s.outlook.com/autodiscover/autodiscover.xml"))
}

// certificateOf is the certificate of a host of Microsoft: Exchange Online and sign-in have theirs from DigiCert.
func certificateOf(name string) lab.Certificate {
	_, parent, _ := strings.Cut(name, ".")
	names := []string{name, "*." + parent}
	if strings.Count(name, ".") < 2 {
		names = []string{name}
	}
	for _, suffix := range []string{"microsoftonline.com", "outlook.com", "office365.com", "office.com", "windows.net", "digicert.com", "outlook.cloud.microsoft"} {
		if within(name, suffix) {
			return lab.Certificate{Names: names, Organisation: digiCert, CRL: digiCertCRL, OCSP: digiCertOCSP}
		}
	}
	return ofMicrosoft(names...)
}

// microsoftPages are what a host of Microsoft answers.
func (n *network) microsoftPages(name string, port int) []lab.Page {
	switch {
	case name == webDirectory:
		return []lab.Page{discovery(webDirectory)}
	case name == autodiscover && port == portHTTP:
		return []lab.Page{to("https://autodiscover-s.outlook.com/autodiscover/autodiscover.xml")}
	case name == "outlook.office365.com":
		return []lab.Page{page("/autodiscover/autodiscover.json", 200, `{"Protocol":"EWS","Url":"https://`+hostMail+"."+domainMain+`/EWS/Exchange.asmx"}`), credentials()}
	case within(name, "outlook.com"), within(name, "office365.com"), strings.HasPrefix(name, "graph."):
		return []lab.Page{credentials()}
	case name == "endpoints.office.com":
		return []lab.Page{page("/version/worldwide", 200, `{"instance":"Worldwide","latest":"`+listDate+`"}`), page("", 404, "")}
	case port == portSIP:
		return nil
	case port == portHTTP:
		return []lab.Page{page("", 200, revocationList)}
	}
	return []lab.Page{page("", 200, "")}
}

// microsoftZones makes the zones that the hosts of Microsoft lie in. Some names are aliases there, as they are in reality: where a record of the organisation leads
// to is seen by the first of them.
func (n *network) microsoftZones() {
	aliases := map[string]string{
		webDirectory: "webdir1e.online.lync.com", autodiscover: "atod-g2.tm-4.office.com", "outlook.office365.com": "outlook.ha.office365.com",
		"login.microsoftonline.com": "login.mso.msidentity.com",
	}
	for i, h := range microsoftHosts() {
		name := h.name
		if target := aliases[name]; target != "" {
			n.outside.zone(zoneOf(name))
			n.outside.set(name, typeCNAME, target)
			name = target
		}
		n.outside.zone(zoneOf(name))
		n.outside.set(name, typeA, "198.51.100."+strconv.Itoa(10+i))
	}
	for i := range 4 {
		name := "ns" + strconv.Itoa(i+1) + ".bdm.microsoftonline.com"
		n.outside.set(name, typeA, nameServer)
	}
	slices.SortStableFunc(n.outside.zones, func(a, b *lab.Zone) int { return strings.Compare(a.Name, b.Name) })
}

// nameServer is the address at which the lab has the servers of all zones.
const nameServer = "192.0.2.53"

// zoneOf is the zone that a host of Microsoft lies in.
func zoneOf(name string) string {
	if within(name, "online.lync.com") {
		return "online.lync.com"
	}
	labels := strings.Split(name, ".")
	return strings.Join(labels[max(0, len(labels)-2):], ".")
}
