package luminate

import "testing"

func TestSeriesOfOneHashAreToldApart(t *testing.T) {
	var index seriesIndex
	never := func(Series) bool { return false }
	for number := Series(0); number < 1000; number++ {
		if got := index.find(7, number, never); got != number {
			t.Fatalf("series %d is taken for %d", number, got)
		}
	}
	for number := Series(0); number < 1000; number++ {
		if got := index.find(7, 1000, func(s Series) bool { return s == number }); got != number {
			t.Fatalf("series %d is found as %d", number, got)
		}
	}
	index.clear()
	if got := index.find(7, 3, func(Series) bool { return true }); got != 3 {
		t.Errorf("series %d was left", got)
	}
}

func TestSeriesAreFoundAgainAfterTheIndexHasGrown(t *testing.T) {
	var index seriesIndex
	for number := Series(0); number < 10_000; number++ {
		index.find(uint32(number)*0x9e3779b1, number, func(Series) bool { return false })
	}
	for number := Series(0); number < 10_000; number++ {
		if got := index.find(uint32(number)*0x9e3779b1, 10_000, func(s Series) bool { return s == number }); got != number {
			t.Fatalf("series %d is found as %d", number, got)
		}
	}
}
