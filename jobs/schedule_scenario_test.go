//go:build scenario

package jobs

import (
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"masterpanel/models/modelstest"
)

// TestScheduleIdle runs one worker for 50, 150 and 500 panels with five idle streams each, for SECONDS (20) each, and
// prints the cost. A cost that does not grow with the panels is not a cost of idle streams.
func TestScheduleIdle(t *testing.T) {
	modelstest.RealClock(t)
	length := time.Duration(fromEnv(t, "SECONDS", 20)) * time.Second
	b := newBenchOn(t, modelstest.Durable(t), func(o *Options) { o.Log = slog.New(slog.DiscardHandler) })
	b.client = redisClient(t, realRedis(t))
	fmt.Printf("%7s %8s %10s %18s %22s\n", "panels", "streams", "CPU %", "Redis commands/s", "PostgreSQL commits/s")
	made := 0
	for _, panels := range []int{50, 150, 500} {
		for ; made < panels; made++ {
			modelstest.Panel(t, b.db, b.owner, fmt.Sprint("P", made), fmt.Sprintf("http://127.0.0.1:1/%d", made))
		}
		b.exec("UPDATE stream_loops SET due_at = now() + interval '1 day'; UPDATE panels SET check_requested_at = NULL; ANALYZE")
		stop := b.onItsOwn(func(*Options) {})
		if err := sleep(t.Context(), 3*time.Second); err != nil { // until the worker has started
			t.Fatal(err)
		}
		cpu, commands, commits := cpuTime(t), redisCommands(t, b.client), b.commits()
		if err := sleep(t.Context(), length); err != nil {
			t.Fatal(err)
		}
		cpu, commands, commits = cpuTime(t)-cpu, redisCommands(t, b.client)-commands, b.commits()-commits
		stop()
		fmt.Printf("%7d %8d %10.2f %18.1f %22.1f\n", panels, b.count("SELECT count(*) FROM streams"), 100*cpu.Seconds()/length.Seconds(),
			float64(commands)/length.Seconds(), float64(commits)/length.Seconds())
	}
}

// redisCommands returns how many commands a Redis has processed.
func redisCommands(t testing.TB, client *redis.Client) int {
	t.Helper()
	_, after, _ := strings.Cut(must(client.Info(t.Context(), "stats").Result())(t), "total_commands_processed:")
	word, _, _ := strings.Cut(after, "\r\n")
	return must(strconv.Atoi(word))(t)
}

// commits returns how many transactions the database has committed.
func (b *bench) commits() int {
	b.Helper()
	return b.count("SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()")
}
