package luminate

import (
	"math"
	"sync/atomic"
)

// uses counts who is using a handle of the library, so that it is destroyed once: by close where nobody uses it, else
// by the last user. The zero value is open and unused.
type uses struct {
	count atomic.Int64 // Users; far below zero once it is closed.
}

const closed = math.MinInt64 / 2

// begin counts one more user; false, and nothing to end, where it is closed.
func (u *uses) begin() bool {
	for {
		count := u.count.Load()
		if count < 0 {
			return false
		}
		if u.count.CompareAndSwap(count, count+1) {
			return true
		}
	}
}

// end says whether the handle has to be destroyed now.
func (u *uses) end() (last bool) { return u.count.Add(-1) == closed }

// close says whether the handle has to be destroyed now. Again is harmless.
func (u *uses) close() (last bool) {
	for {
		count := u.count.Load()
		if count < 0 {
			return false
		}
		if u.count.CompareAndSwap(count, count+closed) {
			return count == 0
		}
	}
}
