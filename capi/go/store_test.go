package luminate_test

import (
	"errors"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	luminate "github.com/luminate/luminate/capi/go"
)

func TestOpenKeepsWhatWasWritten(t *testing.T) {
	url := "sqlite:" + filepath.Join(t.TempDir(), "m.db")
	store := openURL(t, url)
	writeLatencies(t, store, 10)
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	again := openURL(t, url)
	if count := query(t, again, luminate.Range("api_latency").Between(at(0), at(10))).Len(); count != 30 {
		t.Errorf("found %d samples, want 30", count)
	}
}

func TestOpenSaysWhatIsWrongWithAURL(t *testing.T) {
	_, err := luminate.Open("sqlight:m.db")
	if failed := failure(t, err, luminate.ErrInvalidOption); failed.Retryable || failed.InDoubt || failed.Index != -1 {
		t.Errorf("got %+v", failed)
	}
	if _, err := luminate.Open(""); !errors.Is(err, luminate.ErrInvalidOption) {
		t.Errorf("got %v", err)
	}
}

func TestASecondWriterIsLockedOut(t *testing.T) {
	url := "sqlite:" + filepath.Join(t.TempDir(), "m.db")
	store := openURL(t, url)
	_, err := luminate.Open(url)
	failure(t, err, luminate.ErrStorageLocked)
	store.Close()
	openURL(t, url)
}

func TestTenantsSeeTheirOwnOnly(t *testing.T) {
	store := open(t)
	acme, err := store.Tenant("acme")
	if err != nil {
		t.Fatal(err)
	}
	writeLatencies(t, acme, 5)
	everything := luminate.Range("api_latency").Between(at(0), at(5))
	if count := query(t, acme, everything).Len(); count != 15 {
		t.Errorf("the tenant sees %d samples, want 15", count)
	}
	if count := query(t, store, everything).Len(); count != 0 {
		t.Errorf("the space without a tenant sees %d samples, want none", count)
	}
	_, err = store.Tenant("")
	failure(t, err, luminate.ErrInvalidOption)
}

func TestAViewOutlivesTheStoreItCameFrom(t *testing.T) {
	store := open(t)
	acme, err := store.Tenant("acme")
	if err != nil {
		t.Fatal(err)
	}
	store = nil
	collectGarbage()
	writeLatencies(t, acme, 1)
	runtime.KeepAlive(acme)
}

func TestClosingTwiceIsHarmless(t *testing.T) {
	store := open(t)
	for i := 0; i < 3; i++ {
		if err := store.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// What a store can be asked for, each by a call that would do well.
func everyCall(t *testing.T) map[string]func(*luminate.Store) error {
	var batch luminate.Batch
	batch.Add(batch.Series("m"), at(0), 1)
	everything := luminate.Range("m").Between(at(0), at(1))
	return map[string]func(*luminate.Store) error{
		"Tenant":  func(s *luminate.Store) error { _, err := s.Tenant("acme"); return err },
		"Write":   func(s *luminate.Store) error { _, err := s.Write(background, &batch); return err },
		"Query":   func(s *luminate.Store) error { _, err := s.Query(background, everything); return err },
		"Stream":  func(s *luminate.Store) error { _, err := s.Stream(background, everything); return err },
		"Remove":  func(s *luminate.Store) error { _, err := s.Remove(background, everything); return err },
		"Compact": func(s *luminate.Store) error { return s.Compact(background) },
		"Health":  func(s *luminate.Store) error { _, err := s.Health(background); return err },
		"Tenants": func(s *luminate.Store) error { _, err := s.Tenants(background, 0); return err },
		"Metrics": func(s *luminate.Store) error { _, err := s.Metrics(background, luminate.Listing{}); return err },
		"WriteJSON": func(s *luminate.Store) error {
			_, err := s.WriteJSON(background, []byte(`{"metrics": [{"name": "m", "timestamp": 1760000400000, "value": 1}]}`))
			return err
		},
		"CountRemovable": func(s *luminate.Store) error { _, err := s.CountRemovable(background, everything); return err },
		"DimensionKeys": func(s *luminate.Store) error {
			_, err := s.DimensionKeys(background, "m", luminate.Listing{})
			return err
		},
		"DimensionValues": func(s *luminate.Store) error {
			_, err := s.DimensionValues(background, "m", "k", luminate.Listing{})
			return err
		},
		"SeriesCount": func(s *luminate.Store) error { _, err := s.SeriesCount(background, ""); return err },
		"Cardinality": func(s *luminate.Store) error { _, err := s.Cardinality(background, "", 0); return err },
		"Statistics":  func(s *luminate.Store) error { _, err := s.Statistics(background); return err },
		"SetRetention": func(s *luminate.Store) error {
			return s.SetRetention(background, luminate.RetentionPolicy{Pattern: "m", Keep: 36500 * 24 * time.Hour})
		},
		"Retention":        func(s *luminate.Store) error { _, err := s.Retention(background); return err },
		"RemoveRetention":  func(s *luminate.Store) error { _, err := s.RemoveRetention(background, "m"); return err },
		"EnforceRetention": func(s *luminate.Store) error { _, err := s.EnforceRetention(background); return err },
		"Backup": func(s *luminate.Store) error {
			return s.Backup(background, filepath.Join(t.TempDir(), "copy.db"), false)
		},
	}
}

func TestEveryCallWorksUntilTheStoreIsClosed(t *testing.T) {
	calls := everyCall(t)
	methods := reflect.TypeOf((*luminate.Store)(nil))
	for i := 0; i < methods.NumMethod(); i++ {
		if name := methods.Method(i).Name; name != "Close" && calls[name] == nil {
			t.Errorf("%s is not tried here", name)
		}
	}
	url := "sqlite:" + filepath.Join(t.TempDir(), "m.db")
	store := openURL(t, url)
	view, err := store.Tenant("acme")
	if err != nil {
		t.Fatal(err)
	}
	for name, call := range calls {
		if err := call(store); err != nil {
			t.Errorf("%s of an open store: %v", name, err)
		}
	}
	if err := view.Close(); err != nil { // Which closes both.
		t.Fatal(err)
	}
	for name, call := range calls {
		if err := call(view); !errors.Is(err, luminate.ErrStoreClosed) {
			t.Errorf("%s of a closed view: %v", name, err)
		}
		if err := call(store); !errors.Is(err, luminate.ErrStoreClosed) && name != "Tenant" { // Which asks no storage.
			t.Errorf("%s of a store whose view was closed: %v", name, err)
		}
	}
	store.Close()
	for name, call := range calls {
		err := call(store)
		if failed := failure(t, err, luminate.ErrStoreClosed); !strings.Contains(failed.Message, "closed") {
			t.Errorf("%s of a closed store: %v", name, err)
		}
	}
}

func TestClosingMeetsCallsThatAreUnderWay(t *testing.T) {
	for round := 0; round < 20; round++ {
		store := open(t)
		writeLatencies(t, store, 100)
		acme, err := store.Tenant("acme")
		if err != nil {
			t.Fatal(err)
		}
		begin := make(chan struct{})
		var busy sync.WaitGroup
		for worker := 0; worker < 8; worker++ {
			target := store
			if worker%2 == 1 {
				target = acme
			}
			busy.Add(1)
			go func(worker int) {
				defer busy.Done()
				var batch luminate.Batch
				series := batch.Series("api_latency", "customer_id", "c1")
				<-begin
				for i := int64(0); ; i++ {
					batch.AddMillis(series, noon+i, 1)
					_, err := target.Write(background, &batch)
					if err == nil {
						var result *luminate.Result
						if result, err = target.Query(background, luminate.Range("api_latency").Between(at(0), at(100))); err == nil {
							result.Close()
						}
					}
					if errors.Is(err, luminate.ErrStoreClosed) {
						return
					}
					if err != nil {
						t.Error(err)
						return
					}
				}
			}(worker)
		}
		for closer := 0; closer < 2; closer++ {
			busy.Add(1)
			go func() {
				defer busy.Done()
				<-begin
				time.Sleep(time.Duration(round) * 100 * time.Microsecond) // Later in each round.
				if err := store.Close(); err != nil {
					t.Error(err)
				}
			}()
		}
		close(begin)
		busy.Wait()
	}
}
