package graph

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/objects"
)

// listing is a dataset that is one collection.
type listing struct {
	dataset evidence.Dataset
	long    bool   // as many objects as there are people
	version string // of the API, v1.0 when it is ""
	path    string
	top     int // 0 sends no $top
	// selects sends $select; without it the service's default properties come. lenient does without it where the service refuses the question with it.
	selects, lenient bool
	filter           string          // $filter, "" for none
	keep             map[string]bool // columns, nil for all
	headers          map[string]string
	counted          bool                 // there is a $count to compare with
	whole            bool                 // the object itself instead of a list is accepted
	nameless         bool                 // objects may lack an id
	tracked          bool                 // the service tells what changed in it
	drop             func(el []byte) bool // objects that are not kept, nil for none
}

// request is what the listing's first page is asked with, for the named properties.
func (l listing) request(c *client, names []string) request {
	var options []string
	if l.selects {
		options = append(options, "$select", strings.Join(names, ","))
	}
	if l.filter != "" {
		options = append(options, "$filter", l.filter)
	}
	if l.top > 0 {
		options = append(options, "$top", strconv.Itoa(l.top))
	}
	return request{url: c.versionURL(cmp.Or(l.version, stable), l.path, options...), headers: l.headers}
}

// rows makes rows of the listing's table, or of another one of the same dataset.
func (r *run) rows(l listing, t *evidence.Table) *objects.Rows {
	rows := objects.NewRows(t, r.collector.cfg.TenantID, l.keep)
	rows.Nameless = l.nameless
	return rows
}

// list reads a collection and records its coverage.
func (r *run) list(ctx context.Context, l listing) {
	cov := r.collector.coverage(l.dataset)
	fault := errors.New(cov.Reason)
	defer func() { r.cover(ctx, cov, fault) }()

	if l.counted {
		cov.Expected = r.count(ctx, l.path, &cov)
	}
	if fault = r.catchUp(ctx, l, &cov); !errors.Is(fault, errReadInFull) {
		return
	}
	table := r.builder.Table(l.dataset)
	latest := r.latest(ctx, l)
	rows := r.rows(l, table)
	fault = closed(rows, &cov, r.read(ctx, &l, rows, &cov))
	if fault == nil {
		fault = weigh(&cov, table.Rows())
	}
	if fault == nil {
		cov.Delta = latest
	}
}

// read reads a listing into rows. A property that this service does not know is left out, noted as missing, and the listing begun again; that can only
// happen before the first row. What the service made of the question is left in the listing.
func (r *run) read(ctx context.Context, l *listing, rows *objects.Rows, cov *evidence.Coverage) error {
	c := r.collector.client
	names := slices.DeleteFunc(objects.Properties(rows.Table.Schema(), l.keep), func(n string) bool { return slices.Contains(cov.Missing, n) })
	cov.Attributes = objects.Columns(rows.Table.Schema(), l.keep)
	before, again := rows.Table.Rows(), false
	for {
		err := c.pages(ctx, l.request(c, names), l.whole, func(p objects.Page) int {
			came, added := len(p.Elements), l.take(p, rows)
			r.collector.cfg.Progress(l.dataset, rows.Table.Rows(), cov.Expected)
			if again {
				return came // what was there before is progress too
			}
			return added
		})
		if expired(err) && !again { // after a long wait; what was read stays and is not read twice
			again = true
			cov.Notes = append(cov.Notes, "the service had forgotten where the listing was, so that it was begun again")
			continue
		}
		if err == nil || !l.selects || rows.Table.Rows() > before {
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

// take stores the objects of a page that are kept. It says how many were new or passed over.
func (l *listing) take(p objects.Page, rows *objects.Rows) int {
	came := len(p.Elements)
	if l.drop != nil {
		p.Elements = slices.DeleteFunc(p.Elements, l.drop)
	}
	return came - len(p.Elements) + rows.Take(p)
}

// expired tells a link to the next page that was good no longer.
func expired(err error) bool {
	var answer *StatusError
	return errors.As(err, &answer) && answer.Status == 400 && strings.EqualFold(answer.Code, "Directory_ExpiredPageToken")
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
	_, err := c.get(ctx, request{url: c.url(path + "/$count"), headers: map[string]string{"ConsistencyLevel": "eventual"}, plain: true}, nil, func(a answer) error {
		v, err := strconv.Atoi(string(bytes.TrimSpace(bytes.TrimPrefix(a.body, []byte("\xef\xbb\xbf")))))
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
