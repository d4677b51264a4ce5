package models

import (
	"context"
	"encoding/hex"
	"slices"
	"strings"
	"time"

	"github.com/uptrace/bun"
)

const (
	// DeviceMaxAge is how long a device is known after its last login.
	DeviceMaxAge = 90 * 24 * time.Hour
	// devicesPerMember bounds the counts that one member's devices have apart from all others.
	devicesPerMember = 20
)

// LoginDevice is a browser on which a member logged in before. Its failed logins at this member's account have their
// own count, so that failures from other places cannot lock the member out.
type LoginDevice struct {
	bun.BaseModel `bun:"table:login_devices,alias:login_device"`
	TokenHash     []byte    `bun:"token_hash,pk"`
	StaffID       int64     `bun:"staff_id,pk"`
	ExpiresAt     time.Time `bun:"expires_at"`
}

// deviceOwners returns the members who logged in on the device with this token. The query does not depend on the name
// that was typed, so its time does not tell if the name exists.
func (db *DB) deviceOwners(ctx context.Context, token string) (owners []Staff, err error) {
	if token == "" {
		return nil, nil
	}
	err = db.idb.NewSelect().Model(&owners).Column("staff.id", "staff.username").
		Join("JOIN login_devices AS d ON d.staff_id = staff.id").
		Where("d.token_hash = ? AND d.expires_at > ?", tokenHash(token), db.now()).Scan(ctx)
	return owners, err
}

// deviceOf returns the counter of the device for an account that one of its owners has, or "" for an unknown device.
func (db *DB) deviceOf(ctx context.Context, token, account string, owns func(Staff) bool) (string, error) {
	owners, err := db.deviceOwners(ctx, token)
	if err != nil || !slices.ContainsFunc(owners, owns) {
		return "", err
	}
	return "device:" + hex.EncodeToString(tokenHash(token)) + ":" + account, nil
}

// named returns a test for the owner of a username, in any case of its letters.
func named(username string) func(Staff) bool {
	lower := strings.ToLower(username)
	return func(s Staff) bool { return strings.ToLower(s.Username) == lower }
}

// rememberDevice makes the device known for a member until DeviceMaxAge after now and returns its token. It keeps a
// token that a login on this device created and replaces any other, because an attacker may have planted it.
func (db *DB) rememberDevice(ctx context.Context, token string, staffID int64) (string, error) {
	owners, err := db.deviceOwners(ctx, token)
	if err != nil {
		return "", err
	}
	if len(owners) == 0 {
		token = newToken()
	}
	device := LoginDevice{TokenHash: tokenHash(token), StaffID: staffID, ExpiresAt: db.now().Add(DeviceMaxAge)}
	if _, err := db.idb.NewInsert().Model(&device).On("CONFLICT (token_hash, staff_id) DO UPDATE").
		Set("expires_at = EXCLUDED.expires_at").Exec(ctx); err != nil {
		return "", err
	}
	_, err = db.idb.NewRaw(`DELETE FROM login_devices WHERE staff_id = ?0 AND token_hash IN (
		SELECT token_hash FROM login_devices WHERE staff_id = ?0 ORDER BY expires_at DESC, token_hash = ?1 DESC OFFSET ?2)`,
		staffID, device.TokenHash, devicesPerMember).Exec(ctx)
	return token, err
}

// forgetDevices makes all devices of a member unknown, except the one of the session that stays. A person who knew an
// old password could otherwise guess at the new one under the counts of many devices.
func (db *DB) forgetDevices(ctx context.Context, staffID int64, session []byte) error {
	_, err := db.idb.NewRaw(`DELETE FROM login_devices WHERE staff_id = ? AND token_hash NOT IN (
		SELECT device_hash FROM sessions WHERE token_hash = ? AND device_hash IS NOT NULL)`, staffID, session).Exec(ctx)
	return err
}
