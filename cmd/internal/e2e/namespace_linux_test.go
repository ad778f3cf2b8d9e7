package e2e

import (
	"bytes"
	"fmt"
	"maps"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"hybridaudit/sources/lab"
)

// insideNamespace tells a test that it runs in the network namespace that was made for it.
const insideNamespace = "HYBRIDAUDIT_TEST_NAMESPACE"

// inNamespace runs the test once more in a network namespace of its own, in which every port and address is free; there it gives true. All that the test starts there ends
// with it.
func inNamespace(t *testing.T, programs ...string) bool {
	t.Helper()
	if os.Getenv(insideNamespace) == t.Name() {
		sh(t, "ip", "link", "set", "lo", "up")
		return true
	}
	const peers = "BIND, unbound and network namespaces"
	for _, p := range append(programs, "ip") {
		if _, err := exec.LookPath(p); err != nil {
			missing(t, peers, err.Error())
		}
	}
	if os.Geteuid() != 0 {
		missing(t, peers, "a network namespace wants root")
	}
	again := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v", "-test.timeout=5m")
	again.Env = append(os.Environ(), insideNamespace+"="+t.Name())
	again.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET, Pdeathsig: syscall.SIGKILL}
	out, err := again.CombinedOutput()
	if err != nil {
		if bytes.Contains(out, []byte("=== RUN")) {
			t.Fatalf("%v\n%s", err, out)
		}
		missing(t, peers, err.Error())
	}
	if !bytes.Contains(out, []byte("--- PASS: "+t.Name())) {
		t.Errorf("the test did not run in its namespace:\n%s", out)
	}
	return false
}

func sh(t *testing.T, name string, args ...string) {
	t.Helper()
	if out, err := exec.CommandContext(t.Context(), name, args...).CombinedOutput(); err != nil {
		t.Fatalf("%s %v: %v\n%s", name, args, err, out)
	}
}

// The addresses of the name servers in the namespace.
const (
	outsideServer    = "192.0.2.53" // of all zones that the world sees: where the sample organisation's NS records lead
	insideServer     = "10.255.0.54"
	internalResolver = "10.255.0.53"
	publicResolver   = "192.0.2.153"
)

// nameServers starts BIND with the zones of the world and with those inside, and two recursive resolvers (unbound): one of the organisation, which sends questions about the zones
// inside to the servers there, and one of the world.
func nameServers(t *testing.T, networks ...lab.Network) {
	t.Helper()
	var world, inside, cached []lab.Zone
	for _, n := range networks {
		world, inside, cached = append(world, n.Outside...), append(inside, n.Inside...), append(cached, n.Cached...)
	}
	for _, a := range []string{outsideServer, insideServer, internalResolver, publicResolver} {
		sh(t, "ip", "address", "add", a+"/32", "dev", "lo")
	}
	more := namedServers(merged(world))
	for _, a := range more {
		sh(t, "ip", "address", "replace", a+"/32", "dev", "lo")
	}
	named(t, append(merged(world), rootZone(merged(world))), append(more, outsideServer)...)
	named(t, merged(inside), insideServer)
	unbound(t, internalResolver, merged(inside), nil)
	unbound(t, publicResolver, nil, cached)
	for _, a := range []string{outsideServer, insideServer, internalResolver, publicResolver} {
		answers(t, a)
	}
}

// merged puts zones of one name together.
func merged(zones []lab.Zone) []lab.Zone {
	var all []lab.Zone
	for _, z := range zones {
		i := slices.IndexFunc(all, func(o lab.Zone) bool { return strings.EqualFold(o.Name, z.Name) })
		if i < 0 {
			all = append(all, lab.Zone{Name: z.Name, Fails: z.Fails, Records: slices.Clone(z.Records)})
			continue
		}
		all[i].Records = append(all[i].Records, z.Records...)
		all[i].Fails = all[i].Fails || z.Fails
	}
	return all
}

// rootZone delegates all zones to the one server that has them.
func rootZone(zones []lab.Zone) lab.Zone {
	root := lab.Zone{}
	for _, z := range zones {
		root.Records = append(root.Records, lab.Record{Name: z.Name, Type: "NS", Value: "ns1." + z.Name}, lab.Record{Name: "ns1." + z.Name, Type: "A", Value: outsideServer})
	}
	return root
}

// namedServers lists the addresses of servers that zones name as theirs.
func namedServers(zones []lab.Zone) []string {
	names, addresses := map[string]bool{}, map[string]bool{}
	for _, z := range zones {
		for _, r := range z.Records {
			if r.Type == "NS" {
				names[strings.ToLower(r.Value)] = true
			}
		}
	}
	for _, z := range zones {
		for _, r := range z.Records {
			if r.Type == "A" && names[strings.ToLower(r.Name)] {
				addresses[r.Value] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(addresses))
}

// named serves zones at addresses, of which the last one is that of the server that stands in the zones where they name none.
func named(t *testing.T, zones []lab.Zone, addresses ...string) {
	t.Helper()
	dir, address := t.TempDir(), addresses[len(addresses)-1]
	var conf strings.Builder
	fmt.Fprintf(&conf, `options { directory %q; listen-on port 53 { %s; }; listen-on-v6 { none; }; pid-file "named.pid"; session-keyfile "session.key"; recursion no; allow-query { any; };
  dnssec-validation no; notify no; check-names primary ignore; empty-zones-enable no; };
controls { };
`, dir, strings.Join(addresses, "; "))
	for i, z := range zones {
		file := fmt.Sprintf("zone%d", i)
		fmt.Fprintf(&conf, "zone %q { type primary; file %q; };\n", z.Name+".", file)
		if !z.Fails { // a zone without its file is answered with SERVFAIL
			writeFile(t, filepath.Join(dir, file), zoneFile(z, address))
		}
	}
	writeFile(t, filepath.Join(dir, "named.conf"), conf.String())
	daemon(t, dir, "named", "-g", "-n", "1", "-c", filepath.Join(dir, "named.conf"))
}

func zoneFile(z lab.Zone, address string) string {
	var b strings.Builder
	server := "ns1." + z.Name
	switch {
	case z.Name == "":
		server = "ns1.root-servers.example"
	case address == insideServer: // zones inside are no copies of those outside, and have servers of their own
		server = "dc1." + z.Name
	}
	fmt.Fprintf(&b, "$TTL 3600\n%s. IN SOA %s. hostmaster.%[2]s. 2026112201 7200 900 1209600 300\n", z.Name, server)
	if !slices.ContainsFunc(z.Records, func(r lab.Record) bool { return r.Type == "NS" && strings.EqualFold(r.Name, z.Name) }) {
		fmt.Fprintf(&b, "%s. IN NS %s.\n%[2]s. IN A %[3]s\n", z.Name, server, address)
	}
	for _, r := range z.Records {
		if r.Type == "SOA" {
			continue
		}
		value := r.Value
		switch r.Type {
		case "CNAME", "SRV", "NS", "MX":
			value += "."
		case "TXT":
			value = fmt.Sprintf("%q", strings.Trim(value, `"`))
		}
		ttl := r.TTL
		if ttl == 0 {
			ttl = 3600
		}
		fmt.Fprintf(&b, "%s. %d IN %s %s\n", r.Name, ttl, r.Type, value)
	}
	return b.String()
}

func unbound(t *testing.T, address string, stubs, remembered []lab.Zone) {
	t.Helper()
	dir := t.TempDir()
	writeFile(t, filepath.Join(dir, "root.hints"), ". 3600000 IN NS ns1.root-servers.example.\nns1.root-servers.example. 3600000 IN A "+outsideServer+"\n")
	var conf strings.Builder
	fmt.Fprintf(&conf, "server:\n interface: %s\n port: 53\n access-control: 0.0.0.0/0 allow\n do-ip6: no\n root-hints: %q\n module-config: \"iterator\"\n chroot: \"\"\n username: \"\"\n directory: %q\n"+
		" pidfile: \"\"\n use-syslog: no\n do-daemonize: no\n do-not-query-localhost: no\n num-threads: 1\n local-zone: \"10.in-addr.arpa.\" nodefault\n", address, filepath.Join(dir, "root.hints"), dir)
	for _, z := range remembered {
		for _, r := range z.Records {
			value := r.Value
			if r.Type == "CNAME" || r.Type == "SRV" {
				value += "."
			}
			fmt.Fprintf(&conf, " local-zone: \"%s.\" redirect\n local-data: \"%[1]s. 3600 IN %s %s\"\n", r.Name, r.Type, value)
		}
	}
	for _, z := range stubs {
		fmt.Fprintf(&conf, "stub-zone:\n name: \"%s.\"\n stub-addr: %s\n", z.Name, insideServer)
	}
	conf.WriteString("remote-control:\n control-enable: no\n")
	writeFile(t, filepath.Join(dir, "unbound.conf"), conf.String())
	daemon(t, dir, "unbound", "-d", "-c", filepath.Join(dir, "unbound.conf"))
}

func writeFile(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

// daemon runs a server until the test ends; what it says is shown when the test fails.
func daemon(t *testing.T, dir, name string, args ...string) {
	t.Helper()
	said, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		t.Fatal(err)
	}
	c := exec.CommandContext(t.Context(), name, args...)
	c.Dir, c.Stdout, c.Stderr = dir, said, said
	c.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = c.Process.Kill() // it may have ended
		_ = c.Wait()
		_ = said.Close()
		if t.Failed() {
			log, _ := os.ReadFile(said.Name()) // for people
			for line := range bytes.Lines(log) {
				if bytes.Contains(line, []byte("not loaded")) || bytes.Contains(line, []byte("error:")) {
					t.Logf("%s: %s", name, line)
				}
			}
		}
	})
}

// answers waits until a name server takes connections.
func answers(t *testing.T, address string) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); ; {
		c, err := net.DialTimeout("tcp", net.JoinHostPort(address, "53"), time.Second)
		if err == nil {
			_ = c.Close()
			return
		}
		if time.Now().After(end) {
			t.Fatalf("the name server at %s does not answer: %v", address, err)
		}
		time.Sleep(20 * time.Millisecond)
	}
}
