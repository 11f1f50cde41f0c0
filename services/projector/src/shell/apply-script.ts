// The compare-and-set, run inside Redis so that entries and position change together or not at all.
//
// KEYS[1] positions, KEYS[2..] entries.
// ARGV[1] partition, [2] where the caller believes the view stands ('' for nowhere), [3] next offset,
// [4] milliseconds a delete marker lives, then offset and value ('' for a delete marker) of each entry.
//
// The position moves on only from where the caller believed it to be, or from beyond. After a flush
// or a failover to an older copy it therefore stays behind, and the caller learns of the gap.
// Offsets are stored as they came: Lua would write large numbers as floating point.

export const applyScript = `
for i = 2, #KEYS do
  local offset, value = ARGV[2 * i + 1], ARGV[2 * i + 2]
  local stored = redis.call('HGET', KEYS[i], 'offset')
  if not stored or tonumber(stored) < tonumber(offset) then
    if value == '' then
      redis.call('HSET', KEYS[i], 'partition', ARGV[1], 'offset', offset)
      redis.call('HDEL', KEYS[i], 'value')
      redis.call('PEXPIRE', KEYS[i], ARGV[4])
    else
      redis.call('HSET', KEYS[i], 'partition', ARGV[1], 'offset', offset, 'value', value)
      redis.call('PERSIST', KEYS[i])
    end
  end
end
local position = redis.call('HGET', KEYS[1], ARGV[1])
local continues = (not position and ARGV[2] == '')
  or (position and ARGV[2] ~= '' and tonumber(position) >= tonumber(ARGV[2]))
if continues and (not position or tonumber(position) < tonumber(ARGV[3])) then
  redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
end
return continues and 1 or 0
`
