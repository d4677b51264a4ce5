package models

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"time"
)

// RecentFor is how long a proof of identity lasts for actions that need a recent one.
const RecentFor = 10 * time.Minute

// Recent reports whether the viewer proved their identity recently, by password or code.
func (s Standing) Recent(now time.Time) bool { return now.Sub(s.ConfirmedAt) < RecentFor }

// Confirm checks the viewer's password or app code as a proof of identity, and returns a new token for the session.
// ErrCode and Invalid mean a wrong proof, Throttled means too many wrong ones.
func (db *DB) Confirm(ctx context.Context, v Viewer, proof string) (token string, err error) {
	token, err = db.confirm(ctx, v, proof)
	var wrong Invalid
	if errors.Is(err, ErrCode) || errors.As(err, &wrong) {
		err = db.refused(ctx, v, Entry{Action: ActConfirmPassword, Reason: "Wrong password or code."}, err)
	}
	return token, err
}

func (db *DB) confirm(ctx context.Context, v Viewer, proof string) (token string, err error) {
	if v.Standing.HasSecondFactor && isAppCode(proof) {
		err = db.guessing(ctx, v, func(db *DB) error {
			if err := db.useAppCode(ctx, v.StaffID, proof); err != nil {
				return err
			}
			token, err = db.confirmed(ctx, v)
			return err
		})
		return token, err
	}
	if _, err := db.checkPassword(ctx, v, proof); err != nil {
		return "", err
	}
	err = db.Tx(ctx, func(db *DB) error {
		token, err = db.confirmed(ctx, v)
		return err
	})
	return token, err
}

func (db *DB) confirmed(ctx context.Context, v Viewer) (token string, err error) {
	if token, err = db.rotateSession(ctx, v); err != nil {
		return "", err
	}
	return token, db.record(ctx, v, Entry{Action: ActConfirmPassword})
}

// SealForm encrypts a submitted form while the person confirms their identity. The form goes through the browser and
// back. There nobody can read it (it may hold keys and passwords), change it, or use it in another session or for
// another path.
func (db *DB) SealForm(v Viewer, path string, body []byte) (string, error) {
	sealed, err := db.box.Seal(body, formContext(v, path))
	return base64.RawURLEncoding.EncodeToString(sealed), err
}

// OpenForm returns the body that SealForm encrypted. It returns ErrNotFound if the text is damaged or belongs to
// another session or path.
func (db *DB) OpenForm(v Viewer, path, text string) ([]byte, error) {
	sealed, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return nil, ErrNotFound
	}
	body, err := db.box.Open(sealed, formContext(v, path))
	if err != nil {
		return nil, ErrNotFound
	}
	return body, nil
}

func formContext(v Viewer, path string) string { return fmt.Sprintf("form:%x:%s", v.session, path) }
