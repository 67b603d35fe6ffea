import { existsSync, readdirSync, statSync } from "node:fs"
import { join, resolve } from "node:path"
import { pathToFileURL } from "node:url"
import { OrmModelInvalid } from "../errors.ts"
import { type DescribableModel, isDescribableModel } from "../schema/describe-model.ts"

const SOURCE = /\.(?:ts|mts|js|mjs)$/
const NO_MODEL = /(?:\.d\.m?ts|\.(?:test|spec)\.m?[jt]s|\.test-d\.ts)$/
const MAX_FILES = 5_000

/**
 * The models that files export, by any name: of a file, or of a folder and those in it, but for tests.
 *
 * @throws {ORM_MODEL_INVALID} when there is none, or a file cannot be loaded.
 */
export async function loadModels(places: readonly string[]): Promise<readonly DescribableModel[]> {
  const models = new Set<DescribableModel>()
  for (const file of places.flatMap((place) => filesOf(resolve(place)))) {
    const module = await load(file)
    for (const value of Object.values(module)) if (isDescribableModel(value)) models.add(value)
  }
  if (models.size === 0)
    throw new OrmModelInvalid(
      `No model is exported by ${places.join(", ") || "any file"}. Name where they are with --models.`,
    )
  return [...models]
}

async function load(file: string): Promise<Record<string, unknown>> {
  try {
    return (await import(pathToFileURL(file).href)) as Record<string, unknown>
  } catch (cause) {
    throw new OrmModelInvalid(`${file} cannot be loaded: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
    })
  }
}

function filesOf(place: string): readonly string[] {
  if (!existsSync(place)) throw new OrmModelInvalid(`There is no ${place} to read models from.`)
  if (statSync(place).isFile()) return [place]
  const names = readdirSync(place, { recursive: true, encoding: "utf8" })
    .filter((name) => SOURCE.test(name) && !NO_MODEL.test(name) && !/(?:^|[/\\])node_modules[/\\]/.test(name))
    .sort()
  if (names.length > MAX_FILES)
    throw new OrmModelInvalid(`${place} holds more than ${MAX_FILES} files. Name a folder inside of it.`)
  return names.map((name) => join(place, name))
}
