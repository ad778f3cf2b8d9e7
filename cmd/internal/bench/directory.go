//go:build unix

package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"hybridaudit/sources/ad"
	"hybridaudit/sources/evidence/entries"
)

// searches are those of sources/ad for the datasets that are compared, as base and filter for ldapsearch.
func searches(base string) []string {
	return []string{
		base, entries.UserFilter, base, entries.ContactFilter, base, entries.GroupFilter,
		"CN=RTC Service,CN=Services,CN=Configuration," + base, entries.ContactFilter,
	}
}

// openLDAP reads a directory of many entries.
func (b *bench) openLDAP(ctx context.Context) ([]line, error) {
	if err := withSbin(); err != nil {
		return nil, err
	}
	if err := need("slapd", "ldapsearch", "openssl", "python3"); err != nil {
		return nil, err
	}
	return b.directory(ctx, filled{
		what: "OpenLDAP", script: "slapd.sh", form: "whole", people: b.entries, options: []string{"--addr", "127.0.0.29", "--port", "3890", "--tls-port", "6360"}, reach: atLeast(0.8),
	})
}

// samba reads a real domain controller. It takes minutes to fill the first time, and is kept for the next.
func (b *bench) samba(ctx context.Context) ([]line, error) {
	if os.Getuid() != 0 {
		return nil, &missingError{"the right to start a domain controller", "make bench as root"}
	}
	if err := need("samba", "samba-tool", "ldapsearch", "openssl", "zstd"); err != nil {
		return nil, err
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return nil, err
	}
	return b.directory(ctx, filled{
		what: "Samba", script: "up.sh", form: "loadable", people: b.controlled,
		options: []string{"--addr", "127.0.0.28", "--cache", filepath.Join(cache, "hybridaudit-ci", "samba")}, reach: atLeast(0.9),
	})
}

// filled is a server that is filled and read.
type filled struct {
	what, script, form string
	people             int
	options            []string // of the script
	reach              *target
}

// withSbin makes slapd visible to those who are not root.
func withSbin() error {
	return os.Setenv("PATH", os.Getenv("PATH")+":/usr/sbin")
}

// directory starts a server with a sample directory and reads it with both programs.
func (b *bench) directory(ctx context.Context, d filled) (_ []line, err error) {
	ldif, state := b.path("people.ldif"), b.path(strings.TrimSuffix(d.script, ".sh"))
	if _, err := own(ctx, nil, "ldif", strconv.Itoa(d.people), d.form, ldif); err != nil {
		return nil, err
	}
	scripts := filepath.Join(b.root, "testdata", "samba")
	up := command{name: "bash", args: slices.Concat([]string{filepath.Join(scripts, d.script), state}, d.options, []string{ldif})}
	defer func() {
		down := command{name: "bash", args: []string{filepath.Join(scripts, "down.sh"), state, "--purge"}}
		_, fault := down.run(context.WithoutCancel(ctx))
		err = errors.Join(err, fault)
	}()
	if _, err := up.run(ctx); err != nil {
		return nil, err
	}
	env, err := environment(filepath.Join(state, "env"))
	if err != nil {
		return nil, err
	}
	ca, err := os.ReadFile(env["AD_CA"])
	if err != nil {
		return nil, err
	}
	a := address{LDAPS: env["AD_LDAPS"], BindName: env["AD_BIND_DN"], Password: env["AD_PASSWORD"], Bases: []string{env["AD_BASE"]}, CA: ca}
	peer := ldapsearch(env)
	shown, err := b.counted(ctx, peer)
	if err == nil && shown < d.people {
		err = fmt.Errorf("the server shows %d entries of %d people", shown, d.people)
	}
	if err != nil {
		return nil, err
	}
	ours, theirs, err := alternate(ctx, b.rounds, func(ctx context.Context) (cost, error) { return own(ctx, a, "ad") }, func(ctx context.Context) (cost, error) {
		k, err := peer.run(ctx)
		k.Units = shown
		return k, err
	})
	if err != nil {
		return nil, err
	}
	work, name := fmt.Sprintf("AD collection, %s, %s entries", d.what, count(float64(shown))), "ldapsearch, same searches and attributes, LDAPS, 1000 a page"
	return []line{
		perSecond("entries").against(work, ours, theirs, name, d.reach),
		processor().against(work, ours, theirs, name, nil),
		memory().against(work, ours, theirs, name, nil),
	}, nil
}

// ldapsearch makes the searches one after the other and prints what it gets.
func ldapsearch(env map[string]string) command {
	attributes := slices.DeleteFunc(ad.DefaultAttributes(), func(name string) bool { return name == "distinguishedName" }) // it stands in front of each entry
	script := `url=$1 name=$2 password=$3 attributes=$4; shift 4
while [ $# -gt 0 ]; do
  ldapsearch -x -LLL -o ldif_wrap=no -H "$url" -D "$name" -y "$password" -b "$1" -E pr=1000/noprompt "$2" $attributes; shift 2
done`
	c := shell(script, slices.Concat([]string{env["AD_LDAPS"], env["AD_BIND_DN"], env["AD_PASSWORD_FILE"], strings.Join(attributes, " ")}, searches(env["AD_BASE"]))...)
	c.env = append(c.env, "LDAPTLS_CACERT="+env["AD_CA"])
	return c
}

// counted runs the searches once, which also warms the server up, and counts the objects.
func (b *bench) counted(ctx context.Context, c command) (int, error) {
	f, err := os.Create(b.path("entries.ldif"))
	if err != nil {
		return 0, err
	}
	c.out = f
	if _, err := c.run(ctx); err != nil {
		return 0, errors.Join(err, f.Close())
	}
	if _, err := f.Seek(0, 0); err != nil {
		return 0, errors.Join(err, f.Close())
	}
	names := map[string]struct{}{} // some entries come by two searches
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<24)
	for lines.Scan() {
		if strings.HasPrefix(lines.Text(), "dn:") {
			names[lines.Text()] = struct{}{}
		}
	}
	return len(names), errors.Join(lines.Err(), f.Close(), os.Remove(f.Name()))
}

// environment reads a file of NAME=value lines.
func environment(path string) (map[string]string, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	env := map[string]string{}
	for line := range strings.Lines(string(data)) {
		if name, value, ok := strings.Cut(strings.TrimSpace(line), "="); ok {
			env[name] = value
		}
	}
	return env, nil
}
