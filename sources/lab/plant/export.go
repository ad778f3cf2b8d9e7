package plant

import (
	"encoding/json"
	"slices"

	"hybridaudit/sources/lab"
)

// The PowerShell commands whose output stands beside the organisation. The last is no command: it is how the version of Entra Connect is noted.
const (
	psFederation    = "Get-CsTenantFederationConfiguration"
	psOnlineUsers   = "Get-CsOnlineUser"
	psPolicies      = "Get-CsTeamsUpgradePolicy"
	psConfiguration = "Get-CsTeamsUpgradeConfiguration"
	psOnlineDomains = "Get-CsOnlineSipDomain"
	psNumbers       = "Get-CsPhoneNumberAssignment"
	psProviders     = "Get-CsHostingProvider"
	psServerUsers   = "Get-CsUser"
	psPools         = "Get-CsPool"
	psReplicas      = "Get-CsManagementStoreReplicationStatus"
	psServerDomains = "Get-CsSipDomain"
	psEdge          = "Get-CsAccessEdgeConfiguration"
	psAllowed       = "Get-CsAllowedDomain"
	psBlocked       = "Get-CsBlockedDomain"
	psConferencing  = "Get-CsConferencingPolicy"
	psConnect       = "EntraConnect"
)

// export is the output of one command. Plants change it at any time before the organisation is handed over.
type export struct {
	command string
	absent  bool        // nobody saved it
	objects []*psObject // of those that do not follow from people
	edits   []func(*psObject)
	people  []json.RawMessage
}

// export gives the output of a command, to be changed.
func (b *builder) export(command string) *export {
	if i := slices.IndexFunc(b.exports, func(e *export) bool { return e.command == command }); i >= 0 {
		return b.exports[i]
	}
	e := &export{command: command}
	b.exports = append(b.exports, e)
	return e
}

// leaveOut says that nobody saved the output.
func (e *export) leaveOut() { e.absent = true }

// add puts one more object into the output.
func (e *export) add(o *psObject) *psObject {
	e.objects = append(e.objects, o)
	return o
}

// object gives the object with an Identity, nil when there is none.
func (e *export) object(identity string) *psObject {
	for _, o := range e.objects {
		if o.text("Identity") == identity {
			return o
		}
	}
	return nil
}

// each changes every object of the output, those of people included, when the organisation is handed over.
func (e *export) each(edit func(*psObject)) { e.edits = append(e.edits, edit) }

// write gives all objects.
func (e *export) write() []json.RawMessage {
	all := make([]json.RawMessage, 0, len(e.objects)+len(e.people))
	for _, o := range e.objects {
		for _, edit := range e.edits {
			edit(o)
		}
		all = append(all, o.write())
	}
	for _, raw := range e.people {
		if len(e.edits) > 0 {
			o := psFrom(raw)
			for _, edit := range e.edits {
				edit(o)
			}
			raw = o.write()
		}
		all = append(all, raw)
	}
	return all
}

// saved lists the output of the commands that somebody saved.
func (b *builder) saved() []lab.Export {
	if b.withoutExports {
		return nil
	}
	var list []lab.Export
	for _, e := range b.exports {
		if !e.absent {
			list = append(list, lab.Export{Command: e.command, Objects: e.write()})
		}
	}
	return list
}

// change is what a plant changes of a person in the output of a command; without edit the person is not in it.
type change struct {
	command string
	edit    func(*psObject)
}

// exported changes what a command shows of the person.
func (p *person) exported(command string, edit func(*psObject)) {
	p.changes = append(p.changes, change{command, edit})
}

// notExported takes the person out of a command's output.
func (p *person) notExported(command string) { p.changes = append(p.changes, change{command: command}) }

// keep adds an object of a person to a command's output.
func (e *export) keep(p *person, raw json.RawMessage) {
	if e.absent {
		return
	}
	var o *psObject
	for _, c := range p.changes {
		switch {
		case c.command != e.command:
			continue
		case c.edit == nil:
			return
		case o == nil:
			o = psFrom(raw)
		}
		c.edit(o)
	}
	if o != nil {
		raw = o.write()
	}
	e.people = append(e.people, raw)
}
