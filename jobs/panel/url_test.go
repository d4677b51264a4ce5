package panel_test

import (
	"strings"
	"testing"

	"masterpanel/jobs/panel"
)

func TestNormalizeURLAcceptsWhatPeopleCopy(t *testing.T) {
	const want = "https://shop.example"
	for _, raw := range []string{
		"https://shop.example", "https://shop.example/", "  https://shop.example  ", "HTTPS://SHOP.EXAMPLE",
		"https://shop.example:443", "https://shop.example:443/", "https://shop.example:", "https://shop.example.",
		"https://shop.example/adminapi/v2", "https://shop.example/adminapi/v2/", "https://shop.example/admin/adminapi/v2/",
		"https://shop.example/api/v2", "https://shop.example/api/v2/", "https://shop.example//adminapi//v2//",
		"https://shop.example/adminapi/v2/adminapi/v2", "https://shop.example/AdminApi/V2/orders", "https://shop.example/adminapi",
	} {
		got, err := panel.NormalizeURL(raw, false)
		if err != nil || got != want {
			t.Errorf("NormalizeURL(%q) = %q, %v, want %q", raw, got, err, want)
		}
	}
}

func TestNormalizeURLKeepsWhatMatters(t *testing.T) {
	tests := []struct{ raw, want string }{
		{"https://shop.example:8443/adminapi/v2", "https://shop.example:8443"},
		{"https://proxy.example/shops/one/", "https://proxy.example/shops/one"},
		{"https://proxy.example/shops/one/admin/adminapi/v2/", "https://proxy.example/shops/one"},
		{"https://proxy.example/api/shop", "https://proxy.example/api/shop"},
		{"https://8.8.8.8/", "https://8.8.8.8"},
		{"https://[2606:4700::1111]:8443/", "https://[2606:4700::1111]:8443"},
		{"https://bücher.example", "https://xn--bcher-kva.example"},
	}
	for _, tt := range tests {
		got, err := panel.NormalizeURL(tt.raw, false)
		if err != nil || got != tt.want {
			t.Errorf("NormalizeURL(%q) = %q, %v, want %q", tt.raw, got, err, tt.want)
		}
	}
}

// privateSpellings lists private names and addresses in every known spelling.
var privateSpellings = []string{
	"127.0.0.1", "127.0.0.1.", "127.8.9.1", "127.1", "127.0.1", "0", "0.0.0.0", "2130706433", "017700000001", "0x7f000001",
	"0x7f.0.0.1", "0x7f.1", "0177.0.0.1", "0177.1", "127.0.0.0x1", "127.0.0.01", "１２７.０.０.１", "127。0。0。1", "①②⑦.0.0.1",
	"localhost", "LOCALHOST", "localhost.", "shop.localhost", "localhost.localdomain", "printer.local", "db.internal",
	"metadata.google.internal", "redis", "nas.lan", "router.home.arpa",
	"10.0.0.1", "10.255.255.255", "172.16.0.1", "172.31.255.255", "192.168.1.1", "169.254.169.254", "169.254.1.1", "2852039166",
	"0xa9fea9fe", "100.64.0.1", "100.127.255.255", "192.0.0.192", "198.18.0.1", "224.0.0.1", "239.255.255.255", "240.0.0.1",
	"255.255.255.255", "192.88.99.1", "203.0.113.7",
	"[::1]", "[0:0:0:0:0:0:0:1]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::ffff:10.0.0.1]", "[::ffff:0:127.0.0.1]",
	"[::127.0.0.1]", "[::7f00:1]", "[64:ff9b::7f00:1]", "[64:ff9b::169.254.169.254]", "[64:ff9b:1::a00:1]", "[2002:7f00:1::]",
	"[2002:a9fe:a9fe::]", "[2001:0:4136:e378:8000:63bf:3fff:fdd2]", "[2001:db8::1]", "[fe80::1]", "[fe80::1%25eth0]",
	"[fec0::1]", "[fc00::1]", "[fd00:ec2::254]", "[ff02::1]", "[100::1]", "[2606:4700::1%25lo]",
}

func TestNormalizeURLRefusesPrivateAddressesInEverySpelling(t *testing.T) {
	if len(privateSpellings) < 40 {
		t.Fatalf("only %d spellings", len(privateSpellings))
	}
	for _, host := range privateSpellings {
		for _, raw := range []string{"https://" + host, "https://" + host + ":8443/adminapi/v2"} {
			if got, err := panel.NormalizeURL(raw, false); err == nil {
				t.Errorf("NormalizeURL(%q) = %q, want an error", raw, got)
			}
		}
	}
}

func TestNormalizeURLAllowsPrivateAddressesWhenAsked(t *testing.T) {
	tests := []struct{ raw, want string }{
		{"http://127.0.0.1:8080/panel/1", "http://127.0.0.1:8080/panel/1"},
		{"http://localhost:80/", "http://localhost"},
		{"https://[::1]:9/", "https://[::1]:9"},
		{"https://redis", "https://redis"},
	}
	for _, tt := range tests {
		got, err := panel.NormalizeURL(tt.raw, true)
		if err != nil || got != tt.want {
			t.Errorf("NormalizeURL(%q) = %q, %v, want %q", tt.raw, got, err, tt.want)
		}
	}
}

func TestNormalizeURLSaysWhatIsWrong(t *testing.T) {
	tests := []struct{ raw, want string }{
		{"", "empty"},
		{"shop.example", "https://"},
		{"http://shop.example", "https://"},
		{"ftp://shop.example", "https://"},
		{"javascript://shop.example", "https://"},
		{"https:shop.example", "https://"},
		{"https://", "names no host"},
		{"https:///adminapi/v2", "names no host"},
		{"https://.", "host name"},
		{"https://staff:" + adminKey + "@shop.example", "before @"},
		{"https://shop.example@10.0.0.1", "before @"},
		{"https://shop.example/?apikey=" + adminKey, "? or #"},
		{"https://shop.example/?", "? or #"},
		{"https://shop.example/#", "? or #"},
		{"https://shop.example:0", "port"},
		{"https://shop.example:65536", "port"},
		{"https://shop.example:port", "not a web address"},
		{"https://shop .example", "not a web address"},
		{"https://shop_.exa mple", "not a web address"},
		{"https://shop%2eexample", "not a web address"},
		{"https://-shop-.example", "host name"},
		{"https://shop.example/../admin", "path"},
		{"https://shop.example/%2e%2e/admin", "path"},
		{"https://shop.example/a\\b", "path"},
		{"https://127.1", "unusual form"},
		{"https://10.0.0.1", "private network"},
		{"https://shop.example/" + strings.Repeat("a", 500), "longer than"},
	}
	for _, tt := range tests {
		got, err := panel.NormalizeURL(tt.raw, false)
		if err == nil {
			t.Errorf("NormalizeURL(%q) = %q, want an error with %q", tt.raw, got, tt.want)
			continue
		}
		if !strings.Contains(err.Error(), tt.want) {
			t.Errorf("NormalizeURL(%q) says %q, want words with %q", tt.raw, err, tt.want)
		}
		if strings.Contains(err.Error(), adminKey) {
			t.Errorf("NormalizeURL(%q) repeats a secret: %q", tt.raw, err)
		}
	}
}

func FuzzNormalizeURL(f *testing.F) {
	for _, host := range privateSpellings {
		f.Add("https://"+host+"/adminapi/v2", false)
	}
	f.Add("https://Shop.Example:443/admin/adminapi/v2/", true)
	f.Fuzz(func(t *testing.T, raw string, private bool) {
		once, err := panel.NormalizeURL(raw, private)
		if err != nil {
			return
		}
		twice, err := panel.NormalizeURL(once, private)
		if err != nil || twice != once {
			t.Errorf("NormalizeURL(%q) = %q, and of that %q, %v", raw, once, twice, err)
		}
		if strings.HasSuffix(once, "/") || strings.ContainsAny(once, "?#@ ") {
			t.Errorf("NormalizeURL(%q) = %q", raw, once)
		}
	})
}
