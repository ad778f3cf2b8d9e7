package cli

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"hybridaudit/sources/lab/plant"
	"hybridaudit/sources/lab/server"
	graphlab "hybridaudit/sources/lab/server/graph"
	ldaplab "hybridaudit/sources/lab/server/ldap"
)

// cmdServe serves a sample organisation until the script ends and writes the configuration for it to NAME.yaml, with its CA and secrets in NAME.yaml.d. The
// environment gets NAME_ldaps and NAME_graph, host:port each. Options:
//
//	people=N seed=N only=RULE,RULE (none plants nothing)
//	exports            what was saved with PowerShell is in the configuration too
//	all                300 people and all faults
//	network            DNS servers and hosts answer, which takes time to look at; the configuration switches the network off otherwise
//	refuse=PATH,PATH   collections that the application may not read
//	fault=NAME         see labFaults
func cmdServe(ts *testscript.TestScript, args []string) {
	o := plant.Options{People: 40, Seed: 1, Only: []string{plant.NoFaults}, Alone: true, Now: time.Now().UTC().Truncate(time.Second)}
	faults := server.Options{}
	var refused []string
	exports, network := false, false
	var err error
	for _, a := range args[1:] {
		key, value, _ := strings.Cut(a, "=")
		switch key {
		case "people":
			o.People, err = strconv.Atoi(value)
		case "seed":
			o.Seed, err = strconv.ParseInt(value, 10, 64)
		case "only":
			o.Only = strings.Split(value, ",")
		case "exports":
			exports = true
		case "network":
			network = true
		case "all":
			o.People, o.Only = 300, nil
		case "refuse":
			refused = strings.Split(value, ",")
		case "fault":
			err = labFaults(&faults, value)
		default:
			err = fmt.Errorf("unknown option %q", a)
		}
		ts.Check(err)
	}
	o.NoExports, o.NoNetwork, faults.NoNetwork = !exports, !network, !network
	org, err := plant.New(o)
	ts.Check(err)
	for _, path := range refused {
		if org.Tenant.Refused == nil {
			org.Tenant.Refused = map[string]string{}
		}
		org.Tenant.Refused[path] = "Authorization_RequestDenied"
	}
	running, err := server.Start(context.Background(), org, faults)
	ts.Check(err)
	ts.Defer(func() {
		if err := running.Stop(); err != nil {
			ts.Logf("stopping the lab %s: %v", args[0], err)
		}
	})
	ts.Check(labConfig(ts.MkAbs(args[0]+".yaml"), running, org))
	ts.Setenv(args[0]+"_ldaps", running.LDAPS)
	ts.Setenv(args[0]+"_ldap", running.LDAP)
	ts.Setenv(args[0]+"_graph", running.Graph)
	ts.Setenv(args[0]+"_tenant", running.TenantID)
	for _, r := range running.All() {
		of(ts).hide(r.Password, r.Secret)
	}
}

func labFaults(o *server.Options, name string) error {
	switch name {
	case "users-cut": // the directory breaks off in the middle of the users, again and again
		o.LDAPFaults = append(o.LDAPFaults, ldaplab.Fault{Kind: ldaplab.CutConnection, Filter: "objectClass=user", Entries: 5, Times: -1})
	case "throttled":
		o.GraphFault = append(o.GraphFault, graphlab.Fault{Path: "users", Kind: graphlab.Throttled, RetryAfter: time.Hour, Times: -1})
	case "hostile":
		o.LDAPFaults = append(o.LDAPFaults, ldaplab.Fault{Kind: ldaplab.HostileText})
	case "locked": // the account is locked out
		o.LDAPFaults = append(o.LDAPFaults, ldaplab.Fault{Kind: ldaplab.RefusedBind, Data: "775"})
	default:
		return fmt.Errorf("unknown fault %q", name)
	}
	return nil
}
