package luminate

// seriesIndex finds series by a hash of what they are called: an open hash table, at most half full. A map would take
// twice the time of all else that a batch does to name a series.
type seriesIndex struct {
	slots []seriesSlot // A power of two of them, or none.
	count int
}

type seriesSlot struct {
	hash   uint32
	number uint32 // Of the series, plus one; 0 where the slot is free.
}

const firstSlots = 64

// find gives the series of a hash for which `same` holds, or adds `next`.
func (x *seriesIndex) find(hash uint32, next Series, same func(Series) bool) Series {
	if 2*(x.count+1) > len(x.slots) {
		x.grow()
	}
	mask := uint32(len(x.slots) - 1)
	at := hash & mask
	for ; x.slots[at].number != 0; at = (at + 1) & mask {
		if known := Series(x.slots[at].number - 1); x.slots[at].hash == hash && same(known) {
			return known
		}
	}
	x.slots[at] = seriesSlot{hash: hash, number: uint32(next) + 1}
	x.count++
	return next
}

func (x *seriesIndex) grow() {
	old := x.slots
	size := 2 * len(old)
	if size == 0 {
		size = firstSlots
	}
	x.slots = make([]seriesSlot, size)
	mask := uint32(len(x.slots) - 1)
	for _, slot := range old {
		if slot.number == 0 {
			continue
		}
		at := slot.hash & mask
		for x.slots[at].number != 0 {
			at = (at + 1) & mask
		}
		x.slots[at] = slot
	}
}

// clear keeps the memory.
func (x *seriesIndex) clear() {
	for i := range x.slots {
		x.slots[i] = seriesSlot{}
	}
	x.count = 0
}
