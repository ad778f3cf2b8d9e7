package imports

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/valyala/fastjson"

	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/directory"
)

// savedDomain is a domain of the tenant that was saved.
type savedDomain struct {
	name                                string
	verified, federated, below, initial bool
	saysVerified, saysFederated         bool // the page has the property
}

func readSavedDomain(v *fastjson.Value) savedDomain {
	kind := string(v.GetStringBytes("authenticationType"))
	verified := v.Get("isVerified")
	return savedDomain{
		name: string(v.GetStringBytes("id")), initial: v.GetBool("isInitial"), below: v.Exists("isRoot") && !v.GetBool("isRoot"),
		verified: v.GetBool("isVerified"), saysVerified: verified != nil && (verified.Type() == fastjson.TypeTrue || verified.Type() == fastjson.TypeFalse),
		federated: strings.EqualFold(kind, "Federated"), saysFederated: kind != "",
	}
}

// domainFaults says for which domains pages are missing.
func (f *pageFilling) domainFaults(d evidence.Dataset, of []*listing, c *evidence.Coverage) []error {
	s := f.pages
	if len(s.chosen[evidence.TenantDomains]) == 0 {
		if len(of) > 0 {
			return []error{errors.New("no page of domains is among the files, so that nobody knows whether all are there")}
		}
		return []error{fmt.Errorf("no page of %s is among the files", resourceOf(d))}
	}
	for _, l := range s.chosen[evidence.TenantDomains] {
		if faults := l.faults(evidence.TenantDomains, f.table(evidence.TenantDomains).rows.Table.Rows()); len(faults) > 0 {
			return []error{fmt.Errorf("the list of domains is not complete: %w", faults[0])}
		}
	}
	var missing []string
	var faults []error
	for _, domain := range s.domains {
		has, told := domain.has(d)
		switch {
		case slices.ContainsFunc(of, func(l *listing) bool { return strings.EqualFold(l.domain, domain.name) }):
		case told && !has:
		case domain.mayLack(d):
			if len(of) > 0 {
				c.Notes = append(c.Notes, "nothing was saved for "+directory.Printable(domain.name, 253))
			}
		case !told && len(faults) == 0:
			faults = append(faults, fmt.Errorf("the list of domains does not say which of them are %s", map[bool]string{true: "federated", false: "verified"}[d == evidence.TenantFederations]))
		case told && !slices.Contains(missing, domain.name):
			missing = append(missing, directory.Printable(domain.name, 253))
		}
	}
	slices.Sort(missing)
	if len(missing) > 0 {
		faults = append(faults, fmt.Errorf("no page of %s is among the files for %s", resourceOf(d), listed(missing)))
	}
	return faults
}

// has says that a domain has a part of a dataset; told is false when the page lacks the property that decides it.
func (d savedDomain) has(of evidence.Dataset) (has, told bool) {
	switch of {
	case evidence.TenantDomainRecords:
		return d.verified, d.saysVerified
	case evidence.TenantVerification:
		return !d.microsofts(), true
	}
	unverified := d.saysVerified && !d.verified
	return d.federated && !d.below, d.saysFederated || d.below || unverified || d.microsofts() // none of these is federated by itself
}

// mayLack says that the service has nothing to give for the domain, or refuses the question.
func (d savedDomain) mayLack(of evidence.Dataset) bool {
	return of == evidence.TenantDomainRecords && d.microsofts() || of == evidence.TenantVerification && d.below
}

// microsofts says that the domain is below one of Microsoft's own.
func (d savedDomain) microsofts() bool {
	name := strings.ToLower(d.name)
	return d.initial || strings.HasSuffix(name, ".onmicrosoft.com") || strings.HasSuffix(name, ".onmicrosoft.us") || strings.HasSuffix(name, ".partner.onmschina.cn")
}
