import type { RequestIssue } from "../request-issue.ts"
import type { AnySchema } from "../schema.ts"
import { createFieldIntake, type FieldIntake, isSchema } from "./field-intake.ts"
import { commitFiles, type Intake, inspect, readHead, type StagedFile, storeFile } from "./file-intake.ts"
import { formIssue, invalid } from "./issue.ts"
import { checkLimits } from "./limits.ts"
import type { MultipartPart } from "./multipart.ts"
import { NullRecord } from "./null-record.ts"
import {
  type FieldRules,
  type FilesRules,
  type FullFilesRule,
  fillRule,
  type UploadedFile,
  type UploadOptions,
} from "./upload-rules.ts"
import type { UploadTarget } from "./upload-target.ts"
import type { Writers } from "./writers.ts"

/** What a form is answered with when nothing is wrong with it. */
interface Received<S extends object> {
  readonly fields: unknown
  readonly files: Readonly<Record<string, readonly UploadedFile<S>[]>>
}

/** The files of one field, so far. */
interface FilesField<S extends object> {
  readonly rule: FullFilesRule
  readonly staged: StagedFile<S>[]
  count: number
}

const MAX_ISSUES = 50
/** Fields of a schema are not counted by rules, so there is room for as many as a form usually has. */
const SCHEMA_PARTS = 100

/** Takes the parts of one form against its rules. From the first thing that is wrong with it, nothing more is stored. */
export class FormIntake<S extends object> {
  readonly maxParts: number
  readonly #target: UploadTarget<S>
  readonly #writers: Writers
  readonly #files: ReadonlyMap<string, FilesField<S>>
  readonly #fields: FieldIntake
  readonly #fieldNames: FieldRules | AnySchema
  readonly #issues: RequestIssue[] = []
  readonly #maxDrainBytes: number
  #drainedBytes = 0

  /** @throws {HTTP_UPLOAD_MISUSED} for a limit that is none. */
  constructor(options: UploadOptions<FilesRules, FieldRules | AnySchema, S>, writers: Writers) {
    const { target, files, fields = {}, maxFieldsBytes = 2 ** 20, maxDrainBytes = 2 ** 20 } = options
    checkLimits({ maxFieldsBytes, maxDrainBytes })
    this.#target = target
    this.#writers = writers
    this.#files = new Map(
      Object.entries(files).map(([name, rule]) => [name, { rule: fillRule(rule), staged: [], count: 0 }]),
    )
    this.#fields = createFieldIntake(fields, maxFieldsBytes)
    this.#fieldNames = fields
    this.#maxDrainBytes = maxDrainBytes
    const texts = isSchema(fields) ? SCHEMA_PARTS : sum(Object.values(fields).map(({ maxValues = 1 }) => maxValues))
    this.maxParts = texts + sum([...this.#files.values()].map(({ rule }) => rule.maxFiles)) + SLACK_PARTS
  }

  /** @throws {HTTP_PART_TOO_LARGE} @throws {HTTP_INVALID} when it is no use to read on */
  async take(part: MultipartPart): Promise<void> {
    const issue = part.filename === undefined ? await this.#takeText(part) : await this.#takeFile(part, part.filename)
    if (issue === undefined) return
    this.#refuse(issue)
    await this.#drain(part.chunks())
  }

  /** Puts the files into their places. @throws {HTTP_INVALID} */
  async finish(): Promise<Received<S>> {
    for (const [name, { rule, count }] of this.#files) {
      if (rule.required && count === 0) this.#refuse(formIssue([name], "required", "Expected a file, got none."))
    }
    const checked = await this.#fields.finish()
    if ("issues" in checked) this.#issues.push(...checked.issues)
    if (this.#issues.length > 0 || "issues" in checked) throw invalid(this.#issues.slice(0, MAX_ISSUES))
    const files = new NullRecord<readonly UploadedFile<S>[]>()
    for (const [name, { staged }] of this.#files) files[name] = await commitFiles(staged)
    return { fields: checked.value, files }
  }

  /** @returns what is wrong with the part, when nothing of it was read. */
  async #takeText(part: MultipartPart): Promise<RequestIssue | undefined> {
    if (this.#files.has(part.name)) return formIssue([part.name], "type", "Expected a file, got text.")
    return this.#fields.take(part)
  }

  async #takeFile(part: MultipartPart, filename: string): Promise<RequestIssue | undefined> {
    const field = this.#files.get(part.name)
    if (field === undefined) {
      const isText = !isSchema(this.#fieldNames) && Object.hasOwn(this.#fieldNames, part.name)
      return isText
        ? formIssue([part.name], "type", "Expected text, got a file.")
        : formIssue([part.name], "unknown_key", "Expected no file in this field.")
    }
    const { rule } = field
    const chunks = part.chunks()
    const head = await readHead(chunks)
    // What browsers send for a file input in which nothing was chosen.
    if (filename === "" && head.sizeBytes === 0) return undefined
    if (field.count === rule.maxFiles) {
      this.#refuse(formIssue([part.name], "too_big", `Expected at most ${rule.maxFiles} files, got more.`))
      return this.#drain(chunks)
    }
    const path = [part.name, field.count++]
    const intake: Intake = { field: part.name, path, filename, declaredType: part.type, chunks }
    const { file, issues } = inspect(intake, head, rule)
    for (const issue of issues) this.#refuse(issue)
    if (this.#issues.length > 0) return this.#drain(chunks)
    field.staged.push(
      await storeFile(intake, { file, head, rule }, this.#target, (writer) => this.#writers.add(writer)),
    )
    return undefined
  }

  #refuse(issue: RequestIssue): void {
    this.#issues.push(issue)
    if (this.#issues.length >= MAX_ISSUES) throw invalid(this.#issues)
  }

  /** Passes over what is not wanted, as long as that is little: the client may listen only when it has sent all. */
  async #drain(chunks: AsyncIterable<Uint8Array>): Promise<undefined> {
    for await (const chunk of chunks) {
      this.#drainedBytes += chunk.length
      if (this.#drainedBytes > this.#maxDrainBytes) throw invalid(this.#issues)
    }
  }
}

/** File inputs without a file, and one part too many, so that the rule it breaks is named and not the number of parts. */
const SLACK_PARTS = 10

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0)
}
