package weblab

import (
	"net/http"
	"testing"

	"hybridaudit/sources/lab"
)

// A certificate whose issuer is lost names an address at which there is nothing, also when the same issuer can be had for others.
func TestLostIssuer(t *testing.T) {
	f := run(t, Options{Hosts: []lab.Host{
		{Name: "lost.contoso.com", Port: 443, Certificate: lab.Certificate{Kind: lab.Lost}}, {Name: "web.contoso.com", Port: 443, Certificate: lab.Certificate{Kind: lab.Incomplete}},
	}})
	for host, status := range map[string]int{"lost.contoso.com": http.StatusNotFound, "web.contoso.com": http.StatusOK} {
		state, err := f.shake(host, 443, nil)
		if err != nil {
			t.Fatal(err)
		}
		urls := state.PeerCertificates[0].IssuingCertificateURL
		if len(urls) != 1 {
			t.Fatalf("%s: addresses %q", host, urls)
		}
		if r, _ := get(t, f.client(t), urls[0]); r.StatusCode != status {
			t.Errorf("%s: %s gives %d", host, urls[0], r.StatusCode)
		}
	}
}
