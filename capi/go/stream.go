package luminate

// #include "bridge.h"
import "C"

import (
	"context"
	"runtime"
)

// Stream is the answer to a range query piece by piece, for answers that are not to be held as a whole. All pieces
// together are one moment. A stream belongs to one goroutine at a time.
//
//	stream, err := store.Stream(ctx, luminate.Range("api_latency").Last(time.Hour))
//	if err != nil {
//		return err
//	}
//	defer stream.Close()
//	for stream.Next() {
//		samples, err := luminate.Collect[sample](stream.Piece())
//		...
//	}
//	return stream.Err()
type Stream struct {
	handle *C.luminate_stream // nil once it is closed.
	call   call
	piece  *Result
	err    error

	truncated     bool
	pointsScanned uint64
}

// Stream begins one. The context holds until the last piece. It fails as Query does.
func (s *Store) Stream(ctx context.Context, query Query) (*Stream, error) {
	made, err := query.make()
	if err != nil {
		return nil, err
	}
	defer C.luminate_query_destroy(made)
	if !s.uses.begin() {
		return nil, closedError()
	}
	defer s.endUse()
	call, err := beginCall(ctx)
	if err != nil {
		return nil, err
	}
	stream := &Stream{call: call}
	var failure *C.luminate_error
	status := C.luminate_store_stream(s.handle, made, call.handle, &stream.handle, &failure)
	if err := call.took(status, failure); err != nil {
		call.end()
		return nil, err
	}
	runtime.SetFinalizer(stream, (*Stream).forget)
	return stream, nil
}

// Next goes on to the next piece, and ends the one before; false behind the last, and after a failure.
func (s *Stream) Next() bool {
	if s.handle == nil || s.err != nil {
		return false
	}
	s.endPiece()
	if err := s.call.context.Err(); err != nil { // The library looks at it only while it works.
		s.err = endedError(err)
		return false
	}
	var piece *C.luminate_result
	var failure *C.luminate_error
	if s.err = s.call.took(C.luminate_stream_next(s.handle, &piece, &failure), failure); s.err != nil {
		return false
	}
	if piece == nil {
		s.truncated = C.luminate_stream_truncated(s.handle) != 0
		s.pointsScanned = uint64(C.luminate_stream_points_scanned(s.handle))
		s.release()
		return false
	}
	s.piece = newResult(piece)
	return true
}

// Piece is the samples that Next went on to, as a table like that of Query, with the dimensions that occur in it. It is
// valid until the next call of Next, or Close. nil if there is none.
func (s *Stream) Piece() *Result { return s.piece }

// Err is what Next failed with; nil where it came to the end.
func (s *Stream) Err() error { return s.err }

// Truncated says, behind the last piece, whether more samples matched than the limit let through.
func (s *Stream) Truncated() bool { return s.truncated }

// PointsScanned is, behind the last piece, the number of samples that were looked at.
func (s *Stream) PointsScanned() uint64 { return s.pointsScanned }

// Close ends the piece and gives the storage back. Closing again is harmless.
func (s *Stream) Close() error {
	s.endPiece()
	s.release()
	return nil
}

// forget is for a stream that nobody closed. Its last piece may still be in use, and goes by itself. Giving the storage
// back may take a moment that others who wait to be cleaned up should not wait for.
func (s *Stream) forget() { go s.release() }

func (s *Stream) endPiece() {
	if s.piece != nil {
		s.piece.Close()
		s.piece = nil
	}
}

func (s *Stream) release() {
	if s.handle != nil {
		C.luminate_stream_destroy(s.handle)
		s.handle = nil
		s.call.end()
	}
}
