package e2e

import (
	"bytes"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hybridaudit/audit"
	"hybridaudit/audit/rules"
	"hybridaudit/sources/evidence"
	"hybridaudit/sources/graph"
	"hybridaudit/sources/imports"
	"hybridaudit/sources/lab/plant"
	"hybridaudit/sources/lab/server"
)

// saver saves the pages of a lab tenant, as an administrator would with any tool.
type saver struct {
	t      *testing.T
	client *http.Client
	base   string
	token  string
	dir    string
	pages  int
}

func newSaver(t *testing.T, r *server.Running) *saver {
	t.Helper()
	s := &saver{
		t: t, base: "https://" + r.Graph, dir: t.TempDir(),
		client: &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool(r.CA), MinVersion: tls.VersionTLS12}}, Timeout: time.Minute},
	}
	t.Cleanup(s.client.CloseIdleConnections)
	form := url.Values{"grant_type": {"client_credentials"}, "client_id": {server.ClientID}, "client_secret": {r.Secret}, "scope": {s.base + "/.default"}}
	response, err := s.client.PostForm(s.base+"/"+r.TenantID+"/oauth2/v2.0/token", form)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	var answer struct {
		Token string `json:"access_token"`
	}
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil || answer.Token == "" {
		t.Fatalf("no token: %v", err)
	}
	s.token = answer.Token
	return s
}

// get asks one question; the body is nil when there is nothing.
func (s *saver) get(address string) []byte {
	s.t.Helper()
	q, err := http.NewRequestWithContext(s.t.Context(), http.MethodGet, address, http.NoBody)
	if err != nil {
		s.t.Fatal(err)
	}
	q.Header.Set("Authorization", "Bearer "+s.token)
	q.Header.Set("Prefer", "include-unknown-enum-members")
	response, err := s.client.Do(q)
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	switch response.StatusCode {
	case http.StatusOK:
		return body
	case http.StatusNotFound, http.StatusBadRequest, http.StatusForbidden: // what the tenant does not have, or does not let be read
		return nil
	}
	s.t.Fatalf("%s: %d %s", address, response.StatusCode, body)
	return nil
}

// collection saves all pages below a path in the ways that tools do: one file for each page, all in an array, one behind the other.
func (s *saver) collection(path, query string) (objects []json.RawMessage) {
	s.t.Helper()
	address := s.base + "/" + path
	if query != "" {
		address += "?" + query
	}
	var bodies [][]byte
	for address != "" {
		body := s.get(address)
		if body == nil {
			break
		}
		var page struct {
			Next  string            `json:"@odata.nextLink"`
			Value []json.RawMessage `json:"value"`
		}
		if err := json.Unmarshal(body, &page); err != nil {
			s.t.Fatal(err)
		}
		bodies, objects, address = append(bodies, body), append(objects, page.Value...), page.Next
	}
	s.pages++
	name := func(i int) string {
		return filepath.Join(s.dir, fmt.Sprintf("%d", s.pages%3), fmt.Sprintf("%03d-%d.json", s.pages, i))
	}
	if len(bodies) == 0 {
		return objects
	}
	switch s.pages % 3 {
	case 0:
		for i, b := range bodies {
			s.write(name(i), b)
		}
	case 1:
		s.write(name(0), slices.Concat([]byte("["), bytes.Join(bodies, []byte(",\r\n")), []byte("]")))
	default:
		s.write(name(0), slices.Concat([]byte("\xEF\xBB\xBF"), bytes.Join(bodies, []byte("\n"))))
	}
	return objects
}

func (s *saver) write(path string, data []byte) {
	s.t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		s.t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o600); err != nil {
		s.t.Fatal(err)
	}
}

// everything saves all resources that the audit has a use for.
func (s *saver) everything() {
	s.t.Helper()
	var domains []struct {
		ID string `json:"id"`
	}
	for _, r := range imports.Resources() {
		version := "v1.0/"
		if r.Beta {
			version = "beta/"
		}
		query := ""
		if sel := r.Select(); sel != "" {
			query = "$select=" + sel
		}
		if strings.HasPrefix(r.Path, "users") || strings.HasPrefix(r.Path, "groups") {
			query += "&$top=37" // so that there are several pages
		}
		switch {
		case strings.HasPrefix(r.Path, "domains/"):
			for _, d := range domains {
				s.collection(version+strings.ReplaceAll(r.Path, "{id}", d.ID), query)
			}
		case strings.Contains(r.Path, "{id}"):
			for _, app := range []string{"00000004-0000-0ff1-ce00-000000000000", "00000002-0000-0ff1-ce00-000000000000"} {
				s.collection(version+strings.ReplaceAll(r.Path, "{id}", app), query)
			}
		default:
			objects := s.collection(version+r.Path, query)
			if r.Dataset == evidence.TenantDomains {
				all, err := json.Marshal(objects)
				if err != nil {
					s.t.Fatal(err)
				}
				if err := json.Unmarshal(all, &domains); err != nil {
					s.t.Fatal(err)
				}
			}
		}
	}
}

// load imports what was saved.
func (s *saver) load() *evidence.Snapshot {
	s.t.Helper()
	var files []imports.File
	err := filepath.WalkDir(s.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		files = append(files, imports.File{Name: path, Modified: info.ModTime(), Open: func() (io.ReadCloser, error) { return os.Open(path) }})
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
	got, err := imports.Graph(s.t.Context(), files, imports.GraphOptions{Name: "pages", Wanted: evidence.Datasets()})
	if err != nil {
		s.t.Fatal(err)
	}
	return got
}

// The same tenant read live and from its saved pages gives the same findings, and the same rules are assessed.
func TestSavedPagesGiveTheSameFindings(t *testing.T) {
	for _, variant := range plant.Variants() {
		t.Run(variant, func(t *testing.T) {
			org := organisation(t, plant.Options{Seed: 9, Variant: variant})
			org.Subsidiary = nil
			running, err := server.Start(t.Context(), org, server.Options{})
			if err != nil {
				t.Fatal(err)
			}
			defer func() {
				if err := running.Stop(); err != nil {
					t.Error(err)
				}
			}()
			directory, live := collectAD(t, running), collectTenant(t, running, func(c *graph.Config) { c.Beta, c.SignIns = true, true })
			s := newSaver(t, running)
			s.everything()
			saved := s.load()
			for _, c := range live.Coverage() {
				of := saved.Of(c.Dataset)
				if len(of) != 1 || of[0].State != c.State || of[0].Rows != c.Rows || !strings.EqualFold(of[0].Source, c.Source) {
					t.Errorf("%s: live %s with %d rows of %s, saved %+v", c.Dataset, c.State, c.Rows, c.Source, of)
					continue
				}
				if diff := cmp.Diff(sorted(c.Attributes), sorted(of[0].Attributes)); diff != "" && len(c.Attributes) > 0 && c.State != evidence.Failed {
					t.Errorf("%s: columns, -live +saved:\n%s", c.Dataset, diff)
				}
			}
			judge := func(tenant *evidence.Snapshot) *audit.Result {
				merged, err := evidence.Merge(directory, tenant)
				if err != nil {
					t.Fatal(err)
				}
				return run(t, merged, audit.Options{Rules: rules.All()})
			}
			compareResults(t, judge(live), judge(saved))
		})
	}
}

func sorted(names []string) []string { return slices.Sorted(slices.Values(names)) }

// compareResults compares findings with their arguments, and how rules ended.
func compareResults(t *testing.T, want, got *audit.Result) {
	t.Helper()
	texts := func(r *audit.Result) []string {
		var all []string
		for i := range r.Findings {
			f := &r.Findings[i]
			all = append(all, fmt.Sprintf("%s %s %s %v", f.Rule.ID, f.Variant, f.Subject.Key, f.Severity))
		}
		for _, o := range r.Outcomes {
			all = append(all, fmt.Sprintf("%s %v %d checked", o.Rule.ID, o.Status, o.Checked))
		}
		return sorted(all)
	}
	if diff := cmp.Diff(texts(want), texts(got)); diff != "" {
		t.Errorf("-live +saved:\n%s", diff)
	}
}
