package plant

import (
	"encoding/binary"

	"hybridaudit/sources/evidence/directory"
)

// Salts keep the random numbers of one object apart from each other. Changing one changes every organisation.
const (
	saltProfile = iota + 1
	saltDetail
	saltTime
	saltGUID
	saltAnchor
	saltID
	saltMailbox
	saltDomain
	saltOther
	// One number is kept free: it is in use beside saltOther.
	saltService = iota + 2
	saltRecipient
	saltDial
	saltSignIn
)

// mix turns a seed, a number and a salt into 64 bits that look random (the finaliser of splitmix64).
func mix(seed int64, n, salt uint64) uint64 {
	z := uint64(seed)*0x9e3779b97f4a7c15 + n*0xbf58476d1ce4e5b9 + salt*0x94d049bb133111eb + 0x2545f4914f6cdd1d //nolint:gosec // any bits do
	for range 2 {
		z ^= z >> 30
		z *= 0xbf58476d1ce4e5b9
		z ^= z >> 27
		z *= 0x94d049bb133111eb
		z ^= z >> 31
	}
	return z
}

// guidOf gives a GUID of the random kind (version 4) in stored byte order.
func guidOf(seed int64, n, salt uint64) directory.GUID {
	var g directory.GUID
	binary.LittleEndian.PutUint64(g[:8], mix(seed, n, salt))
	binary.LittleEndian.PutUint64(g[8:], mix(seed, n, salt+1000))
	g[7] = g[7]&0x0f | 0x40 // high byte of the third field
	g[8] = g[8]&0x3f | 0x80
	return g
}

// sidOf gives S-1-5-21-a-b-c-rid; the domain's three numbers follow from the seed.
func sidOf(seed int64, rid uint32) []byte {
	b := make([]byte, 0, 28)
	b = append(b, 1, 5, 0, 0, 0, 0, 0, 5)
	b = binary.LittleEndian.AppendUint32(b, 21)
	h, i := mix(seed, 1, saltDomain), mix(seed, 2, saltDomain)
	for _, part := range []uint64{h, h >> 32, i} {
		b = binary.LittleEndian.AppendUint32(b, uint32(part)&0x7fffffff|0x10000000) //nolint:gosec // cut on purpose
	}
	return binary.LittleEndian.AppendUint32(b, rid)
}

// domainSID is the SID of the domain itself: without the last part.
func domainSID(seed int64) []byte {
	b := sidOf(seed, 0)
	b[1]--
	return b[:len(b)-4]
}

// permutation walks over 0..size-1 so that neighbours in the walk are far apart.
type permutation struct{ size, stride, offset int }

func newPermutation(seed int64, size int) permutation {
	p := permutation{size: size, stride: 1}
	if size < 3 {
		return p
	}
	p.offset = int(mix(seed, 3, saltDomain) % uint64(size)) //nolint:gosec // below size
	p.stride = size*618/1000 | 1
	for gcd(p.stride, size) != 1 {
		p.stride += 2
	}
	return p
}

func (p permutation) at(n int) int {
	return int((int64(n)*int64(p.stride) + int64(p.offset)) % int64(p.size))
}

func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}
