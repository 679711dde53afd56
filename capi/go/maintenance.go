package luminate

// #include "bridge.h"
import "C"

import "context"

// Statistics is the state of a whole store, all tenants together.
type Statistics struct {
	FileBytes int64 `luminate:"file_bytes"` // Of the database file.
	FreeBytes int64 `luminate:"free_bytes"` // Of these, what holds nothing.
	LogBytes  int64 `luminate:"log_bytes"`  // Of the write-ahead log beside it.
	Metrics   int64 `luminate:"metrics"`
	Series    int64 `luminate:"series"`
	Segments  int64 `luminate:"segments"`
	Samples   int64 `luminate:"samples"` // As stored: overwritten ones count until they are merged.
}

// Statistics counts what is there, without reading samples.
func (s *Store) Statistics(ctx context.Context) (Statistics, error) {
	return only[Statistics](s.askForTable(ctx, func(a *asked) C.luminate_status {
		return C.luminate_store_statistics(s.handle, a.call, &a.table, &a.failure)
	}))
}

// Health is whether a store can be used.
type Health struct {
	Healthy bool
	Backend string // "sqlite", "memory", ...
	Status  string // "ok", or what is wrong.
}

// Health asks the storage. The error is nil also where it is not healthy.
func (s *Store) Health(ctx context.Context) (Health, error) {
	type row struct {
		Healthy int    `luminate:"healthy"`
		Backend string `luminate:"backend"`
		Status  string `luminate:"status"`
	}
	health, err := only[row](s.askForTable(ctx, func(a *asked) C.luminate_status {
		return C.luminate_store_health(s.handle, a.call, &a.table, &a.failure)
	}))
	return Health{Healthy: health.Healthy != 0, Backend: health.Backend, Status: health.Status}, err
}

// Compact merges what was written into as few segments as there can be and gives free space back. It happens by itself
// in time.
func (s *Store) Compact(ctx context.Context) error {
	_, err := s.ask(ctx, func(a *asked) C.luminate_status {
		return C.luminate_store_compact(s.handle, a.call, &a.failure)
	})
	return err
}

// Backup copies the store of one moment into a new file that can be opened as a store, while writes go on, and checks
// the copy. [ErrInvalidRequest] for a store that has no file, and for a target that exists unless `overwrite`.
func (s *Store) Backup(ctx context.Context, path string, overwrite bool) error {
	text, size := chars(path)
	_, err := s.ask(ctx, func(a *asked) C.luminate_status {
		return C.luminate_store_backup(s.handle, text, size, flag(overwrite), a.call, &a.failure)
	})
	return err
}

// only is the one row of a table.
func only[T any](table *Result, err error) (T, error) {
	rows, err := collect[T](table, err)
	if err != nil || len(rows) == 0 {
		var none T
		return none, err
	}
	return rows[0], nil
}
