import { Parser } from "@asyncapi/parser"

/** What AsyncAPI's own parser finds wrong with a document; empty when it takes it. */
export async function asyncApiProblems(document: object): Promise<readonly string[]> {
  const found = await new Parser().validate(JSON.stringify(document))
  return found.filter(({ severity }) => severity === 0).map(({ message, path }) => `${message} at ${path.join("/")}`)
}
