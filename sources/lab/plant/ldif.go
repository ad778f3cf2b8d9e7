package plant

import (
	"bufio"
	"encoding/base64"
	"fmt"
	"io"
	"strconv"
	"strings"

	"hybridaudit/sources/evidence/directory"
	"hybridaudit/sources/lab"
)

// serverMade are the attributes that a domain controller makes itself.
func serverMade() map[string]bool {
	set := map[string]bool{}
	for _, name := range strings.Fields(`distinguishedName name instanceType whenCreated whenChanged uSNCreated uSNChanged objectGUID objectSid objectCategory
		sAMAccountType primaryGroupID memberOf lastLogonTimestamp isCriticalSystemObject msDS-User-Account-Control-Computed
		msDS-ReplAttributeMetaData msDS-ExternalDirectoryObjectId`) {
		set[name] = true
	}
	return set
}

// present are the DN keys of what a fresh domain has already, or makes for itself.
func present(d lab.Directory) map[string]bool {
	set := map[string]bool{}
	for _, dn := range []string{
		d.BaseDN, "CN=Users," + d.BaseDN, "CN=Computers," + d.BaseDN, "CN=Builtin," + d.BaseDN, "CN=System," + d.BaseDN, "OU=Domain Controllers," + d.BaseDN,
		d.ConfigurationDN(), "CN=Services," + d.ConfigurationDN(), "CN=Partitions," + d.ConfigurationDN(),
		"CN=Administrator,CN=Users," + d.BaseDN, "CN=Guest,CN=Users," + d.BaseDN, "CN=krbtgt,CN=Users," + d.BaseDN,
	} {
		set[directory.DNKey(dn)] = true
	}
	return set
}

// WriteLDIF writes a directory as LDIF content records (RFC 2849) that can be added to a fresh domain of the same name with the Exchange and Skype for
// Business schema, parents before children. It leaves out what a domain controller makes itself, what a fresh domain has, and accounts of domain
// controllers and trusts. Enabled accounts are marked as needing no password, since none is given; a pwdLastSet other than 0 becomes -1, "now".
func WriteLDIF(w io.Writer, d lab.Directory) error {
	out := &ldif{w: bufio.NewWriterSize(w, 1<<16), skip: serverMade()}
	out.line("version: 1")
	there := present(d)
	for _, e := range d.Entries {
		if there[directory.DNKey(e.DN)] || control(e)&(uacServer|uacTrust) != 0 {
			continue
		}
		out.entry(e)
	}
	if err := out.w.Flush(); err != nil {
		return fmt.Errorf("writing LDIF: %w", err)
	}
	return nil
}

// control is userAccountControl, 0 when absent.
func control(e lab.Entry) int64 {
	values := e.Values("userAccountControl")
	if len(values) == 0 {
		return 0
	}
	v, err := strconv.ParseInt(string(values[0]), 10, 64)
	if err != nil {
		return 0
	}
	return v
}

// ldif writes records; the buffered writer keeps the first error.
type ldif struct {
	w    *bufio.Writer
	skip map[string]bool
}

func (l *ldif) entry(e lab.Entry) {
	l.line("")
	l.value("dn", []byte(e.DN))
	for _, a := range e.Attributes {
		if l.skip[a.Name] {
			continue
		}
		for _, v := range a.Values {
			l.value(a.Name, l.loadable(a.Name, v))
		}
	}
}

// loadable turns values that only a domain controller can set into what a client may ask for.
func (l *ldif) loadable(name string, value []byte) []byte {
	const passwordNotRequired = 0x20
	switch name {
	case "userAccountControl":
		if v, err := strconv.ParseInt(string(value), 10, 64); err == nil && v&uacDisabled == 0 && v&uacNormal != 0 {
			return strconv.AppendInt(nil, v|passwordNotRequired, 10)
		}
	case "pwdLastSet":
		if string(value) != "0" {
			return []byte("-1")
		}
	}
	return value
}

// value writes one attribute value, in base64 where RFC 2849 wants it.
func (l *ldif) value(name string, value []byte) {
	if safe(value) {
		l.line(name + ": " + string(value))
		return
	}
	l.line(name + ":: " + base64.StdEncoding.EncodeToString(value))
}

// safe tells whether a value is a SAFE-STRING that does not end with a space.
func safe(value []byte) bool {
	if len(value) == 0 {
		return true
	}
	if c := value[0]; c == ' ' || c == ':' || c == '<' || value[len(value)-1] == ' ' {
		return false
	}
	for _, c := range value {
		if c == 0 || c == '\n' || c == '\r' || c >= 0x80 {
			return false
		}
	}
	return true
}

// lineWidth is where lines are folded.
const lineWidth = 76

// line writes a line, folded: each continuation begins with a space, which counts.
func (l *ldif) line(s string) {
	for width := lineWidth; len(s) > width; width = lineWidth - 1 {
		_, _ = l.w.WriteString(s[:width] + "\n ")
		s = s[width:]
	}
	_, _ = l.w.WriteString(s + "\n")
}
