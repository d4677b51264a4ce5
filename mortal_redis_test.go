package main

import (
	"fmt"
	"net"
	"os/exec"
	"strconv"
	"testing"

	"github.com/redis/go-redis/v9"
)

// mortalRedis is a redis-server that stores no data on disk.
type mortalRedis struct {
	testing.TB
	port    int
	options []string
	process *exec.Cmd
}

func startMortalRedis(t testing.TB, options ...string) *mortalRedis {
	t.Helper()
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	m := &mortalRedis{TB: t, port: free.Addr().(*net.TCPAddr).Port, options: options}
	free.Close()
	m.start()
	t.Cleanup(m.kill)
	return m
}

func (m *mortalRedis) url() string { return fmt.Sprint("redis://127.0.0.1:", m.port) }

// start starts the server and returns when it answers.
func (m *mortalRedis) start() {
	m.process = exec.Command("redis-server", append([]string{"--port", strconv.Itoa(m.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"}, m.options...)...)
	if err := m.process.Start(); err != nil {
		m.Errorf("this test needs redis-server: %v", err)
		return
	}
	client := redis.NewClient(&redis.Options{Addr: fmt.Sprint("127.0.0.1:", m.port)})
	defer client.Close()
	await(m, "redis-server's answer", func() bool { return client.Ping(m.Context()).Err() == nil || m.Context().Err() != nil })
}

func (m *mortalRedis) kill() {
	if m.process.Process != nil {
		m.process.Process.Kill()
		m.process.Wait()
	}
}
