// Package sip holds the rules about SIP identity in Active Directory.
package sip

import (
	"strings"

	"hybridaudit/audit"
	"hybridaudit/audit/scope"
	"hybridaudit/sources/evidence"
)

// coreAttributes are the values that decide about a person's SIP account.
var coreAttributes = []string{
	"msRTCSIP-PrimaryUserAddress", "msRTCSIP-UserEnabled", "msRTCSIP-DeploymentLocator", "msRTCSIP-PrimaryHomeServer", "msRTCSIP-OptionFlags", "msRTCSIP-Line",
}

// conflictAttributes are what a reader wants to see of the holders of one SIP address.
var conflictAttributes = append([]string{"proxyAddresses"}, coreAttributes...)

// hasAddress says that msRTCSIP-PrimaryUserAddress holds more than white space.
func hasAddress(o evidence.ADObject) bool { return strings.TrimSpace(o.SIP()) != "" }

// endpoint says that the object stands for a server application or a device, whose SIP data follow rules of their own.
func endpoint(c scope.Class) bool { return c == scope.AppEndpoint || c == scope.Device }

// whenSIP lets a rule about SIP data judge only directories that have any.
func whenSIP(p *audit.Pass) audit.Reason { return p.WithoutSIP() }
