package luminate

// #include "bridge.h"
import "C"

import "runtime/cgo"

// Option says how a store is opened, or a validator made.
type Option func(*settings)

type settings struct {
	pairs  [][2]string
	logger Logger
}

// WithOption sets one of [OptionKeys], such as WithOption("query_limits.max_result_points", "100000"). A key that there
// is not fails with [ErrInvalidOption], and the message names the nearest; so does a text that is no value for it.
func WithOption(key, value string) Option {
	return func(s *settings) { s.pairs = append(s.pairs, [2]string{key, value}) }
}

// WithLogger says who receives what the library has to say. The store keeps the logger alive, until it is closed and
// the last handle of it is gone.
func WithLogger(logger Logger) Option {
	return func(s *settings) { s.logger = logger }
}

// OptionKey is one thing that can be set by WithOption.
type OptionKey struct {
	Key     string
	Default string
	Meaning string
}

// OptionKeys lists all there are.
func OptionKeys() []OptionKey {
	keys := make([]OptionKey, C.luminate_options_key_count())
	for i := range keys {
		keys[i] = OptionKey{
			Key:     C.GoString(C.luminate_options_key(C.size_t(i))),
			Default: C.GoString(C.luminate_options_key_default(C.size_t(i))),
			Meaning: C.GoString(C.luminate_options_key_meaning(C.size_t(i))),
		}
	}
	return keys
}

// makeOptions gives options that the caller has to destroy.
func makeOptions(options []Option) (*C.luminate_options, error) {
	var wanted settings
	for _, option := range options {
		option(&wanted)
	}
	var made *C.luminate_options
	var failure *C.luminate_error
	if err := takeError(C.luminate_options_create(&made, &failure), failure); err != nil {
		return nil, err
	}
	if err := wanted.apply(made); err != nil {
		C.luminate_options_destroy(made)
		return nil, err
	}
	return made, nil
}

func (s *settings) apply(options *C.luminate_options) error {
	var failure *C.luminate_error
	for _, pair := range s.pairs {
		key, keySize := chars(pair[0])
		value, valueSize := chars(pair[1])
		status := C.luminate_options_set(options, key, keySize, value, valueSize, &failure)
		if err := takeError(status, failure); err != nil {
			return err
		}
	}
	if s.logger == nil {
		return nil
	}
	// The library releases the handle in the end, also where it fails here.
	handle := cgo.NewHandle(s.logger)
	return takeError(C.luminate_go_set_logger(options, C.uintptr_t(handle), &failure), failure)
}
