// Package mistake says in one line what a user got wrong: an error of its own type, quoted text, and the nearest valid name.
package mistake

import (
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// An Error is what the user got wrong: a wrong call, or a file that cannot be read or does not fit. The program ends with status 2.
type Error struct{ Err error }

// Error is what is wrong, in a line.
func (e *Error) Error() string { return e.Err.Error() }

// Unwrap returns what is wrong.
func (e *Error) Unwrap() error { return e.Err }

// Errorf is fmt.Errorf for an Error.
func Errorf(format string, args ...any) error { return &Error{fmt.Errorf(format, args...)} }

// Of makes an Error of an error; nil of nil.
func Of(err error) error {
	if err == nil {
		return nil
	}
	return &Error{err}
}

// Bare is an error without the path in it.
func Bare(err error) error {
	var place *fs.PathError
	if errors.As(err, &place) {
		return place.Err
	}
	return err
}

// Quote quotes text that a user wrote, cut to a length that leaves the line readable.
func Quote(text string) string { return strconv.Quote(shorten(text, 60)) }

// Plain is Quote without the quotes where no letter needs them.
func Plain(text string) string {
	text = shorten(text, 60)
	for _, r := range text {
		if !unicode.IsPrint(r) || r == utf8.RuneError {
			return strconv.Quote(text)
		}
	}
	return text
}

// OneLine makes text fit for a line of its own.
func OneLine(text string) string {
	return shorten(strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, text), 200)
}

// shorten cuts text after the given number of letters.
func shorten(text string, most int) string {
	if utf8.RuneCountInString(text) <= most {
		return text
	}
	return string([]rune(text)[:most]) + "…"
}
