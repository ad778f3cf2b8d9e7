package probe

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"hybridaudit/sources/evidence"
)

// versionHost tells the newest version of Microsoft's list of endpoints.
const versionHost = "endpoints.office.com"

// ProxySettings reads the proxy settings of an environment, without names and passwords: of HTTPS_PROXY, HTTP_PROXY and NO_PROXY, in either case. Getenv is [os.Getenv].
func ProxySettings(getenv func(string) string) []evidence.Setting {
	var all []evidence.Setting
	for _, s := range []struct{ variable, name string }{
		{"HTTPS_PROXY", evidence.SettingProxyHTTPS}, {"HTTP_PROXY", evidence.SettingProxyHTTP}, {"NO_PROXY", evidence.SettingProxyExcept},
	} {
		value := getenv(s.variable)
		if value == "" {
			value = getenv(strings.ToLower(s.variable))
		}
		if value != "" {
			all = append(all, evidence.Setting{Name: s.name, Value: withoutCredentials(value)})
		}
	}
	return all
}

// withoutCredentials takes user name and password out of an address, also of one that cannot be read: then all that may be part of them.
func withoutCredentials(text string) string {
	u, err := url.Parse(text)
	switch {
	case !strings.Contains(text, "@"), strings.HasPrefix(text, `\\`): // the name of a file on a server has no place for them
		return text
	case err == nil && u.Host != "" && u.User == nil && !strings.Contains(u.Host, "@"): // the @ stands in the path
		return text
	case err == nil && u.Host != "":
		u.User = nil
		return u.String()
	}
	scheme, rest, ok := strings.Cut(text, "://")
	if !ok {
		scheme, rest = "", text
	} else {
		scheme += "://"
	}
	return scheme + rest[strings.LastIndexByte(rest, '@')+1:]
}

// settings keeps what holds for the place as a whole.
func (p *prober) settings(ctx context.Context, _ plan) {
	keep := func(name, value string) {
		if value != "" {
			record(p, evidence.Setting{Name: name, Value: value})
		}
	}
	for _, s := range p.cfg.ProxySettings {
		keep(s.Name, withoutCredentials(s.Value))
	}
	keep(evidence.SettingPAC, withoutCredentials(p.cfg.PAC))
	keep(evidence.SettingListDate, p.cfg.EndpointsDate)
	keep(evidence.SettingListFile, p.cfg.EndpointsFile)
	keep(evidence.SettingFirewallFile, p.cfg.FirewallFile)
	if !p.silent() {
		keep(evidence.SettingListVersion, p.listVersion(ctx))
	}
}

// listVersion asks which version of Microsoft's list is the newest; "" when nobody tells.
func (p *prober) listVersion(ctx context.Context) (version string) {
	address := "https://" + versionHost + "/version/worldwide?clientrequestid=" + newGUID()
	p.each(ctx, 1, func(ctx context.Context, _ int) {
		for _, via := range p.vias(address) {
			a := p.persist(ctx, request{url: address, via: via, accept: acceptJSON, limit: 64 << 10})
			if version = readVersion(a); version != "" {
				return
			}
		}
	})
	return version
}

// readVersion finds a version such as 2026092800: year, month, day and a number.
func readVersion(a answer) string {
	var told struct {
		Latest string `json:"latest"`
	}
	if a.row.Status != http.StatusOK || a.cut || json.Unmarshal(a.body, &told) != nil {
		return ""
	}
	if len(told.Latest) != 10 || strings.Trim(told.Latest, "0123456789") != "" {
		return ""
	}
	return told.Latest
}

// newGUID makes a random GUID (RFC 9562, version 4).
func newGUID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// endpoints keeps the list of endpoints that was used.
func (p *prober) endpoints(context.Context, plan) {
	for _, e := range p.cfg.Endpoints {
		record(p, e)
	}
}

// firewall keeps the rules that were brought along.
func (p *prober) firewall(context.Context, plan) {
	for _, r := range p.cfg.Firewall {
		record(p, r)
	}
}
