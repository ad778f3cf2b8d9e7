package plant

import (
	"slices"

	"hybridaudit/sources/lab"
)

// renamedNetwork gives a network the names of the subsidiary.
func renamedNetwork(n lab.Network, text func(string) string) lab.Network {
	zones := func(list []lab.Zone) []lab.Zone {
		list = slices.Clone(list)
		for i, z := range list {
			records := slices.Clone(z.Records)
			for j, r := range records {
				records[j].Name, records[j].Value = text(r.Name), text(r.Value)
			}
			list[i].Name, list[i].Records = text(z.Name), records
		}
		return list
	}
	n.Outside, n.Inside, n.Cached, n.Hosts = zones(n.Outside), zones(n.Inside), zones(n.Cached), slices.Clone(n.Hosts)
	n.PAC, n.Firewall, n.Mailbox = text(n.PAC), text(n.Firewall), text(n.Mailbox)
	for i, h := range n.Hosts {
		c := h.Certificate
		c.Names, c.Organisation, c.CRL, c.OCSP = slices.Clone(c.Names), text(c.Organisation), text(c.CRL), text(c.OCSP)
		for j, name := range c.Names {
			c.Names[j] = text(name)
		}
		pages := slices.Clone(h.Pages)
		for j, p := range pages {
			header := map[string]string{}
			for k, v := range p.Header {
				header[k] = text(v)
			}
			pages[j].Path, pages[j].Body, pages[j].Header = text(p.Path), text(p.Body), header
		}
		n.Hosts[i].Name, n.Hosts[i].Certificate, n.Hosts[i].Pages = text(h.Name), c, pages
	}
	return n
}
