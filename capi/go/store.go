package luminate

// #include "bridge.h"
import "C"

import (
	"context"
	"runtime"
)

// Store is an open metrics store, or a tenant's view of one. Any number of goroutines may use it.
type Store struct {
	handle *C.luminate_store
	uses   uses
}

// Open opens a store, and creates it if need be: "sqlite:PATH", "sqlite:PATH?mode=ro" (another process may be writing),
// "memory:" (gone with the handle) or "postgresql://...". It fails with [ErrInvalidOption] for a URL that is none of
// these, [ErrStorageLocked] when another process or another Store writes it, [ErrStorageVersion] and
// [ErrStorageUnavailable].
func Open(url string, options ...Option) (*Store, error) {
	made, err := makeOptions(options)
	if err != nil {
		return nil, err
	}
	defer C.luminate_options_destroy(made)
	var handle *C.luminate_store
	var failure *C.luminate_error
	text, size := chars(url)
	if err := takeError(C.luminate_store_open(text, size, made, &handle, &failure), failure); err != nil {
		return nil, err
	}
	return newStore(handle), nil
}

func newStore(handle *C.luminate_store) *Store {
	store := &Store{handle: handle}
	runtime.SetFinalizer(store, (*Store).forget)
	return store
}

// forget is for a store that nobody closed. The last handle closes the store, which may take a moment that others who
// wait to be cleaned up should not wait for.
func (s *Store) forget() {
	if s.uses.close() {
		go C.luminate_store_destroy(s.handle)
	}
}

// Tenant is the store as a tenant sees it: writes, reads, counts and deletes touch that tenant's data only. The store
// without a tenant is a space of its own too, and sees no tenant's data. Both are one open store, so that closing
// either closes both; a view need not be closed. [ErrInvalidOption] for what is no dimension value.
func (s *Store) Tenant(tenant string) (*Store, error) {
	if !s.uses.begin() {
		return nil, closedError()
	}
	defer s.endUse()
	var narrowed *C.luminate_store
	var failure *C.luminate_error
	text, size := chars(tenant)
	if err := takeError(C.luminate_store_tenant(s.handle, text, size, &narrowed, &failure), failure); err != nil {
		return nil, err
	}
	return newStore(narrowed), nil
}

// Close finishes what is under way, but for streams, which end here, and releases the storage, for all views of this
// open store. Later calls fail with [ErrStoreClosed]. Closing again is harmless and gives nil.
func (s *Store) Close() error {
	if !s.uses.begin() {
		return nil
	}
	var failure *C.luminate_error
	err := takeError(C.luminate_store_close(s.handle, &failure), failure)
	s.uses.close()
	s.endUse()
	return err
}

func (s *Store) endUse() {
	if s.uses.end() {
		C.luminate_store_destroy(s.handle)
	}
}

// asked is a call of the library under way: what it is given, and what it may hand out.
type asked struct {
	call    *C.luminate_call
	failure *C.luminate_error
	table   *C.luminate_result
	count   C.uint64_t
	flag    C.int32_t
}

// ask runs a call of the library that may take long.
func (s *Store) ask(ctx context.Context, what func(*asked) C.luminate_status) (*asked, error) {
	if !s.uses.begin() {
		return nil, closedError()
	}
	defer s.endUse()
	c, err := beginCall(ctx)
	if err != nil {
		return nil, err
	}
	defer c.end()
	a := &asked{call: c.handle}
	if err := c.took(what(a), a.failure); err != nil {
		return nil, err
	}
	return a, nil
}

// askForTable is ask for calls that answer with a table.
func (s *Store) askForTable(ctx context.Context, what func(*asked) C.luminate_status) (*Result, error) {
	a, err := s.ask(ctx, what)
	if err != nil {
		return nil, err
	}
	return newResult(a.table), nil
}

// counted is the number that a call handed out.
func counted(a *asked, err error) (uint64, error) {
	if err != nil {
		return 0, err
	}
	return uint64(a.count), nil
}

func closedError() *Error {
	return newError(ErrStoreClosed, "", "the store was closed")
}
