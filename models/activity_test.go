package models_test

import (
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"masterpanel/models"
	"masterpanel/models/modelstest"
)

// raw runs a statement as the program's own role, as somebody would who got hold of its connection.
func raw(t *testing.T, url, statement string, args ...any) error {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	_, err = conn.Exec(t.Context(), statement, args...)
	return err
}

func activityDB(t *testing.T, url string) *models.DB {
	t.Helper()
	db, err := models.Open(t.Context(), url, models.Options{Box: modelstest.Box(t)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

func TestTheDatabaseItselfRefusesToRewriteTheActivity(t *testing.T) {
	url := modelstest.URL(t)
	db := activityDB(t, url)
	modelstest.Panel(t, db, modelstest.Owner(t, db), "Alpha", "https://alpha.example")

	for _, statement := range []string{
		"UPDATE activity SET username = 'somebody else'", "UPDATE activity SET result = 'ok' WHERE false",
		"DELETE FROM activity", "DELETE FROM activity WHERE at < now() + interval '1 day'", "TRUNCATE activity", "TRUNCATE activity CASCADE",
		"INSERT INTO activity OVERRIDING SYSTEM VALUE SELECT * FROM activity ON CONFLICT (id) DO UPDATE SET at = now()",
		"MERGE INTO activity USING activity AS other ON activity.id = other.id WHEN MATCHED THEN DELETE",
		"SET session_replication_role = 'replica'; DELETE FROM activity",
		"UPDATE activity_settings SET retention_days = 0", "UPDATE activity_settings SET retention_days = 30; DELETE FROM activity",
	} {
		if err := raw(t, url, statement); err == nil {
			t.Errorf("%s: went through", statement)
		} else if strings.Contains(err.Error(), "syntax") && !strings.HasPrefix(statement, "MERGE") { // MERGE came with version 15
			t.Errorf("%s: %v", statement, err)
		}
	}
}
