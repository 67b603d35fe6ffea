import { afterAll, expect, test } from "bun:test"
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { DocumentInvalid, writeGoClient, writePythonClient, writeTypescriptClient } from "../src/index.ts"

const folder = mkdtempSync(join(tmpdir(), "ashlar-codegen-"))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const json = (schema: object): object => ({ content: { "application/json": { schema } } })
const DOCUMENT = {
  openapi: "3.1.0",
  info: { title: "Shop", version: "1" },
  paths: {
    "/users/{userId}": {
      parameters: [{ $ref: "#/components/parameters/userId" }],
      get: {
        operationId: "users.show",
        summary: 'Show "one" user',
        parameters: [
          { name: "full", in: "query", schema: { type: "boolean" } },
          { name: "tag", in: "query", schema: { type: "array", items: { type: "string" } } },
        ],
        responses: { 200: json({ $ref: "#/components/schemas/User" }), 404: { description: "none" } },
      },
      delete: { operationId: "users.remove", responses: { 204: { description: "gone" } } },
    },
    "/users": {
      post: {
        operationId: "users.create",
        requestBody: {
          required: true,
          ...json({ type: "object", properties: { name: { type: "string" } }, required: ["name"] }),
        },
        responses: { 201: json({ $ref: "#/components/schemas/User" }) },
      },
    },
  },
  components: {
    parameters: { userId: { name: "userId", in: "path", required: true, schema: { type: "string" } } },
    schemas: {
      User: {
        type: "object",
        properties: {
          id: { type: "string" },
          name: { type: "string" },
          friends: { type: "array", items: { $ref: "#/components/schemas/User" } },
        },
        required: ["id", "name"],
      },
    },
  },
}

/** The API that the document describes; a name comes back with what it was asked with. */
function serve(): Bun.Server<undefined> {
  return Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    fetch: async (request) => {
      const { pathname, search } = new URL(request.url)
      if (request.method === "POST")
        return Response.json({ id: "9", ...((await request.json()) as object) }, { status: 201 })
      if (request.method === "DELETE") return new Response(null, { status: 204 })
      if (pathname === "/users/0")
        return Response.json(
          { code: "HTTP_NOT_FOUND", detail: "No such user" },
          { status: 404, headers: { "content-type": "application/problem+json" } },
        )
      return Response.json({ id: pathname, name: `${search} ${request.headers.get("authorization")}` })
    },
  })
}

const python = Bun.which("python3")
test.skipIf(python === null && !process.env.CI)("a client in Python calls an API, and tells its errors", async () => {
  using server = serve()
  writeFileSync(join(folder, "shop.py"), writePythonClient(DOCUMENT))
  writeFileSync(
    join(folder, "main.py"),
    `
from shop import ApiError, Client, User
api = Client(${JSON.stringify(server.url.href)}, token="t")
user: User = api.users_show(user_id="a/b ü", full=True, tag=["x y", "z&"])
assert user == {"id": "/users/a%2Fb%20%C3%BC", "name": "?full=true&tag=x+y&tag=z%26 Bearer t"}, user
assert api.users_create(body={"name": "Ada"}) == {"id": "9", "name": "Ada"}
assert api.users_remove(user_id="1") is None
try:
    api.users_show(user_id="0")
    raise AssertionError("it is there")
except ApiError as error:
    assert (error.status, error.code, str(error)) == (404, "HTTP_NOT_FOUND", "No such user")
try:
    api.users_show(user_id="..")
    raise AssertionError("it left its path")
except ValueError:
    pass
`,
  )
  const child = Bun.spawn([python!, "main.py"], { cwd: folder, stdout: "pipe", stderr: "pipe" })
  expect([await child.exited, await new Response(child.stderr).text()]).toEqual([0, ""])
})

const go = Bun.which("go")
/** Compiling the standard library takes a while the first time. */
const GO_MS = 240_000
const goEnv = {
  ...process.env,
  GOFLAGS: "-mod=mod",
  GOPROXY: "off",
  GOTOOLCHAIN: "local",
  GOCACHE: join(folder, "go-cache"),
  HOME: folder,
}
if (go === null) console.warn("skipped: the client in Go, which is not installed")
test.skipIf(go === null)(
  "a client in Go calls an API, and tells its errors",
  async () => {
    using server = serve()
    mkdirSync(join(folder, "shop", "api"), { recursive: true })
    writeFileSync(join(folder, "shop", "go.mod"), "module shop\n\ngo 1.19\n")
    writeFileSync(join(folder, "shop", "api", "api.go"), writeGoClient(DOCUMENT))
    writeFileSync(
      join(folder, "shop", "main.go"),
      `package main

import (
	"context"
	"errors"
	"fmt"
	"shop/api"
)

func main() {
	ctx, full := context.Background(), true
	client := &api.Client{BaseURL: ${JSON.stringify(server.url.href)}, Token: "t"}
	user, err := client.UsersShow(ctx, api.UsersShowInput{UserId: "a/b ü", Full: &full, Tag: []string{"x y", "z&"}})
	fmt.Println(user.Id, user.Name, err)
	made, err := client.UsersCreate(ctx, api.UsersCreateInput{Body: api.UsersCreateBody{Name: "Ada"}})
	fmt.Println(made.Id, made.Name, err, client.UsersRemove(ctx, api.UsersRemoveInput{UserId: "1"}))
	_, err = client.UsersShow(ctx, api.UsersShowInput{UserId: "0"})
	var refused *api.APIError
	fmt.Println(errors.As(err, &refused), refused.Status, refused.Code, refused)
	_, err = client.UsersShow(ctx, api.UsersShowInput{UserId: ".."})
	fmt.Println(err)
}
`,
    )
    const child = Bun.spawn([go!, "run", "."], {
      cwd: join(folder, "shop"),
      env: goEnv,
      stdout: "pipe",
      stderr: "pipe",
    })
    const [out, problems] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()])
    expect([problems, out.split("\n")]).toEqual([
      "",
      [
        "/users/a%2Fb%20%C3%BC ?full=true&tag=x+y&tag=z%26 Bearer t <nil>",
        "9 Ada <nil> <nil>",
        "true 404 HTTP_NOT_FOUND No such user",
        'userId may not be ".."',
        "",
      ],
    ])
  },
  GO_MS,
)

test("a client in TypeScript is the file that @ashlar/client takes", () => {
  const text = writeTypescriptClient(DOCUMENT)
  expect(text).toContain(
    "export type User = { readonly id: string; readonly name: string; readonly friends?: readonly User[] }",
  )
  expect(text).toContain(
    "readonly show: RouteTypes<{ readonly params: { readonly userId: string }; readonly query: { readonly full?: boolean; readonly tag?: readonly string[] } }, User,",
  )
  expect(text).toContain("readonly remove: RouteTypes<{ readonly params: { readonly userId: string } }, null,")
  expect(text).toContain('"users.show": "GET /users/:userId')
})

test("nothing that a document says becomes code", () => {
  const evil = '"); import os; os.system("x") #\n"""'
  const paths = {
    [`/${evil}`]: {
      get: {
        operationId: evil,
        summary: evil,
        parameters: [{ name: evil, in: "query", schema: { enum: [evil] } }],
        responses: {},
      },
    },
  }
  const text = writePythonClient({ openapi: "3.1.0", paths })
  writeFileSync(join(folder, "evil.py"), `${text}\nimport sys\nassert "os" not in globals()\n`)
  if (python !== null) {
    const child = Bun.spawnSync([python, "evil.py"], { cwd: folder })
    expect([child.exitCode, child.stderr.toString()]).toEqual([0, ""])
  }
  // Comments end with their line, and texts are literals.
  const lines = writeGoClient({ openapi: "3.1.0", paths }).split("\n")
  expect(lines.filter((line) => line.includes('os.system("x")') && !line.startsWith("//"))).toEqual([])
  expect(writeTypescriptClient({ openapi: "3.1.0", paths })).not.toContain('os.system("x")')
})

test.each([[null], [{ swagger: "2.0" }], [{ openapi: "3.1.0", paths: { "/": { $ref: "#/components/lost" } } }]])(
  "%j is no document",
  (document) => {
    expect(() => writePythonClient(document)).toThrow(DocumentInvalid)
    expect(new DocumentInvalid().code).toBe("CODEGEN_DOCUMENT_INVALID")
  },
)
