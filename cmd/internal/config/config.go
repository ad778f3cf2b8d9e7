// Package config reads the configuration: one YAML file, the environment and secrets that it refers to. The Config struct is the only description there
// is: the example file, the checks of keys and types, the names of environment variables and the defaults all come from it.
package config

import (
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// Config is everything that can be configured. The tags say: yaml the key, default its value, doc the line in the example, example a value to show,
// validate the limits.
type Config struct {
	LDAP       LDAP       `yaml:"ldap" doc:"Active Directory. Without servers, domain or forests no directory is read."`
	Graph      Graph      `yaml:"graph" doc:"The Microsoft 365 tenant. Without a tenant none is read."`
	Network    Network    `yaml:"network" doc:"DNS, certificates, reachability and clocks, as seen from this host. Looked at whenever a directory or a tenant is read, and with --only network."`
	LDIF       LDIF       `yaml:"ldif" doc:"What LDIF files (--ldif) do not tell themselves: those of ldifde, and of ldapsearch with -LLL."`
	Imports    Imports    `yaml:"imports" doc:"Output of PowerShell commands to take in besides what is read, as --import does: docs/imports.md says which commands. Not used with --evidence, which holds it."`
	Scope      Scope      `yaml:"scope" doc:"Which objects can be the subject of a finding. Others still own their addresses."`
	Sync       Sync       `yaml:"sync" doc:"What no source tells about directory synchronisation."`
	Deployment Deployment `yaml:"deployment" doc:"What no source tells about Skype for Business Server."`
	Rules      []Rule     `yaml:"rules" validate:"dive" doc:"Changes to single rules: hybridaudit rules show ID prints what a rule takes."`
}

// LDAP says how the directories are read.
type LDAP struct {
	Directory `yaml:",inline"`
	Forests   []Directory `yaml:"forests" validate:"dive" doc:"Several forests, each with the keys from above. It takes over from above what it does not say itself, but for what belongs to one forest (servers, domain, searchBases, filters and the like), and the keys about signing in only all together."`
}

// Directory says how one forest is read.
type Directory struct {
	Servers             []string      `yaml:"servers" example:"ldaps://dc1.contoso.com" element:"[ldaps://dc1.fabrikam.com]" doc:"Domain controllers as ldaps://host[:port] or ldap://host[:port]; the next is asked when one cannot be reached. Port 3269 or 3268 is a global catalog." validate:"dive,url"`
	Domain              string        `yaml:"domain" example:"contoso.com" doc:"DNS name of a domain of the forest: its domain controllers are found in DNS (SRV records) when no servers are given, and those of further domains too."`
	StartTLS            bool          `yaml:"startTLS" inherit:"yes" doc:"Encrypt ldap:// connections with StartTLS."`
	AllowPlaintext      bool          `yaml:"allowPlaintext" inherit:"yes" doc:"Permit ldap:// without StartTLS: the password then crosses the network in clear."`
	CAFile              string        `yaml:"caFile" inherit:"yes" example:"contoso-ca.pem" element:"fabrikam-ca.pem" doc:"PEM file with the certificate authorities of the domain controllers, besides those of the system."`
	ServerName          string        `yaml:"serverName" doc:"Name to verify in the certificate when the server is addressed by another one."`
	Auth                string        `yaml:"auth" inherit:"account" default:"simple" validate:"oneof=simple kerberos sspi ntlm external" doc:"How to sign in: simple, kerberos (password, keytab or credential cache), sspi (on Windows, as the account that runs this), ntlm (only where nothing else works) or external (client certificate)."`
	BindName            string        `yaml:"bindName" inherit:"account" example:"svc-audit@contoso.com" element:"svc-audit@fabrikam.com" doc:"Account as UPN, DOMAIN\\name or distinguished name. An ordinary user is enough."`
	Password            Secret        `yaml:"password" inherit:"account" example:"env:HYBRIDAUDIT_AD_PASSWORD" element:"env:HYBRIDAUDIT_FABRIKAM_PASSWORD" doc:"Reference to its password: env:NAME, file:PATH or keyring:SERVICE/ACCOUNT."`
	Realm               string        `yaml:"realm" inherit:"account" example:"CONTOSO.COM" doc:"Kerberos realm of the account; empty: that of the domain."`
	Krb5Conf            string        `yaml:"krb5Conf" inherit:"account" example:"/etc/krb5.conf" doc:"Kerberos configuration; empty: the domain controllers are asked."`
	Keytab              string        `yaml:"keytab" inherit:"account" example:"svc-audit.keytab" doc:"Keytab with the account's keys, instead of a password."`
	CredentialCache     string        `yaml:"credentialCache" inherit:"account" example:"/tmp/krb5cc_1000" doc:"Credential cache that kinit has filled, instead of a password."`
	SPN                 string        `yaml:"spn" example:"ldap/dc1.contoso.com" doc:"Service principal name of the domain controller, when it is not ldap/ and its name."`
	ClientCertificate   string        `yaml:"clientCertificate" inherit:"account" example:"svc-audit.pem" doc:"Certificate that is shown to the domain controller, PEM; the sign-in with external."`
	ClientKey           Secret        `yaml:"clientKey" inherit:"account" example:"file:svc-audit.key" doc:"Reference to its private key, PEM."`
	SearchBases         []string      `yaml:"searchBases" example:"OU=People,DC=contoso,DC=com" doc:"Read only what is at or below these distinguished names. Whoever is elsewhere is unknown to the audit, with all addresses: scope below only limits whom findings are about."`
	ExcludeOUs          []string      `yaml:"excludeOUs" example:"OU=Archive,DC=contoso,DC=com" doc:"Do not read what is at or below these."`
	UserFilter          string        `yaml:"userFilter" example:"(!(extensionAttribute1=external))" doc:"LDAP filter that users must also match to be read."`
	ContactFilter       string        `yaml:"contactFilter" doc:"The same for contacts."`
	GroupFilter         string        `yaml:"groupFilter" doc:"The same for groups."`
	ReadDeleted         bool          `yaml:"readDeleted" inherit:"yes" doc:"Also read deleted objects, as far as the account may see them."`
	PageSize            int           `yaml:"pageSize" inherit:"yes" default:"1000" validate:"min=1,max=1000" doc:"Entries asked for at a time."`
	Timeout             time.Duration `yaml:"timeout" inherit:"yes" default:"2m" validate:"min=1s" doc:"Longest wait for one answer."`
	Connections         int           `yaml:"connections" inherit:"yes" default:"2" validate:"min=1,max=8" doc:"Connections to each domain controller."`
	MaxEntriesPerSecond int           `yaml:"maxEntriesPerSecond" inherit:"yes" default:"0" validate:"min=0" doc:"Go easy on the domain controller; 0 is no limit."`
	CountFirst          bool          `yaml:"countFirst" inherit:"yes" doc:"Count the entries before they are read, so that the report says how many were expected; it takes longer."`
}

// Graph says how the tenants are read.
type Graph struct {
	Tenant       `yaml:",inline"`
	LicenceNames string   `yaml:"licenceNames" example:"licence-names.csv" doc:"Microsoft's list \"Product names and service plan identifiers for licensing\" as CSV file, relative to this configuration: display names of subscriptions that are not built in."`
	Tenants      []Tenant `yaml:"tenants" validate:"dive" doc:"Several tenants, each with the keys from above. It takes over from above what it does not say itself, the keys about signing in (auth, secret, certificate, tokenFile) only all together."`
}

// Tenant says how one tenant is read.
type Tenant struct {
	ID                  string        `yaml:"tenant" example:"contoso.onmicrosoft.com" element:"fabrikam.onmicrosoft.com" doc:"Tenant id or one of its domains."`
	Auth                string        `yaml:"auth" inherit:"account" example:"secret" validate:"omitempty,oneof=secret certificate managedIdentity workloadIdentity deviceCode azureCLI" doc:"How to sign in: secret, certificate, managedIdentity (of the Azure resource that this runs on), workloadIdentity (a token of another identity provider), deviceCode (a person at a terminal) or azureCLI (whoever is signed in there). Left out: by what is given of secret, certificate and tokenFile."`
	Client              string        `yaml:"client" inherit:"yes" example:"00000000-0000-0000-0000-000000000000" element:"00000000-0000-0000-0000-000000000000" doc:"Application (client) id of the app registration; of a user-assigned managed identity; left out for a system-assigned one and for azureCLI."`
	Secret              Secret        `yaml:"secret" inherit:"account" example:"env:HYBRIDAUDIT_CLIENT_SECRET" element:"env:HYBRIDAUDIT_FABRIKAM_SECRET" doc:"Reference to the client secret. Or:"`
	Certificate         string        `yaml:"certificate" inherit:"account" example:"hybridaudit.pfx" doc:"Certificate with its private key, PEM or PFX, instead of a secret."`
	CertificatePassword Secret        `yaml:"certificatePassword" inherit:"account" example:"env:HYBRIDAUDIT_PFX_PASSWORD" doc:"Reference to the password of a PFX file."`
	TokenFile           string        `yaml:"tokenFile" inherit:"account" example:"/var/run/secrets/azure/tokens/azure-identity-token" doc:"File that another identity provider keeps a token in, for workloadIdentity; it is read at every sign-in."`
	Cloud               string        `yaml:"cloud" inherit:"yes" default:"global" validate:"oneof=global usgov usgovdod china" doc:"global, usgov (GCC High), usgovdod or china (21Vianet)."`
	LoginURL            string        `yaml:"loginURL" inherit:"yes" validate:"omitempty,url" doc:"Another sign-in address than the cloud's, for trials."`
	GraphURL            string        `yaml:"graphURL" inherit:"yes" validate:"omitempty,url" doc:"Another Graph address than the cloud's, for trials."`
	CAFile              string        `yaml:"caFile" inherit:"yes" doc:"PEM file with further certificate authorities, for a proxy that inspects TLS or for trials."`
	PageSize            int           `yaml:"pageSize" inherit:"yes" default:"999" validate:"min=1,max=999" doc:"Users asked for at a time."`
	Timeout             time.Duration `yaml:"timeout" inherit:"yes" default:"2m" validate:"min=1s" doc:"Longest wait for one answer."`
	MaxWait             time.Duration `yaml:"maxWait" inherit:"yes" default:"15m" validate:"min=0" doc:"Longest wait that the service may ask for when it is busy; beyond it the dataset stays incomplete."`
	Beta                bool          `yaml:"beta" inherit:"yes" doc:"Also read what only the beta version of Graph has: the SIP data that synchronisation brought, directory quota and password synchronisation."`
	SignIns             bool          `yaml:"signIns" inherit:"yes" doc:"Also read when people last signed in: it takes longer, and wants AuditLog.Read.All and Entra ID P1."`
}

// Network says what is looked at on the network, and how.
type Network struct {
	Enabled           bool          `yaml:"enabled" default:"true" doc:"Look at all; --only ad,tenant leaves it out of one run."`
	Site              string        `yaml:"site" default:"local" doc:"Name of the place that is looked from; evidence of several places can be judged together."`
	Domains           []string      `yaml:"domains" example:"contoso.com" doc:"Further domains to look up besides those of people, servers and tenants."`
	Hosts             []string      `yaml:"hosts" example:"mail.contoso.com:443" doc:"Further hosts to connect to, as HOST or HOST:PORT: web services of Exchange, a reverse proxy, the hosted migration service (admin*.online.lync.com)."`
	InternalResolvers []string      `yaml:"internalResolvers" example:"192.0.2.53" doc:"DNS servers of this network as ADDRESS or ADDRESS:PORT; those of the system when none is given. [none] outside of the organisation."`
	PublicResolvers   []string      `yaml:"publicResolvers" example:"1.1.1.1" doc:"DNS servers that everybody can ask; 1.1.1.1 and 8.8.8.8 when none is given. They learn which public names are looked up. [none] asks none."`
	QueryTimeout      time.Duration `yaml:"queryTimeout" default:"3s" validate:"min=100ms" doc:"Longest wait for one answer of a DNS server; each question is asked twice."`
	QueriesPerSecond  int           `yaml:"queriesPerSecond" default:"500" validate:"min=1,max=100000" doc:"Questions a second to one public DNS server, or one of a zone; internal ones are asked without a limit."`
	Timeout           time.Duration `yaml:"timeout" default:"10s" validate:"min=100ms" doc:"Longest wait for one connection, handshake or answer."`
	MaxTime           time.Duration `yaml:"maxTime" default:"5m" validate:"min=1s" doc:"Longest time for looking at the network as a whole; what is left then stays unread."`
	Workers           int           `yaml:"workers" default:"32" validate:"min=1,max=256" doc:"Questions and connections at a time."`
	Proxy             string        `yaml:"proxy" example:"http://proxy.contoso.com:8080" doc:"HTTP proxy to try besides the direct way; that of the environment (HTTPS_PROXY, NO_PROXY) when nothing is said, and none with none. Without name and password: whether it asks for them is one of the questions."`
	PAC               string        `yaml:"pac" example:"http://proxy.contoso.com/proxy.pac" doc:"Address of the proxy configuration script that people's computers use. It is judged, not run."`
	CAFile            string        `yaml:"caFile" example:"contoso-ca.pem" doc:"PEM file with the organisation's own certificate authorities, which its computers trust."`
	PublicCAFile      string        `yaml:"publicCAFile" doc:"PEM file with the authorities that everybody trusts, instead of the system's, for trials."`
	PrivateHosts      []string      `yaml:"privateHosts" example:"webext.contoso.com" doc:"Hosts, or networks such as 10.1.0.0/16, that may be connected to at a private address although only a DNS record, a certificate or a redirect names them."`
	ConnectTo         []string      `yaml:"connectTo" example:"lyncdiscover.contoso.com:443=203.0.113.10:443" doc:"Connect to another address than DNS tells, as HOST:PORT=ADDRESS:PORT: for a server before its records are changed, and for trials. HOST can be an address, or * for any."`
	EndpointsFile     string        `yaml:"endpointsFile" example:"endpoints.csv" doc:"Another list of Microsoft's endpoints than the one that comes with the program: docs/network.md describes it."`
	FirewallRules     string        `yaml:"firewallRules" example:"firewall.csv" doc:"CSV file with the outgoing rules of the firewall (host, ports, protocol), to be compared with the list of endpoints."`
	NTPServers        []string      `yaml:"ntpServers" example:"time.windows.com" doc:"Time servers to compare the clock with, besides domain controllers and web servers."`
	IdleTest          time.Duration `yaml:"idleTest" default:"0s" validate:"min=0,max=8h" doc:"Hold an idle connection to a Microsoft host for this long, to see whether something on the way cuts it; 0 does not."`
	Mailbox           string        `yaml:"mailbox" example:"kim@contoso.com" doc:"Address of a mailbox on-premises, to ask Exchange Online where it is: whether Teams finds its calendar."`
}

// LDIF says how LDIF files were exported.
type LDIF struct {
	AllAttributes bool     `yaml:"allAttributes" doc:"No list of attributes was given, so that what is not there has no value. Otherwise an attribute that no object shows counts as not read."`
	Attributes    []string `yaml:"attributes" example:"objectGUID" doc:"The list that was given, as with ldifde -l."`
	Whole         bool     `yaml:"whole" doc:"Whole partitions were exported, or all objects of the kinds that the files hold."`
}

// Imports says which files with the output of PowerShell commands are taken in.
type Imports struct {
	Files  []string      `yaml:"files" example:"Get-CsOnlineUser.xml" doc:"Files in JSON, CSV or CliXml, relative to this configuration: FILE, or TENANT=FILE or FOREST=FILE where the audit has several."`
	MaxAge time.Duration `yaml:"maxAge" default:"24h" validate:"min=0" doc:"Files that are older or younger than the rest of the evidence by more than this are marked as stale; 0 marks none."`
}

// Scope limits what is judged.
type Scope struct {
	SearchBases       []string `yaml:"searchBases" example:"OU=People,DC=contoso,DC=com" doc:"Only objects at or below these distinguished names."`
	ExcludeOUs        []string `yaml:"excludeOUs" example:"OU=Leavers,DC=contoso,DC=com" doc:"Not objects at or below these."`
	ExcludeGroups     []string `yaml:"excludeGroups" example:"CN=Service accounts,OU=Groups,DC=contoso,DC=com" doc:"Not direct members of these groups."`
	DisabledOnPurpose []string `yaml:"disabledOnPurpose" example:"OU=Sabbatical,DC=contoso,DC=com" doc:"OUs or groups of people whose SIP account is switched off deliberately."`
}

// Sync is about directory synchronisation.
type Sync struct {
	Interval         time.Duration `yaml:"interval" default:"30m" validate:"min=1s" doc:"Time between two synchronisations. Differences younger than two intervals are not reported."`
	AlternateLoginID bool          `yaml:"alternateLoginID" doc:"People sign in with another attribute than userPrincipalName."`
}

// Deployment is about Skype for Business Server.
type Deployment struct {
	NoServer       bool     `yaml:"noServer" doc:"No server is left, whatever objects remain in the directory."`
	OnlineSuffixes []string `yaml:"onlineSuffixes" example:".online.lync.com" doc:"Host name endings of the hosting provider that stands for Microsoft 365; empty means Microsoft's clouds."`
}

// Rule changes one rule.
type Rule struct {
	ID       string    `yaml:"id" example:"SYN-002" doc:"The rule."`
	Enabled  bool      `yaml:"enabled" default:"true" doc:"Judge it at all."`
	Severity string    `yaml:"severity" validate:"omitempty,oneof=critical high medium low info" doc:"Another severity for all its findings."`
	Params   yaml.Node `yaml:"params" doc:"Its parameters."`
	Line     int       `yaml:"-"`
}

// Directories lists the forests to read.
func (l LDAP) Directories() []Directory {
	if len(l.Forests) > 0 {
		return l.Forests
	}
	if len(l.Servers) > 0 || l.Domain != "" {
		return []Directory{l.Directory}
	}
	return nil
}

// Places lists the tenants to read.
func (g Graph) Places() []Tenant {
	if len(g.Tenants) > 0 {
		return g.Tenants
	}
	if g.ID != "" {
		return []Tenant{g.Tenant}
	}
	return nil
}

// Method is the way to sign in: the one that is named, or that of the credential that is given.
func (t Tenant) Method() string {
	switch {
	case t.Auth != "":
		return t.Auth
	case t.Certificate != "":
		return "certificate"
	case t.TokenFile != "":
		return "workloadIdentity"
	}
	return "secret"
}

// Name tells forests of a configuration apart.
func (d Directory) Name() string {
	if d.Domain != "" || len(d.Servers) == 0 {
		return d.Domain
	}
	return strings.Join(d.Servers, ", ")
}

// HasGraph says that a tenant is configured.
func (c *Config) HasGraph() bool { return len(c.Graph.Places()) > 0 }
