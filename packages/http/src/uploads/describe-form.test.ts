import { expect, test } from "bun:test"
import type { StandardJsonSchemaV1, StandardSchemaV1 } from "@ashlar/core"
import { describeForm } from "./describe-form.ts"

const schemaThatSpeaks: StandardSchemaV1 & StandardJsonSchemaV1 = {
  "~standard": {
    version: 1,
    vendor: "test",
    validate: (value) => ({ value }),
    jsonSchema: {
      input: () => ({ type: "object", properties: { n: { type: "integer" } }, required: ["n"] }),
      output: () => ({}),
    },
  },
}
const silentSchema: StandardSchemaV1 = { "~standard": { version: 1, vendor: "test", validate: (value) => ({ value }) } }

test("a form is described as OpenAPI writes it", () => {
  expect(
    describeForm({
      files: { scans: { maxFiles: 3, types: ["image/png", "image/jpeg"], required: true }, any: {} },
      fields: { title: { required: true }, tags: { maxValues: 5 } },
    }),
  ).toEqual({
    "multipart/form-data": {
      schema: {
        type: "object",
        properties: {
          title: { type: "string" },
          tags: { type: "array", items: { type: "string" }, maxItems: 5 },
          scans: {
            type: "array",
            items: { type: "string", contentMediaType: "application/octet-stream" },
            maxItems: 3,
          },
          any: { type: "string", contentMediaType: "application/octet-stream" },
        },
        required: ["title", "scans"],
      },
      encoding: { scans: { contentType: "image/png, image/jpeg" } },
    },
  })
})

test("fields with a schema are described by it, where it can", () => {
  expect(describeForm({ files: {}, fields: schemaThatSpeaks })).toEqual({
    "multipart/form-data": { schema: { type: "object", properties: { n: { type: "integer" } }, required: ["n"] } },
  })
  expect(describeForm({ files: {}, fields: silentSchema })).toEqual({
    "multipart/form-data": { schema: { type: "object", properties: {} } },
  })
})
