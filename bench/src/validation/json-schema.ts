/** The user in JSON Schema, for those that compile it. */
export const USER_SCHEMA = {
  type: "object",
  additionalProperties: false,
  required: ["id", "name", "email", "admin", "role", "tags", "address"],
  properties: {
    id: { type: "string", format: "uuid" },
    name: { type: "string", minLength: 1, maxLength: 100 },
    email: { type: "string", format: "email" },
    age: { type: "integer", minimum: 0, maximum: 150 },
    admin: { type: "boolean" },
    role: { type: "string", enum: ["owner", "editor", "viewer"] },
    tags: { type: "array", items: { type: "string" }, maxItems: 10 },
    address: {
      type: "object",
      additionalProperties: false,
      required: ["street", "zip"],
      properties: { street: { type: "string" }, zip: { type: "string", maxLength: 10 } },
    },
  },
} as const
