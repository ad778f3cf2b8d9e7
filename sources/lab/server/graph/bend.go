package graphlab

import (
	"bytes"
	"encoding/json"
	"strings"
)

// enumMembers are the members whose values are enumerations.
const enumMembers = `accountType capabilityStatus provisioningStatus status classification origin numberType numberSource assignmentStatus activationState
preferredAuthenticationProtocol federatedIdpMfaBehavior authenticationType userType recordType`

// bent gives the objects of a page as the fault changes them.
func (f Fault) bent(objects []json.RawMessage) []json.RawMessage {
	var change func(json.RawMessage) json.RawMessage
	switch f.Kind {
	case UnknownValues:
		enums := nameSet(enumMembers)
		change = func(raw json.RawMessage) json.RawMessage {
			return edited(raw, func(key string, value []byte) ([]byte, bool) {
				if enums[key] && value[0] == '"' {
					return []byte(`"valueOfTheFuture"`), true
				}
				return value, true
			})
		}
	case MissingProperties:
		dropped := nameSet(strings.Join(f.Members, " "))
		change = func(raw json.RawMessage) json.RawMessage {
			return edited(raw, func(key string, value []byte) ([]byte, bool) { return value, !dropped[key] })
		}
	case Padded:
		padding := []byte(`,"@lab.padding":"` + strings.Repeat("x", f.Size) + `"}`)
		change = func(raw json.RawMessage) json.RawMessage {
			end := bytes.LastIndexByte(raw, '}')
			if end < 0 || member(raw, "id") == nil {
				return raw
			}
			return append(bytes.Clone(raw[:end]), padding...)
		}
	default:
		return objects
	}
	all := make([]json.RawMessage, len(objects))
	for i, raw := range objects {
		all[i] = change(raw)
	}
	return all
}

// edited writes an object anew with other values, or without some of its members.
func edited(raw json.RawMessage, value func(key string, value []byte) ([]byte, bool)) json.RawMessage {
	var b bytes.Buffer
	b.WriteByte('{')
	_ = eachMember(raw, func(key, old []byte) {
		changed, keep := value(string(key), old)
		if !keep {
			return
		}
		if b.Len() > 1 {
			b.WriteByte(',')
		}
		b.WriteString(`"` + string(key) + `":`)
		b.Write(changed)
	})
	b.WriteByte('}')
	return b.Bytes()
}
