// Cluster metadata that survives a partition without leader. kafkajs refuses the whole answer for the
// error of any one partition, and asks for all topics of the cluster when it needs only the brokers: a
// foreign topic that is offline would keep every writer from fencing and every reader from reading.

export interface MetadataAnswer {
  topicMetadata: {
    topicErrorCode: number
    topic: string
    partitionMetadata: { partitionErrorCode: number; partitionId: number; leader: number }[]
  }[]
}

export interface MetadataRequest {
  encode: () => Promise<{ buf: Buffer; buffer: Buffer }>
}

interface MetadataNode {
  metadata(topics?: readonly string[]): Promise<unknown>
  connectionPool: { send(request: unknown): Promise<unknown> }
}

/** Where a kafkajs cluster makes its broker connections. */
export interface BrokerMaker {
  brokerPool: { createBroker: (options: unknown) => MetadataNode }
}

/** No topics, none to be created; kafkajs can say only "all" or a list. */
const noTopics = Buffer.from([0, 0, 0, 0, 0])
const brokersOnly = { buf: noTopics, buffer: noTopics }

export function askMetadataLeniently(
  { brokerPool }: BrokerMaker,
  requestOf: (options: {
    topics: readonly string[]
    allowAutoTopicCreation: boolean
  }) => MetadataRequest,
  decode: (bytes: Buffer) => Promise<MetadataAnswer>,
  refuse: (errorCode: number) => Error,
): void {
  const createBroker = brokerPool.createBroker
  brokerPool.createBroker = options => {
    const node = createBroker(options)
    node.metadata = (topics = []) => {
      const request = requestOf({ topics, allowAutoTopicCreation: false })
      if (topics.length === 0) request.encode = () => Promise.resolve(brokersOnly)
      const parse = (answer: MetadataAnswer): MetadataAnswer => withoutErrors(answer, refuse)
      return node.connectionPool.send({ request, response: { decode, parse } })
    }
    return node
  }
}

/**
 * Throws only for a topic as a whole, such as an unknown one. A partition in trouble stays in the
 * answer, with the leader -1 that the broker gave it: its readers and writers wait, the others do not.
 */
export function withoutErrors(
  answer: MetadataAnswer,
  refuse: (errorCode: number) => Error,
): MetadataAnswer {
  const bad = answer.topicMetadata.find(({ topicErrorCode }) => topicErrorCode !== 0)
  if (bad !== undefined) throw refuse(bad.topicErrorCode)
  return answer
}
