import type { FuzzOptions } from "@ashlar/testing"

/** JSON Schemas of what rooms read themselves, where the routes' own schemas let all of it pass. */

const filter = {
  type: "object",
  properties: {
    n: {
      anyOf: [
        { type: "integer" },
        {
          type: "object",
          properties: { $gte: { type: "integer" }, $in: { type: "array", items: {} }, $regex: { type: "string" } },
        },
      ],
    },
    $or: { type: "array", items: { type: "object" } },
  },
}
const query = {
  type: "object",
  properties: {
    where: filter,
    sort: { type: "array", items: { enum: ["n", "-n", "t", "createdAt", "-id"] } },
    limit: { type: "integer", minimum: 1, maximum: 1000 },
    cursor: { type: "string" },
    select: { type: "array", items: { type: "string" } },
    count: { type: "boolean" },
  },
}
const text = { type: "string" }
const rule = {
  anyOf: [{ enum: ["public", "publishable", "user", "secret", null] }, { const: { where: { n: "$user.claims.n" } } }],
}
const rules = { type: "object", properties: { read: rule, create: rule, update: rule, delete: rule } }
const index = {
  type: "object",
  properties: {
    fields: { type: "array", items: text },
    kind: { enum: ["scalar", "any", "members"] },
    unique: { type: "boolean" },
    name: text,
  },
}
const indexes = { type: "array", items: { anyOf: [{ enum: ["n", "-n", "t"] }, index] } }
const document = { type: "object", properties: { n: { type: "integer" }, t: text, at: {} } }
const operators = {
  type: "object",
  properties: {
    $set: { type: "object" },
    $unset: { type: "array", items: text },
    $inc: { type: "object", properties: { n: { type: "number" } } },
    $push: { type: "object" },
    n: {},
  },
}

const appUser = {
  roles: { type: "array", items: { enum: ["editor", "admin", "a b"] } },
  claims: { type: "object", properties: { team: text, level: { type: "integer" } } },
  emailVerified: { type: "boolean" },
}

const inBase64 = { enum: ["aGVsbG8=", ""] }
const context = { type: "object", properties: { row: { const: "7" } }, required: ["row"] }
const forContext = (given: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> => ({
  type: "object",
  properties: { ...given, context },
  required: [...Object.keys(given), "context"],
})

export const roomBodies: NonNullable<FuzzOptions["hints"]> = {
  "documents.query": { body: query },
  "documents.explain": { body: query },
  "documents.list": {
    query: { type: "object", properties: { ...query.properties, where: text, sort: text, select: text } },
  },
  "documents.insert": { body: { anyOf: [document, { type: "array", items: document }] } },
  "documents.replace": { body: document },
  "documents.patch": { body: operators },
  "collections.create": {
    body: {
      type: "object",
      properties: { name: { type: "string", pattern: "^[a-z][a-z0-9_]{0,20}$" }, rules, indexes },
      required: ["name"],
    },
  },
  "collections.update": { body: { type: "object", properties: { rules, indexes } } },
  "app.users.create": {
    body: {
      type: "object",
      properties: { ...appUser, email: { type: "string", pattern: "^[a-z]{8,20}@[a-z]{3,8}\\.org$" } },
      required: ["email"],
    },
  },
  "app.users.update": { body: { type: "object", properties: { ...appUser, disabled: { type: "boolean" } } } },
  "functions.deploy": {
    body: {
      type: "object",
      properties: {
        name: { type: "string", pattern: "^[a-z][a-z0-9-]{0,20}[a-z]$" },
        runtime: { const: "quickjs" },
        code: text,
        access: { enum: ["public", "publishable", "secret"] },
        env: { type: "object", additionalProperties: text },
        egress: { type: "array", items: { enum: ["example.com", "*"] } },
        limits: {
          type: "object",
          properties: { wallMs: { type: "integer", minimum: 1 }, memoryMb: { type: "integer" } },
        },
      },
      required: ["name", "runtime", "code"],
    },
  },
  "kms.create": {
    body: {
      type: "object",
      properties: { name: { type: "string", pattern: "^[a-z]{3,12}$" }, algorithm: { enum: ["AES-256-GCM", "ES256"] } },
      required: ["name"],
    },
  },
  "kms.encrypt": { body: forContext({ plain: inBase64 }) },
  "kms.decrypt": { body: forContext({ sealed: text }) },
  "kms.data-key": { body: forContext({}) },
  "kms.open-data-key": { body: forContext({ wrapped: text }) },
  "kms.sign": { body: { type: "object", properties: { data: inBase64 }, required: ["data"] } },
  "kms.verify": {
    body: {
      type: "object",
      properties: { data: inBase64, signature: inBase64, version: { const: 1 } },
      required: ["data", "signature", "version"],
    },
  },
  "secrets.reveal": { body: { type: "object", properties: { version: { enum: [1, 1000] } } } },
  "auth.refresh": { body: { type: "object", properties: { refreshToken: text } } },
}
