package jobs

import "github.com/redis/go-redis/v9"

// The scripts use one clock, Redis's own, in milliseconds rounded down; so they keep members one millisecond longer.
// A window is a sorted set of members; the score is the time at which the member leaves. The member "open" never
// leaves: a window without it has unknown content, and counts as full. A call's member starts with the rank of its
// lane.
//
// Each panel has three more keys. "reduced" is the limit that the panel started with or that a 429 left, and the time
// of that; it grows by one every creep. "waiting" holds the callers without a slot, each with its rank in front, by
// the time after which they no longer count. "rest" holds the time of the last call of the lowest rank, and the
// caller of that rank that goes next although calls of better ranks wait.
const (
	luaClock = `
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local function after(ms) return string.format('%.0f', now + tonumber(ms)) end
`
	luaOpen = luaClock + `
local window, limit = KEYS[1], tonumber(ARGV[1])
if redis.call('EXISTS', window) == 0 then
  redis.call('ZADD', window, '+inf', 'open')
  for i = 1, math.max(limit, 5) do redis.call('ZADD', window, after(ARGV[2]), 'unknown' .. i) end
  if redis.call('EXISTS', KEYS[2]) == 0 then
    redis.call('HSET', KEYS[2], 'limit', math.max(1, math.floor(limit * 0.9)), 'at', after(0))
    redis.call('PEXPIRE', KEYS[2], ARGV[3])
  end
end
redis.call('PEXPIRE', window, ARGV[3])
redis.call('ZREMRANGEBYSCORE', window, '-inf', after(0))
local reduced = redis.call('HMGET', KEYS[2], 'limit', 'at')
local allowed = limit
if reduced[1] then
  allowed = math.min(limit, tonumber(reduced[1]) + math.max(0, math.floor((now - tonumber(reduced[2])) / tonumber(ARGV[4]))))
end
`
)

var (
	// enterWindow returns 0 when the call has a slot, otherwise the milliseconds until one may be free.
	// KEYS: window, reduced, waiting, counts, rest. ARGV: limit, settle, life, creep, token, hold, rank, waiter,
	// share, lane, the second, the life of counts, the longest time between two calls of the lowest rank.
	enterWindow = redis.NewScript(luaOpen + `
local token, rank, waiter = ARGV[5], tonumber(ARGV[7]), ARGV[7] .. ':' .. ARGV[8]
local yields = rank
if rank == 2 then
  local every = tonumber(ARGV[13])
  redis.call('HSETNX', KEYS[5], 'since', after(0))
  redis.call('PEXPIRE', KEYS[5], every * 3)
  local aged = now - tonumber(redis.call('HGET', KEYS[5], 'since'))
  if aged >= every * 2 then -- who was to go has not come back
    redis.call('HSET', KEYS[5], 'since', after(-every))
    redis.call('HDEL', KEYS[5], 'next')
  end
  if aged >= every then
    redis.call('HSETNX', KEYS[5], 'next', waiter)
    if redis.call('HGET', KEYS[5], 'next') == waiter then
      redis.call('ZREM', KEYS[3], waiter)
      yields, waiter = 1, '0:' .. ARGV[8]
    end
  end
end
local function refuse(ms)
  redis.call('ZADD', KEYS[3], after(ms + 1000), waiter)
  redis.call('PEXPIRE', KEYS[3], ARGV[3])
  return ms
end
local blocked = redis.call('ZSCORE', window, 'blocked')
if blocked then return refuse(tonumber(blocked) - now) end
local reserved, share = 0, tonumber(ARGV[9])
if share > 0 and allowed > 1 then
  reserved = math.min(math.max(math.floor(allowed * share / 100 + 0.5), 1), allowed - 1)
end
local taken, others, free, otherFree = 0, 0, nil, nil
local members = redis.call('ZRANGE', window, 0, -1, 'WITHSCORES')
for i = 1, #members, 2 do
  if members[i] ~= 'open' then
    local leaves = tonumber(members[i + 1])
    taken, free = taken + 1, free or leaves
    if string.find(members[i], '^[12]:') then others, otherFree = others + 1, otherFree or leaves end
  end
end
local room = taken < allowed and (rank == 0 or others < allowed - reserved)
redis.call('ZREMRANGEBYSCORE', KEYS[3], '-inf', after(0))
for _, other in ipairs(redis.call('ZRANGE', KEYS[3], 0, -1)) do
  if other ~= waiter and tonumber(string.sub(other, 1, 1)) < yields then
    return refuse((room or rank < 2) and 100 or tonumber(ARGV[11]))
  end
end
if room then
  redis.call('ZADD', window, after(ARGV[6]), token)
  redis.call('ZREM', KEYS[3], waiter)
  if rank == 2 then
    redis.call('HSET', KEYS[5], 'since', after(0))
    redis.call('HDEL', KEYS[5], 'next')
  end
  redis.call('HINCRBY', KEYS[4], ARGV[10], 1)
  redis.call('PEXPIRE', KEYS[4], ARGV[12])
  return 0
end
if taken < allowed then free = otherFree end
return refuse(math.min(free - now, tonumber(ARGV[11])))
`)
	leaveWindow = redis.NewScript(luaClock + `
if redis.call('EXISTS', KEYS[1]) == 1 then
  redis.call('ZADD', KEYS[1], after(ARGV[2]), ARGV[1])
end
return 0
`)
	// blockWindow returns for how many milliseconds the panel gets no calls. Calls that were refused together halve
	// the limit only once. KEYS: window, reduced, strikes. ARGV: limit, settle, life, creep, after, pause, longest
	// pause, memory, the second.
	blockWindow = redis.NewScript(luaOpen + `
if not reduced[2] or now - tonumber(reduced[2]) >= tonumber(ARGV[9]) then
  redis.call('HSET', KEYS[2], 'limit', math.max(1, math.floor(allowed / 2)), 'at', after(0))
  redis.call('PEXPIRE', KEYS[2], ARGV[3])
end
local strikes = redis.call('INCR', KEYS[3])
redis.call('PEXPIRE', KEYS[3], ARGV[8])
local pause = tonumber(ARGV[5])
if pause <= 0 then pause = math.min(tonumber(ARGV[6]) * strikes, tonumber(ARGV[7])) end
local blocked = redis.call('ZSCORE', window, 'blocked')
if not blocked or tonumber(blocked) < now + pause then
  redis.call('ZADD', window, after(pause), 'blocked')
end
return pause
`)
)
