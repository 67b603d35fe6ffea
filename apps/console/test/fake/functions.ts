import { ago } from "./documents.ts"

export interface LogLine {
  seq: number
  at: string
  invocation: string
  version: number
  kind: "request" | "log" | "kill"
  level: "debug" | "info" | "warn" | "error"
  message: string
  fields: Record<string, unknown>
}

export interface FakeFunction {
  name: string
  runtime: "bun" | "quickjs"
  access: string
  active: number
  egress: string[]
  env: string[]
  versions: {
    version: number
    runtime: string
    sha256: string
    sizeBytes: number
    createdAt: string
    createdBy: string
  }[]
  calls: number
  errors: number
  p95Ms: number
  logs: LogLine[]
  followers: Set<(line: LogLine) => void>
}

const HOUR_MS = 3_600_000

function fn(
  name: string,
  runtime: "bun" | "quickjs",
  figures: { versions: number; calls: number; errors: number; p95Ms: number },
): FakeFunction {
  return {
    name,
    runtime,
    access: "secret",
    active: figures.versions,
    egress: runtime === "bun" ? ["restcountries.example", "*.example.org:8443"] : [],
    env: runtime === "bun" ? ["SOURCE_URL"] : [],
    versions: Array.from({ length: figures.versions }, (_, at) => ({
      version: at + 1,
      runtime,
      sha256:
        `${((at + 1) * 2_654_435_761).toString(16)}e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855`.slice(
          0,
          64,
        ),
      sizeBytes: 37_000 + at * 211,
      createdAt: ago((figures.versions - at) * 70 * HOUR_MS - 69.6 * HOUR_MS),
      createdBy: at % 3 === 0 ? "tomas@northwall.dev" : "maya@northwall.dev",
    })),
    calls: figures.calls,
    errors: figures.errors,
    p95Ms: figures.p95Ms,
    logs: [],
    followers: new Set(),
  }
}

export function write(target: FakeFunction, line: Omit<LogLine, "seq" | "version">): void {
  const stored = { ...line, seq: (target.logs.at(-1)?.seq ?? 0) + 1, version: target.active }
  target.logs.push(stored)
  for (const follower of target.followers) follower(stored)
}

interface FakeCall {
  id: string
  atMs: number
  method: string
  path: string
  status: number
  durationMs: number
  lines: readonly (readonly [
    afterMs: number,
    level: LogLine["level"],
    message: string,
    fields?: Record<string, unknown>,
  ])[]
  kill?: Record<string, unknown>
}

/** Writes one call as the server does: its lines, and the request line when it ends. */
export function writeCall(target: FakeFunction, call: FakeCall): void {
  const at = (ms: number): string => new Date(call.atMs + ms).toISOString()
  const invocation = `0199c4e2-8a00-7000-8000-00000000${call.id}`
  for (const [afterMs, level, message, fields = {}] of call.lines)
    write(target, { at: at(afterMs), invocation, kind: "log", level, message, fields })
  if (call.kill)
    write(target, {
      at: at(call.durationMs),
      invocation,
      kind: "kill",
      level: "error",
      message: String(call.kill.message),
      fields: call.kill.fields as Record<string, unknown>,
    })
  const level = call.status >= 500 ? "error" : "info"
  write(target, {
    at: at(call.durationMs),
    invocation,
    kind: "request",
    level,
    message: `${call.method} ${call.path} ${call.status}`,
    fields: {
      method: call.method,
      path: call.path,
      status: call.status,
      durationMs: call.durationMs,
      cold: call.id === "b8d0",
    },
  })
}

const regions = ["americas", "europe", "africa", "asia", "oceania"]

export function demoFunctions(): FakeFunction[] {
  const main = fn("import-countries", "bun", { versions: 14, calls: 1_204, errors: 5, p95Ms: 212 })
  const startMs = Date.now() - 40 * 60_000
  for (let at = 0; at < 40; at++) {
    const region = regions[at % regions.length] ?? "asia"
    const durationMs = 160 + ((at * 53) % 90)
    writeCall(main, {
      id: (0xb8d0 + at * 977).toString(16).slice(-4),
      atMs: startMs + at * 45_000,
      method: at % 4 === 3 ? "GET" : "POST",
      path: at % 4 === 3 ? "/status" : "/import",
      status: 200,
      durationMs: at % 4 === 3 ? 4 : durationMs,
      lines:
        at % 4 === 3
          ? []
          : [
              [3, "info", `fetching https://restcountries.example/v3/region/${region}`],
              [
                durationMs - 20,
                "info",
                `transaction committed: ${20 + at} updated, ${at % 3} inserted`,
                { seq: 40_000 + at * 17 },
              ],
            ],
    })
  }
  writeCall(main, {
    id: "p0d8".replace("p", "a"),
    atMs: startMs + 1_850_000,
    method: "POST",
    path: "/import",
    status: 200,
    durationMs: 1_842,
    lines: [
      [3, "info", "fetching https://restcountries.example/v3/region/africa"],
      [1_009, "warn", "slow upstream: 1.01 s, retried once", { attempt: 2 }],
      [1_835, "info", "transaction committed: 54 updated, 0 inserted", { seq: 40_172 }],
    ],
  })
  writeCall(main, {
    id: "f9ab",
    atMs: startMs + 1_900_000,
    method: "POST",
    path: "/import",
    status: 504,
    durationMs: 10_000,
    lines: [[3, "info", "fetching https://restcountries.example/v3/all"]],
    kill: {
      message: "killed: wall limit of 10 s reached",
      fields: { code: "FUNCTIONS_WALL_LIMIT", cpuMs: 84, memoryMb: 31, waitMs: 0 },
    },
  })
  writeCall(main, {
    id: "c2e4",
    atMs: startMs + 1_930_000,
    method: "GET",
    path: "/status",
    status: 200,
    durationMs: 3,
    lines: [],
  })
  writeCall(main, {
    id: "e5b1",
    atMs: startMs + 1_960_000,
    method: "POST",
    path: "/import",
    status: 200,
    durationMs: 198,
    lines: [
      [3, "info", "fetching https://restcountries.example/v3/region/oceania"],
      [172, "info", "transaction committed: 27 updated, 0 inserted", { seq: 40_199 }],
    ],
  })
  return [
    main,
    fn("search", "quickjs", { versions: 6, calls: 88_310, errors: 0, p95Ms: 6 }),
    fn("thumbnail", "bun", { versions: 3, calls: 12_077, errors: 2, p95Ms: 94 }),
    fn("nightly-report", "bun", { versions: 1, calls: 1, errors: 0, p95Ms: 3_100 }),
    fn("webhook-stripe", "quickjs", { versions: 2, calls: 642, errors: 0, p95Ms: 9 }),
    fn("geo-lookup", "quickjs", { versions: 1, calls: 311, errors: 0, p95Ms: 2 }),
  ]
}
