package panel

// maxNesting is the deepest nesting of an answer, as in encoding/json.
const maxNesting = 10_000

// valid reports whether b is one JSON value, like json.Valid, in a third of the time: it reads every byte of every
// answer, and little else of most answers is read. Unlike json.Valid it accepts control characters in strings, so
// that one bad byte in one text does not make a whole list unreadable.
func valid(b []byte) bool { return validInto(b, nil) }

// validInto is like valid, and records the parts of b.
func validInto(b []byte, into *parts) bool {
	end := checkValue(b, space(b, 0), 0, into)
	return end >= 0 && space(b, end) == len(b)
}

// The check functions return the index behind the element that begins at i, or -1 if it is not JSON.

func checkValue(b []byte, i, depth int, into *parts) int {
	if i >= len(b) {
		return -1
	}
	switch b[i] {
	case '"':
		return checkString(b, i)
	case '{', '[':
		return checkEntries(b, i, depth+1, into)
	case 't':
		return checkWord(b, i, "true")
	case 'f':
		return checkWord(b, i, "false")
	case 'n':
		return checkWord(b, i, "null")
	}
	return checkNumber(b, i)
}

// checkEntries checks an object or an array.
func checkEntries(b []byte, i, depth int, into *parts) int {
	if depth > maxNesting {
		return -1
	}
	object, end := b[i] == '{', b[i]+2 // in ASCII, ']' and '}' come two after '[' and '{'
	into.begin(b[i])
	if i = space(b, i+1); i < len(b) && b[i] == end {
		return i + 1
	}
	for {
		var name []byte
		if object {
			if name, i = checkName(b, i); i < 0 {
				return -1
			}
		}
		value := i
		if i = checkValue(b, i, depth, into.of(name)); i < 0 {
			return -1
		}
		into.add(name, b[value:i:i])
		if i = space(b, i); i >= len(b) {
			return -1
		}
		switch b[i] {
		case end:
			return i + 1
		case ',':
			i = space(b, i+1)
		default:
			return -1
		}
	}
}

// checkName checks the name of a member and the colon. It returns the quoted name and the index of its value.
func checkName(b []byte, i int) (name []byte, value int) {
	if i >= len(b) || b[i] != '"' {
		return nil, -1
	}
	end := checkString(b, i)
	if end < 0 {
		return nil, -1
	}
	if value = space(b, end); value >= len(b) || b[value] != ':' {
		return nil, -1
	}
	return b[i:end:end], space(b, value+1)
}

func checkString(b []byte, i int) int {
	for i++; i < len(b); i++ {
		switch c := b[i]; {
		case c == '"':
			return i + 1
		case c == '\\':
			if i = checkEscape(b, i+1); i < 0 {
				return -1
			}
		}
	}
	return -1
}

// checkEscape checks an escape sequence behind its backslash and returns the index of its last byte.
func checkEscape(b []byte, i int) int {
	if i >= len(b) {
		return -1
	}
	switch b[i] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return i
	case 'u':
		for range 4 {
			if i++; i >= len(b) || !hex(b[i]) {
				return -1
			}
		}
		return i
	}
	return -1
}

func checkNumber(b []byte, i int) int {
	if b[i] == '-' {
		i++
	}
	whole := digits(b, i)
	if whole == i || b[i] == '0' && whole > i+1 {
		return -1
	}
	i = whole
	if i < len(b) && b[i] == '.' {
		fraction := digits(b, i+1)
		if fraction == i+1 {
			return -1
		}
		i = fraction
	}
	if i < len(b) && (b[i] == 'e' || b[i] == 'E') {
		if i++; i < len(b) && (b[i] == '+' || b[i] == '-') {
			i++
		}
		exponent := digits(b, i)
		if exponent == i {
			return -1
		}
		i = exponent
	}
	return i
}

func checkWord(b []byte, i int, word string) int {
	if end := i + len(word); end <= len(b) && string(b[i:end]) == word {
		return end
	}
	return -1
}

// space returns the index of the first byte at or after i that is not white space.
func space(b []byte, i int) int {
	for i < len(b) && (b[i] == ' ' || b[i] == '\n' || b[i] == '\r' || b[i] == '\t') {
		i++
	}
	return i
}

// digits returns the index of the first byte at or after i that is not a digit.
func digits(b []byte, i int) int {
	for i < len(b) && b[i] >= '0' && b[i] <= '9' {
		i++
	}
	return i
}

func hex(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
}
