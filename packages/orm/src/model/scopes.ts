/** A condition that every query of a model has, read and write, unless it is lifted by name. */
export type AnyScope =
  | { readonly kind: "condition"; readonly column: string; readonly operator: ScopeOperator; readonly value: unknown }
  | { readonly kind: "any" | "all"; readonly scopes: readonly AnyScope[] }

export type ScopeOperator = "=" | "!=" | "<" | "<=" | ">" | ">=" | "in" | "notIn"

/**
 * A condition for `static scopes`. A value that is a function is asked whenever a query runs: a scope without a value lets nothing
 * be read or written. What `=` says is also set on new rows, and refused for others.
 *
 * @example
 * static scopes = { tenant: scope("tenantId", () => tenant.get()), live: scope("status", "!=", "archived") }
 */
export function scope(column: string, value: unknown): AnyScope
export function scope(column: string, operator: ScopeOperator, value: unknown): AnyScope
export function scope(column: string, ...rest: readonly unknown[]): AnyScope {
  const [operator, value] = rest.length === 1 ? ["=", rest[0]] : rest
  return { kind: "condition", column, operator: operator as ScopeOperator, value }
}

/** A row that one of these lets through. */
export function anyScope(...scopes: readonly [AnyScope, ...AnyScope[]]): AnyScope {
  return { kind: "any", scopes }
}

/** A row that all of these let through, within {@link anyScope}. */
export function allScopes(...scopes: readonly [AnyScope, ...AnyScope[]]): AnyScope {
  return { kind: "all", scopes }
}
