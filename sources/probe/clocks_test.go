package probe

import (
	"context"
	"encoding/binary"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/targets"
)

func TestWebClocks(t *testing.T) {
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ahead := 10 * time.Minute
		switch r.Host {
		case "teams.microsoft.com":
			w.Header().Set("Age", "17")
		case "outlook.office365.com":
			w.Header().Set("Date", "yesterday")
			return
		case "sts.contoso.com":
			ahead = -time.Minute
		}
		w.Header().Set("Date", time.Now().Add(ahead).UTC().Format(http.TimeFormat))
		w.WriteHeader(http.StatusNotFound)
	})
	sts := targets.Host{Name: "sts.contoso.com", Port: 443, Purpose: evidence.ForFederation, Domain: "contoso.com"}
	rows, _ := ShippedEndpoints()
	p := proberFor(t, Config{Targets: contosoTargets(false, false, sts), Endpoints: rows}, webServer(t, handler))
	p.heard()
	var places plan
	for _, host := range []string{"graph.microsoft.com", "login.microsoftonline.com", "outlook.office365.com", "teams.microsoft.com"} {
		purposes := []string{evidence.ForIdentity}
		if host != "graph.microsoft.com" {
			purposes = append(purposes, evidence.ForMicrosoft)
		}
		places.places = append(places.places, place{host: host, port: 80, purposes: purposes}, place{host: host, port: 443, tls: true, purposes: purposes})
	}
	p.clocks(t.Context(), places)
	got := map[string]evidence.Clock{}
	for _, c := range seen[evidence.Clock](t, p) {
		got[c.Host] = c
		if c.Method != "http" || c.Via != "direct" || c.Asked.IsZero() {
			t.Errorf("%+v", c)
		}
	}
	if len(got) != 4 {
		t.Errorf("%v", got)
	}
	for host, ahead := range map[string]time.Duration{"login.microsoftonline.com": 10 * time.Minute, "sts.contoso.com": -time.Minute} {
		if c := got[host]; c.Failure != "" || (c.Offset-ahead).Abs() > c.Uncertainty || c.Uncertainty < time.Second || c.Uncertainty > 3*time.Second {
			t.Errorf("%+v", c)
		}
	}
	for host, why := range map[string]string{"teams.microsoft.com": "cache", "outlook.office365.com": "cannot be read"} {
		if c := got[host]; !strings.Contains(c.Failure, why) || c.Offset != 0 || c.Uncertainty != 0 {
			t.Errorf("%+v", c)
		}
	}
}

func TestDateOffset(t *testing.T) {
	began := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		header map[string]string
		offset time.Duration
		err    string
	}{
		"right":                   {map[string]string{"Date": "Sun, 22 Nov 2026 12:00:01 GMT"}, 500 * time.Millisecond, ""},
		"behind":                  {map[string]string{"Date": "Sun, 22 Nov 2026 11:50:01 GMT"}, -10*time.Minute + 500*time.Millisecond, ""},
		"of no age":               {map[string]string{"Date": "Sun, 22 Nov 2026 12:00:01 GMT", "Age": "0", "Via": "1.1 whitehall", "X-Cache": "MISS"}, 500 * time.Millisecond, ""},
		"missing":                 {nil, 0, "no date"},
		"unreadable":              {map[string]string{"Date": "now"}, 0, "cannot be read"},
		"old":                     {map[string]string{"Date": "Sun, 22 Nov 2026 12:00:01 GMT", "Age": "1"}, 0, "cache"},
		"of a proxy that knew":    {map[string]string{"Date": "Sun, 22 Nov 2026 12:00:01 GMT", "X-Cache": "TCP_HIT from proxy.contoso.com"}, 0, "cache"},
		"of a network that knew":  {map[string]string{"Date": "Sun, 22 Nov 2026 12:00:01 GMT", "X-Cache": "Hit from edge"}, 0, "cache"},
		"with a strange age":      {map[string]string{"Date": "Sun, 22 Nov 2026 12:00:01 GMT", "Age": "old"}, 0, "cache"},
		"of a proxy that says so": {map[string]string{"Date": "Sun, 22 Nov 2026 12:00:01 GMT", "Via": "1.1 proxy (HIT)"}, 0, "cache"},
	} {
		h := http.Header{}
		for k, v := range c.header {
			h.Set(k, v)
		}
		offset, uncertainty, err := dateOffset(h, began, began.Add(2*time.Second))
		if c.err == "" && (err != nil || offset != c.offset || uncertainty != 2*time.Second) || c.err != "" && (err == nil || !strings.Contains(err.Error(), c.err)) {
			t.Errorf("%s: %s ± %s, %v", name, offset, uncertainty, err)
		}
	}
}

func TestTimeServers(t *testing.T) {
	answer := func(ahead time.Duration) func([]byte) [][]byte {
		return func(request []byte) [][]byte {
			mark := binary.BigEndian.Uint64(request[40:])
			return [][]byte{[]byte("noise"), ntpReply(mark+1, time.Now(), 0), ntpReply(mark, time.Now().Add(ahead), 0)}
		}
	}
	var lost sync.Once
	flaky := answer(0)
	good, late := datagrams(t, answer(10*time.Minute)), datagrams(t, func(request []byte) (replies [][]byte) {
		replies = flaky(request)
		lost.Do(func() { replies = nil })
		return replies
	})
	kiss := datagrams(t, func(request []byte) [][]byte {
		b := ntpReply(binary.BigEndian.Uint64(request[40:]), time.Now(), 0)
		b[1] = 0
		copy(b[12:], "DENY")
		return [][]byte{b}
	})
	silent := datagrams(t, func([]byte) [][]byte { return nil })
	p := proberFor(t, Config{NTPServers: []string{"good.example.com", "late.example.com:1123", "kiss.example.com:2123", "silent.example.com:3123", "odd.example.com:ntp", "lost.example.com"},
		Timeout: 600 * time.Millisecond, Resolver: everywhere{"lost.example.com"}}, via(123, good), via(1123, late), via(2123, kiss), via(3123, silent))
	p.clocks(t.Context(), plan{})
	got := map[string]evidence.Clock{}
	for _, c := range seen[evidence.Clock](t, p) {
		got[c.Host] = c
		if c.Method != "ntp" || c.Via != "direct" {
			t.Errorf("%+v", c)
		}
	}
	for host, ahead := range map[string]time.Duration{"good.example.com": 10 * time.Minute, "late.example.com": 0} {
		// the evidence keeps whole milliseconds
		if c := got[host]; c.Failure != "" || (c.Offset-ahead).Abs() > c.Uncertainty+time.Millisecond || c.Uncertainty == 0 || c.Uncertainty > time.Second {
			t.Errorf("%+v", c)
		}
	}
	for host, why := range map[string]string{
		"kiss.example.com": "does not want to be asked (DENY)", "silent.example.com": "no answer in time", "odd.example.com": "no port that there is", "lost.example.com": "no address",
	} {
		if c := got[host]; !strings.Contains(c.Failure, why) {
			t.Errorf("%+v", c)
		}
	}
	if c := coverageOf(t, p, evidence.ProbeClocks); c.State != evidence.Complete || c.Rows != 6 {
		t.Errorf("%+v", c)
	}
}

func TestTimeServersEndWithTheirContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	silent := datagrams(t, func([]byte) [][]byte { cancel(); return nil })
	p := proberFor(t, Config{NTPServers: []string{"a.example.com", "b.example.com"}, Timeout: time.Minute, Workers: 1}, via(123, silent))
	p.clocks(ctx, plan{})
	if got := seen[evidence.Clock](t, p); len(got) != 0 {
		t.Errorf("%+v", got)
	}
	if c := coverageOf(t, p, evidence.ProbeClocks); c.State != evidence.Failed {
		t.Errorf("%+v", c)
	}
}
