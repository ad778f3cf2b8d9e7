package ad

import "encoding/binary"

// Attributes as replPropertyMetaData numbers them: the same in every forest, since their identifiers belong to the schema's fixed prefixes.
const (
	attributeName            = 0x90001 // stamped anew when an object is renamed or moved
	attributeDeleted         = 0x20030 // isDeleted; objects have it that were deleted once
	attributeRights          = 0x20119 // nTSecurityDescriptor
	attributeLockoutDuration = 0x9003c
)

// Layout of replPropertyMetaData, version 1: version, count, and for each attribute its number,
// version, time, originating server and number of the change there, and the number that the change has in the server's own database.
const (
	metaDataHead  = 16
	metaDataEntry = 48
	metaDataLocal = 40
)

// metaData is when each attribute of an object was changed last, by the numbers of the server that gave it.
type metaData map[uint32]int64

// parseMetaData reads a value of replPropertyMetaData. ok is false for whatever is not exactly one, or lacks the name that each object has.
func parseMetaData(b []byte) (m metaData, ok bool) {
	if len(b) < metaDataHead || binary.LittleEndian.Uint32(b) != 1 || uint64(len(b)) != metaDataHead+metaDataEntry*uint64(binary.LittleEndian.Uint32(b[8:])) {
		return nil, false
	}
	m = metaData{}
	for rest := b[metaDataHead:]; len(rest) > 0; rest = rest[metaDataEntry:] {
		usn := binary.LittleEndian.Uint64(rest[metaDataLocal:])
		if usn == 0 || usn > 1<<62 {
			return nil, false
		}
		m[binary.LittleEndian.Uint32(rest)] = int64(usn)
	}
	return m, m[attributeName] > 0
}
