package graph

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/valyala/fastjson"

	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/objects"
)

// domain is what decides which questions a domain is asked.
type domain struct {
	name                string
	verified, federated bool // unless the service says that it is not
	initial             bool // the tenant's first one
	below               bool // a verified domain, whose settings it inherits
}

// domains reads the domains and then what there is about each of them.
func (r *run) domains(ctx context.Context) {
	cov := r.collector.coverage(evidence.TenantDomains)
	rows := objects.NewRows(r.builder.Table(evidence.TenantDomains), r.collector.cfg.TenantID, nil)
	var all []domain
	rows.More = func(_ evidence.Row, o *fastjson.Object) error {
		all = append(all, readDomain(o))
		return nil
	}
	fault := errors.New(cov.Reason)
	func() {
		defer func() {
			if r.wanted[evidence.TenantDomains] {
				r.cover(ctx, cov, fault)
			}
		}()
		fault = closed(rows, &cov, r.read(ctx, &listing{dataset: evidence.TenantDomains, path: "domains"}, rows, &cov))
	}()
	slices.SortFunc(all, func(a, b domain) int { return cmp.Compare(a.name, b.name) })
	r.aboutDomains(ctx, all, listFault(cov, fault))
}

// listFault words what the datasets that are asked domain by domain lack when the list of domains does. The permission is that of the list.
func listFault(cov evidence.Coverage, fault error) error {
	var refused *SignInError
	switch {
	case fault == nil:
		return nil
	case errors.As(fault, &refused):
		return fmt.Errorf("the list of domains is not complete: %w", fault)
	}
	return errors.New("the list of domains is not complete: " + reason(cov, fault))
}

func readDomain(o *fastjson.Object) domain {
	is := func(name string, t fastjson.Type) bool {
		v := o.Get(name)
		return v != nil && v.Type() == t
	}
	return domain{
		name:     string(o.Get("id").GetStringBytes()),
		verified: !is("isVerified", fastjson.TypeFalse), initial: is("isInitial", fastjson.TypeTrue), below: is("isRoot", fastjson.TypeFalse),
		federated: !strings.EqualFold(string(o.Get("authenticationType").GetStringBytes()), "Managed"),
	}
}

// microsofts says that the domain is below one of Microsoft's own, where nobody else publishes records or proves anything.
func (d domain) microsofts() bool {
	name := strings.ToLower(d.name)
	for _, own := range []string{".onmicrosoft.com", ".onmicrosoft.us", ".partner.onmschina.cn"} {
		if strings.HasSuffix(name, own) {
			return true
		}
	}
	return d.initial
}

// domainName is what may stand in a path; names come from the service, but a slash in one would ask for something else.
var domainName = regexp.MustCompile(`^[0-9A-Za-z_][0-9A-Za-z._-]*$`)
