import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createLog } from "../log.ts"
import { type PlatformServer, type ServerOptions, startServer } from "../server.ts"

/** Everybody who may knock: one of each kind of caller, and what they send. */
export const CAST = [
  "anonymous",
  "publishable",
  "secret",
  "otherKey",
  "stranger",
  "viewer",
  "developer",
  "owner",
] as const
export type Role = (typeof CAST)[number]

export interface Answer {
  readonly status: number
  readonly headers: Headers
  // biome-ignore lint/suspicious/noExplicitAny: tests look at whatever came back
  readonly body: any
}

export interface Stage {
  readonly server: PlatformServer
  readonly data: string
  /** What each of the cast sends in its Authorization header. */
  readonly credentials: Readonly<Partial<Record<Role, string>>>
  call(as: Role, method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>
  /** What the server logged. */
  readonly log: readonly string[]
  close(): Promise<void>
}

/** A running server with its administrator, who is the owner of the cast, and nothing else. */
export async function raiseInstall(options: ServerOptions = {}): Promise<Stage & { credentials: Cast }> {
  const data = mkdtempSync(join(tmpdir(), "ashlar-server-"))
  const log: string[] = []
  const server = await startServer({
    ...{ port: 0, data: join(data, "data"), checkResponses: true, log: createLog((line) => void log.push(line)) },
    ...options,
  })
  const credentials: Cast = {}
  const call: Stage["call"] = async (as, method, path, body, headers = {}) => {
    const credential = credentials[as]
    const response = await fetch(server.url + path, {
      method,
      redirect: "manual",
      headers: {
        ...(credential !== undefined && { authorization: `Bearer ${credential}` }),
        ...(body !== undefined && { "content-type": "application/json" }),
        ...headers,
      },
      ...(body !== undefined && { body: typeof body === "string" ? body : JSON.stringify(body) }),
    })
    const text = await response.text()
    const isJson = /json/.test(response.headers.get("content-type") ?? "") && text !== ""
    return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text }
  }
  const token = new URL(server.setupLink ?? "").searchParams.get("token")
  const setup = await call("anonymous", "POST", "/v1/setup", {
    token,
    name: "Olga",
    email: "owner@example.com",
    password,
  })
  credentials.owner = setup.body.accessToken
  return {
    ...{ server, data, call, log, credentials },
    async close() {
      await server.stop(1000)
      rmSync(data, { recursive: true, force: true })
    },
  }
}

type Cast = Partial<Record<Role, string>>
const password = "a phrase for the tests"

/** A running server with the project `walls`, one caller of each kind, and another project with a key of its own. */
export async function raiseStage(options: ServerOptions = {}): Promise<Stage> {
  const stage = await raiseInstall(options)
  const { call, credentials } = stage
  for (const name of ["Walls", "Other"]) await call("owner", "POST", "/v1/projects", { name })
  const places = { viewer: "walls", developer: "walls", stranger: "other" } as const
  for (const [role, project] of Object.entries(places) as [keyof typeof places, string][]) {
    const email = `${role}@example.com`
    const place = role === "stranger" ? "viewer" : role
    const { body } = await call("owner", "POST", `/v1/projects/${project}/members`, { email, role: place })
    const signup = { invite: body.invite.token, name: role, email, password }
    credentials[role] = (await call("anonymous", "POST", "/v1/auth/signup", signup)).body.accessToken
  }
  const newKey = async (project: string, kind: string): Promise<string> =>
    (await call("owner", "POST", `/v1/projects/${project}/keys`, { kind, name: kind })).body.secret
  credentials.publishable = await newKey("walls", "publishable")
  credentials.secret = await newKey("walls", "secret")
  credentials.otherKey = await newKey("other", "secret")
  return stage
}
