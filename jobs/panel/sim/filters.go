package sim

import (
	"net/url"
	"strconv"
	"strings"
)

// farFuture is later than every timestamp of a panel.
const farFuture = 1 << 62

// idFilter reads a list of ids. It returns nil if the parameter is missing, and an empty list if it holds no id.
func idFilter(q url.Values, name string) []int64 {
	if q.Get(name) == "" {
		return nil
	}
	return append([]int64{}, idList(q.Get(name))...)
}

// textFilter reads a comma-separated list of strings. It returns nil if the parameter is missing.
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

// unixFilter reads a moment in unix seconds. It returns missing if the parameter is absent or invalid.
func unixFilter(q url.Values, name string, missing int64) int64 {
	n, err := strconv.ParseInt(q.Get(name), 10, 64)
	if err != nil {
		return missing
	}
	return n
}
