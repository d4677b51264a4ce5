package panel

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/net/idna"
)

const maxURLLength = 500

// privateZones lists name suffixes that no public shop has, regardless of their addresses.
var privateZones = []string{"localhost", "local", "internal", "localdomain", "lan", "intranet", "home.arpa"}

// NormalizeURL turns the address of a panel, as a person copies it from a browser or from the panel's settings, into
// the base URL for "/adminapi/v2/orders": https, lower case, no default port, no API path, no trailing slash. It
// keeps a path in front of the API.
//
// Unless allowPrivate is set, it refuses http, and names and literal addresses that are not public, in all their
// spellings. With allowPrivate it still refuses link-local and metadata addresses. The transport checks the address
// that a name resolves to when it dials it. The error is a sentence that says what the mistake is and how to fix it.
func NormalizeURL(raw string, allowPrivate bool) (string, error) {
	u, err := parseURL(strings.TrimSpace(raw))
	if err != nil {
		return "", err
	}
	if u.Scheme != "https" && !(u.Scheme == "http" && allowPrivate) {
		return "", errors.New("the address must begin with https://")
	}
	host, err := hostName(u.Hostname())
	if err != nil {
		return "", err
	}
	if !allowPrivate && !publicHost(host) {
		return "", errors.New("the address leads to a private network: use the shop's public domain")
	}
	if addr, err := netip.ParseAddr(host); err == nil && !allowedAddr(addr, allowPrivate) {
		return "", errors.New("the address is a link-local or metadata address: use the shop's public domain")
	}
	port, err := portSuffix(u)
	if err != nil {
		return "", err
	}
	prefix, err := pathPrefix(u)
	if err != nil {
		return "", err
	}
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	return u.Scheme + "://" + host + port + prefix, nil
}

// parseURL parses an address and refuses parts that a panel's address never has.
func parseURL(raw string) (*url.URL, error) {
	if raw == "" {
		return nil, errors.New("the address is empty: write it like https://shop.example")
	}
	if len(raw) > maxURLLength {
		return nil, fmt.Errorf("the address is longer than %d characters: write it like https://shop.example", maxURLLength)
	}
	if !strings.Contains(raw, "://") {
		return nil, errors.New("the address must begin with https://, like https://shop.example")
	}
	u, err := url.Parse(raw)
	switch {
	case err != nil || u.Opaque != "":
		return nil, errors.New("the address is not a web address: write it like https://shop.example")
	case u.User != nil:
		return nil, errors.New("the address contains a user name or password: leave out the part before @")
	case u.RawQuery != "" || u.ForceQuery || strings.Contains(raw, "#"):
		return nil, errors.New("the address contains a ? or #: leave out that part and what follows")
	case u.Hostname() == "":
		return nil, errors.New("the address names no host: write it like https://shop.example")
	}
	return u, nil
}

// hostName returns a host in the form that both this package and the dialler understand: an IP address in its usual
// spelling, or an ASCII name in lower case.
func hostName(host string) (string, error) {
	host = strings.TrimRight(host, ".")
	if addr, err := netip.ParseAddr(host); err == nil {
		if addr.Zone() != "" {
			return "", errors.New("the address names a network interface: use the shop's public domain")
		}
		return addr.Unmap().String(), nil
	}
	ascii, err := idna.Lookup.ToASCII(strings.ToLower(host))
	ascii = strings.TrimRight(ascii, ".")
	if err != nil || ascii == "" || strings.ContainsFunc(ascii, notHostByte) {
		return "", errors.New("the address has a host name that cannot exist: write it like https://shop.example")
	}
	if addr, err := netip.ParseAddr(ascii); err == nil { // ToASCII turns full-width digits into digits
		return addr.Unmap().String(), nil
	}
	if endsInNumber(ascii) {
		return "", errors.New("the address has an IP address in an unusual form: use the shop's domain name")
	}
	return ascii, nil
}

func notHostByte(r rune) bool {
	return !(r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '-' || r == '.' || r == '_')
}

// endsInNumber recognises 127.1, 2130706433, 0x7f.1 and 0177.0.0.1: a browser or the system's resolver reads such a
// name as an IPv4 address.
func endsInNumber(host string) bool {
	last := host[strings.LastIndexByte(host, '.')+1:]
	if _, err := strconv.ParseUint(last, 10, 64); err == nil {
		return true
	}
	digits, hex := strings.CutPrefix(last, "0x")
	return hex && strings.Trim(digits, "0123456789abcdef") == "" || strings.Trim(last, "0123456789") == ""
}

// publicHost reports whether a host, in the form that hostName returns, is public.
func publicHost(host string) bool {
	if addr, err := netip.ParseAddr(host); err == nil {
		return publicAddr(addr)
	}
	if !strings.Contains(host, ".") {
		return false
	}
	return !slices.ContainsFunc(privateZones, func(zone string) bool { return strings.HasSuffix(host, "."+zone) })
}

// portSuffix returns ":8443", or "" for the scheme's default port.
func portSuffix(u *url.URL) (string, error) {
	if u.Port() == "" {
		return "", nil
	}
	n, err := strconv.ParseUint(u.Port(), 10, 16)
	if err != nil || n == 0 {
		return "", errors.New("the address has a port that cannot exist: ports go from 1 to 65535")
	}
	if u.Scheme == "https" && n == 443 || u.Scheme == "http" && n == 80 {
		return "", nil
	}
	return ":" + strconv.FormatUint(n, 10), nil
}

// pathPrefix returns the path in front of the API's own path. Panels show /admin/adminapi/v2/ in their settings, and
// people paste prefixes twice.
func pathPrefix(u *url.URL) (string, error) {
	p := u.EscapedPath()
	if strings.ContainsFunc(p, notPathByte) || slices.Contains(strings.Split(p, "/"), "..") {
		return "", errors.New("the address has an unusual path: remove the text after the domain name")
	}
	segments := strings.Split(strings.Trim(path.Clean("/"+p), "/"), "/")
	for i, s := range segments {
		api := strings.EqualFold(s, "api") && i+1 < len(segments) && strings.EqualFold(segments[i+1], "v2")
		if api || strings.EqualFold(s, "adminapi") {
			segments = segments[:i]
			if n := len(segments); n > 0 && strings.EqualFold(segments[n-1], "admin") {
				segments = segments[:n-1]
			}
			break
		}
	}
	if len(segments) == 0 || segments[0] == "" {
		return "", nil
	}
	return "/" + strings.Join(segments, "/"), nil
}

func notPathByte(r rune) bool {
	return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("/-._~", r))
}
