package panel

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
)

// headOfBody is how many bytes of an answer that is too large are kept, to find the id of its first record.
const headOfBody = 4 << 10

// readBody reads an answer up to MaxBody bytes after decompression, and only as far as the hold reserves memory for
// it. tooBig means that the answer is longer; body is then its beginning, and the error is errNoRoom if the budget
// was full. The buffer grows in the steps of the budget's lanes, so that the budget covers each step. It starts with
// the length that the panel announces, if that is small; a wrong length costs little.
func readBody(ctx context.Context, res *http.Response, hold *Hold) (body []byte, tooBig bool, err error) {
	start := 32 << 10
	if n := res.ContentLength; n > 0 && n < smallBody {
		start = int(n) + 1
	}
	body = make([]byte, 0, start)
	for {
		if len(body) == cap(body) {
			if len(body) > MaxBody {
				return bytes.Clone(body[:headOfBody]), true, nil
			}
			size := nextSize(cap(body), res.ContentLength)
			if err := hold.grow(ctx, size); errors.Is(err, errNoRoom) {
				return bytes.Clone(body[:headOfBody]), true, errNoRoom
			} else if err != nil {
				return nil, false, err
			}
			body = append(make([]byte, 0, size), body...)
		}
		n, err := res.Body.Read(body[len(body):cap(body)])
		body = body[:len(body)+n]
		if err == io.EOF {
			return body, false, nil
		}
		if err != nil {
			return nil, false, err
		}
	}
}

// nextSize returns the size of the next buffer after a full one. length is the answer's length as the panel announces
// it, or -1.
func nextSize(full int, length int64) int {
	if length >= int64(full) && length <= MaxBody {
		return int(length) + 1
	}
	for _, size := range [...]int{128 << 10, smallBody, 1 << 20, middleBody, 6 << 20} {
		if full < size {
			return size
		}
	}
	return MaxBody + 1
}

// firstID returns the id of the first record in the beginning of a list that was too large to read, or nil if it is
// not there.
func firstID(head []byte) *int64 {
	for _, name := range idNames {
		_, after, found := bytes.Cut(head, []byte(`"`+name+`":`))
		if !found {
			continue
		}
		end := bytes.IndexAny(after, ",}")
		if end < 0 {
			continue
		}
		if id, err := parseID(bytes.TrimSpace(after[:end])); err == nil {
			return &id
		}
	}
	return nil
}
