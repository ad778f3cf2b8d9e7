//go:build unix

package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"hybridaudit/sources/evidence"
	"hybridaudit/sources/lab/server"
	graphlab "hybridaudit/sources/lab/server/graph"
)

// tenantPeople is how many users the tenant of the pages has, and pageDelay how long its service takes for a page.
const (
	tenantPeople = 200_000
	pageDelay    = 50 * time.Millisecond
)

// sdkVariable says whether the typed SDK is compiled for a comparison.
const sdkVariable = "HYBRIDAUDIT_BENCH_SDK"

// pages reads the users of a large tenant from pages that were rendered beforehand and are served by another process: what is measured is the client.
func (b *bench) pages(ctx context.Context) (lines []line, err error) {
	s := &sample{}
	if err := s.startAs(ctx, "pages", strconv.Itoa(b.tenant)); err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.stop()) }()
	slow := s.address
	slow.Graph = slow.Slow
	ours, theirs, err := alternate(ctx, b.rounds, func(ctx context.Context) (cost, error) { return own(ctx, slow, "graph") },
		func(ctx context.Context) (cost, error) { return own(ctx, slow, "http") })
	if err != nil {
		return nil, err
	}
	work := fmt.Sprintf("Graph collection, %s users, %s a page", count(float64(ours.Units)), pageDelay)
	lines = []line{elapsed().against(work, ours, theirs, "net/http loop that throws the pages away", atMost(1.3)), memory().alone(work, ours, nil)}

	sdk, err := b.typedClient(ctx)
	if err != nil {
		return lines, err
	}
	input, err := json.Marshal(struct {
		address
		Client, Select string
	}{s.address, server.ClientID, strings.Join(userProperties(), ",")})
	if err != nil {
		return lines, err
	}
	ours, theirs, err = alternate(ctx, b.rounds, func(ctx context.Context) (cost, error) { return own(ctx, s.address, "graph") },
		func(ctx context.Context) (cost, error) {
			var out bytes.Buffer
			k, err := command{name: sdk, in: bytes.NewReader(input), out: &out}.run(ctx)
			if err == nil {
				k.Units, err = strconv.Atoi(strings.TrimSpace(out.String()))
			}
			return k, err
		})
	if err != nil {
		return lines, err
	}
	work = fmt.Sprintf("Graph collection, %s users, pages rendered before", count(float64(ours.Units)))
	const name = "PageIterator of msgraph-sdk-go"
	return append(lines, perCPUSecond("users").against(work, ours, theirs, name, atLeast(4)), memory().against(work, ours, theirs, name, nil)), nil
}

// typedClient compiles the client with the typed SDK.
func (b *bench) typedClient(ctx context.Context) (string, error) {
	if os.Getenv(sdkVariable) == "" {
		return "", &missingError{"a build with the typed Graph SDK", sdkVariable + "=1 make bench"}
	}
	program := filepath.Join(b.dir, "sdkpages")
	_, err := command{name: "go", args: []string{"build", "-tags", "sdkcontract", "-o", program, "./cmd/internal/bench/sdkpages"}, dir: b.root}.run(ctx)
	return program, err
}

// userProperties is what both sides ask for.
func userProperties() []string {
	var names []string
	for _, c := range evidence.SchemaOf(evidence.TenantUsers) {
		if c.Name != evidence.TenantColumn {
			names = append(names, c.Name)
		}
	}
	return names
}

// pagesWork renders the pages of a tenant's users and serves them at once and with the delay, at two addresses, until its standard input ends.
func pagesWork(ctx context.Context, args []string) (any, error) {
	people, err := numbered(args, 0)
	if err != nil {
		return nil, err
	}
	org, err := organisation(people, time.Now())
	if err != nil {
		return nil, err
	}
	certificate, authority, err := server.Certificate("127.0.0.1")
	if err != nil {
		return nil, err
	}
	a := address{TenantID: org.Tenant.ID, Secret: "bench", CA: authority}
	var servers []*http.Server
	var listener net.ListenConfig
	for _, to := range []struct {
		address *string
		delay   time.Duration
	}{{&a.Graph, 0}, {&a.Slow, pageDelay}} {
		lab, err := graphlab.New(graphlab.Options{Tenant: org.Tenant, Applications: []graphlab.Application{{ClientID: server.ClientID, Secret: a.Secret}}, Certificate: certificate})
		if err != nil {
			return nil, err
		}
		l, err := listener.Listen(ctx, "tcp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		*to.address = "https://" + l.Addr().String()
		rendered, err := render(ctx, lab, a, *to.address)
		if err != nil {
			return nil, err
		}
		s := &http.Server{Handler: &rendering{lab, rendered, to.delay}, TLSConfig: &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12}, ReadHeaderTimeout: 10 * time.Second}
		servers = append(servers, s)
		go func() { _ = s.ServeTLS(l, "", "") }() // ends with Close
	}
	if err := json.NewEncoder(os.Stdout).Encode(a); err != nil {
		return nil, err
	}
	_, err = io.Copy(io.Discard, os.Stdin)
	for _, s := range servers {
		err = errors.Join(err, s.Close())
	}
	return struct{}{}, err
}

const usersPath = "/v1.0/users"

// render asks for all pages of the users once and keeps them by their query; the first is under "".
func render(ctx context.Context, lab http.Handler, a address, root string) (map[string][]byte, error) {
	ask := func(method, target, token string, form url.Values) ([]byte, error) {
		req := httptest.NewRequestWithContext(ctx, method, target, strings.NewReader(form.Encode()))
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.Header.Set("Authorization", "Bearer "+token)
		answer := httptest.NewRecorder()
		lab.ServeHTTP(answer, req)
		if answer.Code != http.StatusOK {
			return nil, fmt.Errorf("rendering %s: %d", req.URL.Path, answer.Code)
		}
		return answer.Body.Bytes(), nil
	}
	var token struct {
		Token string `json:"access_token"`
	}
	body, err := ask(http.MethodPost, root+"/"+a.TenantID+"/oauth2/v2.0/token", "",
		url.Values{"client_id": {server.ClientID}, "client_secret": {a.Secret}, "grant_type": {"client_credentials"}, "scope": {root + "/.default"}})
	if err == nil {
		err = json.Unmarshal(body, &token)
	}
	rendered := map[string][]byte{}
	query := ""
	for next := root + usersPath + "?$top=999&$select=" + strings.Join(userProperties(), ","); err == nil; {
		if body, err = ask(http.MethodGet, next, token.Token, nil); err != nil {
			break
		}
		rendered[query] = body
		if next = nextLink(body); next == "" {
			break
		}
		_, query, _ = strings.Cut(next, "?")
	}
	return rendered, err
}

// rendering gives the rendered pages and leaves everything else to the lab.
type rendering struct {
	lab   http.Handler
	pages map[string][]byte
	delay time.Duration
}

func (s *rendering) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	query := r.URL.RawQuery
	if !strings.Contains(query, "skiptoken") {
		query = ""
	}
	page := s.pages[query]
	if r.URL.Path != usersPath || page == nil {
		s.lab.ServeHTTP(w, r)
		return
	}
	time.Sleep(s.delay)
	w.Header().Set("Content-Type", "application/json;odata.metadata=minimal;charset=utf-8")
	w.Header().Set("Content-Length", strconv.Itoa(len(page)))
	_, _ = w.Write(page) // the client says when something is missing
}

// startAs starts a serving worker and waits until it answers.
func (s *sample) startAs(ctx context.Context, name string, args ...string) error {
	c, err := worker(nil, name, args...)
	if err != nil {
		return err
	}
	s.server = exec.CommandContext(ctx, c.name, c.args...)
	s.server.Stderr = os.Stderr
	if s.in, err = s.server.StdinPipe(); err != nil {
		return err
	}
	out, err := s.server.StdoutPipe()
	if err != nil {
		return err
	}
	if err := s.server.Start(); err != nil {
		return err
	}
	line, err := bufio.NewReader(out).ReadBytes('\n')
	if err == nil {
		err = json.Unmarshal(line, &s.address)
	}
	if err != nil {
		return errors.Join(errors.New("its server did not start"), s.stop())
	}
	return nil
}
