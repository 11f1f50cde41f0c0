// The endpoints file with one endpoint armed; everything else in it stays.

interface EndpointsFile {
  endpoints: Record<string, unknown>[]
}

/** `text` is a valid endpoints file that has the endpoint. */
export function armedFile(text: string, id: string, until: string): string {
  const file = JSON.parse(text) as EndpointsFile
  const endpoints = file.endpoints.map(endpoint =>
    endpoint['id'] === id ? { ...endpoint, verify_armed_until: until } : endpoint,
  )
  return `${JSON.stringify({ ...file, endpoints }, null, 2)}\n`
}
