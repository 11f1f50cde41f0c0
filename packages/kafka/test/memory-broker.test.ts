import { createMemoryBroker } from '../src/index.ts'
import { conformance } from './conformance.ts'

conformance('memory broker', () => {
  const broker = createMemoryBroker()
  return Promise.resolve({
    broker,
    vanishMidTransaction: async (transactionalId, records) => {
      await broker.openWriter({ transactionalId })
      broker.writeAndVanish(transactionalId, records)
    },
  })
})
