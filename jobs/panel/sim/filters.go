package sim

import (
	"net/url"
	"strconv"
	"strings"
)

// farFuture is past every timestamp a panel writes.
const farFuture = 1 << 62

// idFilter is nil when the parameter is missing, and empty but not nil when it holds no id.
func idFilter(q url.Values, name string) []int64 {
	if q.Get(name) == "" {
		return nil
	}
	return append([]int64{}, idList(q.Get(name))...)
}

// textFilter is a comma-separated list of strings, nil when the parameter is missing.
func textFilter(q url.Values, name string) []string {
	if q.Get(name) == "" {
		return nil
	}
	list := strings.Split(q.Get(name), ",")
	for i := range list {
		list[i] = strings.TrimSpace(list[i])
	}
	return list
}

// unixFilter is a moment in unix seconds; anything else counts as missing.
func unixFilter(q url.Values, name string, missing int64) int64 {
	n, err := strconv.ParseInt(q.Get(name), 10, 64)
	if err != nil {
		return missing
	}
	return n
}
