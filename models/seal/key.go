package seal

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"strings"

	"golang.org/x/crypto/chacha20poly1305"
)

const idSize = 8

// Key is a secret of 32 bytes with a short id, which sealed values contain. It prints as its id.
type Key struct {
	secret [chacha20poly1305.KeySize]byte
	id     [idSize]byte
}

// ParseKey parses 32 bytes in standard base64, as `openssl rand -base64 32` prints them; it ignores white space around
// them. Its errors never repeat the text.
func ParseKey(text string) (Key, error) {
	text = strings.TrimSpace(text)
	if text == "" {
		return Key{}, errors.New("key is empty: want 32 bytes in base64")
	}
	raw, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return Key{}, errors.New("key is not standard base64: want 32 bytes in base64")
	}
	if len(raw) != chacha20poly1305.KeySize {
		return Key{}, fmt.Errorf("key is %d bytes: want exactly %d bytes in base64", len(raw), chacha20poly1305.KeySize)
	}
	key := Key{secret: [chacha20poly1305.KeySize]byte(raw)}
	// The hash has its own prefix: the id is stored in clear, and it must differ from any other hash of the key.
	sum := sha256.Sum256(append([]byte("masterpanel seal key id\x00"), raw...))
	copy(key.id[:], sum[:])
	return key, nil
}

// Format prints the key's id under every verb, so that %v of a struct that contains a key cannot show the key.
func (k Key) Format(f fmt.State, _ rune) {
	_, _ = io.WriteString(f, fmt.Sprintf("[key %x]", k.id[:])) // fmt.State's writer reports through fmt itself
}

func (k Key) made(sealed []byte) bool { return bytes.Equal(sealed[1:headerSize], k.id[:]) }
