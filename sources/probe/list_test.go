package probe

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hybridaudit/sources/evidence"
)

func TestShippedEndpoints(t *testing.T) {
	rows, date := ShippedEndpoints()
	if date != "2026-06-06" || len(rows) < 100 {
		t.Fatalf("%d rows of %q", len(rows), date)
	}
	find := func(host, ports string) evidence.Endpoint {
		i := slices.IndexFunc(rows, func(e evidence.Endpoint) bool { return e.Host == host && e.Ports == ports })
		if i < 0 {
			t.Errorf("there is no row for %s, ports %s", host, ports)
			return evidence.Endpoint{}
		}
		e := rows[i]
		e.Note, e.Listed = "", ""
		return e
	}
	for _, want := range []evidence.Endpoint{
		{Host: "*.lync.com", Ports: "443;80", Protocol: "tcp", Purpose: "teams", Group: "12", Category: "Allow", Current: true, Probes: []string{"sipdir.online.lync.com", "webdir.online.lync.com"}},
		{Host: "52.112.0.0/14", Ports: "3478-3481", Protocol: "udp", Purpose: "media", Group: "11", Category: "Optimize", Current: true, Probes: []string{"worldaz.tr.teams.microsoft.com"}},
		{Host: "login.microsoftonline.com", Ports: "443;80", Protocol: "tcp", Purpose: "identity", Group: "56", Category: "Allow", Current: true, Probes: []string{"login.microsoftonline.com"}},
		{Host: "*.sharepoint.com", Ports: "443", Protocol: "tcp", Purpose: "sharePoint", Group: "31", Category: "Optimize", Current: true, Probes: []string{"<tenant>.sharepoint.com"}},
		{Host: "autodiscover.<smtpdomain>", Ports: "80", Protocol: "tcp", Purpose: "autodiscover", Current: true, Probes: []string{"autodiscover.<smtpdomain>"}},
		{Host: "testconnectivity.microsoft.com", Ports: "443", Protocol: "tcp", Purpose: "other", Current: true},
		{Host: "sipfed.online.lync.com", Ports: "5061", Protocol: "tcp", Purpose: "migration", Current: true, Probes: []string{"sipfed.online.lync.com"}},
		{Host: "*", Ports: "50000-59999", Protocol: "tcp+udp", Purpose: "media"},
		{Host: "*", Ports: "5223", Protocol: "tcp", Purpose: "other"},
		{Host: "13.107.64.0/18", Ports: "3478-3481", Protocol: "udp", Purpose: "media", Group: "11", Category: "Optimize"},
		{Host: "trippams.online.lync.com", Ports: "80", Protocol: "tcp", Purpose: "other"},
		{Host: "*.broadcast.skype.com", Ports: "443", Protocol: "tcp", Purpose: "teams", Group: "13", Category: "Allow"},
		{Host: "*.skypeforbusiness.com", Ports: "443", Protocol: "tcp", Purpose: "teams", Group: "22", Category: "Allow optional"},
		{Host: "*.sfbassets.com", Ports: "443;80", Protocol: "tcp", Purpose: "other", Group: "15", Category: "Default"},
	} {
		if diff := cmp.Diff(want, find(want.Host, want.Ports)); diff != "" {
			t.Error(diff)
		}
	}
	seen := map[[3]string]bool{}
	for _, e := range rows {
		if k := [3]string{e.Host, e.Ports, e.Protocol}; seen[k] {
			t.Errorf("%v stands twice", k)
		} else {
			seen[k] = true
		}
	}
}

func TestReadEndpoints(t *testing.T) {
	text := "\xef\xbb\xbf# date: 2026-09-28;;\r\n# Ours.\r\nPurpose;host;Ports;protocol;remark\r\nteams;Teams.Example.com.;\"443; 80\";TCP;hello\r\n\r\nmedia;192.0.2.77/24;3478-3481;udp;\r\n;;;;\r\n"
	got, date, err := ReadEndpoints(strings.NewReader(text))
	if err != nil || date != "2026-09-28" {
		t.Fatal(date, err)
	}
	want := []evidence.Endpoint{
		{Host: "teams.example.com", Ports: "443;80", Protocol: "tcp", Purpose: "teams", Current: true, Probes: []string{"teams.example.com"}},
		{Host: "192.0.2.0/24", Ports: "3478-3481", Protocol: "udp", Purpose: "media", Current: true},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestReadEndpointsSaysWhatIsWrong(t *testing.T) {
	const head = "# date: 2026-09-28\nhost,ports,protocol,purpose,current,probes\n"
	for text, want := range map[string]string{
		"":                               "the first line must name the columns",
		"# date: 2026-09-28\n":           "the first line must name the columns",
		"\xff\xfeh\x00o\x00":             "UTF-16",
		"h\x00o\x00s\x00t\x00":           "UTF-16",
		"host,ports,protocol,purpose\n*": "line 1: it must say of when the list is",
		"# date: soon\nhost,ports,protocol,purpose\n":            "line 1: it must say of when the list is",
		"# date: 2026-09-28\nhost,ports,purpose\n":               "line 2: it must name the columns",
		"# date: 2026-09-28\nhost,host,ports,protocol,purpose\n": "line 2: the column host stands twice",
		head: "it has no rows",
		head + "a.example.com,443,tcp,teams\n,443,tcp,teams":                  "line 4: \"\" is no name of a host",
		head + "a b,443,tcp,teams":                                            "line 3: \"a b\" is no name of a host",
		head + "<b>.example.com,443,tcp,teams":                                "is no name of a host",
		head + "a.example.com,,tcp,teams":                                     "line 3: no port is given",
		head + "a.example.com,0,tcp,teams":                                    "line 3: \"0\" is no port",
		head + "a.example.com,65536,tcp,teams":                                "line 3: \"65536\" is no port",
		head + "a.example.com,80-79,tcp,teams":                                "line 3: \"80-79\" is no port",
		head + "a.example.com,80,,teams":                                      "line 3: no protocol is given",
		head + "a.example.com,80,icmp,teams":                                  "line 3: the protocol is \"icmp\"",
		head + "a.example.com,80,tcp,fun":                                     "line 3: the purpose is \"fun\"",
		head + "a.example.com,80,tcp,teams,soon":                              "line 3: whether the row is current",
		head + "a.example.com,80,tcp,teams,yes,*.example.com":                 "line 3: probes: \"*.example.com\" is not the name of one host",
		head + "\"a.example.com,80,tcp,teams":                                 "line 3: ",
		head + strings.Repeat("a", 5000) + ",80,tcp,teams":                    "line 3: a value of more than",
		head + strings.Repeat("a.example.com,443,tcp,teams\n", maxListRows+1): "more than 50000 rows",
		strings.Repeat("#\n", maxListSize):                                    "larger than",
	} {
		rows, _, err := ReadEndpoints(strings.NewReader(text))
		if err == nil || !strings.Contains(err.Error(), want) || rows != nil {
			t.Errorf("%.60q: %d rows, %v, not %q", text, len(rows), err, want)
		}
	}
}

func TestReadFirewall(t *testing.T) {
	text := "Name;Protocol;Host;Ports\nall of Teams;any;*.teams.microsoft.com;\nmedia;udp;52.112.0.0/14 52.122.0.0/15;3478-3481\n# a remark\nold;tcp/udp;any;50000-59999\nipv6;tcp;2603:1027::1;\"443,80\"\n"
	got, err := ReadFirewall(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	want := []evidence.FirewallRule{
		{Host: "*.teams.microsoft.com", Line: 2},
		{Host: "52.112.0.0/14", Ports: "3478-3481", Protocol: "udp", Line: 3},
		{Host: "52.122.0.0/15", Ports: "3478-3481", Protocol: "udp", Line: 3},
		{Host: "*", Ports: "50000-59999", Protocol: "tcp+udp", Line: 5},
		{Host: "2603:1027::1", Ports: "443;80", Protocol: "tcp", Line: 6},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestReadFirewallSaysWhatIsWrong(t *testing.T) {
	const head = "host,ports,protocol\n"
	for text, want := range map[string]string{
		"":                            "the first line must name the columns",
		"host,ports\n":                "line 1: it must name the columns host, ports, protocol, and protocol is not among them",
		head:                          "there are none",
		head + "\n,443,tcp":           "line 3: no host is given",
		head + "a,443;x,tcp":          "line 2: \"x\" is no port",
		head + "a,443,sctp":           "line 2: the protocol is \"sctp\"",
		head + "https://a/,443,tcp":   "line 2: \"https://a/\" is no name of a host",
		head + "192.0.2.0/33,443,tcp": "line 2: \"192.0.2.0/33\" is no name of a host",
		head + "fe80::1%eth0,443,tcp": "is no name of a host",
		head + strings.Repeat("a.", 150) + ",443,tcp": "of more than 253",
	} {
		rules, err := ReadFirewall(strings.NewReader(text))
		if err == nil || !strings.Contains(err.Error(), want) || rules != nil {
			t.Errorf("%.60q: %d rules, %v, not %q", text, len(rules), err, want)
		}
	}
}

func FuzzReadEndpoints(f *testing.F) {
	f.Add(shippedEndpoints[:4000])
	f.Add("# date: 2026-09-28\nhost;ports;protocol;purpose;probes\n<tenant>.example.com;443;tcp;media;-\n")
	f.Fuzz(func(t *testing.T, text string) {
		rows, date, err := ReadEndpoints(strings.NewReader(text))
		if (err == nil) != (len(rows) > 0 && date != "") {
			t.Fatalf("%d rows of %q, %v", len(rows), date, err)
		}
		for _, e := range rows {
			if e.Host == "" || e.Ports == "" || e.Protocol == "" || e.Purpose == "" || len(firstPorts(e.Ports, 1)) == 0 || strings.ContainsAny(e.Host+e.Ports, " \r\n\t") {
				t.Fatalf("%+v", e)
			}
			if again, err := parseDestination(e.Host, endpointHolders...); again != e.Host || err != nil {
				t.Fatalf("%q becomes %q, %v", e.Host, again, err)
			}
		}
	})
}

func FuzzReadFirewall(f *testing.F) {
	f.Add("host,ports,protocol\n*.example.com,443;80,tcp\n192.0.2.0/24,,any\n")
	f.Add("protocol;ports;host\n\"udp\";3478-3481;\"a b\nc\"\n")
	f.Fuzz(func(t *testing.T, text string) {
		rules, err := ReadFirewall(strings.NewReader(text))
		if (err == nil) != (len(rules) > 0) {
			t.Fatalf("%d rules, %v", len(rules), err)
		}
		for _, r := range rules {
			if r.Host == "" || r.Line < 2 {
				t.Fatalf("%+v", r)
			}
		}
	})
}
