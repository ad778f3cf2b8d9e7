package imports

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/valyala/fastjson"

	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/directory"
	"hybridaudit/sources/evidence/objects"
	"hybridaudit/sources/imports/documents"
)

// pages is the first reading: which pages there are, what was asked for, and which of them end their collections.
type pages struct {
	files    []File
	options  GraphOptions
	listings map[string]*listing
	order    []*listing
	of       [][]*listing // of each file, the listing of each page; nil for pages that are passed over
	count    int
	tenant   directory.GUID // as the pages tell
	from     string         // the file that told it
	host     string
	hostFile string
	unused   map[string]string // collections that nobody needs, with a file that holds one
	failed   int               // answers in batches that are errors
	looked   bool
	parser   fastjson.Parser
	domains  []savedDomain
	chosen   map[evidence.Dataset][]*listing
	skipped  map[evidence.Dataset][]string // notes
}

// listing is a collection that was asked for in one way.
type listing struct {
	collection collection
	dataset    evidence.Dataset
	domain     string
	beta       bool
	host       string
	selected   []string
	hasSelect  bool
	single     bool            // its pages are single objects
	changes    bool            // some of its pages are lists of changes
	shown      map[string]bool // properties of its objects
	elements   int
	files      map[int]bool
	nexts      map[string]bool
	finals     int
	lastFile   string
	lastLine   int
	counts     map[int]bool // what @odata.count said
}

func newPages(files []File, o GraphOptions) *pages {
	return &pages{
		files: files, options: o, listings: map[string]*listing{}, of: make([][]*listing, len(files)), unused: map[string]string{},
		chosen: map[evidence.Dataset][]*listing{}, skipped: map[evidence.Dataset][]string{},
	}
}

// look reads all files.
func (s *pages) look(ctx context.Context) error {
	for i, f := range s.files {
		before := s.count
		err := s.each(ctx, i, func(page objects.Page, line int) error { return s.note(i, page, line) })
		if err != nil {
			return err
		}
		if s.count == before {
			return &PageError{File: f.Name, Problem: "it holds no page of Microsoft Graph: JSON with @odata.context and value is expected"}
		}
		s.options.Log.Debug("pages of Microsoft Graph read", "file", f.Name, "pages", s.count-before)
	}
	s.looked = true
	for name, file := range s.unused {
		s.options.Log.Info("pages that the audit has no use for are passed over", "collection", name, "file", file)
	}
	s.options.Log.Info("pages of Microsoft Graph read", "files", len(s.files), "pages", s.count)
	return nil
}

// each gives the pages of a file.
func (s *pages) each(ctx context.Context, file int, use func(objects.Page, int) error) error {
	var elements [][]byte
	return s.files[file].each(ctx, s.options.Limits, func(v documents.Value) error {
		page, err := s.page(file, v, v.Raw, elements)
		if err != nil || page.Context == "" {
			if err == nil {
				err = s.batch(file, v, use)
			}
			return err
		}
		elements = page.Elements
		return use(page, v.Line)
	})
}

// page takes a page apart. One without context and without fault holds the answers of a batch.
func (s *pages) page(file int, v documents.Value, raw []byte, elements [][]byte) (objects.Page, error) {
	name := s.files[file].Name
	fault := func(problem string) (objects.Page, error) { return objects.Page{}, &PageError{name, v.Line, problem} }
	page, err := objects.ReadPage(raw, elements, true)
	if err != nil {
		return fault("this is no page of Microsoft Graph: " + err.Error())
	}
	if page.Context != "" {
		return page, nil
	}
	parsed, err := s.parser.ParseBytes(raw)
	if err != nil {
		return fault("this is no page of Microsoft Graph: its JSON cannot be read")
	}
	switch {
	case parsed.Exists("responses"):
		return objects.Page{}, nil
	case parsed.Exists("error"):
		return fault("this is an error that the service answered" + code(parsed.GetStringBytes("error", "code")) + ", and no page: take the file away, or ask again")
	}
	return fault("this is no page of Microsoft Graph: it has no @odata.context; save whole answers, not only what is in value")
}

func code(text []byte) string {
	if len(text) == 0 {
		return ""
	}
	return " (" + directory.Printable(string(text), 80) + ")"
}

// batch gives the pages in the answer to a batch.
func (s *pages) batch(file int, v documents.Value, use func(objects.Page, int) error) error {
	parsed, err := s.parser.ParseBytes(v.Raw)
	if err != nil {
		return &PageError{s.files[file].Name, v.Line, "this is no answer to a batch: its JSON cannot be read"}
	}
	var bodies [][]byte
	for _, response := range parsed.GetArray("responses") {
		if status := response.GetInt("status"); status != 0 && status/100 != 2 {
			if !s.looked {
				s.failed++
			}
			continue
		}
		if body := response.Get("body"); body != nil && body.Type() == fastjson.TypeObject {
			bodies = append(bodies, body.MarshalTo(nil))
		}
	}
	for _, body := range bodies {
		page, err := s.page(file, v, body, nil)
		if err == nil && page.Context == "" {
			err = &PageError{s.files[file].Name, v.Line, "there is a batch within the answer to a batch"}
		}
		if err == nil {
			err = use(page, v.Line)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// note takes one page.
func (s *pages) note(file int, page objects.Page, line int) error {
	name := s.files[file].Name
	fault := func(problem string) error { return &PageError{name, line, problem} }
	if s.count++; s.count > MaxPages {
		return fault(fmt.Sprintf("there are more than %d pages", MaxPages))
	}
	c, ok := readContext(page.Context)
	if !ok {
		return fault("its @odata.context names no collection")
	}
	if s.host == "" {
		s.host, s.hostFile = c.host, name
	} else if c.host != "" && c.host != s.host {
		return fault("the page is from " + directory.Printable(c.host, 100) + ", those of " + s.hostFile + " are from " + directory.Printable(s.host, 100) + ": give each tenant a folder of its own")
	}
	l, err := s.listing(c, page)
	if err != nil {
		return fault(err.Error())
	}
	s.of[file] = append(s.of[file], l)
	if l == nil {
		s.unused[directory.Printable(c.path, 100)] = name
		return nil
	}
	l.files[file] = true
	l.elements += len(page.Elements)
	l.changes = l.changes || c.delta || page.Delta != ""
	if page.Next == "" {
		l.finals++
	} else {
		l.nexts[page.Next] = true
	}
	l.lastFile, l.lastLine = name, line
	if err := s.inside(l, page, name); err != nil {
		return fault(err.Error())
	}
	return nil
}

// listing gives what a page is part of, nil when nobody needs it.
func (s *pages) listing(c graphContext, page objects.Page) (*listing, error) {
	kind, dataset, known := collectionOf(c.path)
	if !known {
		return nil, nil //nolint:nilnil // the audit has no use for it
	}
	if perDomain(dataset) && c.key == "" {
		return nil, errors.New("its @odata.context does not say of which domain these are: save the whole answer of " + resourceOf(dataset))
	}
	if !perDomain(dataset) && c.key != "" && !c.entity {
		return nil, nil //nolint:nilnil // what belongs to one object
	}
	if !c.entity && len(page.Elements) == 1 && len(page.Elements[0]) == len(bytes.TrimSpace(page.Body)) && dataset != evidence.TenantSyncFeatures {
		return nil, errors.New(`the page has no list "value"`)
	}
	if kind == ofUsers && s.deleted(c, page) {
		kind, dataset = ofDeleted, evidence.TenantDeletedUsers
	}
	key := strings.Join([]string{string(kind), string(dataset), strings.ToLower(c.key), fmt.Sprint(c.beta, c.entity), strings.Join(c.selected, ",")}, "\x00")
	l := s.listings[key]
	if l == nil {
		l = &listing{
			collection: kind, dataset: dataset, domain: c.key, beta: c.beta, host: c.host, selected: c.selected, hasSelect: c.selected != nil, single: c.entity,
			shown: map[string]bool{}, files: map[int]bool{}, nexts: map[string]bool{}, counts: map[int]bool{},
		}
		s.listings[key] = l
		s.order = append(s.order, l)
	}
	return l, nil
}

// deleted says that users are those that were deleted: the service calls both users.
func (s *pages) deleted(c graphContext, page objects.Page) bool {
	if len(page.Elements) == 0 {
		return slices.Contains(c.selected, "deletedDateTime")
	}
	v, err := s.parser.ParseBytes(page.Elements[0])
	return err == nil && len(v.GetStringBytes("deletedDateTime")) > 0
}

// inside looks at the objects of a page: which properties they show, and of which tenant they are.
func (s *pages) inside(l *listing, page objects.Page, file string) error {
	if bytes.Contains(page.Body, []byte(`"@odata.count"`)) {
		if v, err := s.parser.ParseBytes(page.Body); err == nil && v.Exists("@odata.count") {
			l.counts[v.GetInt("@odata.count")] = true
		}
	}
	tells := slices.Contains([]evidence.Dataset{evidence.TenantOrganization, evidence.TenantSKUs, evidence.TenantSyncFeatures, evidence.TenantTeamsUsers}, l.dataset)
	if l.hasSelect && !tells && l.dataset != evidence.TenantDomains {
		return nil
	}
	for _, element := range page.Elements {
		v, err := s.parser.ParseBytes(element)
		if err != nil || v.Type() != fastjson.TypeObject {
			continue // the second reading counts it
		}
		if !l.hasSelect {
			o, err := v.Object()
			if err != nil {
				continue
			}
			o.Visit(func(key []byte, _ *fastjson.Value) {
				if !l.shown[string(key)] && len(l.shown) < maxHeld {
					l.shown[string(key)] = true
				}
			})
		}
		if l.dataset == evidence.TenantDomains {
			s.domains = append(s.domains, readSavedDomain(v))
		}
		if tells {
			if err := s.tell(l.dataset, v, file); err != nil {
				return err
			}
		}
	}
	return nil
}

// tell notes the tenant that an object is of.
func (s *pages) tell(d evidence.Dataset, v *fastjson.Value, file string) error {
	text := string(v.GetStringBytes("id"))
	switch d {
	case evidence.TenantTeamsUsers:
		text = string(v.GetStringBytes("tenantId"))
	case evidence.TenantSKUs: // the tenant's id and the SKU's
		text, _, _ = strings.Cut(text, "_")
	}
	id, err := directory.ParseGUID(text)
	switch {
	case err != nil || id.IsZero():
	case s.tenant.IsZero():
		s.tenant, s.from = id, file
	case s.tenant != id:
		return fmt.Errorf("the page is of the tenant %s, %s is of %s: give each tenant a folder of its own", id, s.from, s.tenant)
	}
	return nil
}

// columns lists the columns of a dataset that the listing filled.
func (l *listing) columns(d evidence.Dataset) []string {
	var columns []string
	for _, c := range objects.Columns(evidence.SchemaOf(d), nil) {
		if d.Holds(c) && (perDomain(d) || l.has(c)) {
			columns = append(columns, c)
		}
	}
	return columns
}

// has says that a column's property was asked for or is shown. Collections without objects show nothing, and lack nothing.
func (l *listing) has(column string) bool {
	if !strings.HasPrefix(column, "@") {
		column, _, _ = strings.Cut(column, ".")
	}
	if l.hasSelect {
		return slices.ContainsFunc(l.selected, func(n string) bool { return strings.EqualFold(n, column) }) || column == "id"
	}
	return l.elements == 0 || l.shown[column]
}

// feeds lists the datasets that come of a listing.
func (l *listing) feeds() []evidence.Dataset {
	explicit := func(name string) bool { return slices.Contains(l.selected, name) || l.shown[name] }
	var all []evidence.Dataset
	add := func(d evidence.Dataset, is bool) {
		if is {
			all = append(all, d)
		}
	}
	switch l.collection {
	case ofUsers:
		add(evidence.TenantSIPInfo, explicit("onPremisesSipInfo"))
		add(evidence.TenantSignIns, explicit("signInActivity"))
		add(evidence.TenantUsers, len(all) == 0 || explicit("userPrincipalName"))
	case ofOrganization:
		add(evidence.TenantLimits, explicit("directorySizeQuota") || explicit("onPremisesLastPasswordSyncDateTime"))
		add(evidence.TenantOrganization, len(all) == 0 || explicit("displayName"))
	default:
		all = []evidence.Dataset{l.dataset}
	}
	return all
}

// name is what the tenant is called.
func (s *pages) name() string {
	if !s.tenant.IsZero() {
		return s.tenant.String()
	}
	for _, d := range s.domains {
		if d.initial {
			return strings.ToLower(d.name)
		}
	}
	return s.options.Name
}
