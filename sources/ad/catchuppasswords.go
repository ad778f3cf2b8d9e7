package ad

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/go-ldap/ldap/v3"

	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/entries"
)

// computedControl is the attribute that tells locked accounts and expired passwords. The server computes it when it is asked, and it changes with the time.
const computedControl = "msDS-User-Account-Control-Computed"

// Bits of userAccountControl and of computedControl.
const (
	lockedOut       = 0x10
	trustAccounts   = 0x800 | 0x1000 | 0x2000 // of domains and computers
	neverExpires    = 0x10000
	smartcardNeeded = 0x40000
	passwordExpired = 0x800000
)

// expiryMargin is how near the time at which a password expires may be for nobody to tell what the server says.
const expiryMargin = time.Hour

// passwordPolicy is after what time passwords expire in a domain. Which of several ages holds for a user need not be known, since a user for whom they do not
// all come to the same is asked about.
type passwordPolicy struct {
	ages     []int64 // in units of 100 nanoseconds; math.MaxInt64 for never
	settings bool    // there are password settings objects, for some of the users
	unsure   string  // why nothing can be said, "" when it can
}

// readPasswordPolicy reads the domain's policy and the ages of password settings objects.
func (u *catchUp) readPasswordPolicy(ctx context.Context, s *session, head *ldap.Entry) (passwordPolicy, error) {
	var p passwordPolicy
	if !p.add(head.GetEqualFoldAttributeValue("maxPwdAge")) {
		return passwordPolicy{unsure: "the domain's password policy cannot be read"}, nil
	}
	container := "CN=Password Settings Container,CN=System," + u.reader.lane.domain.context
	_, err := s.shown("the password settings container", container, nil)
	if reason := whyListed(ctx, err); reason != "" {
		return passwordPolicy{unsure: reason}, nil
	}
	if err != nil {
		return p, err
	}
	where := place{base: container, filter: "(objectClass=msDS-PasswordSettings)"}
	err = u.reader.sweep(ctx, s, where, []string{"objectGUID", "msDS-MaximumPasswordAge"}, func(e entries.Entry) error {
		p.settings = true
		if !p.add(string(e.Value("msDS-MaximumPasswordAge"))) {
			p.unsure = "the ages of password settings cannot be read"
		}
		return nil
	})
	return p, err
}

// add takes an age as the directory keeps it, a negative number. What zero means is not the same everywhere.
func (p *passwordPolicy) add(text string) bool {
	age, err := strconv.ParseInt(text, 10, 64)
	if err != nil || age > 0 {
		return false
	}
	switch age {
	case 0:
		p.ages = append(p.ages, 0, math.MaxInt64)
	case math.MinInt64:
		p.ages = append(p.ages, math.MaxInt64)
	default:
		p.ages = append(p.ages, -age)
	}
	return true
}

// password is what an earlier row says of a user's password.
type password struct {
	control, computed, set int64
}

// expired says whether the password is expired at a time (MS-ADTS 3.1.1.4.5.17).
func (p password) expired(age, now int64) bool {
	switch {
	case p.control&(trustAccounts|neverExpires|smartcardNeeded) != 0:
		return false
	case p.set == 0:
		return true
	}
	return age != math.MaxInt64 && now-p.set > age
}

// certain says whether each of the ages explains what the row says for all the times, so that the server would say the same now.
func (p password) certain(ages []int64, times ...time.Time) bool {
	for _, age := range ages {
		for _, at := range times {
			if p.expired(age, fileTime(at)) != (p.computed&passwordExpired != 0) {
				return false
			}
		}
	}
	return p.computed&lockedOut == 0
}

// explained says whether some age explains what the row says for one of the times.
func (p password) explained(ages []int64, times ...time.Time) bool {
	return slices.ContainsFunc(ages, func(age int64) bool {
		return slices.ContainsFunc(times, func(at time.Time) bool { return p.expired(age, fileTime(at)) == (p.computed&passwordExpired != 0) })
	})
}

// fileTime counts a time as the directory does, in units of 100 nanoseconds since 1601.
func fileTime(at time.Time) int64 { return (at.Unix() + 11_644_473_600) * 10_000_000 }

// weighPasswords finds the users of which computedControl may say something else than then: those who were locked out, which ends by itself, and those whose
// password expires by one of the ages and not by another, or has expired since. It puts the rows into again.
func (u *catchUp) weighPasswords(ctx context.Context, s *session, stay []int32, again map[int32]bool) error {
	if !slices.Contains(u.silent, computedControl) {
		return nil
	}
	if u.reader.sink.dataset != evidence.ADUsers {
		// Contacts and groups have no password, and if they show a value at all it stays.
		for _, row := range stay {
			o := u.earlier.object(int(row))
			again[row] = again[row] || o.UserAccountControl() != 0 || len(o.Attribute("pwdLastSet")) > 0
		}
		return nil
	}
	policy := u.quick.delta.passwords
	if policy.unsure != "" {
		return closed("%s", policy.unsure)
	}
	for _, name := range []string{"userAccountControl", "pwdLastSet"} {
		if !slices.Contains(u.kept, name) {
			return closed("%s is not read, so nothing tells when passwords expire", name)
		}
	}
	now := s.root.clock
	if now.IsZero() {
		return closed("the server does not tell its time")
	}
	then, end := u.mark.clock, u.mark.clock.Add(max(0, u.earlier.cover.Ended.Sub(u.mark.taken)))
	for _, row := range stay {
		p, ok := u.passwordOf(row)
		switch {
		case !ok:
			again[row] = true
		case !p.explained(policy.ages, then.Add(-expiryMargin), then, end, end.Add(expiryMargin)):
			// There are other ages than those that can be seen, and they may be those of other users too.
			return closed("a password did not expire as the policy that can be seen says")
		case !p.certain(policy.ages, now.Add(-expiryMargin), now.Add(expiryMargin)):
			again[row] = true
		}
	}
	if policy.settings {
		return u.weighLockouts(ctx, s, again)
	}
	return nil
}

// weighLockouts finds whoever was locked out at some time: with several policies another one may hold for them now.
func (u *catchUp) weighLockouts(ctx context.Context, s *session, again map[int32]bool) error {
	where := u.place
	where.filter = and(fmt.Sprintf("(&(lockoutTime>=1)(%s<=%d))", usnChanged, u.mark.usn), u.place.filter)
	return u.reader.sweep(ctx, s, where, []string{"objectGUID"}, func(e entries.Entry) error {
		if g, ok := entries.GUIDOf(e); ok {
			if row, known := u.earlier.rows[g]; known && u.here(row) {
				again[row] = true
			}
		}
		return nil
	})
}

// passwordOf reads an earlier row; ok is false when it lacks something.
func (u *catchUp) passwordOf(row int32) (p password, ok bool) {
	o := u.earlier.object(int(row))
	number := func(name string) int64 {
		values := o.Attribute(name)
		if len(values) != 1 {
			ok = false
			return 0
		}
		v, err := strconv.ParseInt(values[0], 10, 64)
		ok = ok && err == nil
		return v
	}
	ok = true
	p = password{control: o.UserAccountControl(), computed: number(computedControl), set: number("pwdLastSet")}
	return p, ok && p.control != 0 // which every account has
}
