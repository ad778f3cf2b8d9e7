//go:build !windows

package dns

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestReadResolvConf(t *testing.T) {
	for _, test := range []struct {
		text string
		want []string
		ok   bool
	}{
		{"# written by a program\nsearch contoso.com\nnameserver 192.0.2.53\nnameserver 2001:db8::53\noptions ndots:2\n", []string{"192.0.2.53:53", "[2001:db8::53]:53"}, true},
		{"nameserver fe80::1%eth0\n", []string{"[fe80::1%eth0]:53"}, true},
		{"nameserver nonsense\nnameserver 127.0.0.53\n", []string{"127.0.0.53:53"}, true},
		{"search contoso.com\n", nil, false},
		{"", nil, false},
	} {
		got, err := readResolvConf(strings.NewReader(test.text))
		if diff := cmp.Diff(test.want, got); diff != "" || (err == nil) != test.ok {
			t.Errorf("%q: %v (-want +got):\n%s", test.text, err, diff)
		}
	}
}
