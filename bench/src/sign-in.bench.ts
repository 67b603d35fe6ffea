/** What it costs to prove who somebody is: a password beside the runtime alone, a link, a remembered device. */
import { randomBytes } from "node:crypto"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createEmailFlows, type EmailMessage } from "@ashlar/auth/email"
import { createMfa } from "@ashlar/auth/mfa"
import { createPasswords } from "@ashlar/auth/passwords"
import { openProofs } from "@ashlar/auth/proofs"
import { manualClock } from "@ashlar/core"
import type { BenchmarkInput } from "./benchmark.ts"
import { COUNT, readOptions } from "./options.ts"
import { createProgress } from "./progress.ts"
import type { Row } from "./row.ts"
import { rowsOf, SeriesBook } from "./series.ts"

const OPTIONS = [
  { name: "rounds", default: "7", ...COUNT },
  { name: "times", default: "200", ...COUNT },
] as const

const ANA = { id: "ana", email: "ana@example.org", isVerified: true }
const PAGE = "https://app.test/confirm"

export default async function* signIn({ options }: BenchmarkInput): AsyncGenerator<Row> {
  const given = readOptions(options, OPTIONS)
  const [rounds, times] = [Number(given.rounds), Number(given.times)]
  const folder = mkdtempSync(join(tmpdir(), "ashlar-bench-"))
  const stages = [await stageOn("memory:"), await stageOn(`sqlite:${join(folder, "proofs.db")}`)]
  const passwords = createPasswords()
  const [book, progress] = [new SeriesBook(), createProgress(rounds)]
  const raw = { algorithm: "argon2id", memoryCost: 19_456, timeCost: 2 } as const
  const kept = await passwords.hash("correct horse battery")
  try {
    for (let round = 0; round < rounds; round++) {
      book.add("password hash", "ashlar", await timed(10, () => passwords.hash("correct horse battery")))
      book.add("password hash", "raw", await timed(10, () => Bun.password.hash("correct horse battery", raw)))
      book.add("password verify", "ashlar", await timed(10, () => passwords.verify("correct horse battery", kept)))
      book.add("password verify", "raw", await timed(10, () => Bun.password.verify("correct horse battery", kept)))
      for (const { name, operations } of stages)
        for (const [what, operation] of Object.entries(operations)) book.add(what, name, await timed(times, operation))
      progress.step(`rounds ${round + 1}/${rounds}`)
    }
  } finally {
    for (const { close } of stages) await close()
    rmSync(folder, { recursive: true, force: true })
  }
  progress.end()
  for (const what of ["password hash", "password verify", ...Object.keys(stages[0]!.operations)])
    yield* rowsOf(what, "us", book.of(what))
}

/** Microseconds of one, of many in turn. */
async function timed(times: number, operation: () => Promise<unknown>): Promise<number> {
  const started = performance.now()
  for (let at = 0; at < times; at++) await operation()
  return ((performance.now() - started) * 1_000) / times
}

async function stageOn(url: string) {
  const clock = manualClock()
  const store = await openProofs(url, { clock })
  const sent: EmailMessage[] = []
  const mfa = createMfa({
    store,
    clock,
    key: randomBytes(32),
    // What a sealer costs is not measured here.
    sealer: { seal: (text) => text, open: (sealed) => sealed },
    totp: { issuer: "Bench" },
  })
  const asker = { id: ANA.id, amr: ["mfa"], authTimeMs: clock.now() }
  const { token } = await mfa.devices.remember(asker)
  await mfa.recovery.generate(asker)
  const flows = createEmailFlows({
    store,
    clock,
    keys: [randomBytes(32)],
    perHour: 100,
    limits: { slidingWindow: () => ({ take: async () => ALLOWED, reset: async () => undefined }) } as never,
    accounts: {
      find: async () => ANA,
      findByEmail: async () => ANA,
      markVerified: async () => undefined,
      revokeSessions: async () => undefined,
    },
    deliver: (message) => sent.push(message),
    pages: { verify: PAGE, "sign-in": PAGE, reset: PAGE, "change-email": PAGE },
  })
  return {
    name: url.split(":")[0]!,
    operations: {
      "remembered device": () => mfa.devices.isKnown(ANA.id, token),
      "link asked, used": async () => {
        await flows.askSignIn(ANA.email)
        await flows.settled()
        const message = sent.pop()
        if (message === undefined || !("url" in message)) throw new Error("No link was sent.")
        await flows.signIn({ token: new URL(message.url).searchParams.get("token") ?? "" })
      },
    },
    close: () => store.close(),
  }
}
const ALLOWED = { allowed: true, limit: 1, remaining: 1, resetMs: 0, retryAfterMs: 0 }
