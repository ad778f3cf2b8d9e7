package graph

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/valyala/fastjson"

	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/directory"
)

// domains reads the domains and then, domain by domain, the DNS records that the tenant wants for the verified ones.
func (r *run) domains(ctx context.Context) {
	if !r.wanted[evidence.TenantDomains] && !r.wanted[evidence.TenantDomainRecords] {
		return
	}
	cov := r.collector.coverage(evidence.TenantDomains)
	rows := newRows(r.builder.Table(evidence.TenantDomains), r.collector.cfg.TenantID, nil)
	var verified []string
	rows.more = func(_ evidence.Row, o *fastjson.Object) error {
		if v := o.Get("isVerified"); v != nil && v.Type() == fastjson.TypeTrue {
			verified = append(verified, string(o.Get("id").GetStringBytes()))
		}
		return nil
	}
	fault := errors.New(cov.Reason)
	func() {
		defer func() {
			if r.wanted[evidence.TenantDomains] {
				r.cover(ctx, cov, fault)
			}
		}()
		fault = rows.close(&cov, r.read(ctx, listing{dataset: evidence.TenantDomains, path: "domains"}, rows, &cov))
	}()
	if r.wanted[evidence.TenantDomainRecords] {
		slices.Sort(verified)
		r.domainRecords(ctx, verified, fault)
	}
}

// domainName is what may stand in a path; names come from the service, but a slash in one would ask for something else.
var domainName = regexp.MustCompile(`^[0-9A-Za-z_][0-9A-Za-z._-]*$`)

// domainRecords reads serviceConfigurationRecords of every domain; listed says what was wrong with the list of domains.
func (r *run) domainRecords(ctx context.Context, domains []string, listed error) {
	cov := r.collector.coverage(evidence.TenantDomainRecords)
	fault := errors.New(cov.Reason)
	defer func() { r.cover(ctx, cov, fault) }()

	rows := newRows(r.builder.Table(evidence.TenantDomainRecords), r.collector.cfg.TenantID, nil)
	rows.nameless = true
	cov.Attributes = columnNames(rows.table.Schema(), nil)
	var first error
	failed := 0
	for _, domain := range domains {
		err := r.recordsOf(ctx, domain, rows, &cov)
		if err == nil {
			continue
		}
		failed++
		if first == nil {
			first = fmt.Errorf("records of %s: %w", directory.Printable(domain, 253), err)
		}
		if ctx.Err() != nil || hopeless(err) {
			failed = max(failed, len(domains)-slices.Index(domains, domain))
			break
		}
	}
	switch {
	case listed != nil && first == nil:
		first = fmt.Errorf("the list of domains is not complete: %w", listed)
	case first != nil && len(domains) > 1:
		first = fmt.Errorf("%d of %d domains could not be read; %w", failed, len(domains), first)
	}
	fault = rows.close(&cov, first)
}

// hopeless tells the faults that the next domain will meet too.
func hopeless(err error) bool {
	var (
		status  *StatusError
		refused *SignInError
		wait    *WaitError
		lost    *connectionError
	)
	return errors.As(err, &refused) || errors.As(err, &wait) || errors.As(err, &lost) || errors.As(err, &status) && status.Status == 403
}

// recordsOf reads the records of one domain. For the domains that Microsoft owns the service has none to give and may refuse the question.
func (r *run) recordsOf(ctx context.Context, domain string, rows *rows, cov *evidence.Coverage) error {
	if !domainName.MatchString(domain) {
		return errors.New("the name is no domain name")
	}
	schema := rows.table.Schema()
	clear(rows.seenText) // ids are told apart within one domain
	rows.more = func(row evidence.Row, o *fastjson.Object) error { return fillRecord(schema, row, o, domain) }
	c := r.collector.client
	err := c.pages(ctx, request{url: c.url("domains/" + domain + "/serviceConfigurationRecords")}, false, func(p page) int {
		added := rows.take(p)
		r.collector.cfg.Progress(evidence.TenantDomainRecords, rows.table.Rows(), -1)
		return added
	})
	var status *StatusError
	if errors.As(err, &status) && (status.Status == 400 || status.Status == 404) && strings.HasSuffix(strings.ToLower(domain), ".onmicrosoft.com") {
		cov.Notes = append(cov.Notes, "no records are given for "+domain)
		return nil
	}
	return err
}

// fillRecord stores what a DNS record says under a name of its type: where it points to, and an MX record's preference as its priority. The label of
// an SRV record is completed where the service gives the domain only.
func fillRecord(schema evidence.Schema, row evidence.Row, o *fastjson.Object, domain string) error {
	column := func(name string) int {
		i, _ := schema.Find(name)
		return i
	}
	text := func(name string) string { return string(o.Get(name).GetStringBytes()) }
	if err := row.SetText(column("domain"), domain); err != nil {
		return err
	}
	for _, name := range []string{"canonicalName", "nameTarget", "mailExchange", "text", "description"} {
		if target := text(name); target != "" {
			if err := row.SetText(column("target"), target); err != nil {
				return err
			}
			break
		}
	}
	if v := o.Get("preference"); v != nil && v.Type() == fastjson.TypeNumber {
		row.SetInt(column("priority"), v.GetInt64())
	}
	service, protocol, label := text("service"), text("protocol"), text("label")
	if service != "" && protocol != "" && label != "" && !strings.HasPrefix(label, "_") {
		label = service + "." + protocol + "." + strings.TrimPrefix(label, "@.")
		return row.SetText(column("label"), label)
	}
	return nil
}
