// The real broker behind the seam. Each client it opens has connections of its own (pitfall P7).

import type { Broker } from './ports.ts'
import type { ConnectionSettings } from './kafkajs.ts'
import { openKafkaJsAdmin } from './kafkajs-admin.ts'
import { openKafkaJsAppender } from './kafkajs-appender.ts'
import { joinKafkaJsGroup } from './kafkajs-group.ts'
import { openKafkaJsReader } from './kafkajs-reader.ts'
import { openKafkaJsWriter } from './kafkajs-writer.ts'

/** Nothing is connected yet; the first call that needs the cluster does so and says when it can't. */
export function connectKafka(settings: ConnectionSettings): Broker {
  return {
    openWriter: options => openKafkaJsWriter(settings, options),
    openReader: options => Promise.resolve(openKafkaJsReader(settings, options)),
    joinGroup: options => joinKafkaJsGroup(settings, options),
    openAppender: options => openKafkaJsAppender(settings, options),
    openAdmin: () => openKafkaJsAdmin(settings),
  }
}
