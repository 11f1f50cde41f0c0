// Writer schemas straight from the registry and decoding by plain avsc: nothing of the product's codec
// judges what the product's codec wrote.

import avro from 'avsc'

const framingBytes = 5

export class AvroSchemas {
  readonly #url: string
  readonly #types = new Map<number, avro.Type>()
  readonly #ids = new Map<string, number>()

  constructor(registryUrl: string) {
    this.#url = registryUrl
  }

  /** The newest registered schema of each topic. */
  async learnTopics(topics: readonly string[]): Promise<void> {
    await Promise.all(
      topics.map(async topic => {
        const found = await this.#get(`/subjects/${topic}-value/versions/latest`)
        const { id, schema } = found as { id: number; schema: string }
        this.#ids.set(topic, id)
        this.#types.set(id, typeOf(schema))
      }),
    )
  }

  /** Registers another schema under a subject of its own; its id. */
  async register(subject: string, schema: object): Promise<number> {
    const response = await fetch(`${this.#url}/subjects/${subject}/versions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ schema: JSON.stringify(schema) }),
    })
    const { id } = (await response.json()) as { id?: number }
    if (id === undefined) throw new Error(`${subject} was not registered: ${response.status}`)
    this.#types.set(id, typeOf(JSON.stringify(schema)))
    return id
  }

  idOf(topic: string): number {
    const id = this.#ids.get(topic)
    if (id === undefined) throw new Error(`${topic} has no schema`)
    return id
  }

  /** As JSON, to be changed into another one. */
  schemaOf(topic: string): Record<string, unknown> {
    return JSON.parse(JSON.stringify(this.#type(this.idOf(topic)).schema())) as Record<
      string,
      unknown
    >
  }

  encode(id: number, value: unknown): Buffer {
    const framing = Buffer.alloc(framingBytes)
    framing.writeUInt32BE(id, 1)
    return Buffer.concat([framing, this.#type(id).toBuffer(value)])
  }

  /** @throws Error where the bytes are not a value of the schema they name. */
  decode(value: Buffer): unknown {
    if (value[0] !== 0) throw new Error('no magic byte')
    return this.#type(value.readUInt32BE(1)).fromBuffer(value.subarray(framingBytes))
  }

  #type(id: number): avro.Type {
    const type = this.#types.get(id)
    if (type === undefined) throw new Error(`schema ${id} is not known`)
    return type
  }

  async #get(path: string): Promise<unknown> {
    const response = await fetch(`${this.#url}${path}`)
    if (!response.ok) throw new Error(`the registry answers ${response.status} to ${path}`)
    return response.json()
  }
}

function typeOf(schema: string): avro.Type {
  return avro.Type.forSchema(JSON.parse(schema) as avro.Schema, { wrapUnions: false })
}
