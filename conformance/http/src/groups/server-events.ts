import { answered, type Case, checked, type Group, request } from "../case.ts"
import { fieldOf, textOf } from "../client/answer.ts"
import { type DispatchedEvent, type EventsRead, readEvents } from "../client/server-events.ts"
import { injectionPayloads } from "./injection.ts"

/** Server-sent events, read as a browser reads them. @see https://html.spec.whatwg.org/multipage/server-sent-events.html */

const reads = (check: (read: EventsRead) => readonly string[]): Case["expect"] =>
  checked(
    ({ answers: [answer] }) => {
      if (answer?.status !== 200) return [`Expected status 200, got ${answer?.status ?? "no answer"}`]
      const type = fieldOf(answer, "content-type")
      return [
        ...(/^text\/event-stream(?:;|$)/.test(type ?? "") ? [] : [`The type is ${type}`]),
        ...(/no-store|no-cache/.test(fieldOf(answer, "cache-control") ?? "") ? [] : ["The stream may be cached"]),
        ...check(readEvents(textOf(answer))),
      ]
    },
    { answers: 1, quietMs: 0 },
  )

const same = (got: readonly DispatchedEvent[], wanted: readonly DispatchedEvent[]): readonly string[] =>
  Bun.deepEquals(got, wanted) ? [] : [`Expected ${JSON.stringify(wanted)}, got ${JSON.stringify(got)}`]

const plain: readonly Case[] = [
  {
    name: "events come in order, with their names, ids and lines",
    send: request("GET /events"),
    expect: reads(({ events, retry }) => [
      ...same(events, [
        { event: "message", data: "one", id: "1" },
        { event: "named", data: '{"a":"ü"}', id: "2" },
        { event: "message", data: "two\nlines\n", id: "2" },
        { event: "message", data: "", id: "2" },
        { event: "last", data: "end", id: "2" },
      ]),
      ...(retry === 1500 ? [] : [`Expected retry 1500, got ${retry}`]),
    ]),
  },
  {
    name: "HEAD of a stream has its type and no event",
    send: [request("HEAD /events"), { answers: 1 }, request("GET /ok")],
    methods: ["HEAD", "GET"],
    expect: answered(200, { statuses: [200, 200], headers: { "content-type": /^text\/event-stream/ } }),
  },
  ...(
    [
      ["none", [], "none"],
      ["one", ["Last-Event-ID: 17"], "17"],
      ["one beyond ASCII", ["Last-Event-ID: \xc3\xbc"], "ü"],
    ] as const
  ).map(([what, fields, data]) => ({
    name: `the last id that the client got is told: ${what}`,
    send: request("GET /events/resume", fields),
    expect: reads(({ events }) => same(events, [{ event: "message", data, id: "" }])),
  })),
  {
    name: "a stream that fails tells nothing of it",
    send: request("GET /events/fails"),
    expect: checked(
      ({ bytes }) => (/secret-of-the-app|TypeError/.test(bytes.toString("latin1")) ? ["It tells of the defect"] : []),
      { answers: 1, quietMs: 0, patienceMs: 5000 },
    ),
  },
]

const live: readonly Case[] = [
  {
    name: "a stream that is silent shows that it lives",
    send: request("GET /events/beat"),
    expect: reads(({ comments }) => (comments >= 3 ? [] : [`Expected several comments, got ${comments}`])),
  },
  {
    name: "the source of a stream is told when its caller leaves",
    send: [request("GET /events/wait/events"), { pauseMs: 150 }, "reset"],
    expect: checked(
      async (_, server) => {
        for (let tries = 0; tries < 40; tries++) {
          const state = (await (await fetch(`${server.url}/waited/events`)).json()) as { state: string | null }
          if (state.state === "aborted") return []
          await Bun.sleep(50)
        }
        return ["The source was not told"]
      },
      { patienceMs: 10 },
    ),
  },
]

/** What would be an event, a name or an id of its own if the input were taken as it is. */
const payloads: readonly (readonly [what: string, value: string])[] = [
  ...injectionPayloads,
  ["an event behind LF", "a\nevent: injected\ndata: x\n\ndata: y"],
  ["an event behind CR LF", "a\r\n\r\nevent: injected\r\ndata: x\r\n\r\n"],
  ["an event behind CR", "a\r\revent: injected\rdata: x\r\r"],
  ["an id behind LF", "a\nid: injected"],
  ["a time behind LF", "a\nretry: 1"],
  ["only line ends", "\n\n\r\n\r\r"],
]

const injected: readonly Case[] = ["data", "json", "event", "id", "reason"].flatMap((place) =>
  payloads.map(([what, value]) => ({
    name: `${what} in ${place}`,
    send: request(`GET /inject/events/${place}?value=${encodeURIComponent(value)}`),
    expect: checked(
      ({ answers: [answer], end }) => {
        if (answer === undefined) return end === "open" ? ["Expected an answer or the end"] : []
        const { events, retry } = readEvents(textOf(answer))
        const most = place === "reason" ? 1 : 2
        const wrong = events.some(({ event, id }) => event === "injected" || id === "injected")
        const kept = place !== "data" || answer.status !== 200 || events[0]?.data === value.replace(/\r\n|\r/g, "\n")
        return [
          ...(wrong || retry !== undefined ? ["The input became a field of its own"] : []),
          ...(events.length <= most ? [] : [`Expected ${most} events, got ${events.length}`]),
          ...(kept ? [] : [`The data came as ${JSON.stringify(events[0]?.data)}`]),
        ]
      },
      { answers: 1, quietMs: 0 },
    ),
  })),
)

export const serverEvents: Group = { name: "server-sent events", about: "app", cases: [...plain, ...injected] }
export const liveEvents: Group = { name: "live events", about: "connection", cases: live }
