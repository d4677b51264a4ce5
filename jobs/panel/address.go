package panel

import "net/netip"

// Special-purpose ranges of the IANA registries that netip has no predicate for.
var (
	specialIPv4 = prefixes("0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.0.2.0/24",
		"192.88.99.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "240.0.0.0/4")
	specialIPv6 = prefixes("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")
	globalIPv6  = netip.MustParsePrefix("2000::/3")
	nat64       = netip.MustParsePrefix("64:ff9b::/96")
)

// neverPanels lists the link-local networks, and the metadata addresses where cloud providers give credentials to
// their machines: AWS and most others, AWS over IPv6, Alibaba, Oracle, Google over IPv6, Azure. No shop uses these
// addresses.
var neverPanels = prefixes("169.254.0.0/16", "fe80::/10", "fd00:ec2::254/128", "100.100.100.200/32", "192.0.0.192/32", "fd20:ce::254/128", "168.63.129.16/32")

// embedsIPv4 lists the IPv6 networks whose addresses contain an IPv4 address: mapped, translated, compatible and
// NAT64 addresses in their last four bytes, 6to4 addresses after the first two bytes, Teredo addresses inverted at
// the end.
var embedsIPv4 = []struct {
	network netip.Prefix
	at      int
	flip    byte
}{
	{netip.MustParsePrefix("::ffff:0:0/96"), 12, 0}, {netip.MustParsePrefix("::ffff:0:0:0/96"), 12, 0}, {netip.MustParsePrefix("::/96"), 12, 0},
	{nat64, 12, 0}, {netip.MustParsePrefix("64:ff9b:1::/48"), 12, 0}, {netip.MustParsePrefix("2002::/16"), 2, 0}, {netip.MustParsePrefix("2001::/32"), 12, 0xff},
}

// allowedAddr reports whether a panel may have an address. allowPrivate allows private networks and loopback, for a
// shop in the operator's own network. It never allows an address that could give out the machine's credentials.
func allowedAddr(a netip.Addr, allowPrivate bool) bool {
	if !allowPrivate && !publicAddr(a) {
		return false
	}
	a = a.WithZone("").Unmap()
	if within(neverPanels, a) {
		return false
	}
	if a.Is6() {
		b := a.As16()
		for _, e := range embedsIPv4 {
			if e.network.Contains(a) && within(neverPanels, netip.AddrFrom4([4]byte{b[e.at] ^ e.flip, b[e.at+1] ^ e.flip, b[e.at+2] ^ e.flip, b[e.at+3] ^ e.flip})) {
				return false
			}
		}
	}
	return a.IsValid()
}

// publicAddr reports whether an address belongs to the public Internet. For an IPv4 address inside IPv6 (mapped or
// NAT64, both at the end) it checks the IPv4 address. It refuses 6to4, Teredo and IPv4-compatible addresses: they are
// tunnels that no panel needs.
func publicAddr(a netip.Addr) bool {
	if a.Zone() != "" {
		return false
	}
	a = a.Unmap()
	if nat64.Contains(a) {
		b := a.As16()
		a = netip.AddrFrom4([4]byte(b[12:]))
	}
	if a.Is6() {
		return globalIPv6.Contains(a) && !within(specialIPv6, a)
	}
	return a.IsValid() && !a.IsLoopback() && !a.IsPrivate() && !a.IsLinkLocalUnicast() &&
		!a.IsMulticast() && !within(specialIPv4, a)
}

func within(list []netip.Prefix, a netip.Addr) bool {
	for _, p := range list {
		if p.Contains(a) {
			return true
		}
	}
	return false
}

func prefixes(list ...string) []netip.Prefix {
	out := make([]netip.Prefix, len(list))
	for i, s := range list {
		out[i] = netip.MustParsePrefix(s)
	}
	return out
}
