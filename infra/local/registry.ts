// Apicurio Registry with the Confluent-compatible API; its storage is a topic of the local Kafka, so
// losing its folder loses nothing.

import { mkdirSync } from 'node:fs'

import type { Component } from './component.ts'
import { registryJar } from './distribution.ts'
import type { Folders } from './settings.ts'

/** Settings that hold wherever it runs; docker-compose.yml has the same. */
export const registrySettings: Readonly<Record<string, string>> = {
  APICURIO_STORAGE_KIND: 'kafkasql',
  // Reading an empty snapshot topic waits this long at every start; 5 s by default.
  APICURIO_KAFKASQL_CONSUMER_POLL_TIMEOUT: '200',
  APICURIO_KAFKASQL_PRODUCER_LINGER_MS: '0',
  QUARKUS_HTTP_ACCESS_LOG_ENABLED: 'false',
  QUARKUS_LOG_CONSOLE_FORMAT: '%d{yyyy-MM-dd HH:mm:ss.SSS} %-5p [%c{1}] %m%n%e',
}

export async function registryAnswers(port: number): Promise<boolean> {
  try {
    const response = await fetch(`http://127.0.0.1:${port}/apis/ccompat/v7/subjects`, {
      signal: AbortSignal.timeout(2_000),
    })
    await response.arrayBuffer()
    return response.status === 200
  } catch {
    return false
  }
}

export function registry(folders: Folders, port: number, kafkaPort: number): Component {
  return {
    name: 'registry',
    port,
    portVariable: 'FLEET_REGISTRY_PORT',
    startMsMax: 120_000,
    prepare: async () => {
      mkdirSync(folders.registry, { recursive: true })
      return {
        name: 'registry',
        command: 'java',
        args: [
          '-Xmx256m',
          '-XX:+UseSerialGC',
          '-XX:TieredStopAtLevel=1', // a start matters here, the last tenth of speed does not
          '-XX:-UsePerfData',
          '-XX:+ExitOnOutOfMemoryError',
          `-Djava.io.tmpdir=${folders.temporary}`,
          '-jar',
          registryJar(folders.dist),
        ],
        environment: {
          ...registrySettings,
          APICURIO_KAFKASQL_BOOTSTRAP_SERVERS: `127.0.0.1:${kafkaPort}`,
          QUARKUS_HTTP_HOST: '127.0.0.1',
          QUARKUS_HTTP_PORT: String(port),
          // Both are /tmp by default.
          APICURIO_STORAGE_SNAPSHOT_LOCATION: folders.registry,
          APICURIO_IMPORT_WORK_DIR: folders.temporary,
        },
        cwd: folders.registry,
        port,
      }
    },
    answers: () => registryAnswers(port),
  }
}
