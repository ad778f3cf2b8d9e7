package graph

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/objects"
)

// lately is how far back resolved issues are of interest.
const lately = 8 * 24 * time.Hour

// issues reads the incidents and advisories that are open and those that were resolved lately: two questions, since the service documents no filter that joins
// the conditions. Their posts, by far the largest part, are not selected.
func (r *run) issues(ctx context.Context) {
	cov := r.collector.coverage(evidence.TenantIssues)
	fault := errors.New(cov.Reason)
	defer func() { r.cover(ctx, cov, fault) }()

	rows := objects.NewRows(r.builder.Table(evidence.TenantIssues), r.collector.cfg.TenantID, nil)
	fault = closed(rows, &cov, r.readIssues(ctx, rows, &cov))
}

func (r *run) readIssues(ctx context.Context, rows *objects.Rows, cov *evidence.Coverage) error {
	since := r.collector.cfg.Clock.Now().UTC().Add(-lately).Truncate(time.Second)
	l := listing{
		dataset: evidence.TenantIssues, path: "admin/serviceAnnouncement/issues", selects: true, lenient: true,
		headers: map[string]string{"Prefer": "odata.maxpagesize=1000"}, drop: func(el []byte) bool { return resolvedBefore(el, since) },
	}
	for _, filter := range []string{"isResolved eq false", "isResolved eq true and lastModifiedDateTime ge " + since.Format(time.RFC3339)} {
		l.filter = filter
		err := r.read(ctx, &l, rows, cov)
		if isStatus(err, 400) { // then all of them; what was read by now is known by its id
			cov.Notes = append(cov.Notes, "the service refused a filter, so that all issues were read and the old ones left out")
			l.filter, l.selects = "", true
			return r.read(ctx, &l, rows, cov)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// resolvedBefore tells the issues that were over before a moment. One that does not say is kept.
func resolvedBefore(element []byte, moment time.Time) bool {
	var issue struct {
		Resolved bool      `json:"isResolved"`
		Modified time.Time `json:"lastModifiedDateTime"`
	}
	return json.Unmarshal(element, &issue) == nil && issue.Resolved && !issue.Modified.IsZero() && issue.Modified.Before(moment)
}
