package plant

import (
	"slices"
	"strings"
)

// allowedOut are the rules of a firewall that lets out what Microsoft's list of endpoints asks for: hosts, ports, protocol.
func allowedOut() []string {
	return []string{
		"52.112.0.0/14;52.122.0.0/15;2603:1063::/38,3478-3481,udp",
		"2603:1027::/48;2603:1037::/48;2603:1047::/48;2603:1057::/48;2620:1ec:6::/48;2620:1ec:40::/42,80;443,tcp",
		"*.lync.com;*.teams.microsoft.com;teams.microsoft.com;*.skype.com,80;443,tcp",
		firewallCloud,
		"*.microsoftonline.com;*.microsoftonline-p.com;*.microsoftonline-p.net;login.microsoft.com;login.windows.net;graph.microsoft.com;graph.windows.net,80;443,tcp",
		"autologon.microsoftazuread-sso.com;enterpriseregistration.windows.net;*.auth.microsoft.com;*.msftidentity.com;*.msidentity.com,80;443,tcp",
		"*.msauth.net;*.msauthimages.net;*.msftauth.net;*.msftauthimages.net;*.msecnd.net;*.phonefactor.net,80;443,tcp",
		"*.onmicrosoft.com;*.outlook.com;outlook.office.com;outlook.office365.com;outlook.cloud.microsoft;*.sharepoint.com;*.office.net,80;443,tcp",
		"*.verisign.com;*.verisign.net;*.public-trust.com;*.entrust.net;*.geotrust.com;*.omniroot.com;*.symcb.com;*.symcd.com,80,tcp",
		"*.microsoft.com;ocsp.msocsp.com;*.digicert.com;*.globalsign.com;crl.globalsign.net;*.identrust.com,80;443,tcp",
		"*.keydelivery.mediaservices.windows.net;*.streaming.mediaservices.windows.net;aka.ms;join.secure.skypeassets.com;mlccdnprod.azureedge.net;endpoints.office.com,443,tcp",
		"adl.windows.com,80;443,tcp",
		"sipfed.online.lync.com,5061,tcp",
	}
}

// firewallCloud lets out what Teams moves to.
const firewallCloud = "teams.cloud.microsoft;*.teams.cloud.microsoft,80;443,tcp"

// firewalled gives the firewall's list to the auditor, changed by what was planted before.
func (b *builder) firewalled(change func(rules []string) []string) {
	b.onNetwork(func(n *network) {
		rules := allowedOut()
		if n.Firewall != "" {
			rules = strings.Split(strings.TrimSuffix(n.Firewall, "\n"), "\n")[1:]
		}
		n.Firewall = "host,ports,protocol\n" + strings.Join(change(rules), "\n") + "\n"
	})
}

// firewallPlants are the faults of what a firewall lets out, and of the list that it is compared with. What else a firewall lets out is nobody's business.
func firewallPlants() []plant {
	const latest = "2026092800"
	return []plant{
		{rule: "NET-008", about: "rules that nothing needs any more", once: true, plant: func(b *builder) {
			old := []string{"13.107.64.0/18,3478-3481,udp", "*.broadcast.skype.com,443,tcp", "*.skypeforbusiness.com,443,tcp", "trippams.online.lync.com,80,tcp", "*,5223,tcp"}
			b.firewalled(func(rules []string) []string { return append(rules, old...) })
			for range old {
				b.expectKey("NET-008", "", firewallKey)
			}
		}},
		{rule: "NET-008", variant: "M", about: "the new names of Teams are missing", once: true, plant: func(b *builder) {
			b.firewalled(func(rules []string) []string {
				return slices.DeleteFunc(rules, func(r string) bool { return r == firewallCloud })
			})
			b.expectKey("NET-008", "M", firewallKey) // teams.cloud.microsoft
			b.expectKey("NET-008", "M", firewallKey) // *.teams.cloud.microsoft
		}},
		{rule: "NET-008", variant: "O", about: "the list of endpoints has a newer version", once: true, notIn: NoServer, plant: func(b *builder) {
			b.onNetwork(func(n *network) {
				if h := n.host("endpoints.office.com", portHTTPS); h != nil {
					h.Pages[0].Body = strings.ReplaceAll(h.Pages[0].Body, listDate, latest)
				}
			})
			b.expectKey("NET-008", "O", endpointsKey)
		}},
		{rule: "NET-008", clean: true, about: "rules for what has nothing to do with Microsoft", once: true, plant: func(b *builder) {
			b.firewalled(func(rules []string) []string {
				return append(rules, "update.example.com,443,tcp", "192.0.2.0/24,any,any")
			})
		}},
	}
}
