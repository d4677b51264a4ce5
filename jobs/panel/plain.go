package panel

import (
	"encoding/json"
	"strings"
	"time"
)

// plainNames lists the members that hold an object's value as one word, such as {"level": "low", "score": 3}.
var plainNames = [...]string{"level", "name", "username", "title", "label", "value", "text", "formatted"}

// parsePlainText is like parseText, and also reads an object that holds its value as one word.
func parsePlainText(raw json.RawMessage) (string, error) {
	if len(raw) == 0 || raw[0] != '{' {
		return parseText(raw)
	}
	fields, err := splitEntry(raw)
	if err != nil {
		return "", errNotText
	}
	for _, name := range plainNames {
		if word, err := parseText(fields[name]); err == nil && word != "" {
			return word, nil
		}
	}
	return "", errNotText
}

// parsePlainFlag is like parseFlag, and also reads words.
func parsePlainFlag(raw json.RawMessage) (bool, error) {
	on, err := parseFlag(raw)
	if err == nil {
		return on, nil
	}
	word, err := parseText(raw)
	if err != nil {
		return false, errNotFlag
	}
	switch strings.ToLower(strings.TrimSpace(word)) {
	case "yes", "y", "on", "true", "1.0":
		return true, nil
	case "no", "n", "off", "false", "0.0", "":
		return false, nil
	}
	return false, errNotFlag
}

// time reads a moment from NAME_timestamp, or in a lenient record from NAME if that is unambiguous; a date without a
// zone is not. It returns the zero time if the moment is absent or 0.
func (r *record) time(name string) time.Time {
	stamp := name + "_timestamp"
	at, err := parseMoment(r.fields[stamp])
	if err == nil && !at.IsZero() || !r.lenient && err == nil {
		return at
	}
	if r.lenient {
		if other, otherErr := parseMoment(r.fields[name]); otherErr == nil && !other.IsZero() {
			return other
		} else if otherErr != nil && absent(r.fields[stamp]) {
			stamp, err = name, otherErr
		}
	}
	if err != nil {
		r.fault(stamp, err)
	}
	return time.Time{}
}

// parseMoment reads unix seconds or milliseconds, also quoted or with a fraction, or a date with its time and zone.
// It returns the zero time if the value is absent or 0.
func parseMoment(raw json.RawMessage) (time.Time, error) {
	seconds, _, err := parseInt(raw)
	if err != nil {
		if seconds, err = roughMoment(raw); err != nil {
			return time.Time{}, errNotTime
		}
	}
	switch {
	case seconds < 0 || seconds > maxUnix*1000:
		return time.Time{}, errNotTime
	case seconds > maxUnix:
		seconds /= 1000
	case seconds == 0:
		return time.Time{}, nil
	}
	return time.Unix(seconds, 0).UTC(), nil
}

// roughMoment reads seconds with a fraction, or a date with its time and zone.
func roughMoment(raw json.RawMessage) (int64, error) {
	text, err := literal(raw)
	if err != nil {
		return 0, err
	}
	if at, err := time.Parse(time.RFC3339, text); err == nil {
		return at.Unix(), nil
	}
	n, ok, err := parseAmount(raw)
	if err != nil || !ok || n.Abs().BigInt().BitLen() > 62 {
		return 0, errNotTime
	}
	return n.IntPart(), nil
}

// wholeNumber reads a whole number that is written with a fraction or an exponent.
func wholeNumber(raw json.RawMessage) (int64, error) {
	n, ok, err := parseAmount(raw)
	if err != nil || !ok || !n.IsInteger() || n.Abs().BigInt().BitLen() > 62 {
		return 0, errNotNumber
	}
	return n.IntPart(), nil
}
