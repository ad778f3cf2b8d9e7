// Package lab holds the shape of a sample organisation: directory entries and Graph objects as they travel on the wire, and the findings that the
// faults planted in them must cause. lab/plant makes one, lab/server serves one. Nothing here judges anything and nothing here knows the rules' code:
// rule ids are plain strings, written by hand beside each planted fault.
package lab

import (
	"encoding/json"
	"time"

	"hybridaudit/sources/evidence/directory"
)

// Attribute is one attribute of a directory entry with its values as stored (text as UTF-8, GUIDs and SIDs as bytes).
type Attribute struct {
	Name   string
	Values [][]byte
}

// Entry is one directory entry.
type Entry struct {
	DN         string
	Attributes []Attribute
}

// Values returns the values of the named attribute (exact LDAP display name), nil when the entry does not hold it.
func (e Entry) Values(name string) [][]byte {
	for _, a := range e.Attributes {
		if a.Name == name {
			return a.Values
		}
	}
	return nil
}

// Directory is one forest of a single domain: what an in-process LDAP server needs to play its domain controller.
type Directory struct {
	ForestName   string // DNS name, contoso.com
	NetBIOSName  string
	DCHost       string // DNS name of the domain controller
	BaseDN       string // DC=contoso,DC=com; the configuration partition is CN=Configuration below it
	DomainGUID   directory.GUID
	InvocationID directory.GUID
	Entries      []Entry       // parents before children
	Schema       []string      // attributes that the schema knows beyond those of the entries
	ClockAhead   time.Duration // of the domain controller's clock; negative when it is behind
}

// ConfigurationDN is the distinguished name of the configuration partition.
func (d Directory) ConfigurationDN() string { return "CN=Configuration," + d.BaseDN }

// Tenant is what an in-process Graph server needs to play a Microsoft 365 tenant. Objects are complete JSON objects in Graph's v1.0 wire format;
// the server applies $select, paging and permissions.
type Tenant struct {
	ID          string // tenant id, lower-case GUID text
	Collections []Collection
	// Refused maps a collection path to the OData error code that an application without the permission is answered with (HTTP 403).
	Refused map[string]string
}

// Collection is one Graph collection. Path is relative to the API version: "users", "domains/contoso.com/serviceConfigurationRecords".
type Collection struct {
	Path    string
	Objects []json.RawMessage
}

// Export is the output of a PowerShell command that was saved: Objects as ConvertTo-Json writes them.
type Export struct {
	Command string // Get-CsOnlineUser
	Objects []json.RawMessage
}

// Expected is one finding that must be there. Key is the subject's key in findings.json: objectGUID or Graph id as lower-case 8-4-4-4-12 text,
// a domain in lower-case A-label form, a dataset's name. Two findings of one rule, variant and subject stand twice.
type Expected struct {
	RuleID  string `json:"ruleId"`
	Variant string `json:"variant"`
	Key     string `json:"key"`
}

// Organisation is a whole sample organisation with its truth.
type Organisation struct {
	Directory Directory
	Tenant    Tenant
	// Exports are what an administrator saved of the tenant and of the servers with PowerShell.
	Exports []Export
	// Truth lists the findings of an audit over everything, the subsidiary included.
	Truth []Expected
	// Subsidiary is a second forest with a tenant of its own, which shows what the first cannot; nil when there is none.
	Subsidiary *Organisation
}

// All lists the organisation and its subsidiary.
func (o Organisation) All() []Organisation {
	if o.Subsidiary == nil {
		return []Organisation{o}
	}
	return []Organisation{o, *o.Subsidiary}
}
