package probe

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hybridaudit/sources/evidence"
)

func TestProxySettings(t *testing.T) {
	env := map[string]string{"https_proxy": "http://kim:secret@proxy.contoso.com:8080", "HTTP_PROXY": "proxy.contoso.com:8080", "http_proxy": "other.example.com", "NO_PROXY": "localhost,.contoso.com"}
	want := []evidence.Setting{
		{Name: evidence.SettingProxyHTTPS, Value: "http://proxy.contoso.com:8080"}, {Name: evidence.SettingProxyHTTP, Value: "proxy.contoso.com:8080"},
		{Name: evidence.SettingProxyExcept, Value: "localhost,.contoso.com"},
	}
	if diff := cmp.Diff(want, ProxySettings(func(name string) string { return env[name] })); diff != "" {
		t.Error(diff)
	}
}

func TestWithoutCredentials(t *testing.T) {
	for text, want := range map[string]string{
		"":                                  "",
		"http://proxy.contoso.com/a.pac":    "http://proxy.contoso.com/a.pac",
		"file:///c:/proxy.pac":              "file:///c:/proxy.pac",
		"http://proxy.contoso.com/p@1.pac":  "http://proxy.contoso.com/p@1.pac",
		"http://kim@proxy.contoso.com/":     "http://proxy.contoso.com/",
		"http://kim:s%40cret@proxy:8080":    "http://proxy:8080",
		"kim:secret@proxy.contoso.com:8080": "proxy.contoso.com:8080",
		"http://kim:s/cret@proxy:8080/":     "http://proxy:8080/",
		"http://kim:s@cret@proxy:8080/":     "http://proxy:8080/",
		"http://kim:s#cret@proxy:8080/":     "http://proxy:8080/",
		"http://kim:%zz@proxy:8080/":        "http://proxy:8080/",
		`\\fs01\a@b.pac`:                    `\\fs01\a@b.pac`,
		"socks5://kim:secret@proxy":         "socks5://proxy",
		"kim@proxy":                         "proxy",
	} {
		if got := withoutCredentials(text); got != want || strings.Contains(got, "cret") {
			t.Errorf("%s: %s", text, got)
		}
	}
}

func TestSettings(t *testing.T) {
	var asked string
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = r.Host + r.URL.RequestURI()
		fmt.Fprint(w, `{"instance":"Worldwide","latest":"2026092800"}`)
	})
	rows, date := ShippedEndpoints()
	rules := []evidence.FirewallRule{{Host: "*.teams.microsoft.com", Ports: "443", Protocol: "tcp", Line: 2}, {Host: "*", Ports: "5223", Line: 3}}
	p := proberFor(t, Config{
		Endpoints: rows, EndpointsDate: date, EndpointsFile: "list.csv", Firewall: rules, FirewallFile: "firewall.csv", PAC: "http://kim:secret@proxy.contoso.com/proxy.pac",
		ProxySettings: []evidence.Setting{{Name: evidence.SettingProxyHTTPS, Value: "http://kim:secret@proxy.contoso.com:8080"}},
	}, webServer(t, handler))
	p.heard()
	for _, one := range []func(*prober){
		func(p *prober) { p.settings(t.Context(), plan{}) }, func(p *prober) { p.endpoints(t.Context(), plan{}) }, func(p *prober) { p.firewall(t.Context(), plan{}) },
	} {
		one(p)
	}
	got := map[string]string{}
	for _, s := range seen[evidence.Setting](t, p) {
		got[s.Name] = s.Value
	}
	want := map[string]string{
		"endpoints.date": "2026-06-06", "endpoints.file": "list.csv", "endpoints.version": "2026092800", "firewall.file": "firewall.csv",
		"proxy.https": "http://proxy.contoso.com:8080", "proxy.pac": "http://proxy.contoso.com/proxy.pac",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if path, guid, ok := strings.Cut(asked, "="); !ok || path != "endpoints.office.com/version/worldwide?clientrequestid" || len(guid) != 36 {
		t.Errorf("asked for %q", asked)
	}
	for i := range rules {
		rules[i].Site = "office"
	}
	if diff := cmp.Diff(rules, slices.SortedFunc(slices.Values(seen[evidence.FirewallRule](t, p)), func(a, b evidence.FirewallRule) int { return a.Line - b.Line })); diff != "" {
		t.Error(diff)
	}
	if n := len(seen[evidence.Endpoint](t, p)); n != len(rows) {
		t.Errorf("%d rows of %d", n, len(rows))
	}
	for _, d := range []evidence.Dataset{evidence.ProbeSettings, evidence.ProbeEndpoints, evidence.ProbeFirewall} {
		if c := coverageOf(t, p, d); c.State != evidence.Complete || c.Source != "office" {
			t.Errorf("%+v", c)
		}
	}
}

func TestReadVersion(t *testing.T) {
	for body, want := range map[string]string{
		`{"instance":"Worldwide","latest":"2026092800"}`: "2026092800", `{"latest":"20260928"}`: "", `{"latest":"<script>xx"}`: "", `{"latest":7}`: "", `[`: "", "": "",
	} {
		a := answer{body: []byte(body)}
		a.row.Status = http.StatusOK
		if got := readVersion(a); got != want {
			t.Errorf("%s: %q", body, got)
		}
		if a.row.Status = http.StatusForbidden; readVersion(a) != "" {
			t.Errorf("%s is taken from a refusal", body)
		}
	}
}

func TestNewGUID(t *testing.T) {
	a, b := newGUID(), newGUID()
	if a == b || len(a) != 36 || a[14] != '4' || !strings.Contains("89ab", a[19:20]) {
		t.Errorf("%s, %s", a, b)
	}
}
