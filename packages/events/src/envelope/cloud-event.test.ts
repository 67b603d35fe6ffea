/** The examples and the rules of CloudEvents 1.0.2, its JSON format and its binding to HTTP. */
import { describe, expect, test } from "bun:test"
import fc from "fast-check"
import { readCloudEvents, toHttp, toHttpBatch } from "../http/index.ts"
import {
  type CloudEvent,
  checkCloudEvent,
  parseCloudEvent,
  parseCloudEvents,
  writeCloudEvent,
  writeCloudEvents,
} from "../index.ts"

const base = { specversion: "1.0", type: "com.example.someevent", source: "/mycontext" } as const
const extensions = { comexampleextension1: "value", comexampleothervalue: 5 } as const
const time = "2018-04-05T17:31:00Z"
const bytes = new Uint8Array([0, 1, 254, 255])

/** JSON format, section 3.2: each event as JSON, as it is read, and its body and content type in binary mode. */
const EXAMPLES: readonly (readonly [string, Record<string, unknown>, unknown, string, string | undefined])[] = [
  [
    "A234-1234-1234",
    { datacontenttype: "application/vnd.apache.thrift.binary", data_base64: "AAH+/w==" },
    bytes,
    "application/vnd.apache.thrift.binary",
    undefined,
  ],
  [
    "B234-1234-1234",
    { unsetextension: null, datacontenttype: "application/xml", data: '<much wow="xml"/>' },
    '<much wow="xml"/>',
    "application/xml",
    '<much wow="xml"/>',
  ],
  [
    "C234-1234-1234",
    { subject: null, datacontenttype: "application/json", data: { appinfoA: "abc", appinfoB: 123, appinfoC: true } },
    { appinfoA: "abc", appinfoB: 123, appinfoC: true },
    "application/json",
    '{"appinfoA":"abc","appinfoB":123,"appinfoC":true}',
  ],
  [
    "D234-1234-1234",
    { subject: null, data: "I'm just a string" },
    "I'm just a string",
    "application/json",
    `"I'm just a string"`,
  ],
]

describe("the examples of the JSON format", () => {
  test.each([...EXAMPLES])(
    "%s is read, written, and sent over HTTP in both modes",
    async (id, rest, data, type, body) => {
      const json = { ...base, id, time, ...extensions, ...rest }
      const event = parseCloudEvent(JSON.stringify(json))
      expect(event.data).toEqual(data)
      expect(Object.hasOwn(event, "subject") || Object.hasOwn(event, "unsetextension")).toBe(false)
      const known = Object.fromEntries(Object.entries(json).filter(([, value]) => value !== null))
      expect(JSON.parse(writeCloudEvent(event))).toEqual(known)

      const binary = toHttp(event, "binary")
      expect(binary.headers).toEqual({
        "ce-specversion": "1.0",
        "ce-type": "com.example.someevent",
        "ce-source": "/mycontext",
        "ce-id": id,
        "ce-time": time,
        "ce-comexampleextension1": "value",
        "ce-comexampleothervalue": "5",
        "content-type": type,
      })
      expect(binary.body).toEqual(body ?? bytes)
      // What HTTP says as text is text again: types of extensions do not travel, and what was implied is said.
      const implied = { ...event, comexampleothervalue: "5", datacontenttype: type }
      expect(await read(binary)).toEqual([implied as CloudEvent])
      const structured = toHttp(event)
      expect(structured.headers).toEqual({ "content-type": "application/cloudevents+json; charset=utf-8" })
      expect(await read(structured)).toEqual([event])
    },
  )
  test("a batch is read, written and sent, an empty one too", async () => {
    const events = EXAMPLES.map(([id, rest]) => parseCloudEvent(JSON.stringify({ ...base, id, ...rest })))
    expect(parseCloudEvents(writeCloudEvents(events))).toEqual(events)
    expect(await read(toHttpBatch(events))).toEqual(events)
    expect(parseCloudEvents("[]")).toEqual([])
  })
})

const minimal = { ...base, id: "1" }
const VALID: readonly (readonly [string, Record<string, unknown>])[] = [
  ["nothing more", {}],
  ["null for all that is optional", { datacontenttype: null, dataschema: null, subject: null, time: null }],
  [
    "all attributes",
    { datacontenttype: "text/plain", dataschema: "https://cloudevents.io/dataschema", subject: "tests", time },
  ],
  ["a time to the nanosecond", { time: "2018-04-05T17:31:00.000000000Z" }],
  ["a time east of Greenwich", { time: "2018-04-05T18:31:00+01:00" }],
  ["a time west of it", { time: "2018-04-05T16:31:00-01:00" }],
  ["a leap second", { time: "2016-12-31T23:59:60Z" }],
  ["a relative source", { source: "#fragment" }],
  ["a media type with parameters", { datacontenttype: 'text/plain; charset="utf-8"; a=b' }],
  ["all types of extensions", { i: 10, b: true, s: "text", u: "//authority/path", negative: -2147483648 }],
  ["data that is null", { data: null }],
  ["text as data", { datacontenttype: "text/plain", data: "Simple text" }],
  ["a trace", { traceparent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", tracestate: "a=1" }],
]
test.each([...VALID])("an event with %s is one", (_what, rest) => {
  const event = parseCloudEvent(JSON.stringify({ ...minimal, ...rest }))
  expect(parseCloudEvent(writeCloudEvent(event))).toEqual(event)
})
test("data that is null is there", () => {
  expect(Object.hasOwn(parseCloudEvent(JSON.stringify({ ...minimal, data: null })), "data")).toBe(true)
  expect(writeCloudEvent({ ...minimal, data: null })).toContain('"data":null')
})

const INVALID: readonly (readonly [string, Record<string, unknown>])[] = [
  ...["specversion", "id", "type", "source"].flatMap((name) => [
    [`no ${name}`, { [name]: undefined }] as const,
    [`an empty ${name}`, { [name]: "" }] as const,
    [`a number as ${name}`, { [name]: 25 }] as const,
  ]),
  ["another version", { specversion: "0.3" }],
  ...[
    "lunchtime",
    "2018-04-05T18:31Z",
    "2018-04-05T18:31:00X",
    "2018-04-05T18:31:00+25:00",
    "2018-04-05T18:31:00+xx:00",
    "2018-04-05T18:31:00+05",
    "2018-02-29T00:00:00Z",
    "2018-13-01T00:00:00Z",
    "2018-04-05T24:00:00Z",
  ].map((value) => [`${value} as time`, { time: value }] as const),
  ["a media type without a slash", { datacontenttype: "xyz" }],
  ["an empty media type", { datacontenttype: "" }],
  ["an empty dataschema", { dataschema: "" }],
  ["a relative dataschema", { dataschema: "/schema" }],
  ["an empty subject", { subject: "" }],
  ["an object as id", { id: { xyz: "abc" } }],
  ["a source that is no URI", { source: "a b" }],
  ["a capital in the name of an extension", { MyExtension: "bad" }],
  ["a dot in it", { "my.extension": "bad" }],
  ["a name that objects have", { __proto__x: "bad" }],
  ["half a number", { extension: 1.5 }],
  ["a number of more than 32 bits", { extension: 2147483648 }],
  ["an object as extension", { extension: {} }],
  ["a control character", { subject: "a\nb" }],
  ["half a character", { subject: "\ud800" }],
  ["both kinds of data", { data: "text", data_base64: "eyAieHl6IjogMTIzIH0=" }],
  ["base64 that is none", { data_base64: "a b" }],
  ["data that is not of its media type", { datacontenttype: "text/plain", data: {} }],
  ["too many attributes", Object.fromEntries(Array.from({ length: 100 }, (_, at) => [`x${at}`, 1]))],
]
test.each([...INVALID])("an event with %s is none", (_what, rest) => {
  const json = JSON.stringify({ ...minimal, ...rest })
  expect(() => parseCloudEvent(json)).toThrow(expect.objectContaining({ code: "EVENTS_ENVELOPE_INVALID", status: 400 }))
})

test("text that is no event, or larger than it may be, is refused", () => {
  for (const text of ["", "{", "7", "null", "[]"])
    expect(() => parseCloudEvent(text)).toThrow(expect.objectContaining({ code: "EVENTS_ENVELOPE_INVALID" }))
  expect(() => parseCloudEvents("{}")).toThrow(expect.objectContaining({ code: "EVENTS_ENVELOPE_INVALID" }))
  const large = writeCloudEvent({ ...minimal, data: "é".repeat(100) })
  expect(() => parseCloudEvent(large, { maxBytes: 250 })).toThrow(
    expect.objectContaining({ code: "EVENTS_ENVELOPE_TOO_LARGE", details: { maxBytes: 250 } }),
  )
  expect(parseCloudEvent(large, { maxBytes: 400 }).data).toBe("é".repeat(100))
})

describe("what is written", () => {
  test.each<[string, unknown]>([
    [
      "a cycle",
      (() => {
        const a: Record<string, unknown> = {}
        a.a = a
        return a
      })(),
    ],
    ["a function", () => undefined],
    ["a bigint", 1n],
  ])("is refused where data is %s", (_what, data) => {
    expect(() => writeCloudEvent({ ...minimal, data })).toThrow(
      expect.objectContaining({ code: "EVENTS_ENVELOPE_INVALID" }),
    )
  })
  test("is refused where data is not of its media type, over HTTP too", () => {
    const event = { ...minimal, datacontenttype: "text/plain", data: { a: 1 } } as const
    for (const act of [
      () => writeCloudEvent(event),
      () => toHttp(event, "binary"),
      () => toHttp({ ...minimal, data: () => 1 }, "binary"),
    ])
      expect(act).toThrow(expect.objectContaining({ code: "EVENTS_ENVELOPE_INVALID" }))
  })
})

describe("over HTTP", () => {
  test("values are percent-encoded as the specification's example says", () => {
    const { headers } = toHttp({ ...minimal, subject: "Euro € 😀", other: '50% "x"' }, "binary")
    expect(headers["ce-subject"]).toBe("Euro%20%E2%82%AC%20%F0%9F%98%80")
    expect(headers["ce-other"]).toBe("50%25%20%22x%22")
  })
  test("quoted values and lower-case digits are read", async () => {
    const [event] = await read({
      headers: { ...minimalHeaders(), "ce-subject": String.raw`"a \"b\" %e2%82%ac"`, "CE-X": "%41" },
    })
    expect(event).toMatchObject({ subject: 'a "b" €', x: "A" })
  })
  test("an event without data has no body", async () => {
    const message = toHttp({ ...minimal }, "binary")
    expect(message).toMatchObject({ body: undefined })
    expect(message.headers["content-type"]).toBeUndefined()
    expect(await read(message)).toEqual([minimal])
  })
  test.each<[string, Record<string, string>, BodyInit | undefined]>([
    ["an overlong encoding", { ...minimalHeaders(), "ce-subject": "%C0%A0" }, undefined],
    ["no ce-specversion", { "ce-id": "1" }, undefined],
    ["ce-datacontenttype", { ...minimalHeaders(), "ce-datacontenttype": "text/plain" }, undefined],
    ["another format", { "content-type": "application/cloudevents+avro" }, "x"],
    ["a batch in another format", { "content-type": "application/cloudevents-batch+xml" }, "x"],
    ["JSON that is none", { ...minimalHeaders(), "content-type": "application/json" }, "{"],
    ["text that is no UTF-8", { "content-type": "application/cloudevents+json" }, new Uint8Array([0xff, 0xfe])],
  ])("%s is refused", async (_what, headers, body) => {
    expect(await read({ headers, body }).catch((error) => error)).toMatchObject({ code: "EVENTS_ENVELOPE_INVALID" })
  })
  test("a body is read up to its bound, and a batch too", async () => {
    let sent = 0
    const endless = new ReadableStream<Uint8Array>({
      pull(controller) {
        sent++
        controller.enqueue(new Uint8Array(1024))
      },
    })
    const request = new Request("http://x", {
      method: "POST",
      headers: { "content-type": "application/cloudevents+json" },
      body: endless,
    })
    expect(await readCloudEvents(request, { maxBytes: 10_000 }).catch((error) => error)).toMatchObject({
      code: "EVENTS_ENVELOPE_TOO_LARGE",
    })
    expect(sent).toBeLessThan(100)
    const batch = toHttpBatch([minimal, minimal, minimal])
    const large = new Response(batch.body as string, { headers: batch.headers })
    expect(await readCloudEvents(large, { maxEvents: 2 }).catch((error) => error)).toMatchObject({
      code: "EVENTS_ENVELOPE_TOO_LARGE",
    })
  })
  test("any text survives both modes", async () => {
    const text = fc.string({ unit: "grapheme", minLength: 1, maxLength: 30 }).filter((one) => {
      try {
        checkCloudEvent({ ...minimal, subject: one })
        return true
      } catch {
        return false
      }
    })
    await fc.assert(
      fc.asyncProperty(text, fc.json(), async (subject, json) => {
        const event = { ...minimal, subject, datacontenttype: "application/json", data: JSON.parse(json) } as const
        expect(await read(toHttp(event, "binary"))).toEqual([event])
        expect(await read(toHttp(event))).toEqual([event])
      }),
      { numRuns: 300 },
    )
  })
})

function minimalHeaders(): Record<string, string> {
  return { "ce-specversion": "1.0", "ce-type": minimal.type, "ce-source": minimal.source, "ce-id": "1" }
}

async function read({ headers, body }: { headers: object; body?: unknown }): Promise<CloudEvent[]> {
  return await readCloudEvents(
    new Request("http://x", {
      method: "POST",
      headers: headers as Record<string, string>,
      body: (body ?? null) as BodyInit | null,
    }),
  )
}
