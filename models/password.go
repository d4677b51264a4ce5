package models

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	_ "embed"
	"encoding/base64"
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
	"golang.org/x/sync/semaphore"
)

const (
	argonLanes = 1
	argonSalt  = 16
	argonKey   = 32
)

// PasswordCost is the cost of an argon2id password hash, with one lane.
type PasswordCost struct {
	Memory uint32 // KiB
	Passes uint32
}

// owaspCost is the minimum of OWASP's Password Storage Cheat Sheet. With more memory a burst of logins could exhaust a
// small machine.
var owaspCost = PasswordCost{Memory: 19 * 1024, Passes: 2}

// prefix returns the start of every hash with this cost.
func (c PasswordCost) prefix() string {
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$", argon2.Version, c.Memory, c.Passes, argonLanes)
}

// hashing limits the number of parallel password hashes: each takes PasswordCost.Memory and a core.
var hashing = semaphore.NewWeighted(4)

// commonPasswords are the passwords of 12 characters or more from the lists of zxcvbn (MIT, Dan Wheeler and Dropbox),
// which were counted in leaks, and some that a team like ours would think of; in lower case, one per line.
//
//go:embed common_passwords.txt
var commonPasswords string

// PasswordProblem returns a sentence about the problem of a new password, or "".
func PasswordProblem(password, username string) string {
	length := utf8.RuneCountInString(password)
	lower := strings.ToLower(password)
	switch {
	case length < 12:
		return "Use at least 12 characters."
	case length > 128:
		return "Use at most 128 characters."
	case username != "" && strings.Contains(lower, strings.ToLower(username)):
		return "Use a password that does not contain the username."
	case strings.Contains(commonPasswords, "\n"+lower+"\n"):
		return "This password is on the list of common passwords. Use another."
	case isRuns(lower):
		return "This password is a run or a repetition of characters. Use another."
	case isGuessable(lower):
		return "This password is made of common words and a number. Use another."
	}
	return ""
}

// hash returns the hash of a password in the PHC string format, which includes its parameters.
func (c PasswordCost) hash(ctx context.Context, password string) (string, error) {
	if err := hashing.Acquire(ctx, 1); err != nil {
		return "", err
	}
	defer hashing.Release(1)
	salt := make([]byte, argonSalt)
	rand.Read(salt)
	key := argon2.IDKey([]byte(password), salt, c.Passes, c.Memory, argonLanes, argonKey)
	return c.prefix() + base64.RawStdEncoding.EncodeToString(salt) + "$" + base64.RawStdEncoding.EncodeToString(key), nil
}

// refreshed returns the hash of a password that has just matched: the same one, or a new one if the cost has changed.
// Only a login has the plain password.
func (c PasswordCost) refreshed(ctx context.Context, hash, password string) (string, error) {
	if strings.HasPrefix(hash, c.prefix()) {
		return hash, nil
	}
	return c.hash(ctx, password)
}

// unknown returns a hash of this cost that no password matches. A login with an unknown name compares with it, so that
// the time of the login reveals nothing.
func (c PasswordCost) unknown() string {
	return c.prefix() + base64.RawStdEncoding.EncodeToString(make([]byte, argonSalt)) + "$" +
		base64.RawStdEncoding.EncodeToString(make([]byte, argonKey))
}

// passwordMatches compares a password with a hash of any cost. It returns an error only if ctx ended while it waited
// for its turn.
func passwordMatches(ctx context.Context, hash, password string) (bool, error) {
	var version, memory, time, lanes int
	parts := strings.Split(hash, "$")
	if len(parts) != 6 || parts[1] != "argon2id" || utf8.RuneCountInString(password) > 128 {
		return false, nil
	}
	if _, err := fmt.Sscanf(parts[2], "v=%d", &version); err != nil || version != argon2.Version {
		return false, nil
	}
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &memory, &time, &lanes); err != nil {
		return false, nil
	}
	salt, saltErr := base64.RawStdEncoding.DecodeString(parts[4])
	want, keyErr := base64.RawStdEncoding.DecodeString(parts[5])
	if saltErr != nil || keyErr != nil {
		return false, nil
	}
	if err := hashing.Acquire(ctx, 1); err != nil {
		return false, err
	}
	defer hashing.Release(1)
	got := argon2.IDKey([]byte(password), salt, uint32(time), uint32(memory), uint8(lanes), uint32(len(want))) // #nosec G115 -- the parameters of a hash that we stored
	return subtle.ConstantTimeCompare(got, want) == 1, nil
}
