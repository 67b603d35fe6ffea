import { describe, expect, test } from "bun:test"
import type { StandardSchemaV1 } from "@ashlar/core"
import { v } from "@ashlar/validation"
import { fromTypeBox } from "@ashlar/validation/typebox"
import { type } from "arktype"
import { Type } from "typebox"
import { Compile } from "typebox/compile"
import * as valibot from "valibot"
import { z } from "zod"
import { createCodec } from "./codec.ts"

/** The same message in every library. */
const libraries: Readonly<Record<string, StandardSchemaV1>> = {
  v: v.object({ text: v.string(), token: v.literal("a").optional() }),
  Zod: z.object({ text: z.string(), token: z.literal("a").optional() }),
  Valibot: valibot.object({ text: valibot.string(), token: valibot.optional(valibot.literal("a")) }),
  ArkType: type({ text: "string", "token?": "'a'" }),
  TypeBox: fromTypeBox(Compile(Type.Object({ text: Type.String(), token: Type.Optional(Type.Literal("a")) }))),
}

interface Refused {
  readonly code: string
  readonly message: string
  readonly details: { readonly errors: readonly Record<string, unknown>[] }
}

function refusal(act: () => unknown): Refused {
  try {
    act()
  } catch (error) {
    return error as Refused
  }
  return expect.unreachable("It was taken")
}

describe.each(Object.entries(libraries))("messages of %s", (_name, schema) => {
  const codec = createCodec({ in: schema, out: schema }, true)

  test("are taken where they fit", () => {
    expect(codec.decode('{"text":"x"}')).toEqual({ text: "x" })
    expect(codec.encode({ text: "x" })).toBe('{"text":"x"}')
  })
  test("say where they do not, what was expected and what kind of thing came", () => {
    const { code, details } = refusal(() => codec.decode('{"text":7}'))
    expect(code).toBe("WEBSOCKET_MESSAGE_INVALID")
    expect(details.errors[0]).toMatchObject({
      in: "message",
      pointer: "/text",
      expected: expect.stringContaining("string"),
      received: "a number",
    })
    expect(refusal(() => codec.encode({ text: 7 })).code).toBe("WEBSOCKET_MESSAGE_UNSENDABLE")
  })
  test("tell nothing of secrets", () => {
    const { message, details } = refusal(() => codec.decode('{"text":"x","token":"hunter2"}'))
    expect(JSON.stringify([message, details])).not.toContain("hunter2")
  })
})
