import { createContainer, defineService, token } from "./services.ts"

const box = defineService({ name: "box", open: async () => ({ size: 3 }) })
const port = token<{ send(text: string): void }>("port")
const container = createContainer()

export async function types(): Promise<void> {
  // The value's type comes of the token alone.
  const size: number = (await container.get(box)).size
  ;(await container.get(port)).send(String(size))
  // @ts-expect-error the service has no such member
  ;(await container.get(box)).weight
  // @ts-expect-error a fake must be what the service is
  container.override(box, { open: () => ({ size: "large" }) })
  container.override(port, { open: () => ({ send: () => undefined }), close: (value) => value.send("bye") })
}
