// The steps of the Redis session store that must happen at once, in Lua.
// Keys: {prefix}session:{token hash} (hash), {prefix}user-sessions:{user id} (sorted set of token hashes by time of
// creation), {prefix}provider-session:{sid} (set of token hashes), {prefix}ended-provider-session:{sid} (mark).
// Scripts derive key names from the prefix, so this is for one Redis (with replicas, Sentinel), not for Redis Cluster.

const END_ONE = `
local prefix = ARGV[1]
local function end_one(hash)
  local key = prefix .. 'session:' .. hash
  local owner = redis.call('HMGET', key, 'userId', 'providerSessionId')
  if owner[1] then redis.call('ZREM', prefix .. 'user-sessions:' .. owner[1], hash) end
  if owner[2] then redis.call('SREM', prefix .. 'provider-session:' .. owner[2], hash) end
  return redis.call('DEL', key)
end
`;

/** ARGV: prefix, token hash, user id, sid or '', session JSON, created at, idle ms, max ms, sessions per user. Returns 1, or 0 where the provider session has just been ended. */
export const CREATE = `${END_ONE}
local hash, user, sid, data, created, idle, max, limit = unpack(ARGV, 2)
if sid ~= '' and redis.call('EXISTS', prefix .. 'ended-provider-session:' .. sid) == 1 then return 0 end
local index = prefix .. 'user-sessions:' .. user
redis.call('ZREMRANGEBYSCORE', index, '-inf', '(' .. string.format('%.0f', created - max))
local surplus = redis.call('ZCARD', index) + 1 - limit
if surplus > 0 then
  -- Those that Redis has ended for want of use are still in the index.
  for _, old in ipairs(redis.call('ZRANGE', index, 0, -1)) do
    if redis.call('EXISTS', prefix .. 'session:' .. old) == 0 then
      redis.call('ZREM', index, old)
      surplus = surplus - 1
    end
  end
end
if surplus > 0 then
  for _, old in ipairs(redis.call('ZRANGE', index, 0, surplus - 1)) do end_one(old) end
end
local key = prefix .. 'session:' .. hash
redis.call('HSET', key, 'userId', user, 'data', data, 'lastSeenAt', created)
redis.call('ZADD', index, created, hash)
redis.call('PEXPIRE', index, max)
if sid ~= '' then
  redis.call('HSET', key, 'providerSessionId', sid)
  redis.call('SADD', prefix .. 'provider-session:' .. sid, hash)
  redis.call('PEXPIRE', prefix .. 'provider-session:' .. sid, max)
end
redis.call('PEXPIRE', key, math.min(idle, max))
return 1
`;

/** KEYS: the session. ARGV: last seen at, milliseconds left. An ended session does not come back. */
export const TOUCH = `
if redis.call('EXISTS', KEYS[1]) == 1 then
  redis.call('HSET', KEYS[1], 'lastSeenAt', ARGV[1])
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
end
`;

/** ARGV: prefix, token hash. Returns 1 where there was such a session. */
export const END = `${END_ONE}
return end_one(ARGV[2])
`;

/** ARGV: prefix, user id. Returns how many sessions were ended. */
export const END_ALL = `${END_ONE}
local count = 0
local index = prefix .. 'user-sessions:' .. ARGV[2]
for _, hash in ipairs(redis.call('ZRANGE', index, 0, -1)) do count = count + end_one(hash) end
redis.call('DEL', index)
return count
`;

/** ARGV: prefix, sid, milliseconds to remember it for. Returns how many sessions were ended. */
export const END_BY_PROVIDER_SESSION = `${END_ONE}
local count = 0
local index = prefix .. 'provider-session:' .. ARGV[2]
redis.call('SET', prefix .. 'ended-provider-session:' .. ARGV[2], '1', 'PX', ARGV[3])
for _, hash in ipairs(redis.call('SMEMBERS', index)) do count = count + end_one(hash) end
redis.call('DEL', index)
return count
`;
