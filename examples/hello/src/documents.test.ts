import { expect, test } from "bun:test"
import { asyncApiProblems } from "@ashlar/openapi/testing/async-problems"
import { openApiProblems } from "@ashlar/openapi/testing/document-problems"
import { createHelloApp } from "./app.ts"

const app = createHelloApp()

test("the documents are taken by their judges, and describe what there is", async () => {
  const read = async (path: string): Promise<{ paths?: object; channels?: object }> =>
    (await (await app.fetch(new Request(`http://localhost${path}`))).json()) as never
  const [http, messages] = await Promise.all([read("/openapi.json"), read("/asyncapi.json")])
  expect(await openApiProblems(http)).toEqual([])
  expect(await asyncApiProblems(messages)).toEqual([])
  expect(Object.keys(http.paths!)).toEqual(["/", "/ok", "/echo"])
  expect(Object.keys(messages.channels!)).toEqual(["getEcho"])
}, 30_000)
