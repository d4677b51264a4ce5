package models

import (
	"context"
	"errors"
	"fmt"

	"github.com/uptrace/bun"

	"masterpanel/models/seal"
)

// Secret is a secret in memory. No way of printing it shows its value.
type Secret = seal.Secret

// actionSecret is the stored secret of an action: a new user's password. The database deletes it when the action ends.
type actionSecret struct {
	bun.BaseModel `bun:"table:action_secrets,alias:t"`
	ActionID      int64  `bun:"action_id,pk"`
	Sealed        []byte `bun:"sealed"`
}

// Limits of a new user's password, in bytes. Further rules of the panels are unknown.
const (
	shortestUserPassword = 6
	longestUserPassword  = 128
)

func secretContext(actionID int64) string { return fmt.Sprintf("actions:%d:secret", actionID) }

func (n NewAction) checkSecret(e Invalid) {
	secret := n.Secret.Reveal()
	switch problem := textProblem(secret, longestUserPassword); {
	case n.Kind != KindAddUser && secret != "", problem != "":
		e["password"] = "This password cannot be sent. Choose another."
	case n.Kind == KindAddUser && len(secret) < shortestUserPassword:
		e["password"] = "Choose a password of at least 6 characters."
	}
}

// keepSecret seals the secret of a new action. Only the sealed value reaches SQL.
func (db *DB) keepSecret(ctx context.Context, a PanelAction, secret seal.Secret) error {
	if secret == "" {
		return nil
	}
	sealed, err := db.box.Seal([]byte(secret.Reveal()), secretContext(a.ID))
	if err != nil {
		return err
	}
	_, err = db.idb.NewInsert().Model(&actionSecret{ActionID: a.ID, Sealed: sealed}).Returning("NULL").Exec(ctx)
	return err
}

// ActionSecret returns the secret that an action sends. It returns ErrNotFound if the secret is deleted or cannot be
// opened.
func (db *DB) ActionSecret(ctx context.Context, id int64) (seal.Secret, error) {
	var s actionSecret
	if err := db.idb.NewSelect().Model(&s).Where("action_id = ?", id).Scan(ctx); err != nil {
		return "", notFound(err)
	}
	plain, err := db.box.Open(s.Sealed, secretContext(id))
	if err != nil {
		return "", fmt.Errorf("opening the secret of action %d: %w", id, errors.Join(ErrNotFound, err))
	}
	return seal.Secret(plain), nil
}

// otherSecret reports whether the form was submitted before with another secret. It returns false once the first action
// has ended, because its secret is deleted then.
func (db *DB) otherSecret(ctx context.Context, a PanelAction, n NewAction) (bool, error) {
	if n.Secret == "" {
		return false, nil
	}
	had, err := db.ActionSecret(ctx, a.ID)
	if errors.Is(err, ErrNotFound) {
		return false, nil
	}
	return had != n.Secret, err
}

func (db *DB) rotateActionSecret(ctx context.Context, id int64) (changed bool, err error) {
	var s actionSecret
	if err := db.idb.NewSelect().Model(&s).Where("action_id = ?", id).For("UPDATE").Scan(ctx); err != nil {
		return false, err
	}
	if db.box.Current(s.Sealed) {
		return false, nil
	}
	plain, err := db.box.Open(s.Sealed, secretContext(id))
	if err != nil {
		return false, err
	}
	if s.Sealed, err = db.box.Seal(plain, secretContext(id)); err != nil {
		return false, err
	}
	if _, err := db.idb.NewUpdate().Model(&s).WherePK().Exec(ctx); err != nil {
		return false, err
	}
	var a PanelAction
	if err := db.idb.NewSelect().Model(&a).Where("id = ?", id).Scan(ctx); err != nil {
		return false, err
	}
	return true, db.record(ctx, CommandLine, a.entry(ActRotateKeys))
}
