import { afterEach, expect, test } from "bun:test"
import { keepServices, type ServiceKeeper } from "./service-keeper.ts"
import { createContainer, defineService, type Service, token } from "./services.ts"

afterEach(() => keepServices(undefined))

/** Keeps by name, and writes down what it is told. */
function keeper() {
  const log: string[] = []
  const values = new Map<string, unknown>()
  let containers = 0
  const made: ServiceKeeper = {
    defined: ({ name }) => void log.push(`defined ${name}`),
    container() {
      const number = ++containers
      return {
        overridden: (name) => void log.push(`${number} overrides ${name}`),
        async open({ name }, definition, services) {
          if (!values.has(name)) values.set(name, await definition.open(services))
          log.push(`${number} opens ${name}`)
          return values.get(name)
        },
        close: (name) => void log.push(`${number} closes ${name}`),
      }
    },
  }
  return { log, made }
}

const service = (name: string, needs: readonly Service<unknown>[] = []): Service<object> =>
  defineService({
    name,
    async open(services) {
      for (const need of needs) await services.get(need)
      return { name }
    },
  })

test("a keeper sees what is defined and overridden, gives values over containers, and decides what closes", async () => {
  const { log, made } = keeper()
  keepServices(made)
  const base = service("base")
  const top = service("top", [base])
  const port = token<number>("port")
  const [first, second] = [createContainer(), createContainer()]
  first.override(port, { open: () => 7 })
  expect(await first.get(port)).toBe(7)
  const value = await first.get(top)
  await first.close()
  expect(await second.get(top)).toBe(value)
  expect(log).toEqual([
    "defined base",
    "defined top",
    "defined port",
    "1 overrides port",
    "1 opens port",
    "1 opens base",
    "1 opens top",
    "1 closes top",
    "1 closes base",
    "1 closes port",
    "2 opens top",
  ])
})

test("a value may be undefined, and is opened once all the same", async () => {
  keepServices(keeper().made)
  let opens = 0
  const nothing = defineService({ name: "nothing", open: () => void opens++ })
  const container = createContainer()
  await container.get(nothing)
  await container.get(nothing)
  expect(opens).toBe(1)
})

test("a failed open is told to who asked, and tried again", async () => {
  keepServices(keeper().made)
  let opens = 0
  const flaky = defineService({
    name: "flaky",
    open: () => (++opens === 1 ? Promise.reject(new RangeError("not yet")) : 1),
  })
  const container = createContainer()
  expect(container.get(flaky)).rejects.toThrow("not yet")
  expect(await container.get(flaky)).toBe(1)
})

test("containers made without a keeper go on without one", async () => {
  const before = createContainer()
  const { log, made } = keeper()
  const plain = service("plain")
  keepServices(made)
  await before.get(plain)
  await before.close()
  expect(log).toEqual([])
})
