import { expect, test } from "bun:test"
import { isSecretName } from "./secret-name.ts"

test.each(["password", "newPassword", "passwd", "Authorization", "set-cookie", "x-api-key", "apiKey", "PRIVATE_KEY"])(
  "%s names a secret",
  (name) => expect(isSecretName(name)).toBe(true),
)
test.each(["name", "key", "author", "passed", "compass", ""])("%p does not", (name) =>
  expect(isSecretName(name)).toBe(false),
)
