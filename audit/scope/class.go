// Package scope decides what kind of object a directory object or tenant user is, and whether it is within the scope of the audit. Both decisions stand
// in front of every rule, so they are made once for each object.
package scope

import (
	"slices"
	"strings"

	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/directory"
)

// Class is the kind of a directory object; of several that fit, the first counts.
type Class uint8

// The classes of directory objects.
const (
	System      Class = iota // accounts of the operating system, of Exchange and of Entra Connect
	Conflict                 // left by a replication conflict
	AppEndpoint              // endpoint of a server application: response group, call queue, conferencing attendant
	Device                   // common area phone, analogue device
	Room                     // meeting room
	Equipment                // equipment mailbox
	Shared                   // shared mailbox
	UMContact                // Exchange unified messaging contact
	Linked                   // the disabled half of a pair whose other half signs in from another forest
	Person                   // a real account
	Contact                  // any other contact
	Group                    // a group
)

var classNames = []string{"system", "conflict", "appEndpoint", "device", "room", "equipment", "shared", "umContact", "linked", "person", "contact", "group"}

func (c Class) String() string { return classNames[c] }

// values of msExchRecipientTypeDetails
var (
	systemTypes    = []int64{4096, 8192, 16384, 4194304, 8388608, 16777216, 536870912, 549755813888}
	roomTypes      = []int64{16, 8589934592, 2199023255552}
	equipmentTypes = []int64{32, 17179869184}
	sharedTypes    = []int64{4, 34359738368}
)

// Attributes are the attributes that the classes and the scope rest on, but for memberOf (see [Config.NeedsMemberOf]). Every rule about directory objects
// reads them.
func Attributes() []string {
	return []string{
		"distinguishedName", "objectClass", "objectSid", "sAMAccountName", "displayName", "userAccountControl", "isCriticalSystemObject",
		"msExchRecipientTypeDetails", "msExchMasterAccountSid", "msRTCSIP-OwnerUrn", "msRTCSIP-OriginatorSid", "msRTCSIP-UserEnabled",
	}
}

// ClassOf gives the class of a directory object.
func ClassOf(o evidence.ADObject) Class {
	kind, recipient := o.RecipientType()
	urn := strings.ToLower(o.OwnerURN())
	user, contact := false, false
	for class := range o.ObjectClasses() {
		switch strings.ToLower(class) {
		case "user", "inetorgperson":
			user = true
		case "contact":
			contact = true
		}
	}
	switch {
	case o.CriticalSystemObject(), recipient && slices.Contains(systemTypes, kind), user && systemAccount(o), systemName(o):
		return System
	case directory.IsConflictDN(o.DN()):
		return Conflict
	case strings.HasPrefix(urn, "urn:application:"), strings.HasPrefix(urn, "urn:trustedonlineplatformapplication:"):
		return AppEndpoint
	case urn == "urn:device:commonareaphone", urn == "urn:device:analogphone", urn == "urn:device:analogfax":
		return Device
	case urn == "urn:device:roomsystem", recipient && slices.Contains(roomTypes, kind):
		return Room
	case recipient && slices.Contains(equipmentTypes, kind):
		return Equipment
	case recipient && slices.Contains(sharedTypes, kind):
		return Shared
	case contact && o.SIPEnabled() == evidence.True && urn == "" && o.OriginatorSID() == "":
		return UMContact
	case user && o.Disabled() && (o.OriginatorSID() != "" || o.MasterAccountSID() != ""):
		return Linked
	case user:
		return Person
	case contact:
		return Contact
	}
	return Group
}

// systemAccount knows the accounts that Windows, Exchange and Entra Connect make. Prefix tests on names alone hide people ("Administration Front Desk",
// "Iwamoto Kenji"), so a prefix counts only with the generated part behind it.
func systemAccount(o evidence.ADObject) bool {
	if sid := o.SID(); len(sid) >= 8 {
		if text, err := directory.SIDText([]byte(sid)); err == nil && strings.HasPrefix(text, "S-1-5-21-") {
			switch text[strings.LastIndexByte(text, '-')+1:] {
			case "500", "501", "502", "503", "504":
				return true
			}
		}
	}
	sam := strings.ToLower(o.SAMAccountName())
	switch {
	case sam == "krbtgt", strings.HasPrefix(sam, "krbtgt_"), strings.HasSuffix(sam, "$"), sam == "support_388945a0", strings.HasPrefix(sam, "cas_{"):
		return true
	}
	for _, prefix := range []string{"healthmailbox", "sm_", "msol_", "aad_"} {
		if rest, ok := strings.CutPrefix(sam, prefix); ok && len(rest) >= 6 && hexadecimal(rest) {
			return true
		}
	}
	rest, ok := strings.CutPrefix(sam, "iusr_")
	if !ok {
		rest, ok = strings.CutPrefix(sam, "iwam_")
	}
	return ok && rest != "" && !strings.ContainsAny(rest, " .@")
}

// systemName knows the mailboxes that Exchange makes by the beginning of their common name. None of these beginnings holds a character that a distinguished name
// escapes, so the name is compared as it stands in the DN: parsing every DN cost two thirds of the time of classifying.
func systemName(o evidence.ADObject) bool {
	name := o.DN()
	if len(name) < 3 || !strings.EqualFold(name[:3], "CN=") {
		return false
	}
	name = name[3:]
	for _, begins := range []string{
		"SystemMailbox{", "DiscoverySearchMailbox {", "FederatedEmail.4c1f4d8b", "Exchange Online-ApplicationAccount", "Migration.8f3e7716",
	} {
		if len(name) >= len(begins) && strings.EqualFold(name[:len(begins)], begins) {
			return true
		}
	}
	return false
}

func hexadecimal(s string) bool {
	for i := range len(s) {
		if c := s[i]; (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}
