package probe

import "hybridaudit/sources/evidence"

// parts lists what is looked at besides connections, handshakes, certificates and revocation.
func parts(cfg Config) []part {
	all := []part{
		{run: (*prober).web},
		{run: (*prober).federation, datasets: []evidence.Dataset{evidence.ProbeFederation}},
		{run: (*prober).media, evenSilent: true},
		{run: (*prober).clocks, datasets: []evidence.Dataset{evidence.ProbeClocks}, evenSilent: true},
		{run: (*prober).settings, datasets: []evidence.Dataset{evidence.ProbeSettings}, evenSilent: true},
		{run: (*prober).endpoints, datasets: []evidence.Dataset{evidence.ProbeEndpoints}, evenSilent: true},
	}
	if cfg.Idle > 0 {
		all = append(all, part{run: (*prober).idle, evenSilent: true}) // its rows are settings
	}
	if cfg.FirewallFile != "" {
		all = append(all, part{run: (*prober).firewall, datasets: []evidence.Dataset{evidence.ProbeFirewall}, evenSilent: true})
	}
	return all
}
