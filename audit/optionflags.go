package audit

// Bits of msRTCSIP-OptionFlags that rules ask for.
const (
	FlagRemoteCall = 0x10  // remote call control
	FlagVoice      = 0x80  // enterprise voice
	FlagPresence   = 0x100 // enhanced presence
	FlagDualMode   = 0x200 // remote call control in dual mode: together with enterprise voice
)
