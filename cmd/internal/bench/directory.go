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

	"hybridaudit/sources/evidence"
)

// The searches of sources/ad, for ldapsearch. Should they ever differ, so do the numbers of entries, and the row fails.
func searches() []string {
	return []string{
		"(&(objectCategory=person)(objectClass=user))", "(&(objectCategory=person)(objectClass=contact))",
		"(&(objectCategory=group)(|(mail=*)(proxyAddresses=*)(mailNickname=*)))",
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
	lines, err := b.directory(ctx, "OpenLDAP", "slapd.sh", "whole", b.entries, "--addr", "127.0.0.29", "--port", "3890", "--tls-port", "6360")
	if err != nil || len(lines) == 0 {
		return lines, err
	}
	return lines, nil
}

// samba reads a real domain controller; it takes minutes to fill, so it is asked for.
func (b *bench) samba(ctx context.Context) ([]line, error) {
	const variable = "HYBRIDAUDIT_BENCH_SAMBA"
	if os.Getenv(variable) == "" {
		return nil, &missingError{"a Samba domain controller", variable + "=1 make bench"}
	}
	if err := need("samba", "samba-tool", "ldapsearch", "openssl", "zstd"); err != nil {
		return nil, err
	}
	return b.directory(ctx, "Samba", "up.sh", "loadable", min(b.entries, 10_000), "--addr", "127.0.0.28")
}

// withSbin makes slapd visible to those who are not root.
func withSbin() error {
	return os.Setenv("PATH", os.Getenv("PATH")+":/usr/sbin")
}

// directory starts a server with a sample directory and reads it with both programs.
func (b *bench) directory(ctx context.Context, what, script, form string, people int, options ...string) (_ []line, err error) {
	ldif, state := b.path("people.ldif"), b.path(strings.TrimSuffix(script, ".sh"))
	if _, err := own(ctx, nil, "ldif", strconv.Itoa(people), form, ldif); err != nil {
		return nil, err
	}
	scripts := filepath.Join(b.root, "testdata", "samba")
	up := command{name: "bash", args: slices.Concat([]string{filepath.Join(scripts, script), state}, options, []string{ldif})}
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
	entries, err := b.counted(ctx, peer)
	if err == nil && entries < people {
		err = fmt.Errorf("the server shows %d entries of %d people", entries, people)
	}
	if err != nil {
		return nil, err
	}
	ours, theirs, err := alternate(ctx, b.rounds, func(ctx context.Context) (cost, error) { return own(ctx, a, "ad") }, func(ctx context.Context) (cost, error) {
		k, err := peer.run(ctx)
		k.Units = entries
		return k, err
	})
	if err != nil {
		return nil, err
	}
	work, name := fmt.Sprintf("AD collection, %s, %s entries", what, count(float64(entries))), "ldapsearch, same searches and attributes, LDAPS, 1000 a page"
	reach := atLeast(0.8)
	if what == "Samba" {
		reach = atLeast(0.9)
	}
	return []line{
		perSecond("entries").against(work, ours, theirs, name, reach),
		processor().against(work, ours, theirs, name, nil),
		memory().against(work, ours, theirs, name, nil),
	}, nil
}

// ldapsearch makes the searches one after the other and prints what it gets.
func ldapsearch(env map[string]string) command {
	var attributes []string
	for _, c := range evidence.SchemaOf(evidence.ADUsers) {
		if c.Name != evidence.ADForestColumn && c.Name != "memberOf" && c.Name != "distinguishedName" {
			attributes = append(attributes, c.Name)
		}
	}
	script := `url=$1 base=$2 name=$3 password=$4; shift 4; attributes=$1; shift
for filter; do ldapsearch -x -LLL -o ldif_wrap=no -H "$url" -D "$name" -y "$password" -b "$base" -E pr=1000/noprompt "$filter" $attributes; done`
	c := shell(script, slices.Concat([]string{env["AD_LDAPS"], env["AD_BASE"], env["AD_BIND_DN"], env["AD_PASSWORD_FILE"], strings.Join(attributes, " ")}, searches())...)
	c.env = append(c.env, "LDAPTLS_CACERT="+env["AD_CA"])
	return c
}

// counted runs the searches once, which also warms the server up, and counts the entries.
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
	n := 0
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<24)
	for lines.Scan() {
		if strings.HasPrefix(lines.Text(), "dn:") {
			n++
		}
	}
	return n, errors.Join(lines.Err(), f.Close(), os.Remove(f.Name()))
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
