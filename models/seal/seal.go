// Package seal encrypts small secrets (a panel's API key, a second factor's seed) at rest.
//
// A sealed value contains the id of its key, so that keys can be rotated: a Box seals with its primary key and also
// opens values of its older keys. A sealed value is bound to its context, such as "panels:7:admin_key"; a copy in
// another row does not open.
//
// The bytes are
//
//	version (1) · key id (8) · nonce (24) · XChaCha20-Poly1305 ciphertext with its tag (len(plain) + 16)
//
// and the tag also authenticates version, key id and context. An extended nonce is long enough to be random for every
// value without a counter. A context is not stored and must never change.
package seal

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"io"

	"golang.org/x/crypto/chacha20poly1305"
)

var (
	// ErrUnknownKey means that a value was sealed with a key that the Box does not have.
	ErrUnknownKey = errors.New("sealed with a key that is not configured")
	// ErrTampered means that a value is truncated, altered, or was sealed for another context.
	ErrTampered = errors.New("sealed value is damaged or belongs to another row")
	// ErrVersion means that a value was sealed in another version of this format, perhaps by a later release.
	ErrVersion = errors.New("sealed in an unknown format")
)

const (
	version    = 1
	headerSize = 1 + idSize
	minSize    = headerSize + chacha20poly1305.NonceSizeX + chacha20poly1305.Overhead
)

// Box seals with one key and opens with several. It is safe for concurrent use.
type Box struct {
	keys   []Key // the primary key first
	random io.Reader
}

// New returns a Box that seals with primary and opens values that primary or any of old sealed.
func New(primary Key, old ...Key) *Box {
	return &Box{keys: append([]Key{primary}, old...), random: rand.Reader}
}

// Seal returns plain encrypted with the primary key and bound to context. Two calls never return the same bytes.
func (b *Box) Seal(plain []byte, context string) ([]byte, error) {
	primary := b.keys[0]
	sealed := make([]byte, headerSize+chacha20poly1305.NonceSizeX, minSize+len(plain))
	sealed[0] = version
	copy(sealed[1:], primary.id[:])
	nonce := sealed[headerSize:]
	if _, err := io.ReadFull(b.random, nonce); err != nil {
		return nil, fmt.Errorf("seal: making a nonce: %w", err)
	}
	aead, err := chacha20poly1305.NewX(primary.secret[:])
	if err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	return aead.Seal(sealed, nonce, plain, bound(sealed[:headerSize], context)), nil
}

// Open returns the plain bytes of a sealed value; context must be the same as for Seal. Its errors are ErrUnknownKey,
// ErrTampered and ErrVersion.
func (b *Box) Open(sealed []byte, context string) ([]byte, error) {
	if len(sealed) < minSize {
		return nil, fmt.Errorf("seal: %d bytes: %w", len(sealed), ErrTampered)
	}
	if sealed[0] != version {
		return nil, fmt.Errorf("seal: format %d: %w", sealed[0], ErrVersion)
	}
	key, ok := b.keyFor(sealed)
	if !ok {
		return nil, fmt.Errorf("seal: key %x: %w", sealed[1:headerSize], ErrUnknownKey)
	}
	aead, err := chacha20poly1305.NewX(key.secret[:])
	if err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	header, rest := sealed[:headerSize], sealed[headerSize:]
	nonce, ciphertext := rest[:chacha20poly1305.NonceSizeX], rest[chacha20poly1305.NonceSizeX:]
	plain, err := aead.Open(nil, nonce, ciphertext, bound(header, context))
	if err != nil {
		return nil, fmt.Errorf("seal: %w", ErrTampered)
	}
	return plain, nil
}

// Current reports whether sealed uses the primary key and the current format, so that it needs no re-sealing.
func (b *Box) Current(sealed []byte) bool {
	return len(sealed) >= minSize && sealed[0] == version && b.keys[0].made(sealed)
}

func (b *Box) keyFor(sealed []byte) (Key, bool) {
	for _, key := range b.keys {
		if key.made(sealed) {
			return key, true
		}
	}
	return Key{}, false
}

// bound returns the associated data. The header has a fixed length, so header and context cannot be confused.
func bound(header []byte, context string) []byte {
	return append(bytes.Clone(header), context...)
}
