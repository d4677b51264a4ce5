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

// Parameters of argon2id: the minimum that OWASP's Password Storage Cheat Sheet names (19 MiB, 2 passes, 1 lane). More
// memory would let a burst of logins exhaust a small machine.
const (
	argonMemory = 19 * 1024 // KiB
	argonTime   = 2
	argonLanes  = 1
	argonSalt   = 16
	argonKey    = 32
)

// argonPrefix begins every hash that hashPassword makes today.
var argonPrefix = fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$", argon2.Version, argonMemory, argonTime, argonLanes)

// hashing lets only so many passwords be hashed at once: each takes argonMemory and a core.
var hashing = semaphore.NewWeighted(4)

// commonPasswords are those of 12 characters or more that are in the lists of zxcvbn (MIT, Dan Wheeler and Dropbox), which
// were counted in leaks, and some that a team like ours would think of; in lower case, a line each.
//
//go:embed common_passwords.txt
var commonPasswords string

// PasswordProblem says in a sentence what is wrong with a new password, or "".
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
		return "This password is on the list of common ones. Use another."
	case isRuns(lower):
		return "This password is a run or a repetition of characters. Use another."
	case isGuessable(lower):
		return "This password is made of common words and a number. Use another."
	}
	return ""
}

// hashPassword returns the hash in the PHC string format, which names its own parameters.
func hashPassword(ctx context.Context, password string) (string, error) {
	if err := hashing.Acquire(ctx, 1); err != nil {
		return "", err
	}
	defer hashing.Release(1)
	salt := make([]byte, argonSalt)
	rand.Read(salt)
	key := argon2.IDKey([]byte(password), salt, argonTime, argonMemory, argonLanes, argonKey)
	return argonPrefix + base64.RawStdEncoding.EncodeToString(salt) + "$" + base64.RawStdEncoding.EncodeToString(key), nil
}

// refreshedHash is the hash of a password that has just matched it: the same one, or a new one when the parameters have
// changed since it was made. A login is the only time at which the password is at hand.
func refreshedHash(ctx context.Context, hash, password string) (string, error) {
	if strings.HasPrefix(hash, argonPrefix) {
		return hash, nil
	}
	return hashPassword(ctx, password)
}

// passwordMatches checks a password against a hash made by hashPassword, of these or of earlier parameters. Its error
// means that it did not get to look: too many others are being hashed.
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
