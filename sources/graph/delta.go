package graph

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/directory"
	"hybridaudit/sources/evidence/objects"
)

// The service forgets after seven days what changed. deltaAge leaves a margin for a long run and for clocks that differ.
const deltaAge = 6*24*time.Hour + 12*time.Hour

// maxDeltaLink is the longest link that is kept or taken up.
const maxDeltaLink = 16 << 10

// errReadInFull says that a dataset has to be read from the beginning.
var errReadInFull = errors.New("to be read in full")

// untracked are the columns whose changes a delta query does not tell, so that they are read anew each time. The documentation of users' delta names
// licenseAssignmentStates; for everything else its rule is that what a listing can select is kept in the directory and tracked.
func untracked(d evidence.Dataset) []string {
	if d == evidence.TenantUsers {
		return []string{"licenseAssignmentStates"}
	}
	return nil
}

// latest asks where the changes from now on will be told, before a listing begins, so that nothing that happens meanwhile is lost. It gives what the coverage
// keeps: the link's path and query; "" where the service does not track changes, which is no fault of the listing.
func (r *run) latest(ctx context.Context, l listing) string {
	if !l.tracked {
		return ""
	}
	c := r.collector.client
	names := objects.Properties(evidence.SchemaOf(l.dataset), trackedColumns(l))
	var link string
	_, err := c.get(ctx, request{url: c.url(l.path+"/delta", "$select", strings.Join(names, ","), "$deltatoken", "latest")}, nil, func(a answer) error {
		p, err := objects.ReadPage(a.body, nil, false)
		link = p.Delta
		return err
	})
	if err != nil {
		c.cfg.Log.Info("Graph does not track changes", "path", l.path, "fault", err.Error())
		return ""
	}
	return c.keepable(l.path, link)
}

// trackedColumns are those that a delta query is asked for.
func trackedColumns(l listing) map[string]bool {
	keep := map[string]bool{}
	for _, n := range evidence.SchemaOf(l.dataset).Names() {
		if (l.keep == nil || l.keep[n]) && !slices.Contains(untracked(l.dataset), n) {
			keep[n] = true
		}
	}
	return keep
}

// keepable reduces a deltaLink to path and query; "" for one that could not be taken up again.
func (c *client) keepable(path, link string) string {
	u, err := url.Parse(link)
	if err != nil || !sameOrigin(u, c.root) {
		return ""
	}
	kept := u.RequestURI()
	if _, err := c.takeUp(path, kept); err != nil {
		return ""
	}
	return kept
}

// takeUp makes the address of a link that was kept. It comes out of a file, so all that may be in it is the delta function of the collection with a token.
func (c *client) takeUp(path, kept string) (*url.URL, error) {
	bad := errors.New("the link that was kept is none to changes of " + path)
	u, err := url.Parse(kept)
	if err != nil || len(kept) > maxDeltaLink || !strings.HasPrefix(kept, "/") || u.Host != "" || u.User != nil || u.Fragment != "" {
		return nil, bad
	}
	own := strings.ToLower(u.EscapedPath())
	if base := "/" + stable + "/" + path + "/"; own != base+"delta" && own != base+"delta()" && own != base+"microsoft.graph.delta" && own != base+"microsoft.graph.delta()" {
		return nil, bad
	}
	token := ""
	for name, values := range u.Query() {
		if strings.EqualFold(name, "$deltatoken") {
			token = values[0]
		}
	}
	if token == "" || strings.EqualFold(token, "latest") {
		return nil, bad
	}
	full := *c.root
	full.Path, full.RawPath, full.RawQuery = u.Path, u.RawPath, u.RawQuery
	return &full, nil
}

// earlier is what an earlier run left of a dataset.
type earlier struct {
	table *evidence.Table
	link  *url.URL
	since time.Time
}

// before finds the earlier read of a dataset. why says for what reason there is none to build on, "" when nobody has read it before.
func (r *run) before(l listing) (e earlier, why string) {
	cfg := r.collector.cfg
	if cfg.Previous == nil || !l.tracked {
		return e, ""
	}
	i := slices.IndexFunc(cfg.Previous.Coverage(), func(cov evidence.Coverage) bool {
		return cov.Dataset == l.dataset && strings.EqualFold(cov.Source, cfg.TenantID)
	})
	if i < 0 {
		return e, ""
	}
	cov := cfg.Previous.Coverage()[i]
	e.table, e.since = cfg.Previous.Table(l.dataset), cov.Started
	age := cfg.Clock.Now().Sub(cov.Started)
	switch {
	case cov.State != evidence.Complete || e.table == nil || len(cov.Missing) > 0:
		return e, "the earlier read is not complete"
	case cov.Delta == "":
		return e, "the earlier read kept no link to the changes"
	case !strings.EqualFold(cov.Server, cfg.graph.Host):
		return e, "the earlier read was of " + directory.Printable(cov.Server, 100)
	case !sameSet(cov.Attributes, objects.Columns(evidence.SchemaOf(l.dataset), l.keep)):
		return e, "the earlier read asked for other properties"
	case age > deltaAge:
		return e, fmt.Sprintf("the earlier read is %d days old, and the service tells changes for seven days only", int(age.Hours()/24))
	case age < -time.Hour:
		return e, "the earlier read is from the future: the clock was set back"
	}
	link, err := r.collector.client.takeUp(l.path, cov.Delta)
	if err != nil {
		return e, err.Error()
	}
	e.link = link
	return e, ""
}

func sameSet(a, b []string) bool {
	return slices.Equal(slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b)))
}
