import { DeviceCodeSpent, DeviceDenied, DevicePending, TooManyAttempts } from "@ashlar/identity"
import {
  DeviceCheckBody,
  DeviceClaimBody,
  DeviceDecisionBody,
  DeviceFacts,
  DeviceStart,
  Session,
} from "@ashlar/protocol"
import type { Api } from "../layers/caller.ts"
import type { Entries } from "../layers/entry.ts"
import type { Platform } from "../platform.ts"
import { clientOf } from "./people.ts"

/** Signing in a program that has no browser, such as the command: a person lets it in with a code (RFC 8628). */
export function addDeviceRoutes(app: Api, { identity }: Platform, { open, self }: Entries): void {
  const tags = ["people"]
  const { devices } = identity

  app.post(
    "/v1/auth/device",
    {
      name: "device.start",
      tags,
      summary: "Ask to be let in by a person with a browser",
      layers: [open],
      response: { 201: DeviceStart },
      errors: [TooManyAttempts],
    },
    async (ctx) => {
      const started = await devices.start(clientOf(ctx))
      const verificationUrl = `${ctx.url.origin}/device?code=${started.userCode}`
      return ctx.json({ ...started, verificationUrl }, 201)
    },
  )

  app.post(
    "/v1/auth/device/claim",
    {
      name: "device.claim",
      tags,
      summary: "Sign in, once the person has let the program in",
      layers: [open],
      body: DeviceClaimBody,
      response: Session,
      errors: [DevicePending, DeviceDenied, DeviceCodeSpent, TooManyAttempts],
    },
    async (ctx) => {
      const { deviceCode } = ctx.body
      const { refreshTokenExpiresAt, ...session } = await devices.claim({ deviceCode, client: clientOf(ctx) })
      return session
    },
  )

  app.post(
    "/v1/auth/device/check",
    {
      name: "device.check",
      tags,
      summary: "Who asks to be let in with this code",
      layers: [self],
      body: DeviceCheckBody,
      response: DeviceFacts,
      errors: [DeviceCodeSpent, TooManyAttempts],
    },
    (ctx) => devices.look({ userCode: ctx.body.userCode, userId: ctx.person.id }),
  )

  app.post(
    "/v1/auth/device/decide",
    {
      name: "device.decide",
      tags,
      summary: "Let the program in as the person who asks, or refuse it",
      layers: [self],
      body: DeviceDecisionBody,
      response: { 204: null },
      errors: [DeviceCodeSpent, TooManyAttempts],
    },
    async (ctx) => {
      const { id: userId, mfa: isVouched } = ctx.person
      await devices.decide({ ...ctx.body, userId, isVouched })
      return ctx.empty()
    },
  )
}
