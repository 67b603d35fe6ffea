import type { LucideIcon } from "lucide-react"
import type { ReactNode } from "react"
import { useActions } from "../actions.ts"
import { toAgo, toDate } from "../model/format.ts"
import { Button } from "./button.tsx"
import { Bones, Failed } from "./state.tsx"

interface ListScreenProps {
  readonly title: string
  /** The one thing that is done here: a button, an entry of the palette, and the key `n`. */
  readonly action?:
    | {
        readonly id: string
        readonly title: string
        readonly text: string
        readonly icon: LucideIcon
        readonly run: () => void
      }
    | false
    | undefined
  /** What stands before the button; the first is pushed to the end of the bar. */
  readonly tools?: ReactNode
  readonly children: ReactNode
}

/** A pane with a list: its head, what is done there, and the list. */
export function ListScreen({ title, action, tools, children }: ListScreenProps) {
  useActions([
    action && { id: action.id, title: action.title, group: "Do", icon: action.icon, keys: "n", run: action.run },
  ])
  return (
    <section className="pane grow" data-pane="" aria-label={title}>
      <div className="bar head course-end">
        <h1 className={tools === undefined ? undefined : "whitespace-nowrap"}>{title}</h1>
        {tools}
        {action && (
          <Button
            className={tools === undefined ? "ml-auto" : undefined}
            look="ink"
            icon={action.icon}
            keys="n"
            onClick={action.run}
          >
            {action.text}
          </Button>
        )}
      </div>
      <div className="scroll">{children}</div>
    </section>
  )
}

/** What is known of a list that was asked for. */
export interface ListQuery {
  readonly isPending: boolean
  readonly isError: boolean
  readonly error: unknown
  readonly data: unknown
  readonly refetch: () => unknown
}

interface ListStateProps {
  readonly query: ListQuery
  /** What is in it, in the plural. */
  readonly what: string
}

/** That a list comes, or why it does not. */
export function ListState({ query, what }: ListStateProps) {
  return (
    <>
      {query.isPending && <Bones heightPx={40} label={`Loading ${what}`} />}
      {query.isError && (
        <Failed title={`The ${what} could not be read`} error={query.error} onRetry={() => void query.refetch()} />
      )}
    </>
  )
}

interface ListProps extends ListStateProps {
  /** How many are there. */
  readonly count: number
  /** What to say where there are none. */
  readonly blank?: ReactNode
  /** The list, where there are some. */
  readonly children: ReactNode
}

/** A list, or that it comes, why it does not, or that there is nothing in it. */
export function List({ query, what, count, blank, children }: ListProps) {
  return (
    <>
      <ListState query={query} what={what} />
      {query.data !== undefined && count === 0 && blank}
      {count > 0 && children}
    </>
  )
}

interface ListTableProps {
  /** Of the columns: the words, and the classes where there are any: a width, and `r` for what stands at the end. */
  readonly heads: readonly (string | readonly [text: string, classes: string])[]
  /** How wide the last column is, which has the buttons of a row. Default: there is none. */
  readonly acts?: string
  /** What becomes of it on a phone: `stack` makes a block of each row. */
  readonly className?: string
  /** The rows. */
  readonly children: ReactNode
}

/** Rows under the heads of their columns. */
export function ListTable({ heads, acts, className = "stack", children }: ListTableProps) {
  return (
    <table className={`rows ${className}`.trim()}>
      <thead>
        <tr>
          {heads.map((head) => {
            const [text, classes] = typeof head === "string" ? [head] : head
            return (
              <th key={text} scope="col" className={classes}>
                {text}
              </th>
            )
          })}
          {acts !== undefined && (
            <th scope="col" className={acts}>
              <span className="visually-hidden">Actions</span>
            </th>
          )}
        </tr>
      </thead>
      <tbody>{children}</tbody>
    </table>
  )
}

/** The buttons of a row. */
export function Acts({ children }: { readonly children: ReactNode }) {
  return (
    <td className="acts">
      <div>{children}</div>
    </td>
  )
}

interface AgoProps {
  readonly at: string | null
  /** The word before it on a phone. */
  readonly head?: string
  /** At the end of the row, and quieter. */
  readonly last?: boolean
}

/** How long ago something was, or how soon it is, with its time under the pointer. */
export function Ago({ at, head, last }: AgoProps) {
  return (
    <td
      data-head={head}
      className={last === true ? "r text-fg-3" : "text-fg-2"}
      title={at === null ? undefined : toDate(at)}
    >
      {at === null ? "never" : toAgo(at, Date.now())}
    </td>
  )
}
