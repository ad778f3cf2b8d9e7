package plant

import (
	"strconv"

	"golang.org/x/text/unicode/norm"
)

// samLimit is the longest sAMAccountName of a user.
const samLimit = 20

// numbered fills in what must be unique: round counts how often the combination of names was used before.
func (id identity) numbered(local string, round, at int) identity {
	id.cn, id.local = id.shown, local
	if round > 0 {
		number := strconv.Itoa(round + 1)
		id.cn, id.local = id.cn+" "+number, id.local+number
	}
	id.sam = samOf(id.local, at)
	return id
}

// samOf shortens a name part that is too long; the position behind a hyphen, which no name part holds, keeps it unique.
func samOf(local string, at int) string {
	if len(local) <= samLimit {
		return local
	}
	tail := "-" + strconv.FormatInt(int64(at), 36)
	return local[:samLimit-len(tail)] + tail
}

// called gives the identity another name; the name part must be unique in the organisation.
func (id identity) called(given, surname, shown, local, sam string) identity {
	id.given, id.surname, id.shown, id.cn, id.local, id.sam = given, surname, shown, shown, local, sam
	return id
}

// styled varies how the name is written: with a comma, with characters that a distinguished name must escape, or in decomposed Unicode.
func (id identity) styled(roll uint64) identity {
	suffix := id.cn[min(len(id.shown), len(id.cn)):]
	switch {
	case roll < 4 && !id.japanese:
		id.shown = id.surname + ", " + id.given
	case roll < 5:
		id.shown = id.shown + ` "R+D"`
	case roll < 6:
		id.shown = "#" + id.shown
	case roll < 7:
		id.shown = id.shown + ` <営業>; a=b\c`
	case roll < 10:
		id.shown = norm.NFD.String(id.shown)
	default:
		return id
	}
	id.cn = id.shown + suffix
	return id
}

// lookalikes are people whose names resemble those of system accounts. Each is used once, for a person with a fault: one that is taken for a system
// account is a finding that is missed.
type lookalike struct{ given, surname, shown, local, sam string }

func lookalikes() map[string]lookalike {
	return map[string]lookalike{
		"front desk":    {"Front Desk", "Administration", "Administration Front Desk", "administration.front.desk", "administration"},
		"iwamoto":       {"Kenji", "Iwamoto", "Iwamoto Kenji", "kenji.iwamoto", "iwamoto.kenji"},
		"guest":         {"Judith", "Guest", "Guest, Judith", "judith.guest", "guest.judith"},
		"supporto":      {"Anna", "Supporto", "Supporto, Anna", "anna.supporto", "supporto_anna"},
		"msolski":       {"Adam", "Msolski", "Msolski Adam", "adam.msolski", "msolski"},
		"aadland":       {"Kari", "Aadland", "Kari Aadland", "kari.aadland", "aad_kari"},
		"iusra":         {"Noor", "Iusra", "Noor Iusra", "noor.iusra", "iusra"},
		"castro":        {"Inés", "Castro", "Inés Castro", "ines.castro", "cas_tro"},
		"smith-oakley":  {"Tom", "Smith-Oakley", "Tom Smith-Oakley", "tom.smith-oakley", "sm_oakley"},
		"krbtgtanen":    {"Aino", "Krbtgtanen", "Aino Krbtgtanen", "aino.krbtgtanen", "krbtgtanen"},
		"healthmailbox": {"Team", "HealthMailbox", "HealthMailbox Team", "healthmailbox.team", "healthmailboxteam"},
		"systemmailbox": {"Owner", "SystemMailbox", "SystemMailbox Owner", "systemmailbox.owner", "systemmailboxowner"},
		"discovery":     {"Owner", "DiscoverySearchMailbox", "DiscoverySearchMailbox Owner", "discovery.owner", "discoveryowner"},
		"admini":        {"Paolo", "Admini", "Paolo Admini", "paolo.admini", "admini"},
	}
}
