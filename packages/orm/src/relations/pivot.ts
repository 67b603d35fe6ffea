import type { AnyColumn, Columns } from "../columns/column.ts"
import { createColumn } from "../columns/column.ts"
import { Model } from "../model/model.ts"
import { type ModelStatics, type Table, type TableColumn, tableOf } from "../model/table.ts"
import { keyNamedAfter, onlyKey, ownColumn } from "./keys.ts"
import type { RelationOptions } from "./relation.ts"

type Fail = (message: string) => never

interface Between {
  readonly owner: Table
  readonly target: Table
  readonly options: RelationOptions
}

/** The table in between: that of a model, or one of which only the name and the columns are known. */
export function pivotTable({ owner, target, options }: Between, fail: Fail): Table {
  const { through } = options
  if (typeof through === "function") {
    const model = through()
    if (typeof model !== "function")
      fail("the model in between is not there. Write it as a function, () => Member, and import it.")
    return tableOf(model as unknown as ModelStatics)
  }
  if (typeof through !== "string") return fail(`say what is in between: { through: "post_tags" }, or a model.`)
  const near = options.foreignKey ?? keyNamedAfter(owner)
  const far = options.relatedKey ?? keyNamedAfter(target)
  if (near === far) fail(`"${near}" cannot point at both sides. Say foreignKey and relatedKey.`)
  const keys = {
    [near]: pointer(ownColumn(owner, onlyKey(owner, fail), fail), owner),
    [far]: pointer(ownColumn(target, onlyKey(target, fail), fail), target),
  }
  return tableOf(describe(through, { ...keys, ...options.columns }, owner.model))
}

/** A column of the kind of the key it points at. */
function pointer({ definition, property }: TableColumn, { model }: Table): AnyColumn {
  const { kind, maxLength, precision, scale, values } = definition
  const references = { model: () => model, column: property, onDelete: "cascade", onUpdate: undefined } as const
  return createColumn(kind, { maxLength, precision, scale, values, primary: true, references })
}

/** A model for a table that has none. */
function describe(table: string, columns: Columns, { naming = "same" }: ModelStatics): ModelStatics {
  class Pivot extends Model {
    static readonly table: string = table
    static readonly columns: Columns = columns
    static readonly naming: "same" | "snake" = naming
  }
  Object.defineProperty(Pivot, "name", { value: table })
  return Pivot as unknown as ModelStatics
}
