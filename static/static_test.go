package static

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"io/fs"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func TestVendoredFilesAreTheOnesNoted(t *testing.T) {
	notes, err := files.ReadFile("vendor/VERSIONS")
	if err != nil {
		t.Fatal(err)
	}
	entries := regexp.MustCompile(`(?s)file\s+(\S+).*?sha256\s+(\S+)`).FindAllStringSubmatch(string(notes), -1)
	noted := map[string]string{}
	for _, entry := range entries {
		noted[entry[1]] = entry[2]
	}
	scripts, err := fs.Glob(files, "vendor/*.js")
	if err != nil {
		t.Fatal(err)
	}
	if len(scripts) == 0 {
		t.Fatal("no vendored script")
	}
	for _, name := range scripts {
		body, err := files.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256(body)
		if got, want := hex.EncodeToString(sum[:]), noted[strings.TrimPrefix(name, "vendor/")]; got != want {
			t.Errorf("sha256 of %s: got %s, noted %q", name, got, want)
		}
	}
}

func TestEveryFileIsServedInOnePlace(t *testing.T) {
	for pattern, want := range map[string][]string{"css/*.css": styles, "js/*.js": scripts, "vendor/*.js": scripts} {
		found, err := fs.Glob(files, pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range found {
			if !slices.Contains(want, name) {
				t.Errorf("%s is embedded but not joined", name)
			}
		}
	}
}

func TestEveryStyleFileOpensExactlyOneLayer(t *testing.T) {
	for _, name := range styles {
		body, err := files.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if got := bytes.Count(body, []byte("@layer ")); got != 1 {
			t.Errorf("%s: got %d layers, want 1", name, got)
		}
	}
}

func TestOnlyTheTokensNameAColour(t *testing.T) {
	colour := regexp.MustCompile(`oklch\(|rgb|hsl\(|#[0-9a-fA-F]{3,8}\b`)
	for _, name := range styles {
		body, err := files.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if name != "css/tokens.css" && colour.Match(body) {
			t.Errorf("%s names a colour: %s", name, colour.Find(body))
		}
	}
}

// A page's CSS file that reuses a utility's name for another purpose changes every page. "desk" once meant both the
// ticket desk and "hidden on phones", so phones did not show the desk, and elsewhere the top bar was misaligned.
func TestNoOtherFileMeansSomethingElseByAUtility(t *testing.T) {
	utilities, err := files.ReadFile("css/utilities.css")
	if err != nil {
		t.Fatal(err)
	}
	for _, utility := range regexp.MustCompile(`(?m)(?:^  |\{ )\.([a-z-]+) \{`).FindAllSubmatch(utilities, -1) {
		taken := regexp.MustCompile(`(?m)^ +\.` + string(utility[1]) + ` \{`)
		for _, name := range styles {
			body, err := files.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			if name != "css/utilities.css" && taken.Match(body) {
				t.Errorf("%s gives the utility .%s another meaning", name, utility[1])
			}
		}
	}
}

func TestNoScriptOfOursNeedsEval(t *testing.T) {
	for _, name := range scripts {
		body, err := files.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasPrefix(name, "js/") && regexp.MustCompile(`eval\(|new Function|innerHTML|insertAdjacentHTML`).Match(body) {
			t.Errorf("%s turns text into code or markup", name)
		}
		if strings.HasPrefix(name, "js/") && !bytes.HasPrefix(body, []byte("// ")) {
			t.Errorf("%s does not begin by saying why HTML could not do it", name)
		}
	}
}

func TestAssetsAreNamedByContentAndCompressed(t *testing.T) {
	assets, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	for link, limit := range map[string]int{assets.CSS: 20_000, assets.JS: 30_000, assets.Icon: 1_000} {
		asset, ok := assets.Get(strings.TrimPrefix(link, "/static/"))
		if !ok {
			t.Fatalf("%s is linked but not served", link)
		}
		if got := len(asset.Gzip); got > limit {
			t.Errorf("%s over the wire: got %d bytes, want at most %d", asset.Name, got, limit)
		}
		unpacked, err := gzip.NewReader(bytes.NewReader(asset.Gzip))
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(unpacked)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(body, asset.Body) {
			t.Errorf("%s: the compressed bytes are another file", asset.Name)
		}
		t.Logf("%s: %d bytes, %d over the wire", asset.Name, len(asset.Body), len(asset.Gzip))
	}
	if _, ok := assets.Get("app.css"); ok {
		t.Error("a name without its hash is served")
	}
}
