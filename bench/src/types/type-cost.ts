import { generateApp, type Schemas } from "./generated-app.ts"
import { checkTypes, emitDeclarations, type Files } from "./type-check.ts"

/** What one application costs the compiler beyond what an empty one does. */
export interface TypeCost {
  readonly routes: number
  readonly checkMs: number
  readonly instantiationsPerRoute: number
}

/** Measures applications of these sizes, one after the other: schemas, routes, layers and a client of all of it. */
export async function* measureTypes(sizes: readonly number[], schemas: Schemas = "v"): AsyncGenerator<TypeCost> {
  const empty = await checkTypes(generateApp(0, schemas))
  for (const routes of sizes) {
    const { instantiations, checkMs } = await checkTypes(generateApp(routes, schemas))
    yield { routes, checkMs, instantiationsPerRoute: (instantiations - empty.instantiations) / routes }
  }
}

/** What a client costs another package, which sees what is emitted of the application. */
export interface ClientCost extends TypeCost {
  /** Of the declarations of the modules. */
  readonly declarationBytesPerRoute: number
}

/** Routes whose client is the start: the first call costs what all share. */
const FIRST_ROUTES = 5

/** Measures the client alone, against what is emitted of its application. */
export async function measureClient(routes: number): Promise<ClientCost> {
  const first = await checkTypes(await clientOf(FIRST_ROUTES))
  const files = await clientOf(routes)
  const { instantiations, checkMs } = await checkTypes(files)
  const modules = [...files].filter(([name]) => name.startsWith("module")).map(([, text]) => text)
  return {
    routes,
    checkMs,
    instantiationsPerRoute: (instantiations - first.instantiations) / (routes - FIRST_ROUTES),
    declarationBytesPerRoute: modules.join("").length / routes,
  }
}

async function clientOf(routes: number): Promise<Files> {
  const app = generateApp(routes)
  const isClient = (name: string): boolean => name.startsWith("client")
  const emitted = [...(await emitDeclarations(app))].filter(([name]) => !isClient(name))
  return new Map([...emitted, ...[...app].filter(([name]) => isClient(name))])
}
