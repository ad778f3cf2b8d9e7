package imports

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/directory"
	"hybridaudit/sources/imports/ldif"
)

// Reasons why a dataset could not be read whole.
const (
	noConfiguration = "no record of the configuration partition is in the files: export it too"
	noList          = "it is not known whether the forest has further domains: CN=Partitions of the configuration partition is not in the files"
	noServices      = "CN=Services of the configuration partition is not in the files, so nothing tells what lies below it: export the whole configuration partition"
)

// found is a search with what it gave of one domain; the extent is nil when that is nothing.
type found struct {
	file   *surveyed
	search *ldif.Search
	extent *extent
}

// searchesOf lists the searches with what each gave of a domain.
func (f *filling) searchesOf(d *domain) []found {
	var list []found
	for i := range f.survey.files {
		file := &f.survey.files[i]
		for _, s := range file.searches {
			list = append(list, found{file, s, file.extents[extentKey{i, s.Index, d}]})
		}
	}
	return list
}

// fault says why the search gave less than it should have, with the file's name.
func (f found) fault() error {
	why := f.search.Fault()
	if f.file.cut != "" && f.search.Index == len(f.file.searches)-1 {
		if why = f.file.cut; f.search.Fault() != "" && f.search.Known {
			why = f.search.Fault() + "; " + f.file.cut
		}
	}
	if why == "" {
		return nil
	}
	return fmt.Errorf("%s: %s", f.file.Name, why)
}

// mayConcern says whether what is missing of a search of which nothing is known may have belonged to the clause's region: when the search gave something of
// it, or nothing at all.
func (f found) mayConcern(c *clauseFilling, of *forest) bool {
	switch {
	case f.search.Known:
		return false
	case f.extent == nil:
		return f.search.Records == 0
	case c.where.configured(of):
		return f.extent.config > 0
	}
	return f.extent.objects > 0
}

// judging is what is concluded about one dataset.
type judging struct {
	cover    evidence.Coverage
	faults   []error
	narrowed []string // files that hold only a part
	presumed []string // files that seem to hold all
	files    []string // that gave rows
	silent   []string // files that do not say what was asked for
	missing  map[string]bool
	abrupt   []string
}

func add(list *[]string, name string) {
	if !slices.Contains(*list, name) {
		*list = append(*list, name)
	}
}

// judge concludes how complete a dataset is.
func (ff *forestFilling) judge(t *tableFilling) {
	j := &judging{cover: ff.begin(t.dataset), missing: map[string]bool{}}
	if t.dataset != evidence.ADComputers || ff.judgeNames(j) {
		for _, c := range t.clauses {
			if c.where == inDomains {
				ff.judgeDomains(t, c, j)
				continue
			}
			ff.judgeRoot(t, c, j)
		}
	}
	if t.narrowable() {
		j.cover.Attributes = ff.filling.options.columns(t.dataset)
		j.cover.NotInSchema = ff.root.absent(j.cover.Attributes)
	}
	j.faults = append(j.faults, ff.filling.empty()...)
	ff.finish(t, j)
}

// judgeNames says whether there are computers to be looked for. What was not read may name more.
func (ff *forestFilling) judgeNames(j *judging) bool {
	for _, t := range ff.tables {
		if (t.dataset == evidence.ADPools || t.dataset == evidence.ADTopology) && t.faulty {
			j.faults = append(j.faults, errors.New("what was not read of the pools and of the topology may name further computers"))
			break
		}
	}
	return len(ff.root.hosts) > 0
}

// empty lists the files in which nothing could be read: exports that went wrong.
func (f *filling) empty() []error {
	var faults []error
	for i := range f.survey.files {
		file := &f.survey.files[i]
		switch {
		case len(file.searches) > 0:
		case file.cut != "":
			faults = append(faults, fmt.Errorf("%s: %s", file.Name, file.cut))
		default:
			faults = append(faults, fmt.Errorf("%s: the file is empty: the export went wrong", file.Name))
		}
	}
	return faults
}

// judgeDomains judges what comes from all domains of the forest.
func (ff *forestFilling) judgeDomains(t *tableFilling, c *clauseFilling, j *judging) {
	if !ff.listed {
		j.faults = append(j.faults, errors.New(noList))
	}
	for _, p := range ff.parts {
		if p.domain == nil || p.domain.objects == 0 && !ff.filling.searched(p.domain) {
			j.faults = append(j.faults, fmt.Errorf("the domain %s is not in the files: export it too", directory.Printable(p.dns, 255)))
			continue
		}
		if ff.judgeRegion(t, c, p.domain, j) == nothing {
			j.faults = append(j.faults, ff.nobodyKnows(t, p.dns))
		}
	}
}

func (ff *forestFilling) nobodyKnows(t *tableFilling, dns string) error {
	return fmt.Errorf("none of the %s of the domain %s is in the files, and nothing tells whether they were asked for", plural(t.dataset), directory.Printable(dns, 255))
}

// searched says whether a search that tells its base was made in the domain, though it gave nothing.
func (f *filling) searched(d *domain) bool {
	for _, one := range f.searchesOf(d) {
		if !one.search.Known {
			continue
		}
		if p := f.survey.domains.locate([]byte(one.search.Base)); p.domain == d && !p.config {
			return true
		}
	}
	return false
}

// judgeRoot judges what comes from the root domain or the configuration partition.
func (ff *forestFilling) judgeRoot(t *tableFilling, c *clauseFilling, j *judging) {
	got := ff.judgeRegion(t, c, ff.root, j)
	switch {
	case got != nothing:
	case c.where == inRootDomain:
		j.faults = append(j.faults, ff.nobodyKnows(t, ff.root.name))
	case ff.root.config == 0:
		j.faults = append(j.faults, errors.New(noConfiguration))
	default:
		j.faults = append(j.faults, errors.New(noServices))
	}
}

// noConfiguration says why nothing is known of what lies below CN=Services, "" when it is.
func (ff *forestFilling) noConfiguration() string {
	switch {
	case ff.root.config == 0:
		return noConfiguration
	case !ff.root.services:
		return noServices
	}
	return ""
}

// judgeRegion judges what all searches together gave of a region of a domain.
func (ff *forestFilling) judgeRegion(t *tableFilling, c *clauseFilling, d *domain, j *judging) reach {
	best := nothing
	var partial, seeming []string
	shares := make([]bool, len(c.samples))
	for _, one := range ff.filling.searchesOf(d) {
		got, rows := c.reachOf(one.search, one.extent, ff.forest, d, ff.filling.options), one.extent.rows(c)
		if fault := one.fault(); fault != nil && (got != nothing || rows > 0 || one.mayConcern(c, ff.forest)) {
			j.faults = append(j.faults, fault)
		}
		c.share(one.search, d, ff.forest, shares)
		if got == nothing && rows == 0 {
			continue
		}
		best = max(best, got, some)
		switch got {
		case nothing, some:
			add(&partial, one.file.Name)
		case presumed:
			add(&seeming, one.file.Name)
		case all:
		}
		if rows > 0 {
			ff.judgeAttributes(t, one, j)
		}
		if one.extent != nil {
			ff.judgeNeeds(c, one, j)
		}
	}
	if best == some && !slices.Contains(shares, false) {
		best = all
	}
	switch best {
	case some:
		if !t.narrowable() || c.where != inDomains {
			j.faults = append(j.faults, fmt.Errorf("%s: only a part of what belongs here was exported, or nothing tells that all was", listed(partial)))
			break
		}
		for _, name := range partial {
			add(&j.narrowed, name)
		}
	case presumed:
		for _, name := range seeming {
			add(&j.presumed, name)
		}
	case nothing, all:
	}
	return best
}

// narrowable says whether a part of the dataset is worth as much as with a collector that was told to read only a part.
func (t *tableFilling) narrowable() bool {
	return t.dataset == evidence.ADUsers || t.dataset == evidence.ADContacts || t.dataset == evidence.ADGroups
}

// judgeAttributes looks for attributes that a search did not ask for, or may not have asked for.
func (ff *forestFilling) judgeAttributes(t *tableFilling, one found, j *judging) {
	add(&j.files, one.file.Name)
	if one.search.Abrupt() {
		add(&j.abrupt, one.file.Name)
	}
	o := ff.filling.options
	for _, name := range o.columns(t.dataset) {
		if name == "distinguishedName" || name == "objectGUID" || j.missing[name] || one.extent.shows(one.search, o, kind(t.dataset), name) {
			continue
		}
		j.missing[name] = true
		if _, known := asked(one.search, o, name); !known {
			add(&j.silent, one.file.Name)
		}
	}
}

// judgeNeeds makes sure that the records could be chosen from others of their kind.
func (ff *forestFilling) judgeNeeds(c *clauseFilling, one found, j *judging) {
	given := one.extent.objects
	if c.where.configured(ff.forest) {
		given = one.extent.config
	}
	if given == 0 || isSilent(one.search) && len(one.extent.filled.held[c.of]) == 0 {
		return
	}
	var lacking []string
	for _, name := range c.needs {
		if !one.extent.shows(one.search, ff.filling.options, c.of, name) {
			lacking = append(lacking, name)
		}
	}
	if len(lacking) > 0 {
		j.faults = append(j.faults, fmt.Errorf("%s: which of the records belong here cannot be told without %s", one.file.Name, strings.Join(lacking, ", ")))
	}
}

// finish puts the coverage together.
func (ff *forestFilling) finish(t *tableFilling, j *judging) {
	c := &j.cover
	c.Rows = t.writer.Rows()
	if c.Rows > 0 {
		for _, name := range ff.filling.options.columns(t.dataset) {
			if j.missing[name] && !slices.Contains(c.NotInSchema, name) {
				c.Missing = append(c.Missing, name)
			}
		}
	}
	if len(j.files) > 0 {
		c.Server = "LDIF file " + listed(j.files)
	}
	note := func(files []string, text string) {
		if len(files) > 0 {
			c.Notes = append(c.Notes, listed(files)+": "+text)
		}
	}
	if len(j.silent) > 0 && len(c.Missing) > 0 {
		note(j.silent, "which attributes were asked for is not known, so those that no object holds are not known to be empty; say which were exported")
	}
	note(j.abrupt, "the last record is not followed by an empty line, as it is in what ldifde and ldapsearch write: the file may have been cut")
	note(j.presumed, "the filter of the export is not known; since the container itself is there, all below it is taken to be")
	if len(j.narrowed) > 0 {
		c.Narrowed = true
		note(j.narrowed, "only a part of the directory was exported, or nothing tells that all was")
	}
	unclassed, hidden := ff.unclassed()
	if t.dataset == evidence.ADUsers {
		if hidden > 0 {
			c.Notes = append(c.Notes, fmt.Sprintf("%d records of which the account of the export could not see the objectClass were passed over", hidden))
		}
		for i := range ff.filling.survey.files {
			for _, s := range ff.filling.survey.files[i].searches {
				t.writer.Referred(s.Referrals)
			}
		}
		if ff.deleted > 0 {
			c.Notes = append(c.Notes, fmt.Sprintf("%d records of deleted objects were passed over", ff.deleted))
		}
	}
	faults := append(j.faults, t.writer.Judge(c, c.NotInSchema)...)
	if unclassed > 0 {
		faults = append(faults, fmt.Errorf("%d records show no objectClass and could not be told apart: export objectClass too", unclassed))
	}
	t.faulty = len(faults) > 0
	end(c, faults)
	ff.builder.Cover(*c)
	ff.filling.options.Log.Info("dataset read", "dataset", c.Dataset, "state", c.State, "rows", c.Rows, "reason", c.Reason)
}
