// What happens to the registry and to Redis. While the registry is not well, a service is killed, so that
// it must start without it, and a delivery in a schema nobody has read yet arrives, so that it is needed.

import { connect } from 'node:net'

import { topics } from '@fleet/contracts'
import { systemClock } from '@fleet/runtime'

import type { RegistryMood } from '../world/registry-proxy.ts'
import { until } from '../world/wait.ts'
import type { Fault, Scene } from './fault.ts'

let schemasMade = 0

function registryFault(kind: string, mood: RegistryMood): Fault {
  return {
    kind,
    lane: 'stores',
    inject: async (scene, random) => {
      const { world, say, ending } = scene
      const id = await anotherSchema(scene)
      const victim = random.pick(
        world.product.instances.filter(({ service }) => service.endsWith('-sink')),
      )
      say(`registry ${mood}; kill -9 ${victim.name}`)
      world.registryProxy.mood = mood
      if (!victim.process.isFrozen) await victim.process.kill()
      await scene.poison.writeForeign(id, `${scene.load.run}-foreign-${schemasMade}`)
      await systemClock.sleep(random.between(3000, 7000), ending)
      world.registryProxy.mood = 'well'
      return 1
    },
  }
}

/** Our own schema and one nullable field more, as a later version of the edge might write. */
async function anotherSchema({ schemas }: Scene): Promise<number> {
  const schema = schemas.schemaOf(topics.raw.name)
  const field = { name: `extra_${++schemasMade}`, type: ['null', 'string'], default: null }
  const fields = [...(schema['fields'] as object[]), field]
  return schemas.register(`faults-${schemasMade}-value`, { ...schema, fields })
}

const redisFlushed: Fault = {
  kind: 'redis_flush',
  lane: 'stores',
  inject: async ({ world, say, ending }, random) => {
    say('Redis is flushed')
    const isFlushed = await flush(world.redisPort)
    await systemClock.sleep(random.between(500, 1500), ending)
    return isFlushed ? 1 : 0
  },
}

function flush(port: number): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect({ host: '127.0.0.1', port }, () => socket.write('FLUSHALL\r\n'))
    socket.on('error', () => resolve(false))
    socket.on('data', data => {
      socket.destroy()
      resolve(data.toString('latin1').startsWith('+OK'))
    })
  })
}

const redisKilled: Fault = {
  kind: 'redis_kill',
  lane: 'stores',
  inject: async ({ world, say, ending }, random) => {
    say('kill -9 Redis')
    await world.redis.kill()
    await systemClock.sleep(random.between(1000, 4000), ending)
    world.redis.start()
    await until('Redis answers', 30_000, world.redisAnswers)
    return 1
  },
}

export const storeFaults: readonly Fault[] = [
  registryFault('registry_down', 'down'),
  registryFault('registry_failing', 'failing'),
  registryFault('registry_wrong', 'wrong'),
  redisFlushed,
  redisKilled,
]
