package luminate_test

import (
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	luminate "github.com/luminate/luminate/capi/go"
)

// collectGarbage runs every finalizer that can run.
func collectGarbage() {
	for i := 0; i < 3; i++ {
		runtime.GC()
		finalized := make(chan struct{})
		runtime.SetFinalizer(new([16]byte), func(*[16]byte) { close(finalized) })
		runtime.GC()
		select {
		case <-finalized:
		case <-time.After(time.Second):
		}
	}
}

func TestAForgottenStoreIsClosed(t *testing.T) {
	url := "sqlite:" + filepath.Join(t.TempDir(), "m.db")
	forget := func() {
		store, err := luminate.Open(url)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := store.Tenant("acme"); err != nil {
			t.Fatal(err)
		}
		if _, err := luminate.NewValidator(); err != nil {
			t.Fatal(err)
		}
	}
	forget()
	eventually(t, "the store can be opened again", func() bool {
		collectGarbage()
		store, err := luminate.Open(url)
		if err != nil {
			return false
		}
		store.Close()
		return true
	})
}

func TestALoggerGoesWithItsStore(t *testing.T) {
	var released atomic.Bool
	func() {
		captured := new([16]byte)
		runtime.SetFinalizer(captured, func(*[16]byte) { released.Store(true) })
		store, err := luminate.Open("memory:", luminate.WithLogger(func(luminate.Level, string) { _ = captured[0] }))
		if err != nil {
			t.Fatal(err)
		}
		collectGarbage()
		if released.Load() {
			t.Error("the logger of an open store is gone")
		}
		store.Close()
	}()
	eventually(t, "the logger is garbage", func() bool {
		collectGarbage()
		return released.Load()
	})
}

// In any order: the garbage collector knows nothing of parents.
func TestForgottenHandlesGoInAnyOrder(t *testing.T) {
	before := runtime.NumGoroutine()
	for i := 0; i < 50; i++ {
		store, err := luminate.Open("memory:", luminate.WithOption("batch_write.max_age", "36500d"))
		if err != nil {
			t.Fatal(err)
		}
		view, err := store.Tenant("acme")
		if err != nil {
			t.Fatal(err)
		}
		writeLatencies(t, view, 10)
		everything := luminate.Range("api_latency").Between(at(0), at(10))
		result, err := view.Query(background, everything)
		if err != nil {
			t.Fatal(err)
		}
		stream, err := view.Stream(background, everything)
		if err != nil || !stream.Next() {
			t.Fatal(err)
		}
		switch i % 4 {
		case 0:
			result.Close()
		case 1:
			stream.Close()
		case 2:
			store.Close()
		}
		if i%10 == 0 {
			collectGarbage()
		}
	}
	eventually(t, "their goroutines are gone", func() bool {
		collectGarbage()
		return runtime.NumGoroutine() <= before
	})
}

func TestAColumnThatWasLentOutlivesAForgottenResult(t *testing.T) {
	store := open(t)
	writeMany(t, store, "m", 10_000)
	var others luminate.Batch
	series := others.Series("others", "host", "a")
	for i := int64(0); i < 10_000; i++ {
		others.AddMillis(series, noon+i, -1)
	}
	write(t, store, &others)
	borrow := func() []float64 {
		result, err := store.Query(background, luminate.Range("m").Between(at(0), at(10)))
		if err != nil {
			t.Fatal(err)
		}
		return result.Numbers("value")
	}
	values := borrow()
	for i := 0; i < 5; i++ {
		collectGarbage()
		// Gets memory that was given back.
		result, err := store.Query(background, luminate.Range("others").Between(at(0), at(10)))
		if err != nil {
			t.Fatal(err)
		}
		defer result.Close()
	}
	for i, value := range values {
		if value != float64(i) {
			t.Fatalf("value %d has become %v", i, value)
		}
	}
}

// residentBytes is the memory of this process, without what Go only keeps for later.
func residentBytes(t *testing.T) int {
	collectGarbage()
	debug.FreeOSMemory()
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		t.Skip(err)
	}
	pages, err := strconv.Atoi(strings.Fields(string(text))[1])
	if err != nil {
		t.Fatal(err)
	}
	return pages * os.Getpagesize()
}

// Whatever a round leaves behind is far more than what the process may grow by in all rounds.
func TestNothingLeaks(t *testing.T) {
	const samples, rounds, bound = 30_000, 75, 20 << 20 // A result has 600 KB.
	store := open(t, large()...)
	writeMany(t, store, "m", samples)
	everything := luminate.Range("m").Between(at(0), at(samples/1000))
	var batch luminate.Batch
	series := batch.Series("m", "host", "a")
	bad := batch.Series("not a name")
	longName := strings.Repeat("m", 500_000)
	noFile := "sqlite:" + strings.Repeat("n", 400_000)
	for i := int64(0); i < 500; i++ {
		batch.AddMillis(series, noon+i, float64(i))
		batch.AddMillis(bad, noon+i, 0)
	}
	for name, round := range map[string]func(){
		"results that are closed": func() {
			result, err := store.Query(background, everything)
			if err != nil {
				t.Fatal(err)
			}
			result.Numbers("value")
			result.Close()
		},
		"results that are forgotten": func() {
			if _, err := store.Query(background, everything); err != nil {
				t.Fatal(err)
			}
			runtime.GC()
		},
		"streams that are left": func() {
			for _, begun := range []bool{false, true} {
				stream, err := store.Stream(background, everything)
				if err != nil || (begun && !stream.Next()) {
					t.Fatal(err)
				}
				stream.Close()
			}
		},
		"queries": func() {
			if _, err := store.Query(background, luminate.Range(longName).Between(at(0), at(1))); err == nil {
				t.Fatal("a name without end was taken")
			}
		},
		"writes with refused points": func() {
			for i := 0; i < 60; i++ {
				if _, err := store.Write(background, &batch); err != nil {
					t.Fatal(err)
				}
			}
		},
		"errors": func() {
			if _, err := luminate.Open(noFile); err == nil || len(err.Error()) < len(noFile) {
				t.Fatal("a file without end was opened, or its name is not told")
			}
		},
		"stores": func() {
			other, err := luminate.Open("memory:", luminate.WithLogger(func(luminate.Level, string) {}))
			if err != nil {
				t.Fatal(err)
			}
			if _, err := other.Tenant("acme"); err != nil {
				t.Fatal(err)
			}
			other.Close()
		},
	} {
		t.Run(name, func(t *testing.T) {
			for i := 0; i < rounds/10; i++ { // What is kept for later is there then.
				round()
			}
			before := residentBytes(t)
			for i := 0; i < rounds; i++ {
				round()
			}
			if grown := residentBytes(t) - before; grown > bound {
				t.Errorf("%d rounds took %d MB", rounds, grown>>20)
			}
		})
	}
}
