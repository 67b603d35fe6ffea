import { describe, expect, test } from "bun:test"
import { manualClock } from "@ashlar/core"
import { createApp } from "@ashlar/http"
import {
  createPrincipal,
  guard,
  type PrincipalInit,
  requireAcr,
  requireAmr,
  requireStepUp,
  type StepUp,
} from "../index.ts"

const NOW = manualClock().now()

async function ask(needed: StepUp, known: Partial<PrincipalInit>) {
  const signedIn = guard({
    name: "signedIn",
    security: {},
    challenge: { scheme: "Bearer" },
    identify: () => createPrincipal({ id: "ana", kind: "user", ...known }),
  })
  const app = createApp()
  app.get("/", { layers: [signedIn, requireStepUp({ clock: manualClock(), ...needed })] }, () => "in")
  const response = await app.fetch(new Request("http://localhost/"))
  return [response.status, response.headers.get("www-authenticate")]
}

describe("a stronger proof", () => {
  test.each<[StepUp, Partial<PrincipalInit>]>([
    [{ amr: ["mfa"] }, { amr: ["pwd", "mfa", "otp"] }],
    [{ acr: ["phr", "phrh"] }, { acr: "phrh" }],
    [{ maxAgeSeconds: 60 }, { authTimeMs: NOW - 60_000 }],
    [{ maxAgeSeconds: 0 }, { authTimeMs: NOW + 30_000 }],
    [
      { amr: ["otp", "pwd"], acr: ["2"], maxAgeSeconds: 1 },
      { amr: ["pwd", "otp"], acr: "2", authTimeMs: NOW },
    ],
  ])("is enough: %p by %p", async (needed, known) => expect((await ask(needed, known))[0]).toBe(200))

  test.each<[StepUp, Partial<PrincipalInit>]>([
    [{ amr: ["mfa"] }, {}],
    [{ amr: ["mfa", "otp"] }, { amr: ["mfa"] }],
    [{ amr: ["mfa"] }, { amr: ["MFA"] }],
    [{ acr: ["phr"] }, {}],
    [{ acr: ["phr"] }, { acr: "ph" }],
    [{ maxAgeSeconds: 60 }, {}],
    [{ maxAgeSeconds: 60 }, { authTimeMs: NOW - 60_001 }],
    [{ maxAgeSeconds: 60 }, { authTimeMs: NOW + 3_600_000 }],
    [{ maxAgeSeconds: 60 }, { authTimeMs: Number.NaN }],
    [{ amr: ["mfa"] }, { amr: ["mfa"], actor: { id: "root", kind: "user" } }],
  ])("is not: %p by %p", async (needed, known) => expect((await ask(needed, known))[0]).toBe(401))

  test("is asked for in the words of RFC 9470", async () => {
    expect(await ask({ acr: ["a", "b"], amr: ["mfa"], maxAgeSeconds: 300 }, {})).toEqual([
      401,
      'Bearer error="insufficient_user_authentication", acr_values="a b", amr_values="mfa", max_age="300"',
    ])
  })
  test("must say what is needed", () => {
    for (const needed of [{}, { maxAgeSeconds: -1 }, { maxAgeSeconds: 0.5 }, { acr: ["a\r\nb"] }])
      expect(() => requireStepUp(needed)).toThrow(expect.objectContaining({ code: "AUTH_SETUP_INVALID" }))
    expect([requireAmr("mfa").name, requireAcr("phr").name]).toEqual(["requireStepUp", "requireStepUp"])
  })
})
test("whoever nobody told of is asked for credentials: AUTH_CREDENTIALS_MISSING, and never AUTH_STEP_UP_REQUIRED", async () => {
  const app = createApp()
  app.get("/", { layers: [requireAmr("mfa")] as never }, () => "in")
  const response = await app.fetch(new Request("http://localhost/"))
  expect([response.status, (await response.json()).code]).toEqual([401, "AUTH_CREDENTIALS_MISSING"])
})
