package panel

import (
	"errors"
	"fmt"
	"time"
)

// The classes of an Error, for errors.Is.
var (
	ErrKey     = errors.New("key refused")            // 401 or 403 from the panel itself, or no key is set
	ErrLimited = errors.New("too many calls")         // 429
	ErrGone    = errors.New("not found on the panel") // 404 or error code 100, on a route that names one object
	ErrRefused = errors.New("refused")                // an answer: no effect; or an invalid call, which was not sent
	ErrDown    = errors.New("panel not reachable")    // no answer, a 5xx, or a web page in place of the panel
	ErrShape   = errors.New("answer not understood")  // a 2xx that breaks the API's format, or a redirect
)

// Error is the error of every failed call to a panel. Its text never contains a key, a query or a body, except Words.
type Error struct {
	Op     string        // the call: "GET /orders", "User API status"
	Class  error         // one of ErrKey, ErrLimited, ErrGone, ErrRefused, ErrDown, ErrShape
	Status int           // the HTTP status; 0 without an answer
	Code   int64         // the panel's error_code; 0 if it gave none
	Words  string        // the panel's message, or ours if it gave none: one line, at most 300 characters
	After  time.Duration // how long the panel wants no calls; 0 if it did not say

	// TooBig means that the answer was too large to read; fewer records may fit. FirstID is the id of its first
	// record, if that was readable. NoRoom means that only the memory budget was full, so the size is unknown.
	TooBig  bool
	NoRoom  bool
	FirstID *int64

	// Sent reports whether the request may have reached the panel. False means that the request did not leave this
	// machine, so a write may be retried. True with ErrDown or ErrShape means that a write may have been applied;
	// with ErrKey, ErrGone and ErrRefused the panel answered that it was not; with ErrLimited it was not, by
	// convention.
	Sent bool

	cause error // context.Canceled or DeadlineExceeded of the caller's context, or nil
}

// Error returns the call, its class and the words.
func (e *Error) Error() string {
	s := e.Op + ": " + e.Class.Error()
	if e.Status != 0 {
		s += fmt.Sprintf(" (%d)", e.Status)
	}
	if e.Code != 0 {
		s += fmt.Sprintf(" code %d", e.Code)
	}
	if e.Words != "" {
		s += ": " + e.Words
	}
	return s
}

// Unwrap returns the class and, if the caller's context ended the call, its error.
func (e *Error) Unwrap() []error {
	if e.cause == nil {
		return []error{e.Class}
	}
	return []error{e.Class, e.cause}
}

// Sentence describes the error for staff, without the call and the error code.
func (e *Error) Sentence() string {
	s := e.opening()
	if e.Status != 0 && e.Class != ErrRefused {
		s += fmt.Sprintf(" (%d)", e.Status)
	}
	if e.Words != "" {
		s += ": " + e.Words
	}
	return s
}

func (e *Error) opening() string {
	switch {
	case e.cause != nil:
		return "The call stopped before the panel answered"
	case e.Class == ErrKey && e.Status == 0:
		return "Masterpanel cannot call the panel"
	case e.Class == ErrKey:
		return "The panel refused the key"
	case e.Class == ErrLimited:
		return "The panel asks for fewer calls"
	case e.Class == ErrGone:
		return "The panel no longer has it"
	case e.Class == ErrRefused && !e.Sent:
		return "Nothing was sent to the panel"
	case e.Class == ErrRefused:
		return "The panel refused"
	case e.Class == ErrDown && e.Status == 0:
		return "The panel cannot be reached"
	case e.Class == ErrDown:
		return "The panel is not working"
	default:
		return "The panel's answer was not understood"
	}
}
