package models

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"strconv"
	"strings"
	"time"

	"github.com/uptrace/bun"
)

// There are ten recovery codes of 80 random bits each. That is too many values to guess, so a plain hash is enough.
const (
	recoveryCodes     = 10
	recoveryCodeBytes = 10
)

// RecoveryCode replaces a code of the app once. Only its hash is stored.
type RecoveryCode struct {
	bun.BaseModel `bun:"table:recovery_codes,alias:recovery_code"`
	StaffID       int64     `bun:"staff_id,pk"`
	CodeHash      []byte    `bun:"code_hash,pk"`
	UsedAt        time.Time `bun:"used_at,nullzero"`
}

// useCode uses up an app code or a recovery code and returns its kind in words. It returns ErrCode if the code is wrong
// or used.
func (db *DB) useCode(ctx context.Context, staffID int64, code string) (kind string, err error) {
	if isAppCode(code) {
		return "code", db.useAppCode(ctx, staffID, code)
	}
	return "recovery code", db.useRecoveryCode(ctx, staffID, code)
}

// isAppCode reports whether the text is an app code. Recovery codes and passwords are longer.
func isAppCode(code string) bool {
	code = withoutSpaces(code)
	return len(code) == 6 && strings.Trim(code, "0123456789") == ""
}

// useAppCode uses up the step of a code and all earlier steps. If several requests send the same code in parallel, only
// one of them changes the row and succeeds.
func (db *DB) useAppCode(ctx context.Context, staffID int64, code string) error {
	var factor SecondFactor
	err := db.idb.NewSelect().Model(&factor).Where("staff_id = ? AND confirmed_at IS NOT NULL", staffID).Scan(ctx)
	if err != nil {
		return notFound(err)
	}
	seed, err := db.openSeed(factor)
	if err != nil {
		return err
	}
	step, ok := appCodeStep(seed, withoutSpaces(code), db.now())
	if !ok {
		return ErrCode
	}
	result, err := db.idb.NewUpdate().Model((*SecondFactor)(nil)).Set("last_step = ?", step).
		Where("staff_id = ? AND last_step < ? AND seed_sealed = ?", staffID, step, factor.SeedSealed).Exec(ctx)
	if err != nil {
		return err
	}
	if oneRow(result) != nil {
		return ErrCode
	}
	return nil
}

func (db *DB) useRecoveryCode(ctx context.Context, staffID int64, code string) error {
	result, err := db.idb.NewUpdate().Model((*RecoveryCode)(nil)).Set("used_at = ?", db.now()).
		Where("staff_id = ? AND code_hash = ? AND used_at IS NULL", staffID, recoveryHash(code)).Exec(ctx)
	if err != nil {
		return err
	}
	if oneRow(result) != nil {
		return ErrCode
	}
	return nil
}

// NewRecoveryCodes replaces the viewer's recovery codes. It returns ErrNotFound if they have no second factor.
func (db *DB) NewRecoveryCodes(ctx context.Context, v Viewer) (codes []string, err error) {
	err = db.Tx(ctx, func(db *DB) error {
		if has, err := db.hasSecondFactor(ctx, v.StaffID); err != nil || !has {
			return cmp.Or(err, ErrNotFound)
		}
		if codes, err = db.replaceRecoveryCodes(ctx, v.StaffID); err != nil {
			return err
		}
		return db.record(ctx, v, Entry{Action: ActRecoveryCodes})
	})
	return codes, err
}

// RecoveryCodesLeft returns the number of the viewer's unused recovery codes.
func (db *DB) RecoveryCodesLeft(ctx context.Context, v Viewer) (int64, error) {
	return db.idb.NewSelect().Model((*RecoveryCode)(nil)).Where("staff_id = ? AND used_at IS NULL", v.StaffID).Count(ctx)
}

func (db *DB) replaceRecoveryCodes(ctx context.Context, staffID int64) ([]string, error) {
	if _, err := db.idb.NewDelete().Model((*RecoveryCode)(nil)).Where("staff_id = ?", staffID).Exec(ctx); err != nil {
		return nil, err
	}
	codes, rows := make([]string, recoveryCodes), make([]RecoveryCode, recoveryCodes)
	for i := range codes {
		codes[i] = newRecoveryCode()
		rows[i] = RecoveryCode{StaffID: staffID, CodeHash: recoveryHash(codes[i])}
	}
	_, err := db.idb.NewInsert().Model(&rows).Returning("NULL").Exec(ctx)
	return codes, err
}

// newRecoveryCode returns a random code such as ABCD-EFGH-2345-6789.
func newRecoveryCode() string {
	raw := make([]byte, recoveryCodeBytes)
	rand.Read(raw)
	text := base32.StdEncoding.EncodeToString(raw)
	return strings.Join([]string{text[:4], text[4:8], text[8:12], text[12:]}, "-")
}

// recoveryHash returns the hash of a code. It ignores how a person copied the code: in lower case, with spaces, without
// dashes.
func recoveryHash(code string) []byte {
	sum := sha256.Sum256([]byte(strings.ToUpper(strings.ReplaceAll(withoutSpaces(code), "-", ""))))
	return sum[:]
}

func withoutSpaces(text string) string { return strings.Join(strings.Fields(text), "") }

// guessing runs do in one transaction. It counts the try before do checks the code, and forgives it after a right code;
// too many tries give Throttled.
func (db *DB) guessing(ctx context.Context, v Viewer, do func(*DB) error) error {
	key := "code:" + strconv.FormatInt(v.StaffID, 10)
	if err := db.countFailure(ctx, key, perAccount); err != nil {
		return err
	}
	return db.Tx(ctx, func(db *DB) error {
		if err := do(db); err != nil {
			return err
		}
		return db.forgive(ctx, key)
	})
}
