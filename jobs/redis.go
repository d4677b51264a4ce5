package jobs

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"

	"github.com/hibiken/asynq"
	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/logging"

	"masterpanel/models"
)

// minRedis is the oldest Redis major version whose scripts may read the clock and then write.
const minRedis = 6

// ErrRedis means that Redis did not answer, or loads its data. A later try may succeed.
var ErrRedis = errors.New("cannot reach Redis")

// ErrRedisRefused means that Redis refused the connection, or is too old. Another try has the same result.
var ErrRedisRefused = errors.New("cannot use this Redis")

// ErrRedisAddress means that the address of Redis is malformed.
var ErrRedisAddress = errors.New("this address is not valid")

// Redis is a connection to the server that holds the queue, the rate limits and the versions.
type Redis struct {
	redis.UniversalClient
	queue asynq.RedisConnOpt
}

// OpenRedis connects to the Redis at a redis:// or rediss:// URL and checks that it answers and is new enough. It opens
// at most pool connections, besides one for each subscription; 0 means the driver's default. Its error does not repeat
// the URL, which may hold a password.
func OpenRedis(ctx context.Context, url string, pool int) (*Redis, error) {
	if problem := models.PasswordInURLProblem(url); problem != "" {
		return nil, fmt.Errorf("%w: %s", ErrRedisAddress, problem)
	}
	options, err := redis.ParseURL(url)
	queue, queueErr := asynq.ParseRedisURI(url) // it accepts other schemes, so both parsers must accept the URL
	if err != nil || queueErr != nil {
		return nil, fmt.Errorf("%w: write it like redis://:password@host:6379/0, with rediss:// for TLS", ErrRedisAddress)
	}
	options.PoolSize = pool
	options.PipelinePoolSize = -1 // pipelines share the pool; their own one would not count
	logging.Disable()             // it would print its own lines to the terminal, beside our error with the same message
	r := &Redis{UniversalClient: redis.NewClient(options), queue: queue}
	if err := r.check(ctx); err != nil {
		return nil, errors.Join(err, r.Close())
	}
	return r, nil
}

func (r *Redis) check(ctx context.Context) error {
	if err := r.Ping(ctx).Err(); err != nil {
		kind, advice := ErrRedisRefused, "check the user, the password and the database of the address"
		var network net.Error
		if errors.As(err, &network) || errors.Is(err, io.EOF) || redis.IsLoadingError(err) {
			kind, advice = ErrRedis, "check that it runs and that the address is right"
		}
		return fmt.Errorf("%w: %s; %s", kind, strings.ReplaceAll(err.Error(), "\n", " "), advice)
	}
	info, err := r.Info(ctx, "server").Result()
	if err != nil { // an embedded or managed server may not report it; then errors show up in use
		return nil
	}
	_, after, told := strings.Cut(info, "redis_version:")
	word, _, _ := strings.Cut(after, ".")
	if major, err := strconv.Atoi(word); told && err == nil && major < minRedis {
		return fmt.Errorf("%w: it is version %d and %d or newer is needed", ErrRedisRefused, major, minRedis)
	}
	return nil
}

// EvictionWarning returns a sentence when Redis may drop keys once its memory is full, because the rate limits and the
// queue are among them. It returns "" when Redis keeps all keys or does not tell. It asks INFO, because managed Redis
// servers forbid CONFIG.
func (r *Redis) EvictionWarning(ctx context.Context) string {
	info, err := r.Info(ctx, "memory").Result()
	if err != nil { // an embedded server has no such section
		return ""
	}
	_, after, told := strings.Cut(info, "maxmemory_policy:")
	policy, _, _ := strings.Cut(after, "\n")
	if policy = strings.TrimSpace(policy); !told || policy == "noeviction" {
		return ""
	}
	return "Redis drops keys when its memory is full (maxmemory-policy " + policy + "). Rate limits and queued wake-ups can get lost. Set maxmemory-policy to noeviction."
}

// Queue returns asynq's connection options for the same server.
func (r *Redis) Queue() asynq.RedisConnOpt { return r.queue }
