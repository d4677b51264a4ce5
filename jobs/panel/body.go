package panel

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
)

// headOfBody is how much is kept of an answer that is too large, to name its first record.
const headOfBody = 4 << 10

// readBody reads an answer as far as MaxBody bytes, after decompression, and as the hold has room for it. tooBig says that
// there is more; the body is then its beginning, and the error is errNoRoom when the budget was full. It grows in steps of the budget's lanes, so that no buffer is doubled
// unseen, and begins with the length that the panel says, which costs little when it lies.
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

// nextSize is the size of the buffer after a full one; length is that of the answer as the panel says it, or -1.
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

// firstID is the id of the first record in the beginning of a list that was too large to read; nil if it cannot be seen.
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
