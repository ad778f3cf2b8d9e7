package graph

import (
	"bytes"
	"context"
	"errors"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"hybridaudit/sources/evidence"
)

// listing is a dataset that is one collection.
type listing struct {
	dataset evidence.Dataset
	path    string
	top     int // 0 sends no $top
	// selects sends $select; without it the service's default properties come. lenient does without it where the service refuses the question with it.
	selects, lenient bool
	keep             map[string]bool // columns, nil for all
	headers          map[string]string
	counted          bool   // there is a $count to compare with
	whole            single // the object itself instead of a list is accepted
}

func (r *run) organization(ctx context.Context) {
	r.list(ctx, listing{dataset: evidence.TenantOrganization, path: "organization", selects: true})
}

// subscribedSkus takes no query options.
func (r *run) skus(ctx context.Context) {
	r.list(ctx, listing{dataset: evidence.TenantSKUs, path: "subscribedSkus"})
}

func (r *run) users(ctx context.Context) {
	l := listing{dataset: evidence.TenantUsers, path: "users", top: r.collector.cfg.PageSize, selects: true, counted: true}
	if names := r.collector.cfg.UserProperties; len(names) > 0 {
		l.keep = map[string]bool{"id": true}
		for _, n := range names {
			l.keep[n] = true
		}
	}
	r.list(ctx, l)
}

// Without the header, values that came late to an enumeration are all sent as unknownFutureValue. Without $select the effective policies come too, the
// larger part by far.
func (r *run) teams(ctx context.Context) {
	r.list(ctx, listing{dataset: evidence.TenantTeamsUsers, path: "admin/teams/userConfigurations", selects: true, lenient: true,
		headers: map[string]string{"Prefer": "include-unknown-enum-members"}})
}

func (r *run) syncFeatures(ctx context.Context) {
	r.list(ctx, listing{dataset: evidence.TenantSyncFeatures, path: "directory/onPremisesSynchronization", whole: true})
}

// list reads a collection and records its coverage.
func (r *run) list(ctx context.Context, l listing) {
	if !r.wanted[l.dataset] {
		return
	}
	cov := r.collector.coverage(l.dataset)
	fault := errors.New(cov.Reason)
	defer func() { r.cover(ctx, cov, fault) }()

	table := r.builder.Table(l.dataset)
	if l.counted {
		cov.Expected = r.count(ctx, l.path, &cov)
	}
	rows := newRows(table, r.collector.cfg.TenantID, l.keep)
	fault = rows.close(&cov, r.read(ctx, l, rows, &cov))
	if fault == nil {
		fault = weigh(&cov, table.Rows())
	}
}

// read reads a listing into rows. A property that this service does not know is left out, noted as missing, and the listing begun again; that can only
// happen before the first row.
func (r *run) read(ctx context.Context, l listing, rows *rows, cov *evidence.Coverage) error {
	c := r.collector.client
	names := properties(rows.table.Schema(), l.keep)
	cov.Attributes = columnNames(rows.table.Schema(), l.keep)
	for {
		var options []string
		if l.selects {
			options = append(options, "$select", strings.Join(names, ","))
		}
		if l.top > 0 {
			options = append(options, "$top", strconv.Itoa(l.top))
		}
		err := c.pages(ctx, request{url: c.url(l.path, options...), headers: l.headers}, l.whole, func(p page) int {
			added := rows.take(p)
			r.collector.cfg.Progress(l.dataset, rows.table.Rows(), cov.Expected)
			return added
		})
		if err == nil || !l.selects || rows.table.Rows() > 0 {
			return err
		}
		unknown := unknownProperty(err)
		switch i := slices.Index(names, unknown); {
		case i > 0: // never the id
			names = slices.Delete(names, i, i+1)
			for _, column := range cov.Attributes {
				if column == unknown || strings.HasPrefix(column, unknown+".") {
					cov.Missing = append(cov.Missing, column)
				}
			}
		case l.lenient && isStatus(err, 400):
			l.selects = false
		default:
			return err
		}
	}
}

func isStatus(err error, status int) bool {
	var answer *StatusError
	return errors.As(err, &answer) && answer.Status == status
}

func columnNames(s evidence.Schema, keep map[string]bool) []string {
	return slices.DeleteFunc(s.Names(), func(n string) bool { return n == evidence.TenantColumn || keep != nil && !keep[n] })
}

var propertyText = regexp.MustCompile(`Could not find a property named '([A-Za-z0-9_.]+)'`)

// unknownProperty gives the property for which a $select was refused, "" for any other error.
func unknownProperty(err error) string {
	var status *StatusError
	if !errors.As(err, &status) || status.Status != 400 {
		return ""
	}
	if m := propertyText.FindStringSubmatch(status.Message); m != nil {
		return m[1]
	}
	return ""
}

// count asks how many objects a collection has; -1 when the service does not say, which is no fault of the listing.
func (r *run) count(ctx context.Context, path string, cov *evidence.Coverage) int {
	c := r.collector.client
	n := -1
	_, err := c.get(ctx, request{url: c.url(path + "/$count"), headers: map[string]string{"ConsistencyLevel": "eventual"}, plain: true}, nil, func(body []byte) error {
		v, err := strconv.Atoi(string(bytes.TrimSpace(bytes.TrimPrefix(body, []byte("\xef\xbb\xbf")))))
		if err != nil || v < 0 {
			return &bodyError{problem: "the count is no number"}
		}
		n = v
		return nil
	})
	if err != nil && ctx.Err() == nil {
		cov.Notes = append(cov.Notes, "the number of objects is not known: "+err.Error())
	}
	return n
}
