//go:build unix

package main

import (
	"archive/zip"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"hybridaudit/sources/ad"
	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/file"
	"hybridaudit/sources/graph"
	"hybridaudit/sources/lab/server"
)

func (a address) pool() *x509.CertPool {
	p := x509.NewCertPool()
	p.AppendCertsFromPEM(a.CA)
	return p
}

// readObjects reads users, contacts and groups over one connection, as the peer does.
func readObjects(ctx context.Context, a address) (*evidence.Snapshot, error) {
	return readForest(ctx, a, func(c *ad.Config) {
		c.Datasets, c.Connections = []evidence.Dataset{evidence.ADUsers, evidence.ADContacts, evidence.ADGroups}, 1
	})
}

// readForest reads the directory with the real collector.
func readForest(ctx context.Context, a address, change func(*ad.Config)) (*evidence.Snapshot, error) {
	b := evidence.NewBuilder(time.Now())
	c := ad.Config{
		Servers: []string{a.LDAPS}, BindName: a.BindName, Password: func() (string, error) { return a.Password, nil }, RootCAs: a.pool(), SearchBases: a.Bases,
	}
	change(&c)
	if err := ad.Collect(ctx, c, b); err != nil {
		return nil, err
	}
	return complete(b.Seal(), evidence.ADUsers, evidence.ADContacts, evidence.ADGroups)
}

// readTenant reads datasets of the tenant with the real collector.
func readTenant(ctx context.Context, a address, datasets ...evidence.Dataset) (*evidence.Snapshot, error) {
	c, err := graph.New(graph.Config{
		TenantID: a.TenantID, ClientID: server.ClientID, Secret: func() (string, error) { return a.Secret, nil }, RootCAs: a.pool(), LoginURL: a.Graph, GraphURL: a.Graph,
	})
	if err != nil {
		return nil, err
	}
	b := evidence.NewBuilder(time.Now())
	if err := c.Collect(ctx, b, datasets); err != nil {
		return nil, err
	}
	return complete(b.Seal(), datasets...)
}

// readBoth reads all of both sources.
func readBoth(ctx context.Context, a address) (*evidence.Snapshot, error) {
	forest, err := readForest(ctx, a, func(*ad.Config) {})
	if err != nil {
		return nil, err
	}
	tenant, err := readTenant(ctx, a, evidence.Datasets()...)
	if err != nil {
		return nil, err
	}
	return evidence.Merge(forest, tenant)
}

// complete refuses evidence with gaps: speed at the price of rows is none.
func complete(s *evidence.Snapshot, datasets ...evidence.Dataset) (*evidence.Snapshot, error) {
	for _, c := range s.Coverage() {
		if slices.Contains(datasets, c.Dataset) && c.State != evidence.Complete && !c.Optional {
			return nil, fmt.Errorf("%s is %s: %s", c.Dataset, c.State, c.Reason)
		}
	}
	return s, nil
}

// collectWork reads both sources into an evidence file and unpacks the file's members, still compressed, into a folder.
func collectWork(ctx context.Context, args []string) (any, error) {
	a, err := input[address]()
	if err != nil || len(args) != 2 {
		return nil, errors.Join(errArguments, err)
	}
	s, err := readBoth(ctx, a)
	if err != nil {
		return nil, err
	}
	f, err := os.Create(args[0])
	if err != nil {
		return nil, err
	}
	if err := errors.Join(file.Write(f, s, file.Options{Tool: "bench"}), f.Close()); err != nil {
		return nil, err
	}
	return cost{Units: s.Rows(evidence.ADUsers)}, unpack(args[0], args[1])
}

func unpack(archive, dir string) error {
	z, err := zip.OpenReader(archive)
	if err != nil {
		return err
	}
	defer func() { _ = z.Close() }() // only read
	for _, m := range z.File {
		if !strings.HasSuffix(m.Name, ".zst") {
			continue
		}
		from, err := m.Open()
		if err != nil {
			return err
		}
		to, err := os.Create(filepath.Join(dir, filepath.Base(m.Name)))
		if err != nil {
			return errors.Join(err, from.Close())
		}
		_, err = io.Copy(to, from)
		if err := errors.Join(err, from.Close(), to.Close()); err != nil {
			return err
		}
	}
	return nil
}

// adWork reads the directory and counts the users, contacts and groups.
func adWork(ctx context.Context, _ []string) (any, error) {
	a, err := input[address]()
	if err != nil {
		return nil, err
	}
	s, err := readObjects(ctx, a)
	if err != nil {
		return nil, err
	}
	return cost{Units: s.Rows(evidence.ADUsers) + s.Rows(evidence.ADContacts) + s.Rows(evidence.ADGroups)}, nil
}

// graphWork reads the users of the tenant.
func graphWork(ctx context.Context, _ []string) (any, error) {
	a, err := input[address]()
	if err != nil {
		return nil, err
	}
	s, err := readTenant(ctx, a, evidence.TenantUsers)
	if err != nil {
		return nil, err
	}
	return cost{Units: s.Rows(evidence.TenantUsers)}, nil
}

// httpWork fetches the same pages and throws them away: what any client has to spend before it has looked at a single user.
func httpWork(ctx context.Context, _ []string) (any, error) {
	a, err := input[address]()
	if err != nil {
		return nil, err
	}
	c := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: a.pool(), MinVersion: tls.VersionTLS12}, ForceAttemptHTTP2: true}}
	defer c.CloseIdleConnections()
	token, err := signIn(ctx, c, a)
	if err != nil {
		return nil, err
	}
	users := 0
	next := a.Graph + usersPath + "?$top=999&$select=" + strings.Join(userProperties(), ",")
	var body []byte
	for next != "" {
		if body, err = fetch(ctx, c, next, token, body[:0]); err != nil {
			return nil, err
		}
		users += strings.Count(string(body), `"userPrincipalName":`)
		next = nextLink(body)
	}
	return cost{Units: users}, nil
}

func signIn(ctx context.Context, c *http.Client, a address) (string, error) {
	form := url.Values{"client_id": {server.ClientID}, "client_secret": {a.Secret}, "grant_type": {"client_credentials"}, "scope": {a.Graph + "/.default"}}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, a.Graph+"/"+a.TenantID+"/oauth2/v2.0/token", strings.NewReader(form.Encode()))
	if err != nil {
		return "", err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	var answer struct {
		Token string `json:"access_token"`
	}
	body, err := send(c, req, nil)
	if err == nil {
		err = json.Unmarshal(body, &answer)
	}
	return answer.Token, err
}

func fetch(ctx context.Context, c *http.Client, address, token string, buf []byte) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return buf, err
	}
	req.Header.Set("Authorization", "Bearer "+token)
	return send(c, req, buf)
}

// send reads the whole body into buf.
func send(c *http.Client, req *http.Request, buf []byte) (_ []byte, err error) {
	resp, err := c.Do(req)
	if err != nil {
		return buf, err
	}
	defer func() { err = errors.Join(err, resp.Body.Close()) }()
	if resp.StatusCode != http.StatusOK {
		return buf, fmt.Errorf("%s answered %s", req.URL.Path, resp.Status)
	}
	for {
		if len(buf) == cap(buf) {
			buf = append(buf, 0)[:len(buf)]
		}
		n, err := resp.Body.Read(buf[len(buf):cap(buf)])
		buf = buf[:len(buf)+n]
		if errors.Is(err, io.EOF) {
			return buf, nil
		}
		if err != nil {
			return buf, err
		}
	}
}

// nextLink finds the address of the next page without parsing the page: it stands before or behind the list.
func nextLink(body []byte) string {
	const key = `"@odata.nextLink":`
	for _, part := range []string{string(body[:min(len(body), 4096)]), string(body[max(0, len(body)-4096):])} {
		if _, rest, ok := strings.Cut(part, key); ok {
			var link string
			if err := json.NewDecoder(strings.NewReader(rest)).Decode(&link); err == nil {
				return link
			}
		}
	}
	return ""
}
