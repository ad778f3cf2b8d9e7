//go:build unix

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"

	"hybridaudit/sources/lab"
	"hybridaudit/sources/lab/plant"
	"hybridaudit/sources/lab/server"
)

// address is where a source answers and how to get in.
type address struct {
	LDAPS, BindName, Password string
	Bases                     []string // of what is read of the directory; empty for all
	Graph, TenantID, Secret   string
	DNS                       []string // DNS servers; not everywhere
	Slow                      string   // the same Graph, but it takes its time for each page; not everywhere
	CA                        []byte   // PEM
}

// sample is the organisation of b.people people: served by a process of its own, and as evidence in a file.
type sample struct {
	address
	evidence string   // path of the file
	members  []string // paths of its members, packed as they are in it
	server   *exec.Cmd
	in       io.Closer
}

func served(r *server.Running) address {
	return address{
		LDAPS: "ldaps://" + r.LDAPS, BindName: r.BindName, Password: r.Password, Graph: "https://" + r.Graph, TenantID: r.TenantID, Secret: r.Secret, CA: r.CA,
	}
}

// organisation makes a sample organisation. Loadable, since only what a real domain controller can hold is the same for all sources.
func organisation(people int, now time.Time) (lab.Organisation, error) {
	return plant.New(plant.Options{People: people, Seed: 1, Now: now.UTC().Truncate(time.Second), Loadable: true, NoExports: true, NoNetwork: true})
}

// labWork serves an organisation of so many people until its standard input ends.
func labWork(ctx context.Context, args []string) (any, error) {
	people, err := numbered(args, 0)
	if err != nil {
		return nil, err
	}
	org, err := organisation(people, time.Now())
	if err != nil {
		return nil, err
	}
	r, err := server.Start(ctx, org, server.Options{NoNetwork: true})
	if err != nil {
		return nil, err
	}
	if err := json.NewEncoder(os.Stdout).Encode(served(r)); err != nil {
		return nil, errors.Join(err, r.Stop())
	}
	_, err = io.Copy(io.Discard, os.Stdin)
	return struct{}{}, errors.Join(err, r.Stop())
}

// sampled serves the sample and collects it, once for all rows that use it.
func (b *bench) sampled(ctx context.Context) (*sample, error) {
	if b.sample != nil {
		return b.sample, nil
	}
	s := &sample{evidence: b.path("sample.evidence")}
	if err := s.start(ctx, b.people); err != nil {
		return nil, fmt.Errorf("sample organisation: %w", err)
	}
	if _, err := own(ctx, s.address, "collect", s.evidence, b.dir); err != nil {
		return nil, errors.Join(fmt.Errorf("sample organisation: %w", err), s.stop())
	}
	var err error
	if s.members, err = filepath.Glob(b.path("*.zst")); err != nil {
		return nil, errors.Join(err, s.stop())
	}
	b.sample = s
	return s, nil
}

// start starts the server and waits until it answers.
func (s *sample) start(ctx context.Context, people int) error {
	return s.startAs(ctx, "lab", strconv.Itoa(people))
}

// stop ends the server; the files go with the folder that they are in.
func (s *sample) stop() error {
	if s == nil || s.server == nil {
		return nil
	}
	server := s.server
	s.server = nil
	return errors.Join(s.in.Close(), server.Wait())
}
