package directory

import (
	"errors"
	"fmt"
	"math"
	"time"
)

// ParseGeneralizedTime reads the LDAP GeneralizedTime syntax (RFC 4517 3.3.13,
// X.680 46) and gives the moment in UTC: 20261121094512.0Z as Active Directory
// writes it, 20261121094512Z as OpenLDAP does, also without seconds or minutes,
// with a fraction of the last unit after "." or ",", and with +hh or +hhmm in place
// of Z. A leap second becomes the first second of the next minute; digits beyond
// nanoseconds are cut. A time without a zone is refused, since it would depend on
// where the server stands.
func ParseGeneralizedTime(s string) (time.Time, error) {
	p := timeParser{rest: s}
	year := p.number(4, 0, 9999)
	month := p.number(2, 1, 12)
	day := p.number(2, 1, 31)
	hour := p.number(2, 0, 23)
	unit := time.Hour
	var minute, second int
	if p.digitNext() {
		minute, unit = p.number(2, 0, 59), time.Minute
		if p.digitNext() {
			second, unit = p.number(2, 0, 60), time.Second
		}
	}
	fraction := p.fraction(unit)
	offset := p.zone()
	if p.bad || p.rest != "" {
		return time.Time{}, fmt.Errorf("generalised time of %d characters is not yyyymmddhhmmss.fZ at position %d", len(s), len(s)-len(p.rest))
	}
	if time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC).Day() != day {
		return time.Time{}, fmt.Errorf("generalised time has day %d in month %d", day, month)
	}
	t := time.Date(year, time.Month(month), day, hour, minute, second, 0, time.UTC).Add(fraction - offset)
	if t.Year() < 0 || t.Year() > 9999 {
		return time.Time{}, errors.New("generalised time lies outside the years 0 to 9999 in UTC")
	}
	return t, nil
}

// FormatGeneralizedTime writes t in UTC as Active Directory does:
// 20261121094512.0Z. Fractions of a second are cut, as the directory keeps none.
// The syntax holds the years 0 to 9999 only.
func FormatGeneralizedTime(t time.Time) string {
	return t.UTC().Format("20060102150405") + ".0Z"
}

// timeParser takes a generalised time apart from the left; after the first fault
// it takes nothing more, so rest points at the fault.
type timeParser struct {
	rest string
	bad  bool
}

func (p *timeParser) digitNext() bool {
	return !p.bad && p.rest != "" && '0' <= p.rest[0] && p.rest[0] <= '9'
}

// number takes exactly n digits whose value lies between low and high.
func (p *timeParser) number(n, low, high int) int {
	if p.bad || len(p.rest) < n {
		p.bad = true
		return 0
	}
	value := 0
	for i := range n {
		c := p.rest[i]
		if c < '0' || c > '9' {
			p.bad = true
			return 0
		}
		value = value*10 + int(c-'0')
	}
	if value < low || value > high {
		p.bad = true
		return 0
	}
	p.rest = p.rest[n:]
	return value
}

// fraction takes an optional fraction of unit.
func (p *timeParser) fraction(unit time.Duration) time.Duration {
	if p.bad || p.rest == "" || p.rest[0] != '.' && p.rest[0] != ',' {
		return 0
	}
	p.rest = p.rest[1:]
	if !p.digitNext() {
		p.bad = true
		return 0
	}
	// Twelve digits name every nanosecond of an hour. Their product with an hour in
	// nanoseconds does not fit into 64 bits, hence the two halves.
	var digits, scale int64 = 0, 1
	for p.digitNext() {
		if scale < 1e12 {
			digits, scale = digits*10+int64(p.rest[0]-'0'), scale*10
		}
		p.rest = p.rest[1:]
	}
	const part = int64(1e6)
	if scale <= part {
		return time.Duration(digits * int64(unit) / scale)
	}
	high, low := digits/(scale/part), digits%(scale/part)
	return time.Duration((high*int64(unit) + low*int64(unit)/(scale/part)) / part)
}

// zone takes Z or a signed offset and gives how far east of UTC it lies.
func (p *timeParser) zone() time.Duration {
	if p.bad || p.rest == "" {
		p.bad = true
		return 0
	}
	sign := p.rest[0]
	switch sign {
	case 'Z':
		p.rest = p.rest[1:]
		return 0
	case '+', '-':
		p.rest = p.rest[1:]
	default:
		p.bad = true
		return 0
	}
	offset := time.Duration(p.number(2, 0, 23)) * time.Hour
	if p.digitNext() {
		offset += time.Duration(p.number(2, 0, 59)) * time.Minute
	}
	if sign == '-' {
		return -offset
	}
	return offset
}

// File times count 100 ns steps since 1601-01-01 UTC.
const (
	fileTimeSecond = int64(10_000_000)
	// fileTimeEpoch is how many seconds 1601-01-01 lies before 1970-01-01.
	fileTimeEpoch = int64(11_644_473_600)
	// fileTimeLast is the last step of the year 9999, beyond which a time has no
	// JSON or generalised form.
	fileTimeLast = (253_402_300_800+fileTimeEpoch)*fileTimeSecond - 1
)

// FileTime gives the moment, in UTC, of a LargeInteger time such as
// lastLogonTimestamp, pwdLastSet or accountExpires: 100 ns steps since 1601. 0 and
// 1<<63-1 both mean never; so do, for want of any other meaning, negative values
// (which are intervals elsewhere in the directory) and moments after the year
// 9999. With never the time is zero.
func FileTime(v int64) (t time.Time, never bool) {
	if v <= 0 || v > fileTimeLast {
		return time.Time{}, true
	}
	return time.Unix(v/fileTimeSecond-fileTimeEpoch, v%fileTimeSecond*100).UTC(), false
}

// ToFileTime is the reverse of FileTime, cut to 100 ns: 0 for the zero time and for
// moments up to 1601, 1<<63-1 (never) for those after the year 9999.
func ToFileTime(t time.Time) int64 {
	seconds := t.Unix() + fileTimeEpoch
	switch {
	case seconds < 0:
		return 0
	case seconds > fileTimeLast/fileTimeSecond:
		return math.MaxInt64
	}
	return seconds*fileTimeSecond + int64(t.Nanosecond()/100)
}
