package probe

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"

	"hybridaudit/sources/evidence"
)

// federation reads the documents in which federation services describe themselves, once for all domains that lead to one.
func (p *prober) federation(ctx context.Context, _ plan) {
	domains := map[string][]string{} // by address
	for _, h := range p.cfg.Targets.Hosts {
		if h.Purpose != evidence.ForFederation {
			continue
		}
		for _, u := range h.URLs {
			if u = cleanAddress(u); u == "" {
				continue
			}
			domains[u] = union(domains[u], nil)
			if h.Domain != "" {
				domains[u] = union(domains[u], []string{h.Domain})
			}
		}
	}
	urls := slices.Sorted(maps.Keys(domains))
	left := p.each(ctx, len(urls), func(ctx context.Context, i int) { p.metadata(ctx, urls[i], domains[urls[i]]) })
	if left > 0 {
		p.fault(evidence.ProbeFederation, "%d federation documents were not read in time", left)
	}
}

// metadata reads one document, by the first way that leads to it.
func (p *prober) metadata(ctx context.Context, address string, domains []string) {
	p.tried(evidence.ProbeFederation)
	row := evidence.FederationMetadata{URL: address, Domains: domains}
	for _, via := range p.vias(address) {
		a := p.persist(ctx, request{url: address, via: via, limit: maxDocument})
		if a.interrupted {
			p.fault(evidence.ProbeFederation, "the document of %s was not read in time", a.row.Host)
			return
		}
		a.row.Purposes, a.row.Domains = []string{evidence.ForFederation}, domains
		record(p, a.row)
		row.Status, row.Failure = a.row.Status, a.row.Failure
		if !a.row.Through() {
			continue
		}
		row.Failure = readInto(&row, a)
		break
	}
	record(p, row)
}

// readInto takes over what the document says, and gives the reason why it says nothing.
func readInto(row *evidence.FederationMetadata, a answer) string {
	switch {
	case a.row.Status != http.StatusOK:
		return fmt.Sprintf("the service answered with status %d", a.row.Status)
	case a.cut:
		return fmt.Sprintf("the document is larger than %d KiB", maxDocument>>10)
	}
	m, err := readMetadata(a.body)
	if err != nil {
		return err.Error()
	}
	row.EntityID, row.Certificates, row.Endpoints = m.EntityID, m.Certificates, m.Endpoints
	return ""
}
