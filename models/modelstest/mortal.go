package modelstest

import (
	"os"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5"

	"masterpanel/models"
	"masterpanel/models/privatepg"
)

// Mortal is a PostgreSQL of one test, which the test can stop and start again. Its data and address stay.
type Mortal struct {
	t      testing.TB
	dir    string
	server *privatepg.Server
	URL    string // of a migrated database
}

// NewMortal starts a Mortal with a migrated database.
func NewMortal(t testing.TB) *Mortal {
	t.Helper()
	dir, err := os.MkdirTemp("/var/tmp", "masterpanel-mortal-")
	check(t, err)
	t.Cleanup(func() { check(t, os.RemoveAll(dir)) })
	check(t, os.Chmod(dir, 0o755)) // #nosec G302 -- PostgreSQL does not run as root
	m := &Mortal{t: t, dir: dir}
	m.Start()
	t.Cleanup(m.Stop)
	check(t, m.server.Create(t.Context(), "mortal", ""))
	m.URL = m.server.DSN("mortal")
	db := m.Open()
	_, err = db.Migrate(t.Context())
	check(t, err)
	return m
}

// Open connects to the database. The connection closes when the test ends.
func (m *Mortal) Open() *models.DB {
	m.t.Helper()
	return OpenAt(m.t, m.URL, nil)
}

// Stop stops the server and ends all its sessions.
func (m *Mortal) Stop() {
	m.t.Helper()
	check(m.t, m.server.Stop())
}

// Crash kills the server so fast that no session releases a lock first. During a Stop, a session that waits for a lock
// can get it after its holder has ended, and commit.
func (m *Mortal) Crash() {
	m.t.Helper()
	check(m.t, syscall.Kill(m.server.PID(), syscall.SIGQUIT))
	for { // until the signal has arrived, because Stop's own would overtake it
		conn, err := pgx.Connect(m.t.Context(), m.URL)
		if err != nil {
			break
		}
		conn.Close(m.t.Context())
	}
	m.Stop()
}

// Start starts the server again and returns when it answers.
func (m *Mortal) Start() {
	m.t.Helper()
	server, err := privatepg.Start(m.t.Context(), privatepg.Options{Dir: m.dir})
	check(m.t, err)
	m.server = server
}
