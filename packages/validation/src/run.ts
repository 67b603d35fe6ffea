import { type IssueCode, MAX_ISSUES, type Message, type Report, type ValidationIssue } from "./issue.ts"
import { toIssue } from "./issue-text.ts"
import { defaultLocale, type Locale } from "./locale.ts"
import type { Term } from "./term.ts"

/** What says that a value was meant for another schema, and not that it is a bad one for this. */
const MISMATCHES: ReadonlySet<IssueCode> = new Set(["type", "value", "union"])

/** A step of a path, and those behind it. Levels put theirs in front as the validation goes back up: what fits pays nothing. */
export interface PathStep {
  readonly key: string | number
  readonly rest: PathStep | undefined
}

/** A report on its way up to the root. */
export class Finding {
  readonly code: IssueCode
  readonly expected: Term | undefined
  readonly received: Term | undefined
  /** What there is to say besides. */
  readonly report: Report | undefined
  path: PathStep | undefined
  message: Message | undefined
  locale: Locale | undefined
  isHidden: boolean

  constructor(code: IssueCode, expected: Term | undefined, received: Term | undefined, report?: Report) {
    this.code = code
    this.expected = expected
    this.received = received
    this.report = report
    this.path = undefined
    this.message = report?.message
    this.locale = undefined
    this.isHidden = false
  }
}

/** A rule that has to wait for something, on its way up to the root. */
interface Waiting {
  readonly ask: () => Promise<Report | undefined>
  path: PathStep | undefined
  message: Message | undefined
  locale: Locale | undefined
  isHidden: boolean
}

function prefix(one: Finding | Waiting, key: string | number): void {
  one.path = { key, rest: one.path }
}

/** What a schema may say of an issue about a value, or of a rule that is yet to be asked about it. */
export type Treatable = Finding | Waiting

/** Gives what is about the value itself a message, unless it has one. */
export function reword(one: Treatable, message: Message): void {
  if (one.path === undefined) one.message ??= message
}

/** Sets the language, where it is not set. */
export function speak(one: Treatable, locale: Locale): void {
  one.locale ??= locale
}

/**
 * Leaves out whatever it says of what was sent. It is told of the secret as a whole: the way to its parts may be made of keys
 * that were sent.
 */
export function hide(one: Treatable): void {
  one.isHidden = true
  one.path = undefined
}

/** How many issues and deferred rules there were. */
interface RunMark {
  readonly count: number
  readonly waitingCount: number
}

/** One run of a validation. The lists are made by the first that comes into them. */
export class Run {
  /** How many issues there are; a check that left it as it was has accepted. */
  count: number = 0
  /** How many rules are to be asked later. */
  waitingCount: number = 0
  /** How many levels of `v.lazy` and `v.json` are above. */
  depth: number
  #found: Finding[] | undefined
  #waiting: Waiting[] | undefined

  constructor(depth: number = 0) {
    this.depth = depth
  }

  get isFull(): boolean {
    return this.count >= MAX_ISSUES
  }

  /** "Expected `expected`, got `received`." Gives `undefined`, as does every failed check. */
  expect(code: IssueCode, expected: Term, received: Term): undefined {
    this.#add(new Finding(code, expected, received))
  }

  report(report: Report): undefined {
    this.#add(new Finding(report.code, report.expected, report.received, report))
  }

  #add(finding: Finding): void {
    if (this.isFull) return
    this.#found ??= []
    this.#found.push(finding)
    this.count++
  }

  /** Asks a rule when all others have accepted. */
  defer(ask: () => Promise<Report | undefined>): void {
    this.#waiting ??= []
    this.#waiting.push({ ask, path: undefined, message: undefined, locale: undefined, isHidden: false })
    this.waitingCount++
  }

  /** Says that the issues from `first` on were found under `key`. */
  locate(first: number, key: string | number): void {
    for (let at = first; at < this.count; at++) prefix(this.#found![at]!, key)
  }

  /** Says that the rules from `first` on were deferred under `key`. */
  locateWaiting(first: number, key: string | number): void {
    for (let at = first; at < this.waitingCount; at++) prefix(this.#waiting![at]!, key)
  }

  /** Puts the issues from `first` on, which are about one value, at a place in it. */
  move(first: number, path: readonly (string | number)[]): void {
    for (let at = path.length - 1; at >= 0; at--) this.locate(first, path[at]!)
  }

  /** Gives the issues of a step, from `first` on, a message, unless they have one. */
  reword(first: number, message: Message): void {
    for (let at = first; at < this.count; at++) this.#found![at]!.message ??= message
  }

  /** How far this run is, for {@link Run.since}. */
  get mark(): RunMark {
    return { count: this.count, waitingCount: this.waitingCount }
  }

  /** Does something about each issue and each deferred rule that came since. */
  since({ count, waitingCount }: RunMark, treat: (one: Treatable) => void): void {
    for (let at = count; at < this.count; at++) treat(this.#found![at]!)
    for (let at = waitingCount; at < this.waitingCount; at++) treat(this.#waiting![at]!)
  }

  /** Whether the value as a whole is of another type than this run's schema. */
  missesType(): boolean {
    return this.#found?.some(({ path, code }) => path === undefined && MISMATCHES.has(code)) ?? false
  }

  /** The tag directly under the value that is another one than this run's schema has. */
  missedTag(): { readonly key: string | number; readonly expected: Term } | undefined {
    const missed = this.#found?.find(
      ({ path, report }) => report?.isTag === true && path !== undefined && path.rest === undefined,
    )
    return missed && { key: missed.path!.key, expected: missed.expected! }
  }

  /** Takes over another run's issues, and the rules it deferred. */
  take(other: Run): undefined {
    for (const finding of other.#found ?? []) this.#add(finding)
    for (const waiting of other.#waiting ?? []) {
      this.#waiting ??= []
      this.#waiting.push(waiting)
      this.waitingCount++
    }
  }

  /** Asks the deferred rules, a few at a time. What they refuse is added in their order. */
  async settle(atOnce: number): Promise<void> {
    const waiting = this.#waiting ?? []
    for (let at = 0; at < waiting.length && !this.isFull; at += atOnce) {
      const some = waiting.slice(at, at + atOnce)
      const reports = await Promise.all(some.map(({ ask }) => ask()))
      for (const [index, report] of reports.entries()) {
        if (report === undefined) continue
        const finding = new Finding(report.code, report.expected, report.received, report)
        const { path, message, locale, isHidden } = some[index]!
        finding.path = path
        finding.message ??= message
        finding.locale = locale
        finding.isHidden = isHidden
        this.#add(finding)
      }
    }
  }

  /** @param locale The language the call asks for. Default: each schema's own, or the process's. */
  issues(locale?: Locale): ValidationIssue[] {
    const issues = new Array<ValidationIssue>(this.count)
    const usual = defaultLocale()
    for (let at = 0; at < this.count; at++) {
      const finding = this.#found![at]!
      issues[at] = toIssue(finding, locale ?? finding.locale ?? usual)
    }
    return issues
  }
}
