package luminate

import (
	"sync"
	"sync/atomic"
	"testing"
)

func TestTheLastUserDestroys(t *testing.T) {
	var u uses
	if !u.begin() || !u.begin() {
		t.Fatal("it is not open")
	}
	if u.end() {
		t.Error("an open handle was destroyed")
	}
	if u.close() || u.close() {
		t.Error("a handle was destroyed that somebody uses")
	}
	if u.begin() {
		t.Error("a closed handle was used")
	}
	if !u.end() {
		t.Error("nobody destroys the handle")
	}
	if u.close() || u.begin() {
		t.Error("a destroyed handle was destroyed or used")
	}
	var unused uses
	if !unused.close() || unused.close() {
		t.Error("an unused handle is not destroyed once")
	}
}

func TestUsersAndClosersDestroyOnce(t *testing.T) {
	for round := 0; round < 200; round++ {
		var u uses
		var destroyed atomic.Int32
		var busy sync.WaitGroup
		for worker := 0; worker < 8; worker++ {
			busy.Add(1)
			go func(worker int) {
				defer busy.Done()
				for i := 0; i < 50; i++ {
					if u.begin() {
						if destroyed.Load() != 0 {
							t.Error("used after it was destroyed")
						}
						if u.end() {
							destroyed.Add(1)
						}
					}
					if i == 25 && worker < 2 && u.close() {
						destroyed.Add(1)
					}
				}
			}(worker)
		}
		busy.Wait()
		if count := destroyed.Load(); count != 1 {
			t.Fatalf("destroyed %d times", count)
		}
	}
}
