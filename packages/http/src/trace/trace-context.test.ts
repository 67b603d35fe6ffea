import { describe, expect, test } from "bun:test"
import { createApp } from "../index.ts"
import { type Trace, type TraceContextOptions, traceContext } from "./index.ts"

const TRACE = "0af7651916cd43dd8448eb211c80319c"
const SPAN = "b7ad6b7169203331"

interface Seen extends Omit<Trace, "headers"> {
  readonly headers: Record<string, string>
}

async function traceOf(
  headers: Record<string, string> | [string, string][],
  options?: TraceContextOptions,
  peer = "192.0.2.1",
): Promise<Seen> {
  const app = createApp({ layers: [traceContext(options)], trustedProxies: ["10.0.0.0/8"] })
  app.get("/", ({ trace }) => ({ ...trace, headers: trace.headers() }))
  const response = await app.fetch(new Request("http://x/", { headers }), () => ({ address: peer }))
  return (await response.json()) as Seen
}

describe("a trace that goes on", () => {
  test("keeps its id, and gives the request a span of its own", async () => {
    const seen = await traceOf({ traceparent: `00-${TRACE}-${SPAN}-01`, tracestate: "a=1,b=2" })
    expect(seen).toMatchObject({ traceId: TRACE, parentId: SPAN, sampled: true, random: false, state: "a=1,b=2" })
    expect(seen.spanId).toMatch(/^[0-9a-f]{16}$/)
    expect(seen.spanId).not.toBe(SPAN)
    expect(seen.headers).toEqual({ traceparent: `00-${TRACE}-${seen.spanId}-01`, tracestate: "a=1,b=2" })
  })

  test.each<[string, string, Partial<Seen>]>([
    ["not sampled", `00-${TRACE}-${SPAN}-00`, { sampled: false, random: false }],
    ["random ids, of level 2", `00-${TRACE}-${SPAN}-03`, { sampled: true, random: true }],
    ["flags that nobody knows yet", `00-${TRACE}-${SPAN}-fd`, { sampled: true, random: false }],
    ["a later version", `01-${TRACE}-${SPAN}-01`, { traceId: TRACE }],
    ["a later version that says more", `cc-${TRACE}-${SPAN}-01-what-the-future-brings`, { traceId: TRACE }],
    ["a later version with an empty rest", `cc-${TRACE}-${SPAN}-01-`, { traceId: TRACE }],
  ])("is read: %s", async (_what, traceparent, expected) => {
    const seen = await traceOf({ traceparent })
    expect(seen).toMatchObject({ ...expected, parentId: SPAN })
    // Whatever came, it goes on as the version that we speak, with the flags that we know.
    expect(seen.headers.traceparent).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-0[0-3]$/)
  })
})

describe("a traceparent that is not valid", () => {
  test.each<[string, string]>([
    ["empty", ""],
    ["version ff", `ff-${TRACE}-${SPAN}-01`],
    ["a version of one digit", `0-${TRACE}-${SPAN}-01`],
    ["an upper-case version", `CC-${TRACE}-${SPAN}-01`],
    ["version 00 that says more", `00-${TRACE}-${SPAN}-01-more`],
    ["version 00 with a dash at its end", `00-${TRACE}-${SPAN}-01-`],
    ["a later version without the dash before more", `cc-${TRACE}-${SPAN}-01.more`],
    ["a later version, cut short", `cc-${TRACE}-${SPAN}-0`],
    ["a trace id of zeros", `00-${"0".repeat(32)}-${SPAN}-01`],
    ["a span id of zeros", `00-${TRACE}-${"0".repeat(16)}-01`],
    ["an upper-case trace id", `00-${TRACE.toUpperCase()}-${SPAN}-01`],
    ["an upper-case span id", `00-${TRACE}-${SPAN.toUpperCase()}-01`],
    ["a short trace id", `00-${TRACE.slice(1)}-${SPAN}-01`],
    ["a long trace id", `00-${TRACE}0-${SPAN}-01`],
    ["a short span id", `00-${TRACE}-${SPAN.slice(1)}-01`],
    ["letters that are no digits", `00-${TRACE.replace("a", "g")}-${SPAN}-01`],
    ["flags of one digit", `00-${TRACE}-${SPAN}-1`],
    ["flags that are no digits", `00-${TRACE}-${SPAN}-.0`],
    ["other separators", `00_${TRACE}_${SPAN}_01`],
    ["no flags", `00-${TRACE}-${SPAN}`],
    ["two of them", `00-${TRACE}-${SPAN}-01, 00-${TRACE}-${SPAN}-01`],
    ["something before it", `x00-${TRACE}-${SPAN}-01`],
    ["a space inside", `00-${TRACE}-${SPAN} -01`],
  ])("begins a trace of its own, without the state: %s", async (_what, traceparent) => {
    const seen = await traceOf({ traceparent, tracestate: "a=1" })
    expect(seen.traceId).toMatch(/^[0-9a-f]{32}$/)
    expect(seen.traceId).not.toBe(TRACE)
    expect(seen).toMatchObject({ sampled: true, random: true, state: "" })
    expect(seen.parentId).toBeUndefined()
    expect(seen.headers).toEqual({ traceparent: `00-${seen.traceId}-${seen.spanId}-03` })
  })
})

describe("a tracestate", () => {
  const long = (key: string): string => `${key}=${"x".repeat(200)}`
  test.each<[string, string, string]>([
    ["one member", "a=1", "a=1"],
    ["spaces and tabs around members", " a=1 ,\tb=2\t", "a=1,b=2"],
    ["empty members", "a=1,,b=2,", "a=1,b=2"],
    ["keys of tenants", "t61rcwkgmze@az=1,0a@b=2", "t61rcwkgmze@az=1,0a@b=2"],
    ["every character that a key may have", "a-b_c*d/e=1", "a-b_c*d/e=1"],
    ["a space inside a value", "a=1 2", "a=1 2"],
    ["long members go first when it is too long", `${long("a")},b=2,${long("c")},${long("d")}`, "b=2"],
    [
      "32 members",
      Array.from({ length: 32 }, (_, n) => `k${n}=1`).join(","),
      Array.from({ length: 32 }, (_, n) => `k${n}=1`).join(","),
    ],
    ["no value", "a=", ""],
    ["no equals sign", "a", ""],
    ["an equals sign in the value", "a=1=2", ""],
    ["an upper-case key", "A=1", ""],
    ["a key that begins with a digit", "1a=1", ""],
    ["a key with a space", "a b=1", ""],
    ["an empty tenant", "@az=1", ""],
    ["an empty system", "a@=1", ""],
    ["a system that is too long", `a@${"z".repeat(15)}=1`, ""],
    ["two at signs", "a@b@c=1", ""],
    ["the same key twice", "a=1,a=2", ""],
    ["one member of many that is not valid", "a=1,B=2", ""],
    ["a control character", "a=1\u007f", ""],
    ["33 members", Array.from({ length: 33 }, (_, n) => `k${n}=1`).join(","), ""],
    ["a key that is too long", `${"k".repeat(257)}=1`, ""],
    ["a value that is too long", `a=${"v".repeat(257)}`, ""],
  ])("%s", async (_what, tracestate, expected) => {
    const seen = await traceOf({ traceparent: `00-${TRACE}-${SPAN}-01`, tracestate })
    expect(seen.state).toBe(expected)
    expect(seen.traceId).toBe(TRACE) // whatever the state is worth, the trace goes on
  })

  test("in several lines is one list", async () => {
    const seen = await traceOf([
      ["traceparent", `00-${TRACE}-${SPAN}-01`],
      ["tracestate", "a=1"],
      ["tracestate", "b=2"],
    ])
    expect(seen.state).toBe("a=1,b=2")
  })

  test("alone says nothing", async () => {
    expect((await traceOf({ tracestate: "a=1" })).state).toBe("")
  })
})

describe("whose trace goes on", () => {
  const traceparent = `00-${TRACE}-${SPAN}-01`
  test.each<[string, TraceContextOptions, string, boolean]>([
    ["anybody's", {}, "192.0.2.1", true],
    ["nobody's", { accept: false }, "192.0.2.1", false],
    ["a trusted proxy's", { accept: "proxies" }, "10.0.0.1", true],
    ["no other peer's", { accept: "proxies" }, "192.0.2.1", false],
  ])("%s", async (_what, options, peer, goesOn) => {
    expect((await traceOf({ traceparent }, options, peer)).traceId === TRACE).toBe(goesOn)
  })

  test("says whether it is recorded; a trace that begins here asks the app", async () => {
    expect((await traceOf({}, { sample: () => false })).headers.traceparent).toEndWith("-02")
    expect((await traceOf({ traceparent }, { sample: () => false })).sampled).toBe(true)
  })

  test("every request has ids of its own", async () => {
    const [one, other] = [await traceOf({}), await traceOf({})]
    expect(new Set([one.traceId, other.traceId, one.spanId, other.spanId]).size).toBe(4)
  })
})
