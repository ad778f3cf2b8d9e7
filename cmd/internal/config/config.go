// Package config reads the configuration: one YAML file, the environment and secrets that it refers to. The Config struct is the only description there
// is: the example file, the checks of keys and types, the names of environment variables and the defaults all come from it.
package config

import (
	"time"

	"gopkg.in/yaml.v3"
)

// Config is everything that can be configured. The tags say: yaml the key, default its value, doc the line in the example, example a value to show,
// validate the limits.
type Config struct {
	LDAP       LDAP       `yaml:"ldap" doc:"Active Directory. Without servers no directory is read."`
	Graph      Graph      `yaml:"graph" doc:"The Microsoft 365 tenant. Without a tenant none is read."`
	Scope      Scope      `yaml:"scope" doc:"Which objects can be the subject of a finding. Others still own their addresses."`
	Sync       Sync       `yaml:"sync" doc:"What no source tells about directory synchronisation."`
	Deployment Deployment `yaml:"deployment" doc:"What no source tells about Skype for Business Server."`
	Rules      []Rule     `yaml:"rules" validate:"dive" doc:"Changes to single rules: hybridaudit rules show ID prints what a rule takes."`
}

// LDAP says how the directory is read.
type LDAP struct {
	Servers             []string      `yaml:"servers" example:"ldaps://dc1.contoso.com" doc:"Domain controllers as ldaps://host[:port] or ldap://host[:port]; the next is asked when one cannot be reached." validate:"dive,url"`
	StartTLS            bool          `yaml:"startTLS" doc:"Encrypt ldap:// connections with StartTLS."`
	AllowPlaintext      bool          `yaml:"allowPlaintext" doc:"Permit ldap:// without StartTLS: the password then crosses the network in clear."`
	CAFile              string        `yaml:"caFile" example:"contoso-ca.pem" doc:"PEM file with the certificate authorities of the domain controllers, besides those of the system."`
	ServerName          string        `yaml:"serverName" doc:"Name to verify in the certificate when the server is addressed by another one."`
	BindName            string        `yaml:"bindName" example:"svc-audit@contoso.com" doc:"Account as UPN, DOMAIN\\name or distinguished name. An ordinary user is enough."`
	Password            Secret        `yaml:"password" example:"env:HYBRIDAUDIT_AD_PASSWORD" doc:"Reference to its password: env:NAME, file:PATH or keyring:SERVICE/ACCOUNT."`
	PageSize            int           `yaml:"pageSize" default:"1000" validate:"min=1,max=1000" doc:"Entries asked for at a time."`
	Timeout             time.Duration `yaml:"timeout" default:"2m" validate:"min=1s" doc:"Longest wait for one answer."`
	MaxEntriesPerSecond int           `yaml:"maxEntriesPerSecond" default:"0" validate:"min=0" doc:"Go easy on the domain controller; 0 is no limit."`
}

// Graph says how the tenant is read.
type Graph struct {
	Tenant              string        `yaml:"tenant" example:"contoso.onmicrosoft.com" doc:"Tenant id or one of its domains."`
	Client              string        `yaml:"client" example:"00000000-0000-0000-0000-000000000000" doc:"Application (client) id of the app registration."`
	Secret              Secret        `yaml:"secret" example:"env:HYBRIDAUDIT_CLIENT_SECRET" doc:"Reference to the client secret. Or:"`
	Certificate         string        `yaml:"certificate" doc:"Certificate with its private key, PEM or PFX, instead of a secret."`
	CertificatePassword Secret        `yaml:"certificatePassword" doc:"Reference to the password of a PFX file."`
	Cloud               string        `yaml:"cloud" default:"global" validate:"oneof=global usgov usgovdod china" doc:"global, usgov (GCC High), usgovdod or china (21Vianet)."`
	LoginURL            string        `yaml:"loginURL" validate:"omitempty,url" doc:"Another sign-in address than the cloud's, for trials."`
	GraphURL            string        `yaml:"graphURL" validate:"omitempty,url" doc:"Another Graph address than the cloud's, for trials."`
	CAFile              string        `yaml:"caFile" doc:"PEM file with further certificate authorities, for a proxy that inspects TLS or for trials."`
	PageSize            int           `yaml:"pageSize" default:"999" validate:"min=1,max=999" doc:"Users asked for at a time."`
	Timeout             time.Duration `yaml:"timeout" default:"2m" validate:"min=1s" doc:"Longest wait for one answer."`
	MaxWait             time.Duration `yaml:"maxWait" default:"15m" validate:"min=0" doc:"Longest wait that the service may ask for when it is busy; beyond it the dataset stays incomplete."`
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

// HasLDAP says that a directory is configured.
func (c *Config) HasLDAP() bool { return len(c.LDAP.Servers) > 0 }

// HasGraph says that a tenant is configured.
func (c *Config) HasGraph() bool { return c.Graph.Tenant != "" }
