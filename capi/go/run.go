package luminate

// #include "bridge.h"
import "C"

import (
	"context"
	"unsafe"
)

// Query runs a query over one consistent snapshot. [ErrInvalidQuery], [ErrResultLimitExceeded], [ErrQueryTimeout],
// [ErrCancelled].
func (s *Store) Query(ctx context.Context, query Query) (*Result, error) {
	plan, err := query.plan()
	if err != nil {
		return nil, err
	}
	var table C.luminate_go_table
	a, err := s.ask(ctx, func(a *asked) C.luminate_status {
		return C.luminate_go_run(s.handle, first(plan.steps), C.size_t(len(plan.steps)), plan.chars(),
			first(plan.texts.ends), a.call, &a.table, &table, &a.failure)
	})
	if err != nil {
		return nil, err
	}
	return describedResult(a.table, table), nil
}

// Remove deletes, durably, the samples that a range query selects by its metric, its range of two instants (or Always)
// and its filters; it may have nothing else. It gives their number. Series without samples are forgotten.
func (s *Store) Remove(ctx context.Context, what Query) (uint64, error) {
	return s.remove(ctx, what, false)
}

// CountRemovable gives the number that Remove would, and deletes nothing.
func (s *Store) CountRemovable(ctx context.Context, what Query) (uint64, error) {
	return s.remove(ctx, what, true)
}

func (s *Store) remove(ctx context.Context, what Query, dryRun bool) (uint64, error) {
	query, err := what.make()
	if err != nil {
		return 0, err
	}
	defer C.luminate_query_destroy(query)
	return counted(s.ask(ctx, func(a *asked) C.luminate_status {
		return C.luminate_store_remove(s.handle, query, flag(dryRun), a.call, &a.count, &a.failure)
	}))
}

// plan is a query as bridge.h takes it.
type plan struct {
	steps []C.luminate_go_step
	texts texts
}

func (q Query) plan() (plan, error) {
	if q.err != nil {
		return plan{}, q.err
	}
	if len(q.steps) == 0 {
		return plan{}, newError(ErrInvalidQuery, "queryType", "the query is empty; begin with Range, Aggregate or Rate")
	}
	p := plan{steps: make([]C.luminate_go_step, len(q.steps))}
	for i, s := range q.steps {
		p.steps[i] = C.luminate_go_step{what: s.what, kind: s.kind, text_count: C.size_t(len(s.texts)),
			first: C.int64_t(s.first), second: C.int64_t(s.second)}
		for _, text := range s.texts {
			p.texts.add(text)
		}
	}
	return p, nil
}

func (p *plan) chars() *C.char { return (*C.char)(unsafe.Pointer(first(p.texts.bytes))) }

// make gives a query that the caller has to destroy.
func (q Query) make() (*C.luminate_query, error) {
	plan, err := q.plan()
	if err != nil {
		return nil, err
	}
	var made *C.luminate_query
	var failure *C.luminate_error
	status := C.luminate_go_query(first(plan.steps), C.size_t(len(plan.steps)), plan.chars(), first(plan.texts.ends),
		&made, &failure)
	return made, takeError(status, failure)
}

// check says what is wrong with a query as far as that is known without a store.
func (q Query) check() error {
	made, err := q.make()
	C.luminate_query_destroy(made)
	return err
}
