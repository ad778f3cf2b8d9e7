package graph

import (
	"context"
	"errors"
	"fmt"

	"github.com/valyala/fastjson"

	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/directory"
	"hybridaudit/sources/evidence/objects"
)

// domainKind is a dataset of which each domain has a part of its own.
type domainKind struct {
	dataset evidence.Dataset
	path    string // below the domain
	what    string // in messages
	asked   func(domain) bool
	// none says that an error answer means that there are none, and whether that deserves a note.
	none func(d domain, status int) (none, noted bool)
	// fill stores what the column names do not say.
	fill func(s evidence.Schema, row evidence.Row, o *fastjson.Object, domain string) error
}

// domainKinds are the datasets that are asked domain by domain.
func domainKinds() []domainKind {
	return []domainKind{
		{
			dataset: evidence.TenantDomainRecords, path: "serviceConfigurationRecords", what: "records",
			asked: func(d domain) bool { return d.verified },
			none: func(d domain, status int) (bool, bool) {
				return (status == 400 || status == 404) && d.microsofts(), true
			},
			fill: objects.FillRecord,
		},
		{
			// Unverified domains have them too; those are what they are for.
			dataset: evidence.TenantVerification, path: "verificationDnsRecords", what: "verification records",
			asked: func(d domain) bool { return !d.microsofts() },
			none: func(d domain, status int) (bool, bool) { // a subdomain needs no proof
				return (status == 400 || status == 404) && d.below, true
			},
			fill: objects.FillRecord,
		},
		{
			// Subdomains inherit from the domain above, where the configuration is.
			dataset: evidence.TenantFederations, path: "federationConfiguration", what: "federation",
			asked: func(d domain) bool { return d.federated && !d.below },
			none:  func(_ domain, status int) (bool, bool) { return status == 404, false },
			fill: func(s evidence.Schema, row evidence.Row, _ *fastjson.Object, domain string) error {
				col, _ := s.Find("domain")
				return row.SetText(col, domain)
			},
		},
	}
}

// domainSet is a dataset that is asked domain by domain, while it is being read.
type domainSet struct {
	kind  domainKind
	cov   evidence.Coverage
	fault error
	asked []domain
	parts []*part // of those
}

// questions makes a set's questions and gives those that can be put; the others are settled.
func (s *domainSet) questions(domains []domain, number int) (open []*part) {
	for _, d := range domains {
		if !s.kind.asked(d) {
			continue
		}
		p := &part{path: "domains/" + d.name + "/" + s.kind.path, kind: number}
		s.asked, s.parts = append(s.asked, d), append(s.parts, p)
		if !domainName.MatchString(d.name) {
			p.err, p.settled = errors.New("the name is no domain name"), true
			continue
		}
		open = append(open, p)
	}
	return open
}

// aboutDomains reads the wanted datasets that are asked domain by domain; listed says what was wrong with the list of domains.
func (r *run) aboutDomains(ctx context.Context, domains []domain, listed error) {
	var sets []*domainSet
	var open []*part
	for number, kind := range domainKinds() {
		if !r.wanted[kind.dataset] {
			continue
		}
		set := &domainSet{kind: kind, cov: r.collector.coverage(kind.dataset)}
		set.fault = errors.New(set.cov.Reason)
		defer func() { r.cover(ctx, set.cov, set.fault) }()
		open = append(open, set.questions(domains, number)...)
		sets = append(sets, set)
	}
	alone := r.collector.client.askAll(ctx, open, r.help)
	for _, set := range sets {
		if alone {
			set.cov.Notes = append(set.cov.Notes, "the service takes no batches, so that the domains were asked one by one")
		}
		set.fault = r.deliver(set, listed)
	}
}

// deliver stores what came of the questions of one kind, domain by domain in the order of their names, whatever order they were answered in.
func (r *run) deliver(set *domainSet, listed error) error {
	kind, cov := set.kind, &set.cov
	rows := objects.NewRows(r.builder.Table(kind.dataset), r.collector.cfg.TenantID, nil)
	rows.Nameless = true
	schema := rows.Table.Schema()
	cov.Attributes = objects.Columns(schema, nil)
	var first error
	failed := 0
	for i, d := range set.asked {
		rows.Forget() // ids are told apart within one domain
		rows.More = func(row evidence.Row, o *fastjson.Object) error { return kind.fill(schema, row, o, d.name) }
		for _, body := range set.parts[i].pages {
			page, err := objects.ReadPage(body, nil, false)
			if err != nil { // it was readable when it came
				return err
			}
			rows.Take(page)
		}
		fault := set.parts[i].err
		if fault == nil || kind.without(d, fault, cov) {
			continue
		}
		if failed++; first == nil {
			first = fmt.Errorf("%s of %s: %w", kind.what, directory.Printable(d.name, 253), fault)
		}
	}
	r.collector.cfg.Progress(kind.dataset, rows.Table.Rows(), -1)
	switch {
	case listed != nil && first == nil:
		first = listed
	case first != nil && len(set.asked) > 1:
		first = fmt.Errorf("%d of %d domains could not be read; %w", failed, len(set.asked), first)
	}
	return closed(rows, cov, first)
}

// without says that a domain has nothing of the kind, which is how its error answer has to be taken.
func (k domainKind) without(d domain, fault error, cov *evidence.Coverage) bool {
	var status *StatusError
	if !errors.As(fault, &status) {
		return false
	}
	none, noted := k.none(d, status.Status)
	if none && noted {
		cov.Notes = append(cov.Notes, "no "+k.what+" are given for "+directory.Printable(d.name, 253))
	}
	return none
}
