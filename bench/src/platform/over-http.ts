import { runLoad, wireRequest } from "../load.ts"
import type { Row } from "../row.ts"
import { document } from "./document.ts"
import type { Install } from "./install.ts"

const DURATION_MS = 3000

/** The same writes and reads as {@link measureStorage}, by clients over HTTP: one machine carries both ends. */
export async function* measureOverHttp(install: Install): AsyncGenerator<Row> {
  const { host } = new URL(install.url)
  const path = "/v1/projects/bench/collections/documents/documents"
  const headers = { authorization: `Bearer ${install.key}`, "content-type": "application/json" }
  for (const connections of [1, 64]) {
    const { perSecond } = await runLoad({
      url: install.url,
      connections,
      durationMs: DURATION_MS,
      status: 201,
      request: (turn) => wireRequest("POST", path, host, headers, JSON.stringify(document(turn))),
    })
    yield { case: `http-insert-${connections}`, subject: "ashlar", unit: "per s", value: perSecond }
  }
  const response = await fetch(`${install.url}${path}?limit=1`, { headers: { authorization: `Bearer ${install.key}` } })
  const { items } = (await response.json()) as { items: readonly { id: string }[] }
  const request = wireRequest("GET", `${path}/${items[0]!.id}`, host, { authorization: `Bearer ${install.key}` })
  const { perSecond } = await runLoad({
    url: install.url,
    connections: 64,
    durationMs: DURATION_MS,
    status: 200,
    request: () => request,
  })
  yield { case: "http-read", subject: "ashlar", unit: "per s", value: perSecond }
}
