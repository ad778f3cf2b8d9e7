package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"go.yaml.in/yaml/v3"

	"hybridaudit/cmd/internal/aside"
	"hybridaudit/cmd/internal/config"
	"hybridaudit/sources/lab"
	"hybridaudit/sources/lab/plant"
	"hybridaudit/sources/lab/server"
)

// labFlags say which sample organisation is made and what is written about it.
type labFlags struct {
	listen    string
	users     int
	seed      int64
	truth     string
	configOut string
	ldifOut   string
}

func newLab(a *app) *cobra.Command {
	f := labFlags{}
	c := &cobra.Command{
		Use:   "lab --listen HOST[:PORT]",
		Short: "Serve a sample organisation with planted faults over LDAP, Graph, DNS and HTTPS, for trials",
		Long: "Serves a sample organisation until it is interrupted. One line of JSON on standard output, {\"ready\":{name:address}}, says that all servers answer. " +
			"Every fault in it is planted and known: --truth lists the findings it must cause.",
		Example: `  hybridaudit lab --listen 127.0.0.1 --users 300 --config-out lab.yaml &
  hybridaudit audit --config lab.yaml --out report`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return a.runLab(c, f) },
	}
	c.Flags().StringVar(&f.listen, "listen", "", "`HOST[:PORT]` to listen on: one port for each server from PORT upward, free ports without it")
	sampleFlags(c, &f)
	c.Flags().StringVar(&f.configOut, "config-out", "", "write a configuration that points at the lab to `FILE`; FILE.d gets the CA, the secrets and the PowerShell output")
	c.Flags().StringVar(&f.ldifOut, "ldif-out", "", "write the directory as LDIF to `FILE`, for loading into a real domain controller")
	return c
}

// sampleFlags are common to lab and demo.
func sampleFlags(c *cobra.Command, f *labFlags) {
	c.Flags().IntVar(&f.users, "users", 300, "`NUMBER` of people in the sample organisation; all its faults need 243")
	c.Flags().Int64Var(&f.seed, "seed", 1, "`NUMBER` that chooses another sample organisation")
	c.Flags().StringVar(&f.truth, "truth", "", "write the findings that the planted faults must cause to `FILE`")
}

// sample makes the organisation and writes its truth and its LDIF.
func (f labFlags) sample() (lab.Organisation, error) {
	if f.users < 1 {
		return lab.Organisation{}, usage("--users %d: it takes people to make an organisation", f.users)
	}
	org, err := plant.New(plant.Options{People: f.users, Seed: f.seed, Now: time.Now().UTC().Truncate(time.Second), Loadable: f.ldifOut != ""})
	if err != nil {
		return org, usage("--users %d: %w", f.users, err)
	}
	if f.truth != "" {
		err = place(f.truth, func(w io.Writer) error { return plant.WriteTruth(w, org.Truth) })
	}
	if err == nil && f.ldifOut != "" {
		err = place(f.ldifOut, func(w io.Writer) error { return plant.WriteLDIF(w, org.Directory) })
	}
	return org, err
}

// place writes one file whole or not at all.
func place(path string, content func(io.Writer) error) error {
	f, err := aside.Write(path, content)
	if err == nil {
		err = f.Commit()
	}
	if err != nil {
		return exit(exitReport, err)
	}
	return nil
}

func (a *app) runLab(c *cobra.Command, f labFlags) error {
	host, port, err := listenAddress(f.listen)
	if err != nil {
		return err
	}
	org, err := f.sample()
	if err != nil {
		return err
	}
	running, err := server.Start(c.Context(), org, server.Options{Host: host, Port: port})
	if err != nil {
		return exit(exitUsage, err)
	}
	if f.configOut != "" {
		if err := labConfig(f.configOut, running, org); err != nil {
			return errors.Join(exit(exitReport, err), running.Stop())
		}
	}
	addresses := map[string]string{}
	if n := running.Network; n != nil {
		addresses["dns.internal"], addresses["dns.public"] = n.Internal, n.Public
	}
	for i, r := range running.All() {
		for name, address := range map[string]string{"ldaps": r.LDAPS, "ldap": r.LDAP, "graph": r.Graph} {
			addresses[[]string{"", "subsidiary."}[i]+name] = address
		}
	}
	if err := json.NewEncoder(a.io.Out).Encode(map[string]map[string]string{"ready": addresses}); err != nil {
		return errors.Join(err, running.Stop())
	}
	return running.Wait()
}

func listenAddress(listen string) (host string, port int, err error) {
	if listen == "" {
		return "", 0, usage("lab wants --listen HOST[:PORT], for example --listen 127.0.0.1")
	}
	if ip := strings.TrimSuffix(strings.TrimPrefix(listen, "["), "]"); net.ParseIP(ip) != nil {
		return ip, 0, nil
	}
	host, text, err := net.SplitHostPort(listen)
	if err != nil {
		return listen, 0, nil //nolint:nilerr // a host without a port
	}
	port, err = strconv.Atoi(text)
	if err != nil || port < 0 || port > 65000 {
		return "", 0, usage("--listen %s: the port is a number from 0 to 65000", listen)
	}
	return host, port, nil
}

// labConfig writes a configuration for the lab, with its secrets and its PowerShell output in files beside it.
func labConfig(path string, r *server.Running, org lab.Organisation) error {
	dir := path + ".d"
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	if err := os.Chmod(dir, 0o700); err != nil { //nolint:gosec // a folder needs the x bit
		return err
	}
	var forests, tenants []map[string]any
	for i, one := range r.All() {
		prefix := []string{"", "subsidiary-"}[i]
		for name, content := range map[string]string{"ca.pem": string(one.CA), "ldap.password": one.Password + "\n", "graph.secret": one.Secret + "\n"} {
			if err := os.WriteFile(filepath.Join(dir, prefix+name), []byte(content), 0o600); err != nil {
				return err
			}
		}
		beside := filepath.Base(dir) + "/" + prefix
		forests = append(forests, map[string]any{
			"servers": []string{"ldaps://" + one.LDAPS}, "caFile": beside + "ca.pem", "bindName": one.BindName, "password": "file:" + beside + "ldap.password",
		})
		tenants = append(tenants, map[string]any{
			"tenant": one.TenantID, "client": server.ClientID, "secret": "file:" + beside + "graph.secret", "caFile": beside + "ca.pem",
			"loginURL": "https://" + one.Graph, "graphURL": "https://" + one.Graph, "beta": true, "signIns": true,
		})
	}
	saved, err := saveExports(filepath.Join(dir, "exports"), org)
	if err != nil {
		return err
	}
	if saved, err = beneath(filepath.Dir(path), saved); err != nil {
		return err
	}
	content := map[string]any{"ldap": forests[0], "graph": tenants[0]}
	if len(forests) > 1 {
		content = map[string]any{"ldap": map[string]any{"forests": forests}, "graph": map[string]any{"tenants": tenants}}
	}
	content["network"] = map[string]any{"enabled": false}
	if r.Network != nil {
		if content["network"], err = labNetwork(dir, r.Network, org.Network); err != nil {
			return err
		}
	}
	if len(saved) > 0 {
		content["imports"] = map[string]any{"files": saved}
	}
	text, err := yaml.Marshal(content)
	if err != nil {
		return fmt.Errorf("writing the configuration: %w", err)
	}
	return place(path, func(w io.Writer) error {
		_, err := w.Write(text)
		return err
	})
}

// labNetwork is the section of the configuration about the lab's network; its authorities and the firewall's rules are saved in dir.
func labNetwork(dir string, n *server.Network, shown lab.Network) (map[string]any, error) {
	settings := networkOf(config.Network{}, n, shown)
	files := map[string][]byte{"public-ca.pem": n.PublicCA, "own-ca.pem": n.OwnCA}
	section := map[string]any{
		"internalResolvers": settings.InternalResolvers, "publicResolvers": settings.PublicResolvers, "proxy": settings.Proxy, "connectTo": settings.ConnectTo,
		"queriesPerSecond": settings.QueriesPerSecond,
	}
	for key, value := range map[string]string{"pac": settings.PAC, "mailbox": settings.Mailbox} {
		if value != "" {
			section[key] = value
		}
	}
	if len(settings.Hosts) > 0 {
		section["hosts"] = settings.Hosts
	}
	if settings.IdleTest > 0 {
		section["idleTest"] = settings.IdleTest.String()
	}
	beside := filepath.Base(dir) + "/"
	if shown.Firewall != "" {
		files[firewallFile], section["firewallRules"] = []byte(shown.Firewall), beside+firewallFile
	}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			return nil, err
		}
	}
	section["caFile"], section["publicCAFile"] = beside+"own-ca.pem", beside+"public-ca.pem"
	return section, nil
}

// firewallFile is where the outgoing rules of the sample organisation's firewall are saved.
const firewallFile = "firewall.csv"

// networkOf points the look at the network at a lab; what the lab does not say stays as it is.
func networkOf(c config.Network, n *server.Network, shown lab.Network) config.Network {
	c.InternalResolvers, c.PublicResolvers, c.Proxy, c.ConnectTo = []string{n.Internal}, []string{n.Public}, config.None, n.Detours
	c.QueriesPerSecond = 100_000 // nobody else asks these servers
	c.PAC, c.Mailbox, c.Hosts, c.IdleTest = shown.PAC, shown.Mailbox, shown.Asked, 4*shown.IdleCut
	if shown.ProxyAsks {
		c.Proxy = "http://" + lab.ProxyName
	}
	return c
}
