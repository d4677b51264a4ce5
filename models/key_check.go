package models

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// keyCheckLock is the PostgreSQL advisory lock under which one of several starting processes writes the check word.
const keyCheckLock = 0x6b657963

// keyCheckContext binds the sealed check word to its column.
const keyCheckContext = "key_check"

// CheckKey returns ErrKey if neither the primary key nor an old key of the box opens this database. It opens the check
// word. If there is no check word yet, it opens one sealed secret instead. If that succeeds, or if nothing is sealed,
// it writes the check word under the primary key.
func (db *DB) CheckKey(ctx context.Context) error {
	err := db.openCheckWord(ctx)
	if !errors.Is(err, ErrNotFound) {
		return err
	}
	return db.Tx(ctx, func(db *DB) error {
		if _, err := db.idb.NewRaw("SELECT pg_advisory_xact_lock(?)", keyCheckLock).Exec(ctx); err != nil {
			return err
		}
		if err := db.openCheckWord(ctx); !errors.Is(err, ErrNotFound) { // another process wrote it meanwhile
			return err
		}
		if err := db.openAnySecret(ctx); err != nil {
			return err
		}
		return db.putCheckWord(ctx)
	})
}

// openCheckWord returns ErrNotFound if there is no check word, and ErrKey if it does not open.
func (db *DB) openCheckWord(ctx context.Context) error {
	sealed, err := db.checkWord(ctx)
	if err != nil {
		return err
	}
	return db.opens(sealed, keyCheckContext)
}

func (db *DB) checkWord(ctx context.Context) (sealed []byte, err error) {
	err = db.idb.NewRaw("SELECT sealed FROM key_check").Scan(ctx, &sealed)
	return sealed, notFound(err)
}

func (db *DB) putCheckWord(ctx context.Context) error {
	sealed, err := db.box.Seal([]byte("masterpanel"), keyCheckContext)
	if err != nil {
		return err
	}
	_, err = db.idb.NewRaw("INSERT INTO key_check (sealed) VALUES (?) ON CONFLICT (only_row) DO UPDATE SET sealed = excluded.sealed", sealed).Exec(ctx)
	return err
}

// openAnySecret opens one sealed secret of any kind. It returns nil if nothing is sealed.
func (db *DB) openAnySecret(ctx context.Context) error {
	var sealed []byte
	var id int64
	for _, kind := range []struct {
		query   string
		context func(id int64) string
	}{
		{"SELECT id, admin_key_sealed FROM panels WHERE admin_key_sealed != '' LIMIT 1", func(id int64) string { return keyContext(id, "admin_key") }},
		{"SELECT id, services_key_sealed FROM panels WHERE services_key_sealed != '' LIMIT 1", func(id int64) string { return keyContext(id, "services_key") }},
		{"SELECT staff_id, seed_sealed FROM second_factors LIMIT 1", seedContext},
		{"SELECT action_id, sealed FROM action_secrets LIMIT 1", secretContext},
	} {
		err := db.idb.NewRaw(kind.query).Scan(ctx, &id, &sealed)
		if errors.Is(err, sql.ErrNoRows) {
			continue
		}
		if err != nil {
			return err
		}
		return db.opens(sealed, kind.context(id))
	}
	return nil
}

func (db *DB) opens(sealed []byte, place string) error {
	if _, err := db.box.Open(sealed, place); err != nil {
		return fmt.Errorf("%w (%w)", ErrKey, err)
	}
	return nil
}

// rotateCheckWord seals the check word again under the primary key. It comes last: until every secret is sealed again, a
// process that holds only the new key must not start.
func (db *DB) rotateCheckWord(ctx context.Context) error {
	return db.Tx(ctx, func(db *DB) error {
		if _, err := db.idb.NewRaw("SELECT pg_advisory_xact_lock(?)", keyCheckLock).Exec(ctx); err != nil {
			return err
		}
		sealed, err := db.checkWord(ctx)
		if errors.Is(err, ErrNotFound) || err == nil && db.box.Current(sealed) {
			return nil
		}
		if err == nil {
			err = db.opens(sealed, keyCheckContext)
		}
		if err != nil {
			return err
		}
		return db.putCheckWord(ctx)
	})
}
