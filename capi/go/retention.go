package luminate

// #include "bridge.h"
import "C"

import (
	"context"
	"fmt"
	"time"
)

// RetentionPolicy is how long the samples of some metrics are kept.
type RetentionPolicy struct {
	Pattern string        // A name of metrics, in which * stands for any text.
	Keep    time.Duration // 0: for ever.
}

// SetRetention says how long metrics are kept whose name is the pattern, durably. Of the policies that fit a metric the
// one with the longest pattern holds.
func (s *Store) SetRetention(ctx context.Context, policy RetentionPolicy) error {
	if policy.Keep%time.Millisecond != 0 {
		return newError(ErrInvalidRequest, "",
			fmt.Sprintf("the time to keep is %v, and must be a whole number of milliseconds", policy.Keep))
	}
	pattern, size := chars(policy.Pattern)
	_, err := s.ask(ctx, func(a *asked) C.luminate_status {
		return C.luminate_store_set_retention(s.handle, pattern, size, C.int64_t(policy.Keep.Milliseconds()), a.call,
			&a.failure)
	})
	return err
}

// RemoveRetention removes a policy, and says whether there was one.
func (s *Store) RemoveRetention(ctx context.Context, pattern string) (existed bool, err error) {
	text, size := chars(pattern)
	a, err := s.ask(ctx, func(a *asked) C.luminate_status {
		return C.luminate_store_remove_retention(s.handle, text, size, a.call, &a.flag, &a.failure)
	})
	return err == nil && a.flag != 0, err
}

// Retention lists the policies of this store's tenant, by pattern.
func (s *Store) Retention(ctx context.Context) ([]RetentionPolicy, error) {
	type row struct {
		Pattern string `luminate:"pattern"`
		Keep    int64  `luminate:"keep_ms"`
	}
	rows, err := collect[row](s.askForTable(ctx, func(a *asked) C.luminate_status {
		return C.luminate_store_retention(s.handle, a.call, &a.table, &a.failure)
	}))
	if err != nil {
		return nil, err
	}
	policies := make([]RetentionPolicy, len(rows))
	for i, r := range rows {
		policies[i] = RetentionPolicy{Pattern: r.Pattern, Keep: time.Duration(r.Keep) * time.Millisecond}
	}
	return policies, nil
}

// EnforceRetention drops now what the policies let go, instead of at the next clean-up, and gives the number of
// samples.
func (s *Store) EnforceRetention(ctx context.Context) (dropped uint64, err error) {
	return counted(s.ask(ctx, func(a *asked) C.luminate_status {
		return C.luminate_store_enforce_retention(s.handle, a.call, &a.count, &a.failure)
	}))
}
