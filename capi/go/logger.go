package luminate

// #include "bridge.h"
import "C"

import "runtime/cgo"

// Level is how grave a message to a logger is: by the numbers of log/slog, so that slog.Level(level) is the same.
type Level int

const (
	LevelDebug   Level = -4
	LevelInfo    Level = 0
	LevelWarning Level = 4
	LevelError   Level = 8
)

// Logger receives one line of what the library has to say. It is called from any goroutine, also while a call of yours
// is under way, and must neither panic nor call the store.
type Logger func(level Level, message string)

func levelOf(level C.int32_t) Level {
	switch level {
	case C.LUMINATE_LOG_DEBUG:
		return LevelDebug
	case C.LUMINATE_LOG_WARNING:
		return LevelWarning
	case C.LUMINATE_LOG_ERROR:
		return LevelError
	default:
		return LevelInfo
	}
}

//export luminateGoLog
func luminateGoLog(user C.uintptr_t, level C.int32_t, message *C.char, size C.size_t) {
	logger := cgo.Handle(user).Value().(Logger)
	logger(levelOf(level), C.GoStringN(message, C.int(size)))
}

//export luminateGoReleaseLogger
func luminateGoReleaseLogger(user C.uintptr_t) { cgo.Handle(user).Delete() }
