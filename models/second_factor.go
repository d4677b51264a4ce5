package models

import (
	"context"
	"crypto/rand"
	"encoding/base32"
	"errors"
	"fmt"
	"net/url"
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/hotp"
	"github.com/uptrace/bun"

	"masterpanel/models/seal"
)

// The settings that every authenticator app supports: six digits of HMAC-SHA1, a new code every half minute.
const (
	codePeriod = 30 * time.Second
	// codeDrift is the number of steps by which a phone's clock may be ahead or behind.
	codeDrift = 1
	seedBytes = 20
)

// SecondFactor is a staff member's authenticator app. SeedSealed is the seed that the app shares with us.
type SecondFactor struct {
	bun.BaseModel `bun:"table:second_factors,alias:second_factor"`
	StaffID       int64     `bun:"staff_id,pk"`
	SeedSealed    []byte    `bun:"seed_sealed"`
	ConfirmedAt   time.Time `bun:"confirmed_at,nullzero"`
	LastStep      int64     `bun:"last_step"`
	CreatedAt     time.Time `bun:"created_at"`
}

// SetUp is the data that a person enters in their app to set up a second factor.
type SetUp struct {
	Seed seal.Secret
	// URL is the seed as an otpauth URL for a QR code.
	URL seal.Secret
}

// BeginSecondFactor creates a new seed for the viewer, which has no effect before ConfirmSecondFactor. It returns
// ErrNotAllowed if they already have a second factor.
func (db *DB) BeginSecondFactor(ctx context.Context, v Viewer) error {
	raw := make([]byte, seedBytes)
	rand.Read(raw)
	sealed, err := db.sealSeed(seal.Secret(base32.StdEncoding.EncodeToString(raw)), v.StaffID)
	if err != nil {
		return err
	}
	factor := SecondFactor{StaffID: v.StaffID, SeedSealed: sealed, CreatedAt: db.now()}
	result, err := db.idb.NewInsert().Model(&factor).On("CONFLICT (staff_id) DO UPDATE").
		Set("seed_sealed = EXCLUDED.seed_sealed, created_at = EXCLUDED.created_at").
		Where("second_factor.confirmed_at IS NULL").Returning("NULL").Exec(ctx)
	if err != nil {
		return err
	}
	if err := oneRow(result); errors.Is(err, ErrNotFound) {
		return ErrNotAllowed
	}
	return nil
}

// SecondFactorSetUp returns the data for the viewer's app during the setup. It returns ErrNotFound before and after.
func (db *DB) SecondFactorSetUp(ctx context.Context, v Viewer) (SetUp, error) {
	var factor SecondFactor
	err := db.idb.NewSelect().Model(&factor).Where("staff_id = ? AND confirmed_at IS NULL", v.StaffID).Scan(ctx)
	if err != nil {
		return SetUp{}, notFound(err)
	}
	seed, err := db.openSeed(factor)
	label := url.PathEscape("Masterpanel:" + v.Username)
	query := url.Values{"secret": {seed.Reveal()}, "issuer": {"Masterpanel"}}
	return SetUp{Seed: seed, URL: seal.Secret("otpauth://totp/" + label + "?" + query.Encode())}, err
}

// ConfirmSecondFactor turns the viewer's second factor on if the code proves that the app has the seed. It returns the
// recovery codes, which cannot be read again, and a new token for the session. Its errors are ErrCode, Throttled, and
// ErrNotFound if no setup is in progress.
func (db *DB) ConfirmSecondFactor(ctx context.Context, v Viewer, code string) (codes []string, token string, err error) {
	err = db.guessing(ctx, v, func(db *DB) error {
		result, err := db.idb.NewUpdate().Model((*SecondFactor)(nil)).Set("confirmed_at = ?", db.now()).
			Where("staff_id = ? AND confirmed_at IS NULL", v.StaffID).Exec(ctx)
		if err != nil {
			return err
		}
		if err := oneRow(result); err != nil {
			return err
		}
		if err := db.useAppCode(ctx, v.StaffID, code); err != nil {
			return err
		}
		if codes, err = db.replaceRecoveryCodes(ctx, v.StaffID); err != nil {
			return err
		}
		if token, err = db.rotateSession(ctx, v); err != nil {
			return err
		}
		return db.record(ctx, v, Entry{Action: ActTwoFactorOn})
	})
	return codes, token, err
}

// EndSecondFactor turns the viewer's own second factor off.
func (db *DB) EndSecondFactor(ctx context.Context, v Viewer) error {
	return db.Tx(ctx, func(db *DB) error {
		if err := db.deleteSecondFactor(ctx, v.StaffID); err != nil {
			return err
		}
		return db.record(ctx, v, Entry{Action: ActTwoFactorOff})
	})
}

// ResetSecondFactor turns another member's second factor off, after they lost their phone, and ends their sessions. The
// viewer must be able to change that member. It returns ErrNotFound if the member has none.
func (db *DB) ResetSecondFactor(ctx context.Context, v Viewer, staffID int64) error {
	return db.changeMember(ctx, v, staffID, ActStaffTwoFactor, func(db *DB, actor Viewer, _ Member) ([]Change, error) {
		if err := db.deleteSecondFactor(ctx, staffID); err != nil {
			return nil, err
		}
		return nil, db.endSessions(ctx, actor, staffID)
	})
}

func (db *DB) deleteSecondFactor(ctx context.Context, staffID int64) error {
	result, err := db.idb.NewDelete().Model((*SecondFactor)(nil)).Where("staff_id = ?", staffID).Exec(ctx)
	if err != nil {
		return err
	}
	return oneRow(result)
}

func (db *DB) hasSecondFactor(ctx context.Context, staffID int64) (bool, error) {
	return db.idb.NewSelect().Model((*SecondFactor)(nil)).Where("staff_id = ? AND confirmed_at IS NOT NULL", staffID).Exists(ctx)
}

// appCodeStep finds the time step near now to which a code belongs.
func appCodeStep(seed seal.Secret, code string, now time.Time) (step int64, ok bool) {
	current := now.Unix() / int64(codePeriod.Seconds())
	for step = current - codeDrift; step <= current+codeDrift; step++ {
		matches, err := hotp.ValidateCustom(code, uint64(step), seed.Reveal(), // #nosec G115 -- a time after 1970
			hotp.ValidateOpts{Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1})
		if err == nil && matches {
			return step, true
		}
	}
	return 0, false
}

func (db *DB) sealSeed(seed seal.Secret, staffID int64) ([]byte, error) {
	sealed, err := db.box.Seal([]byte(seed.Reveal()), seedContext(staffID))
	if err != nil {
		return nil, fmt.Errorf("sealing the seed of staff %d: %w", staffID, err)
	}
	return sealed, nil
}

func (db *DB) openSeed(f SecondFactor) (seal.Secret, error) {
	plain, err := db.box.Open(f.SeedSealed, seedContext(f.StaffID))
	if err != nil {
		return "", fmt.Errorf("opening the seed of staff %d: %w", f.StaffID, err)
	}
	return seal.Secret(plain), nil
}

// seedContext binds a sealed seed to its owner, so that a copy in another row does not open.
func seedContext(staffID int64) string { return fmt.Sprintf("second_factors:%d:seed", staffID) }
