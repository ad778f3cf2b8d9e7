package plant

import (
	"encoding/json"
	"strings"
)

// phone is a telephone number of the tenant.
type phone struct {
	number, kind, source, target, category, status, activation, country string
}

// The kinds and sources of telephone numbers.
const (
	phoneDirect   = "directRouting"
	phonePlan     = "callingPlan"
	phoneOperator = "operatorConnect"
	phoneOnline   = "online"
	phoneServer   = "onPremises"
	phoneFree     = "unassigned"
	phoneUser     = "userAssigned"
	phoneMeeting  = "conferenceAssigned"
	phoneVoiceApp = "voiceApplicationAssigned"

	categoryPrimary   = "primary"
	categoryPrivate   = "private"
	categoryAlternate = "alternate"

	voiceFlag = 128 // bit of msRTCSIP-OptionFlags
)

// teamsNumber is an entry of telephoneNumbers of a Teams user configuration.
type teamsNumber struct{ number, category string }

// setNumbers gives the user these telephone numbers in Teams and no others, whatever the directory says. The tenant's list of numbers is not changed: see
// [builder.assign].
func (t *teams) setNumbers(numbers ...teamsNumber) { t.numbers, t.numbered = numbers, true }

// primary is the primary number as a list of one, for what has it or not.
func (t *teams) primary() []string {
	for _, n := range t.numbers {
		if n.category == categoryPrimary {
			return []string{n.number}
		}
	}
	return nil
}

// assign adds a telephone number to the tenant's list: one that a user has, or a free one for "".
func (b *builder) assign(number, source, target string) *phone {
	n := &phone{
		number: number, kind: phoneDirect, source: source, target: target, category: categoryPrimary, status: phoneUser, activation: "activated", country: countryOf(number),
	}
	if source == phoneOnline {
		n.kind = phonePlan
	}
	if target == "" {
		n.status, n.category = phoneFree, ""
	}
	b.phones = append(b.phones, n)
	return n
}

func countryOf(number string) string {
	if strings.HasPrefix(number, "+44") {
		return "GB"
	}
	return "JP"
}

// giveNumbers gives a person in Teams the number that the directory brings, or one of the tenant's own to somebody with enterprise voice and none in the
// directory. Of several with one number the first gets it.
func (b *builder) giveNumbers(p *person) {
	u := p.cloud
	if u == nil || p.ad == nil || u.teams != nil && u.teams.numbered {
		return
	}
	t, o := u.teams, p.ad
	if t == nil { // the list of numbers is another resource
		t = &teams{account: accountOnline}
	}
	if o.enabled == "" || o.flags.value&voiceFlag == 0 || o.locator == serverLocator || !strings.EqualFold(t.account, accountOnline) {
		return
	}
	t.voice = true
	if !contains(t.features, "PhoneSystem") {
		t.features = append(t.features, "PhoneSystem")
	}
	number, source := teamsLine(o.line), phoneServer
	if o.line == "" {
		number, source = "+8134600"+sevenDigits(p.number), phoneOnline
	}
	if number == "" || b.given[number] {
		return
	}
	b.given[number] = true
	t.numbers = []teamsNumber{{number, categoryPrimary}}
	n := b.assign(number, source, u.id)
	if source == phoneOnline && b.random(p.number, saltDial)%2 == 0 {
		n.kind = phoneOperator
	}
}

// teamsLine is the number that the service makes of msRTCSIP-Line; "" when it makes nothing of it.
func teamsLine(line string) string {
	if len(line) < 4 || !strings.EqualFold(line[:4], "tel:") {
		return ""
	}
	subscriber, parameters, _ := strings.Cut(line[4:], ";")
	number := strings.Map(func(r rune) rune {
		if strings.ContainsRune(" -.()", r) {
			return -1
		}
		return r
	}, subscriber)
	if !strings.HasPrefix(number, "+") || strings.Trim(number[1:], "0123456789") != "" {
		return ""
	}
	if name, ext, _ := strings.Cut(parameters, "="); strings.EqualFold(name, "ext") {
		number += ";ext=" + ext
	}
	return number
}

// standingPhones are numbers that are nobody's line: free ones, one of a conference bridge, those of auto attendants.
func (b *builder) standingPhones(size int) {
	for i := range min(2*size, 2000) {
		free := b.assign("+8134601"+sevenDigits(i), phoneOnline, "")
		if i%3 == 2 {
			free.kind = phoneDirect
		}
	}
	bridge := b.assign("+81346029999999", phoneOnline, "")
	bridge.status, bridge.target = phoneMeeting, guidOf(b.seed, 1, saltDial).String()
}

// write gives the number as Graph does.
func (n *phone) write(d *document) json.RawMessage {
	d.begin()
	d.text("id", strings.TrimPrefix(n.number, "+"))
	d.text("telephoneNumber", n.number)
	d.text("operatorId", "")
	d.text("numberType", n.kind)
	d.text("activationState", n.activation)
	d.raw("capabilities", map[bool]string{true: `["conferenceAssignment"]`, false: `["userAssignment"]`}[n.status == phoneMeeting])
	d.raw("locationId", "")
	d.raw("civicAddressId", "")
	d.raw("networkSiteId", "")
	d.text("city", map[string]string{"GB": "London", "JP": "Tokyo"}[n.country])
	d.text("isoCountryCode", n.country)
	d.text("portInStatus", "")
	d.text("numberSource", n.source)
	d.text("assignmentTargetId", n.target)
	d.text("assignmentCategory", n.category)
	d.text("assignmentStatus", n.status)
	d.raw("reverseNumberLookupOptions", "[]")
	return d.end()
}

// exported gives the number as Get-CsPhoneNumberAssignment does, in whose words the first letter is a capital.
func (n *phone) exported() *psObject {
	return psOf(
		"TelephoneNumber", n.number, "OperatorId", nil, "NumberType", capital(n.kind), "ActivationState", capital(n.activation), "AssignedPstnTargetId", orNil(n.target),
		"AssignmentCategory", orNil(capital(n.category)), "Capability", []string{"UserAssignment"}, "City", nil, "IsoCountryCode", n.country, "NumberSource", capital(n.source),
		"PstnAssignmentStatus", capital(n.status), "PortInOrderStatus", nil,
	)
}

// capital writes the first letter as a capital.
func capital(s string) string {
	if s == "" {
		return ""
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// orNil is nil for "".
func orNil(s string) any {
	if s == "" {
		return nil
	}
	return s
}
